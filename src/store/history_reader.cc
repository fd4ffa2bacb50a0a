// SPDX-License-Identifier: Apache-2.0
#include "store/history_reader.h"

#include <iterator>
#include <utility>

#include "base/limits.h"

namespace clamor::store {

HistoryReader::HistoryReader(MessageLog& log, ChannelId channel, unsigned regions)
    : log_(log), channel_(channel) {
    for (unsigned region = 0; region < regions; ++region)
        regions_.push_back({.after = Position::before_first(region).sequence});
}

Result<std::optional<StoredMessage>> HistoryReader::next() {
    Region* first = nullptr;
    const auto place = [](const Region& region) {
        // The region is in the sequence.
        return std::pair(region.page.front().sent_at, region.page.front().position.sequence);
    };
    for (Region& region : regions_) {
        if (auto read = read_on(region); !read) return tl::unexpected(read.error());
        if (region.page.empty()) continue;
        if (first == nullptr || place(region) < place(*first)) first = &region;
    }
    if (first == nullptr) return std::nullopt;
    std::optional<StoredMessage> message = std::move(first->page.front());
    first->page.pop_front();
    return message;
}

Result<void> HistoryReader::read_on(Region& region) {
    if (!region.page.empty() || !region.more) return {};
    auto page = log_.read({.channel = channel_,
                           .after_sequence = region.after,
                           .messages_only = true,
                           .one_region = true,
                           .limit = limits::kHistoryPage});
    if (!page) return tl::unexpected(page.error());
    region.more = !page->empty();
    if (region.more) region.after = page->back().position.sequence;
    region.page.assign(std::make_move_iterator(page->begin()),
                       std::make_move_iterator(page->end()));
    return {};
}

}  // namespace clamor::store
