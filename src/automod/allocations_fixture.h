// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace clamor::automod {

/// How often operator new is called while `work` runs on this thread. Whoever links
/// allocations_fixture.cc gets an operator new that counts.
std::size_t count_allocations(const std::function<void()>& work);

/// Not so where a sanitizer keeps operator new for itself.
bool counts_allocations();

}  // namespace clamor::automod
