// SPDX-License-Identifier: Apache-2.0
#include "store/memory_message_log.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace clamor::store {
namespace {

bool matches(const HistoryQuery& query, const StoredMessage& message) {
    const std::uint64_t sequence = message.position.sequence;
    return (!query.after_sequence || sequence > *query.after_sequence) &&
           (!query.before_sequence || sequence < *query.before_sequence) &&
           (!query.after_time || message.sent_at > *query.after_time) &&
           (!query.before_time || message.sent_at < *query.before_time) &&
           (!query.author || message.author == *query.author);
}

}  // namespace

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
        if (!channels_[message.channel].by_sequence.try_emplace(place.second, message).second) {
            places_.erase(message.id);
            take_back();
            return fail(std::errc::file_exists,
                        fmt::format("channel {} has another message at position {}",
                                    message.channel.value, message.position.sequence));
        }
        added.push_back(&message);
    }
    for (const StoredMessage* message : added)
        channels_[message->channel].authors.insert(message->author);
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
            if (matches(query, it->second)) found.push_back(it->second);
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
    return channels_.at(channel).by_sequence.at(place->second.second);
}

Result<LastMessage> MemoryMessageLog::last(ChannelId channel) {
    const std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel);
    if (found == channels_.end() || found->second.by_sequence.empty()) return LastMessage{};
    const StoredMessage& newest = found->second.by_sequence.rbegin()->second;
    return LastMessage{.position = newest.position, .sent_at = newest.sent_at};
}

Result<bool> MemoryMessageLog::has_author(ChannelId channel, UserId author) {
    const std::lock_guard lock(mutex_);
    const auto found = channels_.find(channel);
    return found != channels_.end() && found->second.authors.contains(author);
}

Result<void> MemoryMessageLog::mark_deleted(ChannelId channel, std::span<const MessageId> ids) {
    const std::lock_guard lock(mutex_);
    for (const MessageId& id : ids) {
        const auto place = places_.find(id);
        if (place == places_.end() || place->second.first != channel) continue;
        channels_.at(channel).by_sequence.at(place->second.second).deleted = true;
    }
    return {};
}

void MemoryMessageLog::fail_appends(std::error_code code) {
    const std::lock_guard lock(mutex_);
    failure_ = code;
}

}  // namespace clamor::store
