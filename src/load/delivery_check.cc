// SPDX-License-Identifier: Apache-2.0
#include "load/delivery_check.h"

namespace clamor::load {

DeliveryCheck::Arrival DeliveryCheck::record(std::uint32_t number) {
    const std::size_t word = number / 64;
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    if (word >= seen_.size()) seen_.resize(word + 1);
    if ((seen_[word] & bit) != 0) return Arrival::duplicate;
    seen_[word] |= bit;
    ++arrived_;
    if (number < end_) return Arrival::late;
    const bool next = number == end_;
    end_ = number + 1;
    return next ? Arrival::in_order : Arrival::early;
}

void DeliveryCheck::reset() {
    seen_.clear();
    end_ = 0;
    arrived_ = 0;
}

}  // namespace clamor::load
