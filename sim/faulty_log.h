// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <utility>

#include "sim/cluster.h"
#include "store/log_entry.h"
#include "store/log_queue.h"
#include "store/memory_message_log.h"

namespace clamor::sim {

/// The log's writer as the rooms see it: commits in groups after a random while, in order, and
/// while the disk is said to fail tries again with growing pauses. What waits when its node crashes
/// is lost.
class FaultyLog final : public store::LogQueue {
  public:
    FaultyLog(Cluster& cluster, store::MemoryMessageLog& log, std::size_t max, std::uint64_t seed)
        : cluster_(cluster), log_(log), max_(max), random_(seed) {}

    bool accepting() const override { return queue_.size() < max_; }
    void append(store::StoredMessage message, Task on_durable) override;
    void mark_deleted(store::Deletion deletion) override;
    void restore(ChannelId channel, MessageId by) override;
    Position last_waiting(ChannelId channel) const override;

    void fail_for(std::chrono::nanoseconds duration) {
        fails_until_ = cluster_.now().mono + duration;
    }
    bool empty() const { return queue_.empty(); }

  private:
    struct Entry {
        store::LogEntry what;
        Task on_durable;
    };

    void put(Entry entry);
    void plan_commit(std::chrono::nanoseconds after);
    void commit();
    bool write(const store::LogEntry& entry);

    Cluster& cluster_;
    store::MemoryMessageLog& log_;
    const std::size_t max_;
    Random random_;
    std::deque<Entry> queue_;
    bool commit_planned_ = false;
    std::chrono::nanoseconds pause_{};
    MonoTime fails_until_{};
};

}  // namespace clamor::sim
