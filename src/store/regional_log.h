// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/limits.h"
#include "store/message_log.h"

namespace clamor::store {

/// In front of a message log that several regions write: each region's history of a channel is one
/// of its own there, under an id that no channel has, since each counts by itself. Whoever reads
/// gets all of them as one, by hybrid time, then region, then sequence. A bound by sequence stands
/// for the place that its entry has in this order.
class RegionalLog final : public MessageLog {
  public:
    /// `log` outlives this. `own` of `regions` is where this node is: what it appends has that
    /// region's positions.
    RegionalLog(MessageLog& log, unsigned own, unsigned regions)
        : log_(log), own_(own), regions_(regions) {}

    Result<void> append(std::span<const StoredMessage> messages) override;
    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override;
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override;
    Result<LastMessage> last(ChannelId channel) override;
    Result<LastMessages> last_of_regions(ChannelId channel) override;
    Result<bool> has_author(ChannelId channel, UserId author) override;
    Result<void> mark_deleted(std::span<const Deletion> deletions) override;
    Result<void> restore(ChannelId channel, MessageId by) override;

    /// Under which id the log has what a region published; the first region's is the channel's own,
    /// so that a history from before there were regions stays where it is.
    static ChannelId key_of(ChannelId channel, unsigned region);
    static ChannelId channel_of(ChannelId key);

  private:
    struct Place;
    Result<std::vector<StoredMessage>> read_region(HistoryQuery query, unsigned region);
    Result<std::optional<Place>> place_of(ChannelId channel, std::uint64_t sequence, bool upper);

    MessageLog& log_;
    const unsigned own_;
    const unsigned regions_;
};

}  // namespace clamor::store
