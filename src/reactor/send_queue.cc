// SPDX-License-Identifier: Apache-2.0
#include "reactor/send_queue.h"

#include "base/check.h"

namespace clamor::reactor {

void SendQueue::add(Token connection, std::span<const std::string_view> parts) {
    Entry entry{.connection = connection, .first_part = static_cast<std::uint32_t>(parts_.size())};
    for (const std::string_view part : parts) {
        if (part.empty()) continue;
        parts_.push_back({const_cast<char*>(part.data()), part.size()});
        entry.bytes += static_cast<std::uint32_t>(part.size());
        ++entry.part_count;
    }
    entries_.push_back(entry);
}

void SendQueue::add(Token connection, std::span<const iovec> parts) {
    Entry entry{.connection = connection, .first_part = static_cast<std::uint32_t>(parts_.size())};
    for (const iovec& part : parts) {
        parts_.push_back(part);
        entry.bytes += static_cast<std::uint32_t>(part.iov_len);
        ++entry.part_count;
    }
    entries_.push_back(entry);
}

std::vector<iovec> SendQueue::rest(const Entry& entry, std::size_t sent) const {
    CLAMOR_DCHECK(sent < entry.bytes, "a whole send has no rest");
    std::vector<iovec> rest;
    for (std::uint32_t i = 0; i < entry.part_count; ++i) {
        iovec part = parts_[entry.first_part + i];
        if (sent >= part.iov_len) {
            sent -= part.iov_len;
            continue;
        }
        part.iov_base = static_cast<char*>(part.iov_base) + sent;
        part.iov_len -= sent;
        sent = 0;
        rest.push_back(part);
    }
    return rest;
}

void SendQueue::drop(std::size_t count) {
    CLAMOR_DCHECK(count <= handed_over_, "only entries that were handed over are reported");
    first_sequence_ += static_cast<std::uint32_t>(count);
    handed_over_ -= count;
    if (count == entries_.size()) {
        entries_.clear();
        parts_.clear();
        return;
    }
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
    const std::uint32_t gone = entries_.front().first_part;
    parts_.erase(parts_.begin(), parts_.begin() + gone);
    for (Entry& entry : entries_) entry.first_part -= gone;
}

}  // namespace clamor::reactor
