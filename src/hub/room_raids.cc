// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <utility>

#include "automod/levels.h"
#include "base/limits.h"
#include "base/log.h"
#include "hub/room_host.h"
#include "moderation/raid_trip.h"
#include "moderation/service.h"

/// The raid breaker: a rush of newcomers that look like bots trips shield mode for a while.
namespace clamor::hub {

namespace {

/// Somebody whom the channel does not know.
bool is_newcomer(const chat::Chatter& chatter) {
    const chat::Standing& standing = chatter.standing;
    return standing.role == chat::Role::viewer && !standing.has_spoken && !standing.subscribed() &&
           !standing.following_since && chatter.user.type == chat::AccountType::ordinary;
}

/// Categories that were set singly are not touched: the highest level needs no raising.
std::int64_t level_of(const HostedRoom& room) {
    if (!room.automod) return 0;
    const auto& overall = room.automod->policy->settings.levels.overall;
    return overall ? *overall : static_cast<std::int64_t>(automod::kThresholds.size()) - 1;
}

automod::ChannelState state_of(const HostedRoom& room) {
    const chat::RoomState& modes = room.rules.modes();
    return {.shield = room.shield,
            .followers_only = modes.followers_only_minutes,
            .slow_mode = modes.slow_seconds,
            .unique_chat = modes.unique_chat ? 1 : 0,
            .automod_level = level_of(room)};
}

chat::Act act_of(const automod::Change& change) {
    using automod::Measure;
    switch (change.measure) {
        case Measure::shield:
            return chat::act::Shield{.on = change.after != 0};
        case Measure::followers_only:
            return chat::act::ChangeModes{
                {.followers_only_minutes = static_cast<std::int32_t>(change.after)}};
        case Measure::slow_mode:
            return chat::act::ChangeModes{
                {.slow_seconds = static_cast<std::uint32_t>(change.after)}};
        case Measure::unique_chat:
            return chat::act::ChangeModes{{.unique_chat = change.after != 0}};
        case Measure::automod_level:
            break;
    }
    const auto level = static_cast<std::uint8_t>(change.after);
    chat::act::ChangeAutoMod act;
    act.levels.emplace();
    act.levels->overall = level;
    act.levels->categories = automod::effective_levels({.overall = level, .categories = {}});
    return act;
}

std::vector<chat::Act> acts_of(const std::vector<automod::Change>& changes) {
    std::vector<chat::Act> acts;
    for (const automod::Change& change : changes) acts.push_back(act_of(change));
    return acts;
}

}  // namespace

void RoomHost::take_policy(HostedRoom& room, moderation::RoomPolicyRef policy) {
    drop_policy(room);
    room.automod = std::move(policy);
    const moderation::RaidSettings& raid = room.automod->raid;
    if (raid.on || room.raid_watch) room.raids().breaker.use(raid.options);
}

void RoomHost::drop_policy(HostedRoom& room) {
    if (room.automod) services_.workers.post([old = std::move(room.automod)] {});
}

void RoomHost::watch_newcomer(HostedRoom& room, const ChatterEntry& entry) {
    if (!room.watches_raids() || !is_newcomer(entry.chatter)) return;
    const auto trip = room.raid_watch->breaker.joined({.user = entry.chatter.user.id,
                                                       .login = entry.chatter.user.login,
                                                       .created_at = entry.account_made},
                                                      state_of(room), scheduler_.now());
    if (trip) trip_raid_breaker(room, *trip);
}

void RoomHost::watch_first_message(HostedRoom& room, const ChatterEntry& entry,
                                   std::string_view text) {
    if (!is_newcomer(entry.chatter)) return;
    text::Normalised normalised;
    services_.moderation.automod().normaliser().normalise(text, {}, normalised);
    const auto trip = room.raid_watch->breaker.spoke_first(entry.chatter.user.id, normalised.text,
                                                           state_of(room), scheduler_.now());
    if (trip) trip_raid_breaker(room, *trip);
}

void RoomHost::trip_raid_breaker(HostedRoom& room, const automod::Trip& trip) {
    counters_.automod_raids.add();
    std::string signs;
    for (const auto& sign : trip.signs) {
        if (!signs.empty()) signs += ' ';
        signs += automod::name_of(sign.sign);
    }
    TripInForce& in_force = room.raid_watch->trip;
    in_force.shadow = room.automod->raid.shadow;
    in_force.batch = std::string(moderation::kRaidBatch) + new_id(trip.at).to_string();
    log::warn("newcomers look like a raid by bots", {{"channel", room.login},
                                                     {"signs", signs},
                                                     {"newcomers", trip.newcomers.size()},
                                                     {"shadow", in_force.shadow}});
    arm_trip(room, trip.until);
    const Now now = scheduler_.now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(trip.until - now.mono);
    std::vector<chat::Act> acts{chat::act::NoteTrip{.batch = in_force.batch,
                                                    .shadow = in_force.shadow,
                                                    .until = now.wall + left,
                                                    .details = moderation::trip_details(trip)}};
    if (!in_force.shadow) std::ranges::move(acts_of(trip.changes), std::back_inserter(acts));
    act_as_system(room, in_force.batch, std::move(acts));
}

void RoomHost::arm_trip(HostedRoom& room, MonoTime until) {
    TimerId& timer = room.raid_watch->trip.timer;
    if (timer) scheduler_.cancel(timer);
    timer = scheduler_.call_at(until, [this, channel = room.channel] { end_trip(channel); });
}

void RoomHost::resume_trip(HostedRoom& room, const store::RaidTrip& stored) {
    const Now now = scheduler_.now();
    automod::Trip trip = moderation::read_trip(stored.details);
    trip.at = stored.at;
    trip.until = now.mono + (stored.until - now.wall);
    room.raids().trip = {.batch = stored.batch, .shadow = stored.shadow, .timer = {}};
    arm_trip(room, trip.until);
    room.raids().breaker.resume(std::move(trip));
}

void RoomHost::end_trip(ChannelId channel) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end() || !found->second->tripped()) return;
    HostedRoom& room = *found->second;
    const Now now = scheduler_.now();
    room.last_used = now.mono;
    const TripInForce trip = std::exchange(room.raid_watch->trip, {});
    scheduler_.cancel(trip.timer);
    const auto changes = room.raid_watch->breaker.revert(state_of(room), now.mono);
    std::vector<chat::Act> acts{chat::act::NoteTrip{.batch = trip.batch, .over = true}};
    if (!trip.shadow) std::ranges::move(acts_of(changes), std::back_inserter(acts));
    act_as_system(room, {}, std::move(acts));
}

