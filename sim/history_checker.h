// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/event.h"
#include "sim/violations.h"
#include "store/message_log.h"

namespace clamor::sim {

/// Holds the log against what was published: the same messages, gapless, in the same order, with
/// times that never go back and one first message for each author; and every echo against the log.
class HistoryChecker {
  public:
    HistoryChecker(Violations& violations, store::MessageLog& log)
        : violations_(violations), log_(log) {}

    /// A message as the room gave it to the bus, without a position, under the sender's nonce.
    void published(ChannelId channel, const chat::Message& message);
    /// The room failed: it may take an author for new whose first message is not on disk.
    void faulted(ChannelId channel) { faulted_.insert(channel); }
    /// The sender of `nonce` was told that this message is stored.
    void echoed(ChannelId channel, MessageId id, const std::string& nonce);
    /// Everything published is in the log, and nothing else.
    void check_at_rest();

  private:
    struct Channel {
        std::vector<std::pair<MessageId, std::string>> messages;  // with their nonces
        std::set<UserId> authors;
        WallTime last_sent_at{};
        std::uint64_t checked = 0;
    };

    Violations& violations_;
    store::MessageLog& log_;
    std::map<ChannelId, Channel> channels_;
    std::set<ChannelId> faulted_;
};

}  // namespace clamor::sim
