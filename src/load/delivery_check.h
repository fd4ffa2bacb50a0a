// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace clamor::load {

/// What one receiver has of the messages 0, 1, 2... of one channel.
class DeliveryCheck {
  public:
    enum class Arrival : std::uint8_t { in_order, early, late, duplicate };

    /// `early` leaves a gap behind it, `late` means that a message with a higher number was here
    /// before. Order is only promised between messages of one sender: the caller, who knows the
    /// senders, then asks overtaken_by_own().
    Arrival record(std::uint32_t number);

    /// Whether a message with a higher number that is here has the same sender as `number`.
    template <class SenderOf>
    bool overtaken_by_own(std::uint32_t number, SenderOf&& sender_of) const {
        for (std::uint32_t later = number + 1; later < end_; ++later)
            if (seen(later) && sender_of(later) == sender_of(number)) return true;
        return false;
    }

    /// Different messages that arrived.
    std::uint32_t arrived() const { return arrived_; }
    /// Of those, in the order in which they came: who had others, or in another order, has another.
    std::uint64_t order() const { return order_; }
    void reset();

  private:
    bool seen(std::uint32_t number) const {
        return number / 64 < seen_.size() && (seen_[number / 64] >> (number % 64) & 1) != 0;
    }

    std::vector<std::uint64_t> seen_;
    std::uint32_t end_ = 0;  // one above the highest number seen
    std::uint32_t arrived_ = 0;
    std::uint64_t order_ = 0;
};

/// The one order of a channel that all receivers are to see. The first who has so many messages
/// says which they are.
class OrderOfAll {
  public:
    /// Whether somebody who has just got a message has got the same ones as all others, in the same
    /// order, as far as any of them has come.
    bool agrees(const DeliveryCheck& one);

  private:
    std::vector<std::uint64_t> orders_;  // by the number of messages, from 1
};

}  // namespace clamor::load
