// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "automod/spam.h"
#include "base/log.h"
#include "hub/room_host.h"
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

}  // namespace

void RoomHost::watch_newcomer(HostedRoom& room, const ChatterEntry& entry) {
    if (!room.automod.raid.on || !is_newcomer(entry.chatter)) return;
    room.raid_breaker.came(entry.chatter.user.id, entry.chatter.user.login, entry.account_made,
                           room.automod.raid, scheduler_.now());
    check_raid(room);
}

void RoomHost::watch_first_message(HostedRoom& room, const ChatterEntry& entry,
                                   std::string_view text) {
    if (!is_newcomer(entry.chatter)) return;
    text::Normalised normalised;
    services_.moderation.automod().normaliser().normalise(text, {}, normalised);
    room.raid_breaker.spoke(entry.chatter.user.id, automod::sketch_of(normalised.text));
    check_raid(room);
}

void RoomHost::check_raid(HostedRoom& room) {
    if (!room.raid_batch.empty()) return;
    const Now now = scheduler_.now();
    const moderation::RaidSettings& settings = room.automod.raid;
    const auto alarm = room.raid_breaker.alarm(settings, now.mono);
    if (!alarm) return;
    room.raid_breaker.forget();
    counters_.automod_raids.add();
    log::warn("newcomers look like a raid by bots", {{"channel", room.login},
                                                     {"newcomers", alarm->newcomers},
                                                     {"suspicious", alarm->suspicious},
                                                     {"young", alarm->young},
                                                     {"alike_names", alarm->alike_names},
                                                     {"alike_messages", alarm->alike_messages},
                                                     {"shadow", settings.shadow}});
    if (settings.shadow) return;
    room.raid_batch = std::string(moderation::kRaidBatch) + new_id(now.wall).to_string();
    std::vector<chat::Act> acts{chat::act::Shield{.on = true}};
    if (settings.followers_minutes > 0 && room.rules.modes().followers_only_minutes < 0) {
        acts.emplace_back(chat::act::ChangeModes{
            {.followers_only_minutes = static_cast<std::int32_t>(settings.followers_minutes)}});
    }
    room.raid_timer =
        scheduler_.call_at(now.mono + settings.countdown,
                           [this, channel = room.channel] { end_raid(channel); });
    act_as_system(room, room.raid_batch, std::move(acts));
}

void RoomHost::end_raid(ChannelId channel) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    HostedRoom& room = *found->second;
    room.raid_timer = {};
    // Nothing to undo where a moderator did so before.
    act_as_system(room, {}, {chat::act::Undo{std::exchange(room.raid_batch, {})}});
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
    scheduler_.post_to(scheduler_.shard(), Priority::control,
                       [this, request = std::move(request)]() mutable {
                           act(std::move(request), [](const ActAnswers&) {});
                       });
}

}  // namespace clamor::hub