void RoomHost::shield_changed(HostedRoom& room, const chat::Moderation& act) {
    if (act.action == chat::ModAction::shield) room.shield = true;
    if (act.action != chat::ModAction::shield_off) return;
    room.shield = false;
    // Whoever ends the shield ends the trip, and with it all that came with the shield.
    if (room.raid_watch && !room.raid_watch->trip.shadow) end_trip(room.channel);
}

void RoomHost::countdown_changed(HostedRoom& room, const chat::Moderation& act) {
    if (act.action != chat::ModAction::raid_countdown || !act.ends_at) return;
    if (!room.tripped()) return;
    const Now now = scheduler_.now();
    // Somebody has taken the trip back.
    if (*act.ends_at <= now.wall) return end_trip(room.channel);
    const MonoTime until = now.mono + (*act.ends_at - now.wall);
    room.raid_watch->breaker.extend_to(until);
    arm_trip(room, until);
}

void RoomHost::act_as_system(const HostedRoom& room, std::string batch,
                             std::vector<chat::Act> acts) {
    // In the broadcaster's name: the audit log says that it was the system.
    const chat::User broadcaster{.id = UserId(room.channel.value),
                                 .login = room.login,
                                 .display_name = room.login,
                                 .color = {}};
    ActRequest request{.channel = room.channel,
                       .actor = broadcaster,
                       .origin = "system",
                       .batch = std::move(batch),
                       .acts = std::move(acts)};
    // Whoever called may be in the middle of a room's matters.
    scheduler_.post_to(
        scheduler_.shard(), Priority::control,
        [this, request = std::move(request)]() mutable { try_as_system(std::move(request), 0); });
}

void RoomHost::try_as_system(ActRequest request, int tries) {
    ActRequest again = request;
    act(std::move(request), [this, again = std::move(again), tries](const ActAnswers& answers) {
        const bool busy = std::ranges::any_of(answers, [](const chat::ActAnswer& answer) {
            const auto* denied = std::get_if<chat::Denied>(&answer);
            return denied != nullptr && denied->why == chat::Denial::busy;
        });
        if (!busy) return;
        if (tries + 1 == limits::kSystemActTries) {
            counters_.automod_acts_given_up.add();
            log::error(
                "what the raid breaker does could not be done",
                {{"channel", again.actor.login}, {"batch", again.batch}, {"tries", tries + 1}});
            return;
        }
        counters_.automod_acts_repeated.add();
        const auto pause = std::min<std::chrono::seconds>(limits::kSystemActPause * (1 << tries),
                                                          limits::kSystemActPauseMax);
        scheduler_.call_at(scheduler_.now().mono + pause, [this, again, tries] {
            const auto room = rooms_.find(again.channel);
            // A trip that is over must not begin.
            if (!again.batch.empty() && (room == rooms_.end() || !room->second->raid_watch ||
                                         room->second->raid_watch->trip.batch != again.batch)) {
                return;
            }
            try_as_system(again, tries + 1);
        });
    });
}

}  // namespace clamor::hub
