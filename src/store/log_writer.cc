// SPDX-License-Identifier: Apache-2.0
#include "store/log_writer.h"

#include <algorithm>
#include <utility>

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

std::size_t memory_of(const LogEntry& entry) {
    std::size_t bytes = sizeof(LogEntry);
    if (const auto* message = std::get_if<StoredMessage>(&entry)) bytes += message->event.size();
    if (const auto* deletion = std::get_if<Deletion>(&entry))
        bytes += deletion->ids.size() * sizeof(MessageId);
    return bytes;
}

/// How well the age of what is not in memory is known.
constexpr std::uint64_t kMarkEvery = 1024;

}  // namespace

void note_waiting(WaitingChannels& channels, const LogEntry& entry, std::uint64_t number) {
    WaitingChannel& waiting = channels[channel_of(entry)];
    waiting.upto = number + 1;
    if (const auto* message = std::get_if<StoredMessage>(&entry)) waiting.last = message->position;
}

LogWriter::LogWriter(MessageLog& log, const LogWriterOptions& options, Backlog backlog)
    : log_(log),
      options_(options),
      backlog_(std::move(backlog)),
      refused_(options.refused_path),
      retry_(mutex_, wake_, waiting_,
             {.pause_min = options.retry_pause_min,
              .pause_max = options.retry_pause_max,
              .broken = "the message log cannot be written; messages wait and are tried again",
              .mended = "the message log writes again"}) {
    CLAMOR_CHECK(options.batch_max > 0, "a batch holds at least one message");
    done_ = loaded_ = backlog_.from;
    taken_ = backlog_.upto;
    waiting_for_ = backlog_.channels;
    waiting_.store(taken_ - done_, std::memory_order_relaxed);
    if (!all_in_memory()) marks_.push_back({loaded_, Clock::now()});
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
    bool was_idle = false;
    {
        const std::lock_guard lock(mutex_);
        was_idle = waiting() == 0;
        put(std::move(entry));
    }
    if (was_idle) wake_.notify_one();
}

void LogWriter::put(Entry entry) {
    CLAMOR_CHECK(!retry_.stopping(), "given to a log writer that is being stopped");
    const bool in_memory = all_in_memory() && (!backlog_.read || memory_ < options_.memory_max);
    entry.number = taken_++;
    waiting_.store(taken_ - done_, std::memory_order_relaxed);
    note_waiting(waiting_for_, entry.what, entry.number);
    if (in_memory) {
        loaded_ = taken_;
        return keep(std::move(entry));
    }
    CLAMOR_CHECK(!entry.on_durable, "what is durable elsewhere has been told already");
    if (marks_.empty() || entry.number - marks_.back().number >= kMarkEvery)
        marks_.push_back({entry.number, entry.taken});
}

void LogWriter::keep(Entry entry) {
    memory_ += memory_of(entry.what);
    counters_.memory.set(memory_);
    queue_.push_back(std::move(entry));
}

void LogWriter::written_before(std::uint64_t number) {
    done_ = number;
    waiting_.store(taken_ - done_, std::memory_order_relaxed);
}

Position LogWriter::last_waiting(ChannelId channel) const {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_for_.find(channel);
    return found == waiting_for_.end() || found->second.upto <= done_ ? Position{}
                                                                      : found->second.last;
}

std::chrono::milliseconds LogWriter::backlog_age() const {
    const std::lock_guard lock(mutex_);
    auto oldest = batch_taken_;
    if (!oldest && !queue_.empty()) oldest = queue_.front().taken;
    if (!oldest && !marks_.empty()) oldest = marks_.front().taken;
    if (!oldest) return std::chrono::milliseconds(0);
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - *oldest);
}

void LogWriter::catch_up(ChannelId channel, Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    const auto found = waiting_for_.find(channel);
    if (found == waiting_for_.end()) return;
    const std::uint64_t enough = found->second.upto;
    // What is not even in memory is too far behind to be waited for.
    if (enough > loaded_) return;
    ++hurried_;
    wake_.notify_one();
    written_.wait_until(lock, deadline, [&] { return degraded() || done_ >= enough; });
    --hurried_;
}

