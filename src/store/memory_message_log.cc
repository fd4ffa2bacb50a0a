// SPDX-License-Identifier: Apache-2.0
#include "store/memory_message_log.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace clamor::store {
namespace {

/// Moderation is what deletes; it is not deleted.
bool deletable(const StoredMessage& message) {
    return message.kind != EntryKind::moderation;
}

bool matches(const HistoryQuery& query, const StoredMessage& message) {
    const std::uint64_t sequence = message.position.sequence;
    return (!query.after_sequence || sequence > *query.after_sequence) &&
           (!query.before_sequence || sequence < *query.before_sequence) &&
           (!query.after_time || message.sent_at > *query.after_time) &&
           (!query.before_time || message.sent_at < *query.before_time) &&
           (!query.author || message.author == *query.author) &&
           (!query.messages_only || message.kind == EntryKind::message);
}

}  // namespace

StoredMessage MemoryMessageLog::ChannelLog::shown(const Kept& kept) const {
    StoredMessage message = kept.message;
    if (deletable(message) && message.position.sequence <= cleared_up_to()) message.deleted = true;
    return message;
}

void MemoryMessageLog::ChannelLog::mark(Kept& kept, MessageId by) {
    if (!deletable(kept.message) || shown(kept).deleted) return;
    kept.message.deleted = true;
    kept.deleted_by = by;
}

void MemoryMessageLog::ChannelLog::clear(const Deletion& deletion) {
    if (by_sequence.empty()) return;
    // What is appended later is not meant, however far the clearing says that it reaches.
    const std::uint64_t end = std::min(deletion.up_to_sequence, by_sequence.rbegin()->first);
    clearings.emplace(end, deletion.by);
}

void MemoryMessageLog::ChannelLog::mark_author(const Deletion& deletion) {
    if (by_sequence.empty()) return;
    const std::uint64_t up_to = std::min(deletion.up_to_sequence, by_sequence.rbegin()->first);
    author_marks.emplace(deletion.author, std::pair(up_to, deletion.by));
    const auto end = by_sequence.upper_bound(up_to);
    for (auto it = by_sequence.begin(); it != end; ++it) {
        if (it->second.message.author == deletion.author) mark(it->second, deletion.by);
    }
}

void MemoryMessageLog::ChannelLog::mark_by_place(std::uint64_t sequence) {
    Kept& kept = by_sequence.at(sequence);
    const auto [first, end] = author_marks.equal_range(kept.message.author);
    for (auto one = first; one != end; ++one) {
        if (sequence <= one->second.first) mark(kept, one->second.second);
    }
}

Result<void> MemoryMessageLog::append(std::span<const StoredMessage> messages) {
    const std::lock_guard lock(mutex_);
    if (failure_) return fail(failure_, "cannot append to the message log");
    std::vector<const StoredMessage*> added;
    const auto take_back = [&] {
        for (const StoredMessage* message : added) {
            channels_[message->channel].by_sequence.erase(message->position.sequence);
            places_.erase(message->id);
        }
    };
    for (const StoredMessage& message : messages) {
        const std::pair place(message.channel, message.position.sequence);
        if (!places_.try_emplace(message.id, place).second) continue;
        if (!channels_[message.channel]
                 .by_sequence.try_emplace(place.second, Kept{message})
                 .second) {
            places_.erase(message.id);
            take_back();
            return fail(std::errc::file_exists,
                        fmt::format("channel {} has another message at position {}",
                                    message.channel.value, message.position.sequence));
        }
        added.push_back(&message);
    }
    for (const StoredMessage* message : added) {
        if (!deletable(*message)) continue;
        channels_[message->channel].authors.insert(message->author);
        channels_[message->channel].mark_by_place(message->position.sequence);
    }
    return {};
}

Result<std::vector<StoredMessage>> MemoryMessageLog::read(const HistoryQuery& query) {
    const std::lock_guard lock(mutex_);
    std::vector<StoredMessage> found;
    const auto channel = channels_.find(query.channel);
    if (channel == channels_.end()) return found;
    const auto& messages = channel->second.by_sequence;
    const bool oldest_first =
        (query.after_sequence || query.after_time) && !query.before_sequence && !query.before_time;
    const auto take = [&](auto begin, auto end) {
        for (auto it = begin; it != end && found.size() < query.limit; ++it) {
            if (matches(query, it->second.message))
                found.push_back(channel->second.shown(it->second));
        }
    };
    if (oldest_first) {
        take(messages.begin(), messages.end());
    } else {
        take(messages.rbegin(), messages.rend());
        std::ranges::reverse(found);
    }
    return found;
}

Result<std::optional<StoredMessage>> MemoryMessageLog::find(ChannelId channel, MessageId id) {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(id);
    if (place == places_.end() || place->second.first != channel) return std::nullopt;
    const ChannelLog& log = channels_.at(channel);
    return log.shown(log.by_sequence.at(place->second.second));
}

Result<LastMessage> MemoryMessageLog::last(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel);
    if (found == channels_.end() || found->second.by_sequence.empty()) return LastMessage{};
    const StoredMessage& newest = found->second.by_sequence.rbegin()->second.message;
    return LastMessage{.position = newest.position, .sent_at = newest.sent_at};
}

Result<bool> MemoryMessageLog::has_author(ChannelId channel, UserId author) {
    const std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel);
    return found != channels_.end() && found->second.authors.contains(author);
}

Result<void> MemoryMessageLog::mark_deleted(std::span<const Deletion> deletions) {
    const std::lock_guard lock(mutex_);
    if (failure_) return fail(failure_, "cannot mark messages of the message log as deleted");
    for (const Deletion& deletion : deletions) {
        const auto found = channels_.find(deletion.channel);
        if (found == channels_.end()) continue;
        ChannelLog& log = found->second;
        for (const MessageId& id : deletion.ids) {
            const auto place = places_.find(id);
            if (place == places_.end() || place->second.first != deletion.channel) continue;
            log.mark(log.by_sequence.at(place->second.second), deletion.by);
        }
        if (!deletion.ids.empty()) continue;
        if (!deletion.author) {
            log.clear(deletion);
            continue;
        }
        log.mark_author(deletion);
    }
    return {};
}

Result<void> MemoryMessageLog::restore(ChannelId channel, MessageId by) {
    const std::lock_guard lock(mutex_);
    if (failure_) return fail(failure_, "cannot restore messages of the message log");
    const auto found = channels_.find(channel);
    if (found == channels_.end() || !by) return {};
    std::erase_if(found->second.clearings, [&](const auto& one) { return one.second == by; });
    std::erase_if(found->second.author_marks,
                  [&](const auto& one) { return one.second.second == by; });
    for (auto& [sequence, kept] : found->second.by_sequence) {
        if (kept.deleted_by != by) continue;
        kept.message.deleted = false;
        kept.deleted_by = {};
    }
    return {};
}

void MemoryMessageLog::fail_appends(std::error_code code) {
    const std::lock_guard lock(mutex_);
    failure_ = code;
}

}  // namespace clamor::store
