// SPDX-License-Identifier: Apache-2.0
#include "hub/catch_up.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "store/message_log.h"

namespace clamor::hub {

std::uint64_t events_between(Position after, Position before) {
    if (before.sequence <= after.sequence) return 0;
    const std::uint64_t left_out = before.sequence - after.sequence - 1;
    if (before.epoch == after.epoch) return left_out;
    const std::uint64_t lost = left_out % limits::kEpochSkip;
    return lost > limits::kEpochSkip / 2 ? 0 : lost;
}

namespace {

constexpr auto kReadAgain = std::chrono::milliseconds(20);

using Entries = std::vector<store::StoredMessage>;

Result<Entries> newest_before(store::MessageLog& log, ChannelId channel, std::uint64_t before,
                              std::size_t limit, std::optional<std::uint64_t> after = {}) {
    return log.read({.channel = channel,
                     .after_sequence = after,
                     .before_sequence = before,
                     .one_region = true,
                     .limit = limit});
}

/// Epochs that are looked for in the log, one search each; what is older is estimated.
constexpr int kEpochsCounted = 8;

/// The oldest entry of the epoch of `end`, which is before it or itself: searched for in growing
/// steps from `end` back, since epochs lie far from each other, and then between the last two.
Result<Position> first_of_epoch(store::MessageLog& log, ChannelId channel, Position end) {
    std::uint64_t low = Position::before_first(end.region()).sequence;
    std::uint64_t high = end.sequence;
    Position first = end;
    for (std::uint64_t step = 1; low < high;) {
        const std::uint64_t middle =
            step != 0 && step < high - low ? high - step : low + (high - low) / 2;
        auto next = log.read(
            {.channel = channel, .after_sequence = middle, .one_region = true, .limit = 1});
        if (!next) return tl::unexpected<Error>(next.error());
        if (next->empty() || next->front().position.epoch >= end.epoch) {
            if (!next->empty()) first = std::min(first, next->front().position);
            high = middle;
            step *= 2;
        } else {
            low = middle + 1;
            step = 0;
        }
    }
    return first;
}

/// How many events lie between `after` and `before`, an entry of the log: exactly, also over
/// epochs, since a sequence has no gap in one.
Result<std::uint64_t> count_between(store::MessageLog& log, ChannelId channel, Position after,
                                    Position before) {
    std::uint64_t count = 0;
    for (int epochs = 0; before.epoch != after.epoch; ++epochs) {
        if (epochs == kEpochsCounted) return count + events_between(after, before);
        const auto first = first_of_epoch(log, channel, before);
        if (!first) return tl::unexpected<Error>(first.error());
        count += before.sequence - first->sequence;
        const auto older = newest_before(log, channel, first->sequence, 1);
        if (!older) return tl::unexpected<Error>(older.error());
        if (older->empty() || older->front().position <= after) return count;
        const Position last = older->front().position;
        before = {.epoch = last.epoch, .sequence = last.sequence + 1};
    }
    return count + events_between(after, before);
}

struct Behind {
    Entries entries;
    bool complete = false;  ///< nothing older is wanted, or the log goes back to before it
};

/// Sequences go on over epochs. Where the entry at `after` has another epoch, the client saw events
/// that were lost in a crash, and their places are taken by others: all newer epochs are new to it.
/// `heard`: the event at `after` is known to have its place, whether or not the log has it yet.
Result<Behind> entries_behind(store::MessageLog& log, ChannelId channel, Position after,
                              Position upto, bool heard) {
    const std::uint64_t from = std::max<std::uint64_t>(after.sequence, 1) - 1;
    constexpr std::size_t kMost = limits::kMissedEvents + 1;
    auto entries = newest_before(log, channel, upto.sequence + 1, kMost, from);
    if (!entries) return tl::unexpected<Error>(entries.error());
    const bool known = heard || after.epoch == 0 || entries->size() > limits::kMissedEvents ||
                       (!entries->empty() && entries->front().position == after);
    if (!known) entries = newest_before(log, channel, upto.sequence + 1, kMost);
    if (!entries) return tl::unexpected<Error>(entries.error());
    const auto had =
        std::erase_if(*entries, [after](const auto& entry) { return entry.position <= after; });
    const bool more = entries->size() > limits::kMissedEvents;
    if (more) entries->erase(entries->begin());
    return Behind{.entries = *std::move(entries), .complete = had > 0 || (heard && !more)};
}

struct Found {
    Position position;
    chat::EventRef event;  ///< null: it is not shown any more
};

/// Redis has begun an epoch between the two, which leaves out a step at least.
bool perhaps_between(Position after, Position before) {
    return after.epoch != before.epoch && before.sequence > after.sequence + limits::kEpochSkip / 2;
}

/// What the log has, with what was heard and is not there in its places.
Result<std::vector<Found>> merged(const Entries& entries, const std::vector<Heard>& heard,
                                  Position older_than_all) {
    std::vector<Found> all;
    // What Redis had forgotten was given a second place, and the log may have it at the first.
    std::unordered_set<MessageId> stored;
    for (const store::StoredMessage& entry : entries) stored.insert(entry.id);
    auto other = heard.begin();
    const auto take_heard_before = [&](Position position) {
        for (; other != heard.end() && other->event->position < position; ++other) {
            if (other->event->position <= older_than_all) continue;
            const bool shown = !other->hidden_by && !stored.contains(chat::id_of(*other->event));
            all.push_back({other->event->position, shown ? other->event : nullptr});
        }
    };
    for (const store::StoredMessage& entry : entries) {
        take_heard_before(entry.position);
        bool shown = !entry.deleted;
        if (other != heard.end() && other->event->position == entry.position) {
            if (other->hidden_by) shown = false;
            ++other;
        }
        auto event = shown ? chat::decode_event(entry.event) : Result<chat::Event>(chat::Event{});
        if (!event) return tl::unexpected<Error>(event.error());
        event->position = entry.position;
        all.push_back({entry.position,
                       shown ? std::make_shared<const chat::Event>(*std::move(event)) : nullptr});
    }
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    take_heard_before({.epoch = kMost, .sequence = kMost});
    return all;
}

/// All events into the first, each with the positions of the other regions that are behind it then.
void merge(std::vector<CaughtUp>& regions) {
    std::vector<Position> had;
    std::vector<chat::EventRef> all;
    for (CaughtUp& one : regions) {
        had.push_back(one.after);
        for (chat::EventRef& event : std::exchange(one.events, {})) all.push_back(std::move(event));
    }
    std::ranges::stable_sort(all, {}, [](const chat::EventRef& event) {
        const WallTime* const at = chat::time_of(*event);
        // The region is in the sequence.
        return std::pair(at != nullptr ? *at : WallTime(), event->position.sequence);
    });
    for (chat::EventRef& event : all) {
        auto stamped = std::make_shared<chat::Event>(*event);
        for (Position& last : had) {
            if (last.region() == event->position.region()) {
                last = event->position;
            } else if (last.epoch != 0) {
                stamped->beside.push_back(last);
            }
        }
        event = std::move(stamped);
    }
    regions.front().events = std::move(all);
}

}  // namespace

Result<CaughtUp> read_between(store::MessageLog& log, ChannelId channel, Position after,
                              Position upto, const std::vector<Heard>& heard) {
    CaughtUp answer{.events = {},
                    .older = 0,
                    .first = upto,
                    .unread = 0,
                    .unread_after = {},
                    .unread_before = {}};
    if (upto <= after) return answer;
    const bool heard_after = !heard.empty() && heard.front().event->position == after;
    const auto behind = entries_behind(log, channel, after, upto, heard_after);
    if (!behind) return tl::unexpected<Error>(behind.error());
    // Where the log was not read back to `after`, what was heard before that is too old as well.
    const bool full = !behind->complete && behind->entries.size() >= limits::kMissedEvents;
    auto all = merged(behind->entries, heard, full ? behind->entries.front().position : after);
    if (!all) return tl::unexpected<Error>(all.error());
    const bool too_many = all->size() > limits::kMissedEvents;
    if (too_many)
        all->erase(all->begin(), all->end() - static_cast<std::ptrdiff_t>(limits::kMissedEvents));
    Position at = after;
    if (!all->empty() && (too_many || !behind->complete)) {
        at = answer.first = all->front().position;
        const auto older = count_between(log, channel, after, at);
        if (!older) return tl::unexpected<Error>(older.error());
        answer.older = *older;
    }
    // Another node may not have written yet what it said.
    const auto miss_between = [&](Position from, Position to) {
        const std::uint64_t missing = events_between(from, to);
        const bool perhaps = perhaps_between(from, to);
        if (missing == 0 && !perhaps) return;
        if (answer.unread == 0 && !answer.perhaps) answer.unread_after = from;
        answer.unread += missing;
        answer.perhaps = answer.perhaps || perhaps;
        answer.unread_before = to;
    };
    const auto go_to = [&](Position next) { miss_between(std::exchange(at, next), next); };
    if (answer.older == 0 && perhaps_between(after, at)) miss_between(after, at);
    for (Found& found : *all) {
        go_to(found.position);
        if (found.event) answer.events.push_back(std::move(found.event));
    }
    go_to({.epoch = upto.epoch, .sequence = upto.sequence + 1});
    return answer;
}

struct CatchUp::Asked {
    ChannelId channel;
    std::vector<Range> ranges;
    MonoTime until;
    std::function<void(std::vector<CaughtUp>)> done;
};

void CatchUp::read(ChannelId channel, std::vector<Range> ranges,
                   std::function<void(std::vector<CaughtUp>)> done) {
    try_once({.channel = channel,
              .ranges = std::move(ranges),
              .until = scheduler_.now().mono + limits::kMissedPatience,
              .done = std::move(done)});
}

void CatchUp::try_once(const Asked& asked) {
    const bool queued = workers_.post([this, asked, home = scheduler_.shard()] {
        std::vector<std::optional<CaughtUp>> answers;
        for (const Range& range : asked.ranges) {
            auto read = read_between(log_, asked.channel, range.after, range.upto, range.heard);
            if (read) {
                answers.emplace_back(*std::move(read));
                continue;
            }
            answers.emplace_back();
            log::warn("what a client missed cannot be read",
                      {{"channel", asked.channel.value}, {"error", read.error().to_string()}});
        }
        scheduler_.post_to(home, Priority::control,
                           [this, asked, answers = std::move(answers)]() mutable {
                               take(asked, std::move(answers));
                           });
    });
    if (queued) return;
    scheduler_.post_to(scheduler_.shard(), Priority::control, [this, asked] {
        take(asked, std::vector<std::optional<CaughtUp>>(asked.ranges.size()));
    });
}

void CatchUp::take(const Asked& asked, std::vector<std::optional<CaughtUp>> read) {
    const bool all = std::ranges::all_of(
        read, [](const std::optional<CaughtUp>& one) { return one && one->unread == 0; });
    if (!all && scheduler_.now().mono < asked.until) {
        scheduler_.call_at(scheduler_.now().mono + kReadAgain, [this, asked] { try_once(asked); });
        return;
    }
    std::vector<CaughtUp> answers;
    for (std::size_t i = 0; i < read.size(); ++i) {
        const Range& range = asked.ranges[i];
        if (!read[i]) {
            const Position behind{.epoch = range.upto.epoch, .sequence = range.upto.sequence + 1};
            read[i] = CaughtUp{.events = {},
                               .older = 0,
                               .first = range.upto,
                               .unread = events_between(range.after, behind),
                               .perhaps = perhaps_between(range.after, behind),
                               .unread_after = range.after,
                               .unread_before = behind};
        }
        read[i]->after = range.after;
        answers.push_back(*std::move(read[i]));
    }
    if (answers.size() > 1) merge(answers);
    asked.done(std::move(answers));
}

}  // namespace clamor::hub
