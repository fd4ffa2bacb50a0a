// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "chat/event.h"
#include "sim/violations.h"
#include "store/message_log.h"

namespace clamor::sim {

/// Holds the log against what was published: the same messages, gapless, in the same order, with
/// times that never go back and one first message for each author; every echo against the log; and
/// what is marked as deleted against what moderators took out of sight and brought back.
class HistoryChecker {
  public:
    HistoryChecker(Violations& violations, store::MessageLog& log)
        : violations_(violations), log_(log) {}

    /// A message as the room gave it to the bus, without a position, under the sender's nonce.
    void published(ChannelId channel, const chat::Message& message);
    /// What a moderator did, as the room gave it to the bus.
    void acted(ChannelId channel, const chat::Moderation& act);
    /// What these acts took out of sight is back.
    void undone(ChannelId channel, const std::vector<MessageId>& acts);
    /// The room failed: it may take an author for new whose first message is not on disk.
    void faulted(ChannelId channel) { faulted_.insert(channel); }
    /// The sender of `nonce` was told that this message is stored.
    void echoed(ChannelId channel, MessageId id, const std::string& nonce);
    /// Everything published is in the log, and nothing else. Returns how many messages are out of
    /// sight.
    std::uint64_t check_at_rest();

  private:
    struct Entry {
        MessageId id;
        UserId author;  // none: an act
        MessageId hidden_by;
    };
    struct Channel {
        std::vector<Entry> entries;                  // by sequence, from 1 on
        std::map<MessageId, std::size_t> clearings;  // acts, and how many entries they reach
        std::set<UserId> authors;
        WallTime last_sent_at{};

        bool hidden(std::size_t index) const;
        void hide(std::size_t index, MessageId by);
    };

    void check_time(ChannelId channel, Channel& known, WallTime at);

    Violations& violations_;
    store::MessageLog& log_;
    std::map<ChannelId, Channel> channels_;
    std::set<ChannelId> faulted_;
};

}  // namespace clamor::sim
