// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace clamor {

/// One function object of several, for std::visit.
template <class... Each>
struct Overloaded : Each... {
    using Each::operator()...;
};
template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;

}  // namespace clamor
