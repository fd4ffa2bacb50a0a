// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/counters.h"
#include "base/limits.h"
#include "store/log_entry.h"
#include "store/log_queue.h"
#include "store/refused_entries.h"
#include "store/retry.h"

namespace clamor::store {

/// What the writer has done; one writer, any reader.
struct LogWriterCounters {
    Counter appended;         ///< messages on disk
    Counter batches;          ///< commits that succeeded
    Counter failures;         ///< commits that failed, each retry counted
    Counter lost;             ///< what was given up at the stop because the disk kept failing
    LatencyHistogram commit;  ///< time of each commit that succeeded
};

struct LogWriterOptions {
    std::size_t queue_max = limits::kLogQueueMessages;
    std::size_t batch_max = 1024;
    /// The least time between the starts of two commits. A message after a pause is committed at
    /// once; under load this makes groups, each of which costs one flush of the disk.
    std::chrono::microseconds commit_interval{5000};
    std::chrono::milliseconds retry_pause_min{50};
    std::chrono::milliseconds retry_pause_max{2000};
    /// How long the destructor goes on trying while the disk fails.
    std::chrono::milliseconds stop_timeout{5000};
    /// Where entries are set aside that the log never takes; empty: they are only told in the log.
    std::string refused_path{};
    /// Told how many entries, the oldest that were waiting, have been written; on the writer's
    /// thread.
    std::function<void(std::size_t)> on_written{};
};

/// The log writer thread: takes all that is queued, commits it as one batch, and runs the batch's
/// tasks. While a commit runs the queue grows, so the groups grow with the load. The deletions of a
/// batch are a second commit behind its messages: a deletion and the messages before it are never
/// further apart than a crash between the two. What is restored comes behind both. A failed batch
/// is kept and tried again with growing pauses, but for messages whose place another has
/// (RefusedEntries); the writer is then degraded, says so once in the
/// log, and once more when it has recovered.
class LogWriter final : public LogQueue {
  public:
    /// `log` outlives the writer.
    explicit LogWriter(MessageLog& log, const LogWriterOptions& options = {});
    /// Writes what is left, for as long as `stop_timeout` allows when the disk fails, and says what
    /// was lost.
    ~LogWriter() override;

    bool accepting() const override;
    void append(StoredMessage message, Task on_durable) override;
    void mark_deleted(Deletion deletion) override;
    void restore(ChannelId channel, MessageId by) override;
    Position last_waiting(ChannelId channel) const override;
    /// As append(), mark_deleted() and restore(), many at once and telling nobody.
    void append_all(std::vector<LogEntry> entries);
    /// Writes at once what waits for the channel, and waits until it is written, at most until
    /// `deadline`; while the writer is degraded it does not wait.
    void catch_up(ChannelId channel, std::chrono::steady_clock::time_point deadline);

    const LogWriterCounters& counters() const { return counters_; }
    /// Messages, deletions and restorations taken and not on disk yet.
    std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
    /// How long the oldest of these has waited; 0 when none does.
    std::chrono::milliseconds backlog_age() const;
    /// What the log never takes. Not while entries wait, but for the count.
    RefusedEntries& refused() { return refused_; }
    const RefusedEntries& refused() const { return refused_; }
    /// The last commit failed and none has succeeded since.
    bool degraded() const { return retry_.degraded(); }

  private:
    using Clock = std::chrono::steady_clock;
    struct Entry {
        LogEntry what;
        Task on_durable;
        Clock::time_point taken{};
    };
    /// Of a channel with entries that are not written yet.
    struct Waiting {
        Position last{};  ///< zeros: only deletions and restorations wait
        std::size_t entries = 0;
    };

    void enqueue(Entry entry);
    /// Under the lock.
    void put(Entry entry);
    void run();
    /// Moves up to batch_max entries out of the queue; waits for the first. False: stopped and
    /// nothing is left.
    bool take_batch();
    /// The next entry may join the batch, whose messages are written before its deletions, and
    /// those before what is restored.
    bool joins_batch(const LogEntry& entry) const;
    bool write_batch();
    bool write_messages();
    /// Tries until it succeeds; false when it gave up because the writer is being stopped.
    template <class Commit>
    bool commit(Commit&& commit);
    void finish_messages();
    Result<void> write_restorations();
    /// What is in `written` waits no longer.
    template <class Entries>
    void finish(Entries& written);

    MessageLog& log_;
    const LogWriterOptions options_;
    LogWriterCounters counters_;
    RefusedEntries refused_;
    std::atomic<std::size_t> waiting_{0};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable written_;  ///< or degraded
    std::deque<Entry> queue_;
    std::optional<Clock::time_point> batch_taken_{};  ///< of the oldest entry being written
    std::unordered_map<ChannelId, Waiting> waiting_for_;
    std::size_t hurried_ = 0;  ///< catch_up() calls that wait
    std::uint64_t taken_ = 0;  ///< entries, ever
    std::uint64_t done_ = 0;   ///< of them
    Retry retry_;

    // Of the writer's thread alone.
    std::vector<StoredMessage> batch_;
    std::vector<Task> tasks_;
    std::vector<Deletion> deletions_;
    std::vector<Restoration> restorations_;
    Clock::time_point commit_started_{};

    std::thread thread_;
};

}  // namespace clamor::store
