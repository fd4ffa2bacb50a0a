// SPDX-License-Identifier: Apache-2.0
#include "sim/faulty_log.h"

#include <algorithm>
#include <span>
#include <utility>

namespace clamor::sim {

using namespace std::chrono_literals;

void FaultyLog::append(store::StoredMessage message, Task on_durable) {
    queue_.emplace_back(std::move(message), std::move(on_durable));
    if (!commit_planned_) plan_commit(500us + up_to(random_, chance(random_, 50) ? 200ms : 10ms));
}

void FaultyLog::mark_deleted(store::Deletion deletion) {
    changes_.emplace_back(std::move(deletion));
    if (queue_.empty()) write_changes();
}

void FaultyLog::restore(ChannelId channel, MessageId by) {
    changes_.emplace_back(Restoration{channel, by});
    if (queue_.empty()) write_changes();
}

void FaultyLog::write_changes() {
    for (const auto& change : std::exchange(changes_, {})) {
        if (const auto* deletion = std::get_if<store::Deletion>(&change)) {
            (void)log_.mark_deleted(std::span(deletion, 1));
        } else {
            const auto& restoration = std::get<Restoration>(change);
            (void)log_.restore(restoration.channel, restoration.by);
        }
    }
}

Position FaultyLog::last_waiting(ChannelId channel) const {
    Position last;
    for (const auto& [message, on_durable] : queue_) {
        if (message.channel == channel) last = message.position;
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

void FaultyLog::commit() {
    const bool fails = cluster_.now().mono < fails_until_;
    log_.fail_appends(fails ? std::make_error_code(std::errc::no_space_on_device)
                            : std::error_code{});
    const std::size_t group = 1 + pick(random_, queue_.size());
    std::vector<store::StoredMessage> messages;
    for (std::size_t i = 0; i < group; ++i) messages.push_back(queue_[i].first);
    if (!log_.append(messages)) {
        pause_ = std::min<std::chrono::nanoseconds>(
            std::max<std::chrono::nanoseconds>(pause_ * 2, 20ms), 2s);
        plan_commit(pause_);
        return;
    }
    pause_ = 0ns;
    std::vector<Task> durable;
    for (std::size_t i = 0; i < group; ++i) durable.push_back(std::move(queue_[i].second));
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(group));
    if (queue_.empty()) write_changes();
    for (Task& task : durable) task();
    if (!queue_.empty() && !commit_planned_) plan_commit(500us + up_to(random_, 10ms));
}

}  // namespace clamor::sim
