// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "store/message_log.h"

namespace clamor::store {

/// Reads a channel's messages from the first to the last, a page of each region at a time, and
/// gives all regions' as one: by time, then region, then sequence. Blocks.
class HistoryReader {
  public:
    /// `log` outlives this; with several `regions` it tells them apart, as RegionalLog does.
    HistoryReader(MessageLog& log, ChannelId channel, unsigned regions);

    /// Nothing: there are no more.
    Result<std::optional<StoredMessage>> next();

  private:
    struct Region {
        std::uint64_t after;
        bool more = true;  ///< behind `page`
        std::deque<StoredMessage> page{};
    };
    Result<void> read_on(Region& region);

    MessageLog& log_;
    const ChannelId channel_;
    std::vector<Region> regions_;
};

}  // namespace clamor::store
