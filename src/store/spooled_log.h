// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/counters.h"
#include "base/limits.h"
#include "store/log_queue.h"
#include "store/log_writer.h"
#include "store/spool.h"

namespace clamor::store {

/// What the spool has done; one writer, any reader.
struct SpoolCounters {
    Counter appended;         ///< messages, deletions and restorations on disk
    Counter commits;          ///< groups that succeeded
    Counter failures;         ///< groups that failed, each retry counted
    Counter bytes;            ///< of segments with entries that are not in the message log yet
    LatencyHistogram commit;  ///< time of each group that succeeded
};

struct SpooledLogOptions {
    SpoolOptions spool;
    /// The least time between the starts of two groups. An entry after a pause is written at once.
    std::chrono::microseconds interval = limits::kSpoolInterval;
    std::size_t group_max = limits::kLogBatch;
    std::chrono::milliseconds retry_pause_min{50};
    std::chrono::milliseconds retry_pause_max{2000};
    std::chrono::milliseconds stop_timeout{5000};
    /// What an earlier process left is written behind the start, as soon as the log takes it: for
    /// a log on another machine, which may be away. Otherwise before it.
    bool write_left_later = false;
    /// Of the writer behind the spool. Its queue_max bounds what waits for the spool; what waits
    /// for the log is bounded by the spool's size, and by memory_max as far as it is in memory.
    LogWriterOptions writer = {.batch_max = limits::kLogBatch,
                               .commit_interval = limits::kLogInterval};
};

/// The durable way to a message log that is slow, or away: entries go to the spool in groups, each
/// of which costs one flush of the disk, are told to be durable, and follow to the message log in
/// batches that are as large as its interval makes them. Whoever reads history is served by log(),
/// which writes first what waits for the channel in question.
///
/// Two threads: one for the spool, the LogWriter's for the log. What cannot be written is kept and
/// tried again with growing pauses: what is in the spool partly in memory, the rest is read from
/// there when its turn comes. What is in the spool and not in the log at the end is taken up by the
/// next process.
class SpooledLog final : public LogQueue {
  public:
    /// Takes up what an earlier process left in the spool. `log` outlives this.
    static Result<std::unique_ptr<SpooledLog>> open(MessageLog& log, SpooledLogOptions options);
    ~SpooledLog() override;

    bool accepting() const override;
    void append(StoredMessage message, Task on_durable) override;
    void mark_deleted(Deletion deletion) override;
    void restore(ChannelId channel, MessageId by) override;
    Position last_waiting(ChannelId channel) const override;

    /// The message log for readers: read() and find() wait until all that was appended so far is in
    /// it, last() and has_author() do not (last_waiting() has the rest). What changes it goes by
    /// the queue.
    MessageLog& log();
    const SpoolCounters& counters() const { return counters_; }
    const LogWriter& writer() const { return *writer_; }
    std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
    /// The share, in percent, of its bound that the spool holds, or of theirs that the entries
    /// which wait for it: whichever is more. From limits::kSpoolAlarmPercent on it is told in the
    /// log, too.
    int fullness() const;
    /// The last group failed and none has succeeded since: nothing is durable.
    bool degraded() const { return retry_.degraded(); }

  private:
    using Clock = std::chrono::steady_clock;
    class Reading;
    struct Entry {
        LogEntry what;
        Task on_durable;
    };

    SpooledLog(MessageLog& log, SpooledLogOptions options);
    /// `left`: of the entries from number `from` to `upto`, which the log is to take over.
    void start_writer(MessageLog& log, WaitingChannels left, std::uint64_t from,
                      std::uint64_t upto);
    Result<void> write_left(MessageLog& log);
    void enqueue(Entry entry);
    void run();
    /// Waits for entries, or, without any, for room that the log has made. False: stopped.
    bool take_group();
    /// Tries until it succeeds; false when it gave up because of the stop.
    bool write_group();
    void hand_on();
    /// Lets go of what is in the log.
    void release();
    void watch_fullness();
    /// All that was appended before is in the log when it returns, if that can be.
    void catch_up(ChannelId channel);

    const SpooledLogOptions options_;
    SpoolCounters counters_;
    std::atomic<std::size_t> waiting_{0};   ///< for the spool
    std::atomic<std::uint64_t> in_log_{0};  ///< all entries before this number
    std::unique_ptr<Spool> spool_;
    std::unique_ptr<LogWriter> writer_;
    std::unique_ptr<Reading> reading_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable handed_on_;  ///< or degraded
    std::deque<Entry> queue_;
    std::deque<Entry> group_;  ///< being written; changed by the thread alone, under the lock
    std::uint64_t taken_ = 0;  ///< entries, ever
    std::uint64_t done_ = 0;   ///< of them, handed on
    bool idle_ = false;        ///< the thread waits for the next entry
    bool written_ = false;     ///< the log has more than when the thread released last
    Retry retry_;

    // Of the thread alone.
    std::vector<std::string> records_;
    Clock::time_point group_started_{};
    bool alarmed_ = false;

    std::thread thread_;
};

}  // namespace clamor::store
