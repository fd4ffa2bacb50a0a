// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <sys/uio.h>

#include "reactor/slot_table.h"

namespace clamor::reactor {

/// The sends of a turn, in order, with copies of their part lists: first those that were handed to
/// the kernel and wait to be reported, then those that wait for the next flush. At most one entry a
/// connection.
class SendQueue {
  public:
    struct Entry {
        Token connection;
        std::uint32_t first_part = 0;
        std::uint32_t part_count = 0;
        std::uint32_t bytes = 0;
        bool whole = true;  ///< false: the kernel took less than all, or nothing
    };

    void add(Token connection, std::span<const std::string_view> parts);
    void add(Token connection, std::span<const iovec> parts);

    bool has_waiting() const { return handed_over_ < entries_.size(); }
    std::size_t handed_over() const { return handed_over_; }
    /// The next entry for the kernel; it then counts as handed over.
    Entry& hand_over() { return entries_[handed_over_++]; }
    std::span<iovec> parts(const Entry& entry) {
        return {parts_.data() + entry.first_part, entry.part_count};
    }
    /// What remains of an entry of which `sent` bytes went.
    std::vector<iovec> rest(const Entry& entry, std::size_t sent) const;

    /// A name for an entry that stays valid when entries before it are dropped.
    std::uint32_t sequence_of(const Entry& entry) const {
        return first_sequence_ + static_cast<std::uint32_t>(&entry - entries_.data());
    }
    Entry& by_sequence(std::uint32_t sequence) { return entries_[sequence - first_sequence_]; }

    Entry& at(std::size_t index) { return entries_[index]; }
    /// Drops the first `count` entries, which were handed over and reported.
    void drop(std::size_t count);

  private:
    std::vector<Entry> entries_;
    std::vector<iovec> parts_;
    std::size_t handed_over_ = 0;
    std::uint32_t first_sequence_ = 0;
};

}  // namespace clamor::reactor
