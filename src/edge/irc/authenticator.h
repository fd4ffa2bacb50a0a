// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "hub/member.h"

namespace clamor::edge::irc {

/// Why nobody is logged in; the session says it in Twitch's words (spec twitch-chat 2.5).
enum class LoginFailure : std::uint8_t {
    login_failed,          ///< token unknown, expired, revoked, or of another login
    improperly_formatted,  ///< no token where one is needed
    invalid_nick,
    too_often,
    error,  ///< ours: the catalog could not be asked
};
using LoginAnswer = std::variant<hub::Identity, LoginFailure>;

/// Turns a token and a login into an identity. Anonymous nicks never come here.
class Authenticator {
  public:
    virtual ~Authenticator() = default;
    /// `token` is what follows `oauth:`, as the client sent it (compare without regard to case:
    /// some libraries send lower case), never empty; `login` is a valid one in lower case. `done`
    /// is called exactly once on the calling shard, at once or later; calling it after the session
    /// is gone is harmless.
    virtual void authenticate(std::string token, std::string login,
                              std::function<void(LoginAnswer)> done) = 0;
};

}  // namespace clamor::edge::irc
