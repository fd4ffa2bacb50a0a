// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <liburing.h>

#include "base/result.h"
#include "base/time.h"

namespace clamor::reactor {

/// An io_uring with a ring of provided receive buffers. Made on any thread; the first submit binds
/// it to its thread.
class UringRing {
  public:
    static constexpr unsigned kSubmissions = 1024;
    static constexpr unsigned kCompletions = 16384;
    static constexpr int kBufferGroup = 0;
    static constexpr unsigned kGathered = 64;

    struct Completion {
        std::uint64_t user_data;
        int result;
        std::uint32_t flags;

        bool has_more() const { return (flags & IORING_CQE_F_MORE) != 0; }
        bool has_buffer() const { return (flags & IORING_CQE_F_BUFFER) != 0; }
        std::uint16_t buffer() const {
            return static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT);
        }
    };

    static Result<std::unique_ptr<UringRing>> create(std::uint32_t buffers,
                                                     std::uint32_t buffer_bytes);
    ~UringRing();
    UringRing(const UringRing&) = delete;
    UringRing& operator=(const UringRing&) = delete;

    /// A submission to fill in. When the queue is full, what is in it is submitted first.
    io_uring_sqe* next_submission();
    /// The place of the next submission in the queue: unique among those that were not submitted
    /// yet.
    unsigned queued() const { return io_uring_sq_ready(&ring_); }
    bool full() const { return queued() == kSubmissions; }
    /// Submits everything; once it returns, sends are done or have failed.
    void submit();
    /// Submits everything and waits for a completion, at most `timeout`. Zero only collects what is
    /// there. With `gather`, the wait goes on for so long, unless kGathered completions are there.
    void submit_and_wait(std::optional<MonoClock::duration> timeout,
                         MonoClock::duration gather = {});
    std::optional<Completion> next_completion();

    std::string_view buffer(std::uint16_t id, std::size_t size) const;
    /// Gives a buffer back; the kernel sees it after offer_buffers().
    void recycle(std::uint16_t id);
    void offer_buffers();

    /// Calls into the kernel so far.
    std::uint64_t calls() const { return calls_; }

  private:
    UringRing() = default;
    Result<void> set_up_buffers(std::uint32_t buffers, std::uint32_t buffer_bytes);
    void enable();
    void wait_for(std::optional<MonoClock::duration> timeout, unsigned completions);
    /// What the kernel did not take at once (it was short of memory): again until it has.
    void submit_rest();

    io_uring ring_{};
    bool opened_ = false;
    bool enabled_ = false;
    std::uint64_t calls_ = 0;
    io_uring_buf_ring* buffer_ring_ = nullptr;
    std::size_t buffer_ring_bytes_ = 0;
    std::unique_ptr<char[]> buffers_;
    std::uint32_t buffer_count_ = 0;
    std::uint32_t buffer_bytes_ = 0;
    int recycled_ = 0;
};

}  // namespace clamor::reactor
