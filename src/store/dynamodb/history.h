// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/dynamodb/client.h"
#include "store/dynamodb/items.h"
#include "store/message_log.h"

namespace clamor::store::dynamodb {

/// Where a channel is.
struct Head {
    LastMessage last{};
    std::uint64_t marked_up_to = 0;   ///< beyond it no deletion by author reaches
    std::uint64_t cleared_up_to = 0;  ///< of the whole channel
};

/// What an author's messages were taken out of sight by.
struct AuthorMarks {
    struct Range {
        std::uint64_t from = 0;
        std::uint64_t up_to = 0;
    };
    std::map<std::string, Range> by_act;  ///< the act's id as text
    std::uint64_t for_good = 0;           ///< up to here, by acts that are forgotten

    bool cover(std::uint64_t sequence) const;
    std::uint64_t up_to() const;
    static AuthorMarks of(const Json& item);
};
/// The name of an act's attribute in the item of an author's marks.
std::string mark_name(const std::string& act);

/// Reads channels. Any thread.
class History {
  public:
    using KeepFor = std::function<std::optional<std::chrono::seconds>(ChannelId)>;
    /// Beyond what `keep_for` gives, nothing is looked at: it is deleted, or about to be.
    History(Client& client, std::function<WallTime()> clock, KeepFor keep_for)
        : client_(client), clock_(std::move(clock)), keep_for_(std::move(keep_for)) {}

    Result<std::vector<StoredMessage>> read(const HistoryQuery& query, const Deadline& deadline);
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id,
                                              const Deadline& deadline);
    Result<Head> head(ChannelId channel, const Deadline& deadline);
    Result<bool> has_author(ChannelId channel, UserId author, const Deadline& deadline);

  private:
    /// A query with its bounds as sequences, both inclusive.
    struct Range;

    Result<std::vector<ReadMessage>> walk_blocks(const Range& range, const Deadline& deadline);
    Result<std::vector<ReadMessage>> walk_author(const Range& range, const Deadline& deadline);
    /// A block's number, and when its first message was said.
    struct Block {
        std::uint64_t number = 0;
        WallTime begin{};
    };
    Result<std::vector<Block>> blocks_in(ChannelId channel, std::uint64_t low, std::uint64_t high,
                                         bool oldest_first, std::size_t limit,
                                         const Deadline& deadline);
    Result<std::optional<std::uint64_t>> last_block_from_before(ChannelId channel, WallTime time,
                                                                std::uint64_t low,
                                                                std::uint64_t high,
                                                                const Deadline& deadline);
    Result<std::vector<std::vector<Json>>> read_blocks(const Range& range,
                                                       const std::vector<Block>& blocks,
                                                       const Deadline& deadline);
    Result<std::vector<StoredMessage>> complete(ChannelId channel, const Head& head,
                                                std::vector<ReadMessage> page,
                                                const Deadline& deadline);
    /// What a channel shows: nothing whose end has come, and nothing said at that time or before.
    struct Horizon {
        std::uint64_t now_s = 0;
        std::optional<WallTime> oldest{};
    };
    Horizon horizon(ChannelId channel) const;
    static Result<std::vector<ReadMessage>> messages_of(ChannelId channel,
                                                        const std::vector<Json>& items,
                                                        const Horizon& horizon);

    Client& client_;
    const std::function<WallTime()> clock_;
    const KeepFor keep_for_;
};

}  // namespace clamor::store::dynamodb