void LogWriter::run() {
    pthread_setname_np(pthread_self(), "log-writer");
    while (take_batch() && write_batch()) {
    }
    const std::size_t left = waiting();
    if (left == 0) return;
    counters_.lost.add(left);
    log::error(
        "the message log has not taken everything by the stop; only what a spool holds is not lost",
        {{"not_written", left}});
}

bool LogWriter::take_batch() {
    {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return retry_.stopping() || waiting() > 0; });
        wake_.wait_until(lock, commit_started_ + options_.commit_interval, [this] {
            return retry_.stopping() || hurried_ > 0 || waiting() >= options_.batch_max;
        });
    }
    if (!read_back()) return false;
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return waiting() > 0 || !retry_.stopping();
    batch_taken_ = queue_.front().taken;
    while (!queue_.empty() && joins_batch(queue_.front().what)) {
        Entry& entry = queue_.front();
        batch_memory_ += memory_of(entry.what);
        batch_upto_ = entry.number + 1;
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

bool LogWriter::read_back() {
    while (true) {
        std::uint64_t from = 0;
        std::uint64_t upto = 0;
        {
            const std::lock_guard lock(mutex_);
            const bool enough = !queue_.empty() && (queue_.size() >= options_.batch_max ||
                                                    memory_ >= options_.memory_max);
            if (all_in_memory() || enough) return true;
            if (retry_.time_is_up()) return false;
            from = loaded_;
            upto = taken_;
        }
        std::vector<LogEntry> entries;
        std::uint64_t behind = from;
        const bool read = try_until_done([&]() -> Result<void> {
            entries.clear();
            const auto next = backlog_.read(
                from, upto, [&](LogEntry entry) { entries.push_back(std::move(entry)); });
            if (!next) return tl::unexpected(next.error());
            behind = *next;
            return {};
        });
        if (!read) return false;
        counters_.read_back.add(entries.size());
        bool nothing = false;  // of what was read is an entry
        {
            const std::lock_guard lock(mutex_);
            // Where some were unreadable, the others have later numbers than they had.
            std::uint64_t number = behind - entries.size();
            for (LogEntry& entry : entries) {
                while (marks_.size() > 1 && marks_[1].number <= number) marks_.pop_front();
                keep({std::move(entry), {}, marks_.front().taken, number++});
            }
            loaded_ = behind;
            if (all_in_memory()) marks_.clear();
            nothing = queue_.empty();
            if (nothing) written_before(loaded_);
        }
        if (!nothing) continue;
        written_.notify_all();
        if (options_.on_written) options_.on_written(behind);
    }
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
    if (!batch_.empty() && !write_messages()) return false;
    if (!deletions_.empty() && !commit([this] { return log_.mark_deleted(deletions_); }))
        return false;
    if (!restorations_.empty() && !commit([this] { return write_restorations(); })) return false;
    // Not before: messages overtake the deletions of their batch.
    finish_batch();
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
    return try_until_done([&] {
        commit_started_ = Clock::now();
        Result<void> written = commit();
        if (written) {
            const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
                Clock::now() - commit_started_);
            counters_.commit.record(static_cast<std::uint64_t>(took.count()));
            counters_.batches.add();
        }
        return written;
    });
}

template <class Try>
bool LogWriter::try_until_done(Try&& once) {
    return retry_.until_written(once, [this] {
        counters_.failures.add();
        written_.notify_all();
    });
}

void LogWriter::finish_batch() {
    std::uint64_t done = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto finish = [this](const auto& written) {
            for (const auto& entry : written) {
                const auto found = waiting_for_.find(entry.channel);
                if (found != waiting_for_.end() && found->second.upto <= batch_upto_)
                    waiting_for_.erase(found);
            }
        };
        finish(batch_);
        finish(deletions_);
        finish(restorations_);
        memory_ -= std::exchange(batch_memory_, 0);
        counters_.memory.set(memory_);
        batch_taken_.reset();
        written_before(queue_.empty() ? loaded_ : queue_.front().number);
        done = done_;
    }
    written_.notify_all();
    if (options_.on_written) options_.on_written(done);
    batch_.clear();
    deletions_.clear();
    restorations_.clear();
    for (Task& task : std::exchange(tasks_, {})) {
        if (task) task();
    }
}

}  // namespace clamor::store
