// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <pthread.h>

#include "base/check.h"
#include "reactor/loop.h"

namespace clamor::reactor {

struct WorkerPool::Impl {
    explicit Impl(std::size_t max) : queue_max(max) {}

    const std::size_t queue_max;
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::deque<Task> queue;  // guarded by mutex
    bool ending = false;     // guarded by mutex
    std::vector<std::thread> threads;

    void work() {
        pthread_setname_np(pthread_self(), "worker");
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return ending || !queue.empty(); });
            if (queue.empty()) return;
            Task task = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            task();
            task = Task();  // captures end outside the lock
            lock.lock();
        }
    }
};

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_max)
    : impl_(std::make_unique<Impl>(queue_max)) {
    CLAMOR_CHECK(threads > 0, "a pool without threads would never work");
    for (std::size_t i = 0; i < threads; ++i)
        impl_->threads.emplace_back([this] { impl_->work(); });
}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->ending = true;
    }
    impl_->changed.notify_all();
    for (std::thread& thread : impl_->threads) thread.join();
}

bool WorkerPool::post(Task task) {
    {
        const std::lock_guard lock(impl_->mutex);
        if (impl_->queue.size() >= impl_->queue_max) return false;
        impl_->queue.push_back(std::move(task));
    }
    impl_->changed.notify_one();
    return true;
}

std::size_t WorkerPool::queued() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->queue.size();
}

}  // namespace clamor::reactor
