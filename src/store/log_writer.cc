// SPDX-License-Identifier: Apache-2.0
#include "store/log_writer.h"

#include <algorithm>

#include <pthread.h>

#include "base/check.h"
#include "base/log.h"

namespace clamor::store {

LogWriter::LogWriter(MessageLog& log, const LogWriterOptions& options)
    : log_(log), options_(options) {
    CLAMOR_CHECK(options.batch_max > 0, "a batch holds at least one message");
    thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        give_up_at_ = Clock::now() + options_.stop_timeout;
    }
    wake_.notify_one();
    thread_.join();
}

bool LogWriter::accepting() const {
    return waiting() < options_.queue_max;
}

void LogWriter::append(StoredMessage message, Task on_durable) {
    bool was_empty = false;
    {
        const std::lock_guard lock(mutex_);
        CLAMOR_CHECK(!stopping_, "appended to a log writer that is being stopped");
        last_waiting_[message.channel] = message.position;
        was_empty = queue_.empty();
        queue_.push_back({std::move(message), std::move(on_durable)});
        waiting_.fetch_add(1, std::memory_order_relaxed);
    }
    if (was_empty) wake_.notify_one();
}

Position LogWriter::last_waiting(ChannelId channel) const {
    const std::lock_guard lock(mutex_);
    const auto found = last_waiting_.find(channel);
    return found == last_waiting_.end() ? Position{} : found->second;
}

void LogWriter::run() {
    pthread_setname_np(pthread_self(), "log-writer");
    while (take_batch()) {
        if (!write_batch()) {
            const std::size_t lost = waiting();
            counters_.lost.add(lost);
            log::error("messages were lost: the message log kept failing until the stop",
                       {{"lost", lost}});
            return;
        }
    }
}

bool LogWriter::take_batch() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    wake_.wait_until(lock, commit_started_ + options_.commit_interval,
                     [this] { return stopping_ || queue_.size() >= options_.batch_max; });
    if (queue_.empty()) return false;
    const std::size_t count = std::min(queue_.size(), options_.batch_max);
    for (std::size_t i = 0; i < count; ++i) {
        batch_.push_back(std::move(queue_.front().message));
        tasks_.push_back(std::move(queue_.front().on_durable));
        queue_.pop_front();
    }
    return true;
}

bool LogWriter::write_batch() {
    auto pause = options_.retry_pause_min;
    for (;;) {
        commit_started_ = Clock::now();
        const auto written = log_.append(batch_);
        if (written) {
            finish_batch(Clock::now() - commit_started_);
            return true;
        }
        counters_.failures.add();
        enter_degraded(written.error());
        std::unique_lock lock(mutex_);
        // A stop cuts the pause short, once; from then on the tries go on until the time is up.
        if (stopping_ && Clock::now() >= give_up_at_) return false;
        if (stopping_) {
            wake_.wait_until(lock, std::min(Clock::now() + options_.retry_pause_min, give_up_at_),
                             [] { return false; });
        } else {
            wake_.wait_for(lock, pause, [this] { return stopping_; });
        }
        pause = std::min(pause * 2, options_.retry_pause_max);
    }
}

void LogWriter::finish_batch(Clock::duration took) {
    counters_.commit.record(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    counters_.batches.add();
    counters_.appended.add(batch_.size());
    if (degraded_.exchange(false, std::memory_order_relaxed)) {
        log::info("the message log writes again", {{"waited", waiting()}});
    }
    {
        const std::lock_guard lock(mutex_);
        for (const StoredMessage& message : batch_) {
            const auto found = last_waiting_.find(message.channel);
            if (found != last_waiting_.end() && found->second == message.position)
                last_waiting_.erase(found);
        }
        waiting_.fetch_sub(batch_.size(), std::memory_order_relaxed);
    }
    for (Task& task : tasks_) {
        if (task) task();
    }
    batch_.clear();
    tasks_.clear();
}

void LogWriter::enter_degraded(const Error& error) {
    if (degraded_.exchange(true, std::memory_order_relaxed)) return;
    log::error("the message log cannot be written; messages wait in memory and are tried again",
               {{"error", error.to_string()}, {"waiting", waiting()}});
}

}  // namespace clamor::store
