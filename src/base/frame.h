// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

namespace clamor {

/// Immutable bytes, ready for the wire, counted by reference: one frame serves every member that it
/// goes to. The count is atomic, so a frame may be shared between shards; the bytes never change
/// once built. 8 bytes.
class Frame {
  public:
    Frame() = default;
    /// Copies `bytes` into one allocation (count, size, bytes).
    static Frame copy(std::string_view bytes) { return concat(bytes, {}); }
    /// The two parts behind each other: a transport header and its payload.
    static Frame concat(std::string_view head, std::string_view body);

    Frame(const Frame& other) noexcept : block_(other.block_) {
        if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
    }
    Frame(Frame&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    Frame& operator=(Frame other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~Frame() {
        if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
            destroy(block_);
    }

    explicit operator bool() const { return block_ != nullptr; }
    std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
    std::string_view bytes() const {
        return block_ == nullptr
                   ? std::string_view{}
                   : std::string_view(reinterpret_cast<const char*>(block_ + 1), block_->size);
    }

  private:
    struct Block {
        std::atomic<std::uint32_t> references;
        std::uint32_t size;
    };
    static void destroy(Block* block);

    Block* block_ = nullptr;
};

static_assert(sizeof(Frame) == 8);

}  // namespace clamor
