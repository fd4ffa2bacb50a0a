// SPDX-License-Identifier: Apache-2.0
#include "store/log_writer.h"

#include <algorithm>

#include <pthread.h>

#include "base/check.h"
#include "base/log.h"

namespace clamor::store {

namespace {

/// Written after the message, the deletion would take it although it was asked for before.
bool would_reach(const Deletion& deletion, const StoredMessage& message) {
    if (deletion.channel != message.channel) return false;
    if (deletion.ids.empty()) return message.position.sequence <= deletion.up_to_sequence;
    return std::ranges::find(deletion.ids, message.id) != deletion.ids.end();
}

}  // namespace

LogWriter::LogWriter(MessageLog& log, const LogWriterOptions& options)
    : log_(log),
      options_(options),
      refused_(options.refused_path),
      retry_(mutex_, wake_, waiting_,
             {.pause_min = options.retry_pause_min,
              .pause_max = options.retry_pause_max,
              .broken = "the message log cannot be written; messages wait in memory and are tried "
                        "again",
              .mended = "the message log writes again"}) {
    CLAMOR_CHECK(options.batch_max > 0, "a batch holds at least one message");
    thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() {
    {
        const std::lock_guard lock(mutex_);
        retry_.stop(options_.stop_timeout);
    }
    wake_.notify_one();
    thread_.join();
}

bool LogWriter::accepting() const {
    return waiting() < options_.queue_max;
}

void LogWriter::append(StoredMessage message, Task on_durable) {
    enqueue({std::move(message), std::move(on_durable), Clock::now()});
}

void LogWriter::mark_deleted(Deletion deletion) {
    enqueue({std::move(deletion), {}, Clock::now()});
}

void LogWriter::restore(ChannelId channel, MessageId by) {
    enqueue({Restoration{channel, by}, {}, Clock::now()});
}

void LogWriter::append_all(std::vector<LogEntry> entries) {
    {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        for (LogEntry& entry : entries) put({std::move(entry), {}, now});
    }
    wake_.notify_one();
}

void LogWriter::enqueue(Entry entry) {
    bool was_empty = false;
    {
        const std::lock_guard lock(mutex_);
        was_empty = queue_.empty();
        put(std::move(entry));
    }
    if (was_empty) wake_.notify_one();
}

void LogWriter::put(Entry entry) {
    CLAMOR_CHECK(!retry_.stopping(), "given to a log writer that is being stopped");
    Waiting& waiting = waiting_for_[channel_of(entry.what)];
    ++waiting.entries;
    if (const auto* message = std::get_if<StoredMessage>(&entry.what))
        waiting.last = message->position;
    queue_.push_back(std::move(entry));
    ++taken_;
    waiting_.fetch_add(1, std::memory_order_relaxed);
}

Position LogWriter::last_waiting(ChannelId channel) const {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_for_.find(channel);
    return found == waiting_for_.end() ? Position{} : found->second.last;
}

std::chrono::milliseconds LogWriter::backlog_age() const {
    const std::lock_guard lock(mutex_);
    if (!batch_taken_ && queue_.empty()) return std::chrono::milliseconds(0);
    const auto oldest = batch_taken_.value_or(queue_.empty() ? Clock::now() : queue_.front().taken);
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - oldest);
}

void LogWriter::catch_up(ChannelId channel, Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!waiting_for_.contains(channel)) return;
    ++hurried_;
    wake_.notify_one();
    const std::uint64_t enough = taken_;
    written_.wait_until(lock, deadline, [&] { return degraded() || done_ >= enough; });
    --hurried_;
}

void LogWriter::run() {
    pthread_setname_np(pthread_self(), "log-writer");
    while (take_batch()) {
        if (!write_batch()) {
            const std::size_t lost = waiting();
            counters_.lost.add(lost);
            log::error(
                "the message log kept failing until the stop; only what a spool holds is not lost",
                {{"not_written", lost}});
            return;
        }
    }
}

