// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "chat/shared_chat.h"

/// What nodes tell each other besides the events of channels. What has changed is in the catalog
/// already: news say where to look.
namespace clamor::hub::news {

struct AccountChanged {
    UserId user{};
};
struct StandingChanged {
    ChannelId channel{};
    std::vector<UserId> users{};
};
struct ChannelChanged {
    ChannelId channel{};
};
struct FollowedChannel {
    ChannelId channel{};
    UserId follower{};
    WallTime at{};
};
struct TokenRevoked {
    UserId user{};
    std::string hash{};
};
struct Whispered {
    UserId from{};
    UserId to{};
    std::uint64_t number = 0;
    bool action = false;
    std::string text{};
};
/// An EventSub subscription that is posted to a callback: what has become of it.
struct WebhookChanged {
    std::string id{};
    std::string status{};  ///< as clients see it; empty: its owner deleted it
};

/// Acts of moderators that were taken back: what a node has still to delete for them is to be seen.
struct ActsUndone {
    ChannelId channel{};
    std::vector<MessageId> acts{};
};

/// A shared chat began, has other participants, or is over: as SharedChatChanged.
struct SharedChatChange {
    chat::SharedChat before{};
    chat::SharedChat after{};
};

using News = std::variant<AccountChanged, StandingChanged, ChannelChanged, FollowedChannel,
                          TokenRevoked, Whispered, WebhookChanged, ActsUndone, SharedChatChange>;

/// docs/protocol/bus.md.
std::string encode(const News& news);
/// An error says what was wrong; never throws, never reads past `bytes`.
Result<News> decode(std::string_view bytes);

}  // namespace clamor::hub::news
