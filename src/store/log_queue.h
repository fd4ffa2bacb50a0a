// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.h"
#include "store/message_log.h"

namespace clamor::store {

/// The way from the rooms to the durable log: never waits.
class LogQueue {
  public:
    virtual ~LogQueue() = default;

    /// False while the queue is at its bound: rooms then refuse new messages, since nothing
    /// accepted may be dropped.
    virtual bool accepting() const = 0;
    /// Takes the message; `on_durable` runs on the writer's thread once it is on disk. What was
    /// taken is written, in order, however long the disk fails; it is tried again with growing
    /// pauses. Any thread.
    virtual void append(StoredMessage message, Task on_durable) = 0;
    /// Marks what was appended before it, in the order of the calls: a message that still waits is
    /// written first. Never refused. Any thread.
    virtual void mark_deleted(Deletion deletion) = 0;
    /// Brings back what the act deleted (see MessageLog), in the order of the calls: what it is
    /// about to delete as well. Never refused. Any thread.
    virtual void restore(ChannelId channel, MessageId by) = 0;
    /// The newest position of the channel that was taken and is not in the log yet; zeros when all
    /// of it is. Whoever needs a channel's last position asks here first and the log after that:
    /// the other way round, a batch that is written in between is missed, and its positions are
    /// given out twice. A queue that writes before append() returns needs not override it.
    virtual Position last_waiting(ChannelId) const { return {}; }
};

}  // namespace clamor::store
