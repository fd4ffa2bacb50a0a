// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "store/message_log.h"

namespace clamor::store {

/// A message log that forgets everything with the process: for tests and the simulator. Passes the
/// same contract suite as the durable ones.
class MemoryMessageLog final : public MessageLog {
  public:
    Result<void> append(std::span<const StoredMessage> messages) override;
    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override;
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override;
    Result<LastMessage> last(ChannelId channel) override;
    Result<bool> has_author(ChannelId channel, UserId author) override;
    Result<void> mark_deleted(std::span<const Deletion> deletions) override;
    Result<void> restore(ChannelId channel, MessageId by) override;

    /// Until told otherwise every change fails with `code` and leaves nothing behind, as on a full
    /// disk; a default constructed code ends it. Reading goes on. For tests.
    void fail_appends(std::error_code code);

  private:
    struct Kept {
        StoredMessage message;
        MessageId deleted_by{};
    };
    struct ChannelLog {
        std::map<std::uint64_t, Kept> by_sequence;
        std::unordered_set<UserId> authors;
        /// The acts that cleared the whole channel, by the last sequence that they cover.
        std::set<std::pair<std::uint64_t, MessageId>> clearings;
        /// The same of one author each: what comes later at such a place is meant as well.
        std::multimap<UserId, std::pair<std::uint64_t, MessageId>> author_marks;

        std::uint64_t cleared_up_to() const {
            return clearings.empty() ? 0 : clearings.rbegin()->first;
        }
        StoredMessage shown(const Kept& kept) const;
        void mark(Kept& kept, MessageId by);
        void clear(const Deletion& deletion);
        void mark_author(const Deletion& deletion);
        /// What has come late.
        void mark_by_place(std::uint64_t sequence);
    };

    std::mutex mutex_;
    std::error_code failure_;
    std::unordered_map<ChannelId, ChannelLog> channels_;
    std::unordered_map<MessageId, std::pair<ChannelId, std::uint64_t>> places_;
};

}  // namespace clamor::store
