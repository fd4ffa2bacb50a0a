// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "chat/people.h"
#include "store/catalog.h"

namespace clamor::auth {

/// What a token says of its user in one channel. What is empty is not said.
struct ChannelClaims {
    std::string channel{};  ///< a login
    std::optional<chat::Role> role{};
    std::uint16_t subscriber_tier = 0;
    std::uint32_t subscriber_months = 0;
    bool founder = false;
    std::vector<chat::Badge> badges{};
    std::optional<WallTime> follow{};
    std::optional<std::uint32_t> bits_total{};
};

/// What a JWT says besides the registered claims. docs/tokens.md is its manual.
struct Claims {
    std::string login{};  ///< empty: an app token
    std::string client_id{};
    std::vector<std::string> scopes{};
    std::string display_name{};
    std::optional<chat::AccountType> type{};
    bool turbo = false;
    bool prime = false;
    bool verified_bot = false;
    std::optional<WallTime> created_at{};
    std::vector<ChannelClaims> channels{};
};

/// Reads a payload. What is not known is not looked at; what is known and wrong fails the whole
/// with invalid_argument and the claim's name. Any thread.
Result<Claims> parse_claims(std::string_view payload);

/// What somebody's facts in the catalog became by a token's claims.
struct Applied {
    chat::User user{};
    bool account = false;                ///< the account changed
    std::vector<ChannelId> standings{};  ///< channels where the standing changed
};

/// Writes what a user token says of its user, who comes into being, and only where it adds to what
/// the catalog has: a higher role or account type, an older account, a higher tier, more months or
/// bits, a founder, badges and a follow that are not there. It takes nothing away: an older token
/// must not undo what the platform, a broadcaster or a moderator has done since. What changes is in
/// the audit log, with the origin `token`. Blocks.
Result<Applied> apply_claims(const Claims& claims, store::Catalog& catalog, WallTime now);

}  // namespace clamor::auth
