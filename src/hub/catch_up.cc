// SPDX-License-Identifier: Apache-2.0
#include "hub/catch_up.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "store/message_log.h"

namespace clamor::hub {
namespace {

constexpr auto kReadAgain = std::chrono::milliseconds(20);

using Entries = std::vector<store::StoredMessage>;

Result<Entries> newest_before(store::MessageLog& log, ChannelId channel, Position upto,
                              std::optional<std::uint64_t> after) {
    return log.read({.channel = channel,
                     .after_sequence = after,
                     .before_sequence = upto.sequence + 1,
                     .one_region = true,
                     .limit = limits::kMissedEvents + 1});
}

/// How many events lie between two positions. Where the source of order was lost, the sequence may
/// leave out limits::kEpochSkip, counted from an event that was stored: `after` may be behind that.
std::uint64_t events_between(Position after, Position before) {
    if (before.sequence <= after.sequence) return 0;
    const std::uint64_t left_out = before.sequence - after.sequence - 1;
    if (before.epoch == after.epoch) return left_out;
    const std::uint64_t lost = left_out % limits::kEpochSkip;
    return lost > limits::kEpochSkip / 2 ? 0 : lost;
}

struct Behind {
    Entries entries;
    bool complete = false;  ///< nothing older is wanted, or the log goes back to before it
};

/// Sequences go on over epochs. Where the entry at `after` has another epoch, the client saw events
/// that were lost in a crash, and their places are taken by others: all newer epochs are new to it.
Result<Behind> entries_behind(store::MessageLog& log, ChannelId channel, Position after,
                              Position upto) {
    const std::uint64_t from = std::max<std::uint64_t>(after.sequence, 1) - 1;
    auto entries = newest_before(log, channel, upto, from);
    if (!entries) return tl::unexpected<Error>(entries.error());
    const bool known = after.epoch == 0 || entries->size() > limits::kMissedEvents ||
                       (!entries->empty() && entries->front().position == after);
    if (!known) entries = newest_before(log, channel, upto, std::nullopt);
    if (!entries) return tl::unexpected<Error>(entries.error());
    const auto had =
        std::erase_if(*entries, [after](const auto& entry) { return entry.position <= after; });
    if (entries->size() > limits::kMissedEvents) entries->erase(entries->begin());
    return Behind{.entries = *std::move(entries), .complete = had > 0};
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
                              Position upto) {
    CaughtUp answer{.events = {},
                    .older = 0,
                    .first = upto,
                    .unread = 0,
                    .unread_after = {},
                    .unread_before = {}};
    if (upto <= after) return answer;
    const auto behind = entries_behind(log, channel, after, upto);
    if (!behind) return tl::unexpected<Error>(behind.error());
    Position at = after;
    if (!behind->entries.empty() && !behind->complete) {
        at = answer.first = behind->entries.front().position;
        answer.older = events_between(after, at);
    }
    // Another node may not have written yet what it said.
    const auto go_to = [&](Position next) {
        const std::uint64_t missing = events_between(at, next);
        if (missing > 0) {
            if (answer.unread == 0) answer.unread_after = at;
            answer.unread += missing;
            answer.unread_before = next;
        }
        at = next;
    };
    for (const store::StoredMessage& entry : behind->entries) {
        go_to(entry.position);
        if (entry.deleted) continue;
        auto event = chat::decode_event(entry.event);
        if (!event) return tl::unexpected<Error>(event.error());
        event->position = entry.position;
        answer.events.push_back(std::make_shared<const chat::Event>(*std::move(event)));
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
            auto read = read_between(log_, asked.channel, range.after, range.upto);
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
