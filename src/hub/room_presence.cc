// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "hub/room_host.h"

/// Who is in a channel on other nodes.
namespace clamor::hub {

namespace {

constexpr std::chrono::milliseconds kLookEvery{500};

Present present_in(const HostedRoom& room) {
    Present here{.sessions = room.member_count(), .users = room.users_present, .chatters = {}};
    const bool all = here.users <= limits::kNamesMax;
    for (const auto& [user, entry] : room.chatters) {
        if (entry.connections == 0) continue;
        const bool moderates = entry.chatter.standing.role >= chat::Role::moderator;
        if (all || moderates)
            here.chatters.push_back({chat::person_of(entry.chatter.user), moderates});
    }
    return here;
}

}  // namespace

void RoomHost::watch_presence() {
    if (services_.shared_presence == nullptr || presence_timer_) return;
    presence_timer_ = scheduler_.call_at(scheduler_.now().mono + kLookEvery, [this] {
        presence_timer_ = {};
        const MonoTime now = scheduler_.now().mono;
        for (auto& [channel, room] : rooms_) {
            if (!room->ready || room->presence_due > now) continue;
            room->presence_due = now + limits::kPresenceEvery;
            report_presence(*room, {});
        }
        if (!rooms_.empty()) watch_presence();
    });
}

void RoomHost::report_presence(const HostedRoom& room, std::function<void()> then) {
    services_.shared_presence->report(
        room.channel, present_in(room),
        [this, channel = room.channel, then = std::move(then),
         home = scheduler_.shard()](std::optional<Present> others) {
            scheduler_.post_to(home, Priority::control,
                               [this, channel, then, others = std::move(others)]() mutable {
                                   if (others) take_presence(channel, *std::move(others));
                                   if (then) then();
                               });
        });
}

void RoomHost::take_presence(ChannelId channel, Present others) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    HostedRoom& room = *found->second;
    const auto by_login = [](const Present::Chatter& one, const Present::Chatter& other) {
        return one.person.login < other.person.login;
    };
    std::ranges::sort(others.chatters, by_login);
    const auto same = [](const Present::Chatter& one, const Present::Chatter& other) {
        return one.person.id == other.person.id;
    };
    others.chatters.erase(std::unique(others.chatters.begin(), others.chatters.end(), same),
                          others.chatters.end());
    const auto is_here = [&room](const Present::Chatter& one) {
        const auto entry = room.chatters.find(one.person.id);
        return entry != room.chatters.end() && entry->second.connections > 0;
    };
    chat::MembershipChanged changed;
    const auto tell = [&](const auto& one, const auto& other, std::vector<std::string>& logins) {
        std::vector<Present::Chatter> only;
        std::ranges::set_difference(one, other, std::back_inserter(only), by_login);
        for (const Present::Chatter& chatter : only) {
            if (!is_here(chatter)) logins.push_back(chatter.person.login);
        }
    };
    tell(others.chatters, room.elsewhere.chatters, changed.joined);
    tell(room.elsewhere.chatters, others.chatters, changed.parted);
    room.elsewhere = std::move(others);
    announce_membership(room, std::move(changed));
}

}  // namespace clamor::hub
