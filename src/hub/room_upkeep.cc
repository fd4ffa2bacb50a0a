// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/limits.h"
#include "hub/room_host.h"
#include "store/log_queue.h"

namespace clamor::hub {

namespace {
constexpr std::chrono::seconds kSweepEvery{10};
constexpr std::chrono::milliseconds kEchoCheckEvery{250};
constexpr std::chrono::minutes kDeletedLately{10};
}  // namespace

void RoomHost::note_membership(HostedRoom& room, UserId user) {
    if (room.membership_changed.empty()) membership_changed_.push_back(room.channel);
    room.membership_changed.insert(user);
    if (membership_timer_) return;
    membership_timer_ = scheduler_.call_at(scheduler_.now().mono + limits::kMembershipInterval,
                                           [this] { announce_membership(); });
}

void RoomHost::announce_membership() {
    membership_timer_ = {};
    for (const ChannelId channel : std::exchange(membership_changed_, {})) {
        const auto found = rooms_.find(channel);
        if (found == rooms_.end()) continue;
        HostedRoom& room = *found->second;
        // What is told is how it is now: whoever got a list of names in between comes out right,
        // too.
        chat::MembershipChanged changed;
        for (const UserId user : std::exchange(room.membership_changed, {})) {
            const auto entry = room.chatters.find(user);
            if (entry == room.chatters.end()) continue;
            const ChatterEntry& chatter = entry->second;
            (chatter.connections > 0 ? changed.joined : changed.parted)
                .push_back(chatter.chatter.user.login);
        }
        announce_membership(room, std::move(changed));
    }
}

void RoomHost::announce_membership(const HostedRoom& room, chat::MembershipChanged changed) {
    const bool nothing = changed.joined.empty() && changed.parted.empty();
    if (nothing || room.users() > limits::kNamesMax) return;
    deliver(room,
            std::make_shared<const chat::Event>(chat::Event{.channel = room.channel,
                                                            .channel_login = room.login,
                                                            .position = {},
                                                            .body = std::move(changed)}),
            nullptr);
}

void RoomHost::sweep() {
    const MonoTime now = scheduler_.now().mono;
    for (auto at = rooms_.begin(); at != rooms_.end();) {
        HostedRoom& room = *at->second;
        room.rules.forget_before(now);
        std::erase_if(room.chatters, [now](const auto& entry) {
            const ChatterEntry& chatter = entry.second;
            return chatter.connections == 0 && !chatter.waiting() &&
                   now - chatter.last_used > kChatterIdle;
        });
        const bool stays = in_use(room) || now - room.last_used <= kIdle;
        at = stays ? std::next(at) : let_go(at);
    }
    sweep_timer_ =
        rooms_.empty() ? TimerId{} : scheduler_.call_at(now + kSweepEvery, [this] { sweep(); });
}

bool RoomHost::in_use(const HostedRoom& room) {
    return room.loading || room.subscribing || !room.members.empty() || room.not_durable > 0 ||
           !room.watchers.empty() || !room.acts.empty() || !room.outgoing.empty() ||
           !room.held.empty() || room.holding > 0 || room.tripped() || room.raid.target.id ||
           room.rules.remembered() > 0 || std::ranges::any_of(room.chatters, [](const auto& entry) {
               return entry.second.waiting();
           });
}

void RoomHost::reread_facts(HostedRoom& room) {
    channel_changed(room.channel);
    for (auto& [user, entry] : room.chatters)
        entry.waiting() ? entry.stale = true : entry.ready = false;
}

void RoomHost::reread_rooms() {
    to_reread_.clear();
    for (const auto& [channel, room] : rooms_) to_reread_.push_back(channel);
    if (!reread_timer_ && !to_reread_.empty()) reread_some();
}

void RoomHost::reread_some() {
    for (std::size_t i = 0; i < limits::kRereadRooms && !to_reread_.empty(); ++i) {
        const auto room = rooms_.find(to_reread_.back());
        to_reread_.pop_back();
        if (room == rooms_.end()) continue;
        counters_.rooms_reread.add();
        room->second->delete_again = true;
        reread_facts(*room->second);
    }
    reread_timer_ = {};
    if (to_reread_.empty()) return;
    reread_timer_ =
        scheduler_.call_at(scheduler_.now().mono + limits::kRereadEvery, [this] { reread_some(); });
}

void RoomHost::delete_again(HostedRoom& room) {
    if (!std::exchange(room.delete_again, false)) return;
    const MonoTime since = scheduler_.now().mono - kDeletedLately;
    for (const Hiding& one : room.hidings) {
        if (one.at < since) continue;
        room.published_here = true;
        const auto& act = std::get<chat::Moderation>(one.act->body);
        if (room.undone_acts.contains(act.id)) {
            services_.log_queue.restore(room.channel, act.id);
        } else {
            mark_deleted(room, act, one.act->position, one.act->beside);
        }
    }
}

RoomHost::Rooms::iterator RoomHost::let_go(Rooms::iterator room) {
    bus_.unsubscribe(room->first);
    if (services_.shared_presence != nullptr && room->second->ready)
        services_.shared_presence->report(room->first, {}, [](const auto&) {});
    counters_.rooms.sub();
    drop_policy(*room->second);
    return rooms_.erase(room);
}

void RoomHost::check_echoes() {
    const MonoTime now = scheduler_.now().mono;
    for (auto& [id, echo] : echoes_) {
        if (echo.told || now - echo.published_at < limits::kEchoPatience) continue;
        echo.told = true;
        outlet_.answer_send(echo.who, echo.request, NotStoredYet{.id = id});
    }
    echo_timer_ = echoes_.empty()
                      ? TimerId{}
                      : scheduler_.call_at(now + kEchoCheckEvery, [this] { check_echoes(); });
}

}  // namespace clamor::hub