bool LogWriter::take_batch() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return retry_.stopping() || !queue_.empty(); });
    wake_.wait_until(lock, commit_started_ + options_.commit_interval, [this] {
        return retry_.stopping() || hurried_ > 0 || queue_.size() >= options_.batch_max;
    });
    if (queue_.empty()) return false;
    batch_taken_ = queue_.front().taken;
    while (!queue_.empty() && joins_batch(queue_.front().what)) {
        Entry& entry = queue_.front();
        if (auto* message = std::get_if<StoredMessage>(&entry.what)) {
            batch_.push_back(std::move(*message));
            tasks_.push_back(std::move(entry.on_durable));
        } else if (auto* deletion = std::get_if<Deletion>(&entry.what)) {
            deletions_.push_back(std::move(*deletion));
        } else {
            restorations_.push_back(std::get<Restoration>(entry.what));
        }
        queue_.pop_front();
    }
    return true;
}

bool LogWriter::joins_batch(const LogEntry& entry) const {
    if (batch_.size() + deletions_.size() + restorations_.size() == options_.batch_max)
        return false;
    if (std::holds_alternative<Deletion>(entry)) return restorations_.empty();
    const auto* message = std::get_if<StoredMessage>(&entry);
    return message == nullptr || std::ranges::none_of(deletions_, [&](const Deletion& deletion) {
               return would_reach(deletion, *message);
           });
}

bool LogWriter::write_batch() {
    const std::size_t entries = batch_.size() + deletions_.size() + restorations_.size();
    if (!batch_.empty() && !write_messages()) return false;
    if (!deletions_.empty()) {
        if (!commit([this] { return log_.mark_deleted(deletions_); })) return false;
        finish(deletions_);
    }
    if (!restorations_.empty()) {
        if (!commit([this] { return write_restorations(); })) return false;
        finish(restorations_);
    }
    // Not before: messages overtake the deletions of their batch.
    {
        const std::lock_guard lock(mutex_);
        done_ += entries;
        batch_taken_.reset();
    }
    written_.notify_all();
    if (options_.on_written) options_.on_written(entries);
    return true;
}

bool LogWriter::write_messages() {
    std::vector<std::size_t> refused;
    const bool written = commit([&] {
        auto done = RefusedEntries::append_others(log_, batch_);
        if (done) refused = *std::move(done);
        return done.map([](const auto&) {});
    });
    if (!written) return false;
    for (const std::size_t index : refused) {
        refused_.set_aside(batch_[index]);
        tasks_[index] = {};
    }
    counters_.appended.add(batch_.size() - refused.size());
    finish_messages();
    return true;
}

Result<void> LogWriter::write_restorations() {
    for (const Restoration& one : restorations_) {
        if (auto restored = log_.restore(one.channel, one.by); !restored) return restored;
    }
    return {};
}

template <class Commit>
bool LogWriter::commit(Commit&& commit) {
    return retry_.until_written(
        [&] {
            commit_started_ = Clock::now();
            Result<void> written = commit();
            if (written) {
                const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
                    Clock::now() - commit_started_);
                counters_.commit.record(static_cast<std::uint64_t>(took.count()));
                counters_.batches.add();
            }
            return written;
        },
        [this] {
            counters_.failures.add();
            written_.notify_all();
        });
}

void LogWriter::finish_messages() {
    finish(batch_);
    for (Task& task : tasks_) {
        if (task) task();
    }
    tasks_.clear();
}

template <class Entries>
void LogWriter::finish(Entries& written) {
    {
        const std::lock_guard lock(mutex_);
        for (const auto& entry : written) {
            const auto found = waiting_for_.find(entry.channel);
            if (--found->second.entries == 0) waiting_for_.erase(found);
        }
        waiting_.fetch_sub(written.size(), std::memory_order_relaxed);
    }
    written.clear();
}

}  // namespace clamor::store
