// SPDX-License-Identifier: Apache-2.0
#include "reactor/uring_ring.h"

#include <cerrno>

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"

namespace clamor::reactor {

namespace {

tl::unexpected<Error> failed(std::string_view call, int result) {
    return fail(std::error_code(-result, std::generic_category()), std::string(call));
}

int open_ring(io_uring& ring, unsigned flags) {
    io_uring_params params{};
    // Disabled at first: the thread that enables the ring becomes its single issuer, whichever
    // thread made it.
    params.flags = flags | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
    params.cq_entries = UringRing::kCompletions;
    return io_uring_queue_init_params(UringRing::kSubmissions, &ring, &params);
}

}  // namespace

Result<std::unique_ptr<UringRing>> UringRing::create(std::uint32_t buffers,
                                                     std::uint32_t buffer_bytes) {
    std::unique_ptr<UringRing> made(new UringRing());
    int result = open_ring(made->ring_, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    if (result == -EINVAL)
        result = open_ring(made->ring_, IORING_SETUP_COOP_TASKRUN);  // before Linux 6.1
    if (result < 0) return failed("io_uring_setup()", result);
    made->opened_ = true;
    if ((made->ring_.features & IORING_FEAT_CQE_SKIP) == 0) {
        return fail(std::errc::not_supported, "skipping success completions");
    }
    if ((made->ring_.features & IORING_FEAT_EXT_ARG) == 0)
        return fail(std::errc::not_supported, "waiting with a timeout");
    if (auto set_up = made->set_up_buffers(buffers, buffer_bytes); !set_up) {
        return tl::unexpected<Error>(set_up.error());
    }
    return made;
}

Result<void> UringRing::set_up_buffers(std::uint32_t buffers, std::uint32_t buffer_bytes) {
    CLAMOR_CHECK(buffers > 0 && buffers <= 32768 && (buffers & (buffers - 1)) == 0,
                 "a power of two that 15 bits can count");
    buffer_ring_bytes_ = buffers * sizeof(io_uring_buf);
    void* memory = ::mmap(nullptr, buffer_ring_bytes_, PROT_READ | PROT_WRITE,
                          MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
    if (memory == MAP_FAILED) return fail_errno("mmap() of the buffer ring");
    buffer_ring_ = static_cast<io_uring_buf_ring*>(memory);
    io_uring_buf_ring_init(buffer_ring_);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(memory);
    registration.ring_entries = buffers;
    registration.bgid = kBufferGroup;
    const int result = io_uring_register_buf_ring(&ring_, &registration, 0);
    if (result < 0) return failed("registering a ring of provided buffers", result);

    buffer_count_ = buffers;
    buffer_bytes_ = buffer_bytes;
    buffers_.reset(new char[std::size_t{buffers} * buffer_bytes]);
    for (std::uint32_t id = 0; id < buffers; ++id) recycle(static_cast<std::uint16_t>(id));
    offer_buffers();
    return {};
}

UringRing::~UringRing() {
    if (opened_) io_uring_queue_exit(&ring_);
    if (buffer_ring_ != nullptr) ::munmap(buffer_ring_, buffer_ring_bytes_);
}

void UringRing::enable() {
    if (enabled_) return;
    enabled_ = true;
    // liburing 2.3 declares io_uring_enable_rings() but does not export it.
    const long result =
        ::syscall(__NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
    CLAMOR_CHECK(result == 0, "a ring made disabled can be enabled once");
}

io_uring_sqe* UringRing::next_submission() {
    if (full()) submit();
    return io_uring_get_sqe(&ring_);
}

void UringRing::submit() {
    enable();
    submit_rest();
}

void UringRing::submit_rest() {
    constexpr int kAttempts = 1000;
    for (int attempt = 0; queued() > 0; ++attempt) {
        CLAMOR_CHECK(attempt < kAttempts, "the kernel takes submissions, sooner or later");
        ++calls_;
        io_uring_submit(&ring_);
    }
}

void UringRing::submit_and_wait(std::optional<MonoClock::duration> timeout,
                                MonoClock::duration gather) {
    enable();
    const bool gathers = gather > MonoClock::duration::zero();
    if (gathers && timeout && *timeout <= gather) return wait_for(timeout, kGathered);
    if (gathers) {
        wait_for(gather, kGathered);
        if (io_uring_cq_ready(&ring_) > 0) return;
        if (timeout) *timeout -= gather;
    }
    wait_for(timeout, 1);
}

void UringRing::wait_for(std::optional<MonoClock::duration> timeout, unsigned completions) {
    ++calls_;
    int result = 0;
    if (!timeout) {
        result = io_uring_submit_and_wait(&ring_, completions);
    } else if (*timeout <= MonoClock::duration::zero()) {
        result = io_uring_submit_and_get_events(&ring_);
    } else {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(*timeout);
        __kernel_timespec limit{.tv_sec = seconds.count(), .tv_nsec = (*timeout - seconds).count()};
        io_uring_cqe* unused = nullptr;
        result = io_uring_submit_and_wait_timeout(&ring_, &unused, completions, &limit, nullptr);
    }
    CLAMOR_CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN ||
                     result == -EBUSY,
                 "waiting fails only for want of events or memory");
    submit_rest();
}

std::optional<UringRing::Completion> UringRing::next_completion() {
    io_uring_cqe* cqe = nullptr;
    if (io_uring_cq_ready(&ring_) == 0) {
        // Completions that did not fit are kept by the kernel, and come when they are asked for.
        if (!io_uring_cq_has_overflow(&ring_)) return std::nullopt;
        ++calls_;
        io_uring_get_events(&ring_);
        if (io_uring_cq_ready(&ring_) == 0) return std::nullopt;
    }
    io_uring_peek_cqe(&ring_, &cqe);
    const Completion completion{cqe->user_data, cqe->res, cqe->flags};
    io_uring_cqe_seen(&ring_, cqe);
    return completion;
}

std::string_view UringRing::buffer(std::uint16_t id, std::size_t size) const {
    return {buffers_.get() + std::size_t{id} * buffer_bytes_, size};
}

void UringRing::recycle(std::uint16_t id) {
    io_uring_buf_ring_add(buffer_ring_, buffers_.get() + std::size_t{id} * buffer_bytes_,
                          buffer_bytes_, id, io_uring_buf_ring_mask(buffer_count_), recycled_++);
}

void UringRing::offer_buffers() {
    if (recycled_ == 0) return;
    io_uring_buf_ring_advance(buffer_ring_, recycled_);
    recycled_ = 0;
}

}  // namespace clamor::reactor
