// SPDX-License-Identifier: Apache-2.0
#include "store/regional_log.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "base/log.h"

namespace clamor::store {

namespace {

constexpr int kKeyShift = 56;
constexpr std::uint64_t kChannels = (std::uint64_t{1} << kKeyShift) - 1;
constexpr std::uint64_t kSequences = (std::uint64_t{1} << Position::kRegionShift) - 1;
/// Times are kept in milliseconds.
constexpr std::chrono::milliseconds kStep{1};

const WallTime kBeforeAll = wall_from_unix_ms(-1);
const WallTime kAfterAll = wall_from_unix_ms(253'402'300'800'000);  // the year 10,000

unsigned region_of(std::uint64_t sequence) {
    return Position{.epoch = 0, .sequence = sequence}.region();
}

/// As the log below counts in that region, and back.
std::uint64_t inner(std::uint64_t sequence) {
    return sequence & kSequences;
}
void make_outer(StoredMessage& message, unsigned region) {
    message.channel = RegionalLog::channel_of(message.channel);
    message.position.sequence += Position::before_first(region).sequence;
}

std::pair<WallTime, std::uint64_t> order(const StoredMessage& message) {
    return {message.sent_at, message.position.sequence};
}

}  // namespace

/// Where an entry stands among those of all regions.
struct RegionalLog::Place {
    WallTime at{};
    std::uint64_t sequence = 0;
};

ChannelId RegionalLog::key_of(ChannelId channel, unsigned region) {
    return ChannelId((channel.value & kChannels) | (std::uint64_t{region} << kKeyShift));
}

ChannelId RegionalLog::channel_of(ChannelId key) {
    return ChannelId(key.value & kChannels);
}

Result<void> RegionalLog::append(std::span<const StoredMessage> messages) {
    std::vector<StoredMessage> keyed(messages.begin(), messages.end());
    for (StoredMessage& message : keyed) {
        message.channel = key_of(message.channel, message.position.region());
        message.position.sequence = inner(message.position.sequence);
    }
    return log_.append(keyed);
}

Result<std::vector<StoredMessage>> RegionalLog::read_region(HistoryQuery query, unsigned region) {
    query.channel = key_of(query.channel, region);
    for (auto* bound : {&query.after_sequence, &query.before_sequence}) {
        if (*bound) *bound = inner(**bound);
    }
    auto found = log_.read(query);
    if (!found) return found;
    for (StoredMessage& message : *found) make_outer(message, region);
    return found;
}

/// Of the entry there, or else of the next one below, for an upper bound above. None: there is
/// none, and so nothing of any region is left out.
Result<std::optional<RegionalLog::Place>> RegionalLog::place_of(ChannelId channel,
                                                                std::uint64_t sequence,
                                                                bool upper) {
    HistoryQuery query{.channel = channel, .limit = 1};
    if (!upper) {
        query.before_sequence = sequence + 1;
    } else {
        query.after_sequence = std::max<std::uint64_t>(inner(sequence), 1) - 1;
    }
    const auto found = read_region(query, region_of(sequence));
    if (!found) return tl::unexpected(found.error());
    if (found->empty()) return std::optional<Place>();
    return Place{.at = found->front().sent_at, .sequence = sequence};
}

Result<std::vector<StoredMessage>> RegionalLog::read(const HistoryQuery& query) {
    if (query.one_region) {
        const auto bound = query.after_sequence ? query.after_sequence : query.before_sequence;
        return read_region(query, bound ? region_of(*bound) : own_);
    }
    std::optional<Place> after, before;
    if (query.after_sequence) {
        auto place = place_of(query.channel, *query.after_sequence, /*upper=*/false);
        if (!place) return tl::unexpected(place.error());
        after = *place;
    }
    if (query.before_sequence) {
        auto place = place_of(query.channel, *query.before_sequence, /*upper=*/true);
        if (!place) return tl::unexpected(place.error());
        before = *place;
    }
    const bool forward =
        (query.after_sequence || query.after_time) && !query.before_sequence && !query.before_time;
    std::vector<StoredMessage> all;
    for (unsigned region = 0; region < regions_; ++region) {
        HistoryQuery part = query;
        // In the bound's own region its sequence says it; in the others, its time: at the same
        // one, those of a smaller number come before it.
        if (query.after_sequence && region_of(*query.after_sequence) != region) {
            part.after_sequence.reset();
            part.after_time = !after                                ? kBeforeAll
                              : region_of(after->sequence) < region ? after->at - kStep
                                                                    : after->at;
        }
        if (query.before_sequence && region_of(*query.before_sequence) != region) {
            part.before_sequence.reset();
            part.before_time = !before                                ? kAfterAll
                               : region_of(before->sequence) > region ? before->at + kStep
                                                                      : before->at;
        }
        auto found = read_region(std::move(part), region);
        if (!found) return found;
        std::ranges::move(*found, std::back_inserter(all));
    }
    std::ranges::sort(all, {}, order);
    if (all.size() > query.limit) {
        forward
            ? all.resize(query.limit)
            : (void)all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(query.limit));
    }
    return all;
}

Result<std::optional<StoredMessage>> RegionalLog::find(ChannelId channel, MessageId id) {
    for (unsigned region = 0; region < regions_; ++region) {
        auto found = log_.find(key_of(channel, region), id);
        if (!found) return found;
        if (!*found) continue;
        make_outer(**found, region);
        return found;
    }
    return std::optional<StoredMessage>();
}

Result<LastMessage> RegionalLog::last(ChannelId channel) {
    auto found = log_.last(key_of(channel, own_));
    if (found) found->position.sequence += Position::before_first(own_).sequence;
    return found;
}

Result<LastMessages> RegionalLog::last_of_regions(ChannelId channel) {
    const auto own = last(channel);
    if (!own) return tl::unexpected(own.error());
    LastMessages all{*own};
    for (unsigned region = 0; region < regions_; ++region) {
        if (region == own_) continue;
        auto other = log_.last(key_of(channel, region));
        if (!other) {
            log::warn("where another region's history ends cannot be read",
                      {{"channel", channel.value}, {"error", other.error().to_string()}});
            continue;
        }
        other->position.sequence += Position::before_first(region).sequence;
        all.push_back(*other);
    }
    return all;
}

Result<bool> RegionalLog::has_author(ChannelId channel, UserId author) {
    for (unsigned region = 0; region < regions_; ++region) {
        auto found = log_.has_author(key_of(channel, region), author);
        if (!found || *found) return found;
    }
    return false;
}

Result<void> RegionalLog::mark_deleted(std::span<const Deletion> deletions) {
    std::vector<Deletion> keyed;
    for (const Deletion& deletion : deletions) {
        constexpr auto kNoBound = std::numeric_limits<std::uint64_t>::max();
        const bool everywhere = !deletion.ids.empty() || deletion.up_to_sequence == kNoBound;
        const unsigned meant = region_of(deletion.up_to_sequence);
        for (unsigned region = 0; region < regions_; ++region) {
            // Which region has an id, nobody knows here.
            if (!everywhere && region != meant) continue;
            keyed.push_back(deletion);
            keyed.back().channel = key_of(deletion.channel, region);
            if (deletion.up_to_sequence != kNoBound)
                keyed.back().up_to_sequence = inner(deletion.up_to_sequence);
        }
    }
    return log_.mark_deleted(keyed);
}

Result<void> RegionalLog::restore(ChannelId channel, MessageId by) {
    for (unsigned region = 0; region < regions_; ++region) {
        if (auto done = log_.restore(key_of(channel, region), by); !done) return done;
    }
    return {};
}

}  // namespace clamor::store
