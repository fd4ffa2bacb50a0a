// SPDX-License-Identifier: Apache-2.0
#include "sim/faulty_log.h"

#include <algorithm>
#include <span>
#include <utility>

namespace clamor::sim {

using namespace std::chrono_literals;

void FaultyLog::put(Entry entry) {
    queue_.push_back(std::move(entry));
    if (!commit_planned_) plan_commit(500us + up_to(random_, chance(random_, 50) ? 200ms : 10ms));
}

void FaultyLog::append(store::StoredMessage message, Task on_durable) {
    put({std::move(message), std::move(on_durable)});
}

void FaultyLog::mark_deleted(store::Deletion deletion) {
    put({std::move(deletion), {}});
}

void FaultyLog::restore(ChannelId channel, MessageId by) {
    put({store::Restoration{channel, by}, {}});
}

Position FaultyLog::last_waiting(ChannelId channel) const {
    Position last;
    for (const Entry& entry : queue_) {
        const auto* message = std::get_if<store::StoredMessage>(&entry.what);
        if (message != nullptr && message->channel == channel) last = message->position;
    }
    return last;
}

void FaultyLog::plan_commit(std::chrono::nanoseconds after) {
    commit_planned_ = true;
    cluster_.call_as_log_writer(after, [this] {
        commit_planned_ = false;
        commit();
    });
}

/// A group at a time, in order; none of it where the disk fails.
void FaultyLog::commit() {
    if (cluster_.now().mono < fails_until_) {
        pause_ = std::min<std::chrono::nanoseconds>(
            std::max<std::chrono::nanoseconds>(pause_ * 2, 20ms), 2s);
        return plan_commit(pause_);
    }
    pause_ = 0ns;
    std::vector<Task> durable;
    for (std::size_t left = 1 + pick(random_, queue_.size()); left > 0; --left) {
        Entry entry = std::move(queue_.front());
        queue_.pop_front();
        if (write(entry.what) && entry.on_durable) durable.push_back(std::move(entry.on_durable));
    }
    for (Task& task : durable) task();
    if (!queue_.empty() && !commit_planned_) plan_commit(500us + up_to(random_, 10ms));
}

/// False: it is set aside, since another has its place.
bool FaultyLog::write(const store::LogEntry& entry) {
    if (const auto* message = std::get_if<store::StoredMessage>(&entry))
        return log_.append(std::span(message, 1)).has_value();
    if (const auto* deletion = std::get_if<store::Deletion>(&entry))
        return log_.mark_deleted(std::span(deletion, 1)).has_value();
    const auto& restoration = std::get<store::Restoration>(entry);
    return log_.restore(restoration.channel, restoration.by).has_value();
}

}  // namespace clamor::sim
