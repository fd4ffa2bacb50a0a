// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "automod/moderator.h"
#include "automod/policy.h"

namespace clamor::automod {

/// A message of the channel's past.
struct PastMessage {
    std::string id;
    WallTime at{};
    UserId author{};
    std::string author_login;
    Roles roles = 0;
    std::string text;
    std::vector<text::CodePoints> emotes;
    Action then = Action::allow;  ///< what AutoMod made of it at the time
};

/// What a proposed policy would have made of the past.
struct WouldHave {
    struct Hit {
        std::size_t message;  ///< index in what was given
        Verdict verdict;
        bool regular;
        bool new_hit;  ///< it was let pass at the time
    };
    struct Author {
        UserId user{};
        std::string login;
        std::size_t hits = 0;
        bool regular = false;
    };
    std::vector<Hit> hits;        ///< the first kHitsShown, in order
    std::vector<Author> authors;  ///< the most often hit first, the first kAuthorsShown
    std::size_t messages = 0;     ///< looked at
    std::size_t held = 0;
    std::size_t blocked = 0;
    std::size_t shadowed = 0;   ///< hit by rules in shadow alone
    std::size_t no_longer = 0;  ///< hit at the time, and not by this policy
    std::size_t people = 0;     ///< whose messages were hit
    std::size_t regulars = 0;   ///< of them
    std::size_t regulars_messages = 0;
    static constexpr std::size_t kHitsShown = 500;
    static constexpr std::size_t kAuthorsShown = 100;
};

/// So many messages in what is looked at make a regular; subscribers, VIPs and moderators are.
inline constexpr std::size_t kRegularMessages = 20;

/// Runs the messages, oldest first, through the policy as if they were said again: rules that look
/// at several of them see the times at which they were said. Pure; takes microseconds a message, so
/// that it belongs on a worker. `automod` is one of that thread.
WouldHave run_over_past(const std::vector<PastMessage>& messages, const Policy& policy,
                        AutoMod& automod);

}  // namespace clamor::automod
