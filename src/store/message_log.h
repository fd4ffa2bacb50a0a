// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace clamor::store {

enum class EntryKind : std::uint8_t { message = 1, user_notice = 2, moderation = 3 };

/// An entry of a channel's history as it is kept: the keys that it is found by, and the event in
/// the encoding of chat/event.h. In a channel, `sent_at` never falls from one sequence to the next.
struct StoredMessage {
    ChannelId channel{};
    Position position{};
    MessageId id{};
    WallTime sent_at{};
    UserId author{};
    std::string event{};
    bool deleted = false;
    EntryKind kind = EntryKind::message;
};

/// Messages and user notices that moderation takes out of sight: those named by `ids`, or, where
/// there are none, all of the channel up to `up_to_sequence`, by `author` when there is one.
struct Deletion {
    ChannelId channel{};
    MessageId by{};  ///< the act; restore() takes it back as a whole
    std::vector<MessageId> ids{};
    UserId author{};
    std::uint64_t up_to_sequence = 0;
};

/// Where a channel's history ends.
struct LastMessage {
    Position position{};
    WallTime sent_at{};
};

/// The same of each region, the own one first; of one that is left out, it could not be found out.
using LastMessages = std::vector<LastMessage>;

/// Which part of a channel to read. The bounds are exclusive; with none, the newest messages.
struct HistoryQuery {
    ChannelId channel{};
    std::optional<std::uint64_t> after_sequence{};
    std::optional<std::uint64_t> before_sequence{};
    std::optional<WallTime> after_time{};
    std::optional<WallTime> before_time{};
    std::optional<UserId> author{};
    bool messages_only = false;  ///< neither moderation nor user notices
    /// Only what the region of the bounding sequences has published, where there are several.
    bool one_region = false;
    std::size_t limit = 100;
    /// With a lower bound and no upper one, the oldest after it (to page forward); else the newest
    /// before the upper one.
};

/// The durable history of all channels. Calls block: for worker and log-writer threads only; every
/// call is safe from any thread. A message whose id is already stored is not stored twice; another
/// message at a stored position is file_exists.
class MessageLog {
  public:
    virtual ~MessageLog() = default;

    /// All or none of each channel; when it returns, the messages survive a crash of process and
    /// machine.
    virtual Result<void> append(std::span<const StoredMessage> messages) = 0;
    /// Always in ascending order of sequence; of several regions, of time, region and sequence.
    virtual Result<std::vector<StoredMessage>> read(const HistoryQuery& query) = 0;
    virtual Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) = 0;
    /// The newest message of a channel; zeros when it has none.
    virtual Result<LastMessage> last(ChannelId channel) = 0;
    /// Where there are several regions, last() of each; an error: not even of the own one.
    virtual Result<LastMessages> last_of_regions(ChannelId channel) {
        return last(channel).map([](const LastMessage& own) { return LastMessages{own}; });
    }
    /// Of a message or user notice, deleted or not.
    virtual Result<bool> has_author(ChannelId channel, UserId author) = 0;
    /// What was deleted before keeps the act that deleted it. Nothing to delete is no error.
    virtual Result<void> mark_deleted(std::span<const Deletion> deletions) = 0;
    /// Brings back what the act deleted. What the whole channel was cleared of since stays out of
    /// sight until that act is taken back, too.
    virtual Result<void> restore(ChannelId channel, MessageId by) = 0;
};

/// A log on another machine, which may be slow or away.
class RemoteLog : public MessageLog {
  public:
    /// As last() and has_author(), for whoever has an answer of his own and should not be kept
    /// waiting: an error where the log has none soon.
    virtual Result<LastMessage> glance_last(ChannelId channel) = 0;
    virtual Result<bool> glance_author(ChannelId channel, UserId author) = 0;
};

}  // namespace clamor::store
