// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace clamor {

/// A number that one thread writes and any thread reads. Adding costs a plain load and store, no
/// locked instruction.
class Counter {
  public:
    void add(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void sub(std::uint64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
    }
    void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// Durations in logarithmic buckets of at most 6.25% width (16 a power of two), from 1 microsecond
/// to 2^31 microseconds. One writer, any reader.
class LatencyHistogram {
  public:
    static constexpr int kSubBits = 4;
    static constexpr int kBuckets = (32 - kSubBits) << kSubBits;

    void record(std::uint64_t microseconds, std::uint64_t times = 1) {
        buckets_[bucket_of(microseconds)].add(times);
        sum_us_.add(microseconds * times);
        count_.add(times);
    }
    std::uint64_t count() const { return count_.value(); }
    std::uint64_t sum_us() const { return sum_us_.value(); }
    /// The upper edge, in microseconds, of the bucket that holds the given share (0..1) of all
    /// values; 0 when empty.
    std::uint64_t percentile_us(double share) const {
        const std::uint64_t total = count();
        if (total == 0) return 0;
        auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total));
        if (rank >= total) rank = total - 1;
        std::uint64_t seen = 0;
        for (int i = 0; i < kBuckets; ++i) {
            seen += buckets_[i].value();
            if (seen > rank) return upper_edge(i);
        }
        return upper_edge(kBuckets - 1);
    }
    /// How many values were at most `microseconds` (to the bucket's precision).
    std::uint64_t count_at_most(std::uint64_t microseconds) const {
        std::uint64_t seen = 0;
        for (int i = 0, last = bucket_of(microseconds); i <= last; ++i) seen += buckets_[i].value();
        return seen;
    }
    void merge(const LatencyHistogram& other) {
        for (int i = 0; i < kBuckets; ++i) buckets_[i].add(other.buckets_[i].value());
        sum_us_.add(other.sum_us());
        count_.add(other.count());
    }

  private:
    static int bucket_of(std::uint64_t v) {
        if (v < (1u << kSubBits)) return static_cast<int>(v);
        if (v > 0x7fffffffu) v = 0x7fffffffu;
        const int power = std::bit_width(v) - 1 - kSubBits;
        return ((power + 1) << kSubBits) + static_cast<int>((v >> power) - (1u << kSubBits));
    }
    static std::uint64_t upper_edge(int bucket) {
        if (bucket < (1 << kSubBits)) return static_cast<std::uint64_t>(bucket);
        const int power = (bucket >> kSubBits) - 1;
        const std::uint64_t base = (1u << kSubBits) + (bucket & ((1 << kSubBits) - 1));
        return ((base + 1) << power) - 1;
    }

    std::array<Counter, kBuckets> buckets_;
    Counter sum_us_;
    Counter count_;
};

}  // namespace clamor
