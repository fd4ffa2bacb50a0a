// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "store/log_queue.h"
#include "store/message_log.h"

namespace clamor::fakes {

/// Writes at once, or, while `held`, when the test says so.
class HeldLogQueue final : public store::LogQueue {
  public:
    explicit HeldLogQueue(store::MessageLog& log) : log_(log) {}

    bool accepting() const override { return accepts; }
    void append(store::StoredMessage message, Task on_durable) override {
        waiting_.emplace_back(std::move(message), std::move(on_durable));
        if (!held) write();
    }
    Position last_waiting(ChannelId channel) const override {
        Position last;
        for (const auto& [message, on_durable] : waiting_) {
            if (message.channel == channel) last = message.position;
        }
        return last;
    }
    void mark_deleted(store::Deletion deletion) override {
        deletions_.push_back(std::move(deletion));
        if (!held) write();
    }
    void restore(ChannelId channel, MessageId by) override {
        restored_.emplace_back(channel, by);
        if (!held) write();
    }
    void write() {
        for (auto& [message, on_durable] : std::exchange(waiting_, {})) {
            must(log_.append(std::span(&message, 1)));
            on_durable();
        }
        must(log_.mark_deleted(std::exchange(deletions_, {})));
        for (const auto& [channel, by] : std::exchange(restored_, {}))
            must(log_.restore(channel, by));
    }

    bool accepts = true;
    bool held = false;

  private:
    static void must(const Result<void>& done) {
        CLAMOR_CHECK(done.has_value(), "the memory log takes whatever it is given");
    }

    store::MessageLog& log_;
    std::vector<std::pair<store::StoredMessage, Task>> waiting_;
    std::vector<store::Deletion> deletions_;
    std::vector<std::pair<ChannelId, MessageId>> restored_;
};

}  // namespace clamor::fakes
