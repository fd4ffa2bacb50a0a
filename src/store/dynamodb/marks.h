// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "store/dynamodb/client.h"
#include "store/dynamodb/history.h"
#include "store/message_log.h"

namespace clamor::store::dynamodb {

/// Takes messages out of sight and brings them back: items of their own beside the messages, which
/// never change. Everything may be done again; what ends half-way is whole when it is. Under each
/// act is written what it marked, before it is marked.
class Marks {
  public:
    Marks(Client& client, History& history) : client_(client), history_(history) {}

    Result<void> mark(std::span<const Deletion> deletions);
    Result<void> take_back(ChannelId channel, MessageId act);

  private:
    Result<void> mark_messages(const Deletion& deletion);
    Result<void> clear(const Deletion& deletion);
    /// Of different authors of one channel.
    Result<void> mark_authors(std::span<const Deletion> deletions);

    Client& client_;
    History& history_;
};

}  // namespace clamor::store::dynamodb
