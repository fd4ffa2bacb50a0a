// SPDX-License-Identifier: Apache-2.0
#include "load/delivery_check.h"

#include <bit>

namespace clamor::load {

DeliveryCheck::Arrival DeliveryCheck::record(std::uint32_t number) {
    const std::size_t word = number / 64;
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    if (word >= seen_.size()) seen_.resize(word + 1);
    if ((seen_[word] & bit) != 0) return Arrival::duplicate;
    seen_[word] |= bit;
    ++arrived_;
    order_ = std::rotl(order_ ^ (number + 1), 23) * 0x9e3779b97f4a7c15;
    if (number < end_) return Arrival::late;
    const bool next = number == end_;
    end_ = number + 1;
    return next ? Arrival::in_order : Arrival::early;
}

void DeliveryCheck::reset() {
    seen_.clear();
    end_ = 0;
    arrived_ = 0;
    order_ = 0;
}

bool OrderOfAll::agrees(const DeliveryCheck& one) {
    if (one.arrived() > orders_.size()) {
        orders_.push_back(one.order());
        return true;
    }
    return orders_[one.arrived() - 1] == one.order();
}

}  // namespace clamor::load
