// SPDX-License-Identifier: Apache-2.0
#include "automod/allocations_fixture.h"

#include <cstdlib>
#include <new>

namespace {

thread_local bool counting = false;
thread_local std::size_t allocations = 0;

}  // namespace

// Weak: the thread sanitizer's own cannot be replaced.
[[gnu::weak]] void* operator new(std::size_t size) {
    if (counting) ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
[[gnu::weak]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    if (counting) ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::weak]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::weak]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace clamor::automod {

std::size_t count_allocations(const std::function<void()>& work) {
    allocations = 0;
    counting = true;
    work();
    counting = false;
    return allocations;
}

bool counts_allocations() {
    return count_allocations([] { ::operator delete(::operator new(8)); }) == 1;
}

}  // namespace clamor::automod
