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
    Counter lost;             ///< not written at the stop: the disk kept failing, or time was up
    Counter read_back;        ///< entries that were not in memory any more when their turn came
    Counter memory;           ///< bytes of the entries that are
    LatencyHistogram commit;  ///< time of each commit that succeeded
};

/// Who waits for the message log, and up to which entry.
struct WaitingChannel {
    Position last{};         ///< of its newest message; zeros: only deletions and restorations wait
    std::uint64_t upto = 0;  ///< the number behind its newest entry
};
using WaitingChannels = std::unordered_map<ChannelId, WaitingChannel>;
/// Notes that this entry, the newest of all, has that number.
void note_waiting(WaitingChannels& channels, const LogEntry& entry, std::uint64_t number);

/// Entries that are durable elsewhere, where they can be read again: the writer then keeps only so
/// many bytes of them in memory, and reads the others when their turn comes.
struct Backlog {
    /// Hands on the entries from number `from` on, as many as are convenient and none from `upto`
    /// on, and answers the number behind them: Spool::read(). On the writer's thread.
    std::function<Result<std::uint64_t>(std::uint64_t from, std::uint64_t upto,
                                        const std::function<void(LogEntry)>& each)>
        read{};
    std::uint64_t from = 0;      ///< the number of the first entry that waits from the start on
    std::uint64_t upto = 0;      ///< the number of the first one that will be given to the writer
    WaitingChannels channels{};  ///< of those between
};

struct LogWriterOptions {
    std::size_t queue_max = limits::kLogQueueMessages;
    std::size_t memory_max = limits::kLogMemory;  ///< bytes; only with a Backlog
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
    /// Told the number before which all entries have been written; on the writer's thread.
    std::function<void(std::uint64_t)> on_written{};
};

/// The log writer thread: takes all that is queued, commits it as one batch, and runs the batch's
/// tasks. While a commit runs the queue grows, so the groups grow with the load. The deletions of a
/// batch are a second commit behind its messages: a deletion and the messages before it are never
/// further apart than a crash between the two. What is restored comes behind both. A failed batch
/// is kept and tried again with growing pauses, but for messages whose place another has
/// (RefusedEntries); the writer is then degraded, says so once in the
/// log, and once more when it has recovered. Entries are numbered in the order in which they come,
/// from Backlog::upto on.
class LogWriter final : public LogQueue {
  public:
    /// `log` outlives the writer. Without a `backlog` all that waits is in memory.
    explicit LogWriter(MessageLog& log, const LogWriterOptions& options = {}, Backlog backlog = {});
    /// Writes what is left, for as long as `stop_timeout` allows when the disk fails or it has to
    /// be read back, and says what was not written.
    ~LogWriter() override;

    bool accepting() const override;
    void append(StoredMessage message, Task on_durable) override;
    void mark_deleted(Deletion deletion) override;
    void restore(ChannelId channel, MessageId by) override;
    Position last_waiting(ChannelId channel) const override;
    /// As append(), mark_deleted() and restore(), many at once and telling nobody. With a Backlog,
    /// which has them already, the only way.
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
        std::uint64_t number = 0;
    };
    /// When an entry came that is not in memory, and those up to the next mark.
    struct Mark {
        std::uint64_t number;
        Clock::time_point taken;
    };

    void enqueue(Entry entry);
    // Under the lock.
    void put(Entry entry);
    void keep(Entry entry);
    bool all_in_memory() const { return loaded_ == taken_; }
    /// Everything before `number` is written.
    void written_before(std::uint64_t number);

    void run();
    /// Moves up to batch_max entries out of the queue; waits for the first. False: stopped and
    /// nothing is left, or no more is to be had.
    bool take_batch();
    /// Reads entries back while there is room and need for them; not under the lock. False: it gave
    /// up because of the stop.
    bool read_back();
    /// The next entry may join the batch, whose messages are written before its deletions, and
    /// those before what is restored.
    bool joins_batch(const LogEntry& entry) const;
    bool write_batch();
    bool write_messages();
    Result<void> write_restorations();
    // Until it succeeds; false when it gave up because the writer is being stopped.
    template <class Commit>
    bool commit(Commit&& commit);
    template <class Try>
    bool try_until_done(Try&& once);
    /// What is in the batch waits no longer.
    void finish_batch();

    MessageLog& log_;
    const LogWriterOptions options_;
    const Backlog backlog_;
    LogWriterCounters counters_;
    RefusedEntries refused_;
    std::atomic<std::size_t> waiting_{0};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable written_;  ///< or degraded
    std::deque<Entry> queue_;
    std::optional<Clock::time_point> batch_taken_{};  ///< of the oldest entry being written
    WaitingChannels waiting_for_;
    std::size_t hurried_ = 0;  ///< catch_up() calls that wait
    // Numbers of entries: those before are written, are or were in the queue, have come.
    std::uint64_t done_ = 0;
    std::uint64_t loaded_ = 0;
    std::uint64_t taken_ = 0;
    std::size_t memory_ = 0;    ///< bytes of what is in the queue and in the batch
    std::deque<Mark> marks_{};  ///< of what is in neither
    Retry retry_;

    // Of the writer's thread alone.
    std::vector<StoredMessage> batch_;
    std::vector<Task> tasks_;
    std::vector<Deletion> deletions_;
    std::vector<Restoration> restorations_;
    std::size_t batch_memory_ = 0;
    std::uint64_t batch_upto_ = 0;  ///< the number behind it
    Clock::time_point commit_started_{};

    std::thread thread_;
};

}  // namespace clamor::store
