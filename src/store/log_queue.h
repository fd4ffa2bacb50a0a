// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/task.h"
#include "store/message_log.h"

namespace clamor::store {

/// The way from the rooms to the durable log: never waits.
class LogQueue {
  public:
    virtual ~LogQueue() = default;

    /// False while the queue is at its bound: rooms then refuse new messages, since nothing accepted may be dropped.
    virtual bool accepting() const = 0;
    /// Takes the message; `on_durable` runs on the writer's thread once it is on disk. What was taken is written, in
    /// order, however long the disk fails; it is tried again with growing pauses. Any thread.
    virtual void append(StoredMessage message, Task on_durable) = 0;
};

}  // namespace clamor::store
