// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "hub/emote_sets.h"
#include "hub/room_host.h"
#include "moderation/service.h"
#include "store/catalog.h"
#include "store/log_queue.h"

namespace clamor::hub {

/// What a worker reads when a room comes to life.
struct RoomHost::RoomFacts {
    bool ok = false;
    store::Channel channel;
    store::LastMessages last;
    std::vector<store::Emote> emotes;
    moderation::RoomPolicyRef automod;
    std::vector<store::Held> held;
    bool shield = false;
    std::optional<store::RaidTrip> trip;
    std::optional<chat::SharedChat> shared_chat;
    std::vector<MessageId> undone;
    WallTime at{};
};

/// What a worker reads about a user who joins or speaks.
struct RoomHost::ChatterFacts {
    bool ok = false;
    chat::Standing standing;
    std::vector<std::string> granted_emotes;
    std::optional<WallTime> account_made{};
};

namespace {

/// An act's event comes no later than this behind what undid it, as far as Redis has it.
constexpr auto kUndoneBefore = limits::kStreamKept;
/// Nodes' clocks differ, and what is done can be read a little later.
constexpr std::chrono::minutes kUndoneMargin{1};
/// The catalog was away, perhaps for all rooms: they come back at different times.
constexpr std::chrono::milliseconds kReadAgain{10'000};

/// Of several answers; empty: there is none.
template <class... Results>
std::string first_error(const Results&... results) {
    std::string error;
    const auto look = [&error](const auto& result) {
        if (!result && error.empty()) error = result.error().to_string();
    };
    (look(results), ...);
    return error;
}

std::vector<Parked> take(std::vector<Parked>& parked) {
    return std::exchange(parked, {});
}

}  // namespace

void RoomHost::in_room(ChannelId channel, const char* command, RunInRoom run,
                       std::function<void()> refuse) {
    auto& slot = rooms_[channel];
    const bool fresh = slot == nullptr;
    if (fresh) {
        slot = std::make_unique<HostedRoom>();
        slot->channel = channel;
        counters_.rooms.add();
    }
    HostedRoom& room = *slot;
    room.last_used = scheduler_.now().mono;
    if (room.ready) {
        guarded(channel, command, run, refuse);
        return;
    }
    room.parked.push_back(
        [this, channel, command, run = std::move(run), refuse = std::move(refuse)](bool ok) {
            ok ? guarded(channel, command, run, refuse) : refuse();
        });
    if (!sweep_timer_) {
        sweep_timer_ =
            scheduler_.call_at(room.last_used + std::chrono::seconds(10), [this] { sweep(); });
    }
    if (!room.loading && !room.subscribing) load_room(room);
}

void RoomHost::guarded(ChannelId channel, const char* command, const RunInRoom& run,
                       const std::function<void()>& refuse) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) {
        refuse();
        return;
    }
    try {
        run(*found->second);
    } catch (const std::exception& fault) {
        counters_.room_faults.add();
        log::error(
            "a room failed and is reset",
            {{"channel", found->second->login}, {"command", command}, {"what", fault.what()}});
        reset(*found->second);
        refuse();
    }
}

void RoomHost::reset(HostedRoom& room) {
    // Who is connected is a fact of the shards and stays; everything that was decided from memory
    // is loaded anew.
    std::vector<Parked> waiting = take(room.parked);
    for (auto& [user, entry] : room.chatters) {
        entry.ready = false;
        entry.lookup = 0;
        for (Parked& parked : entry.parked) waiting.push_back(std::move(parked));
        entry.parked.clear();
    }
    std::erase_if(room.chatters, [&room](const auto& entry) {
        return entry.second.connections == 0 && !room.membership_changed.contains(entry.first);
    });
    for (const Parked& parked : waiting) parked(false);
    room.rules = chat::Room(room.rules.modes());
    room.recent.clear();
    room.recent_next = 0;
    room.ready = false;
    if (!room.loading) load_room(room);
}

void RoomHost::load_room(HostedRoom& room) {
    room.loading = true;
    const WallTime now = scheduler_.now().wall;
    const WallTime undone_since = room.known ? room.read_at - kUndoneMargin : now - kUndoneBefore;
    const bool queued = services_.workers.post([this, channel = room.channel, now, undone_since,
                                                home = scheduler_.shard()] {
        RoomFacts facts;
        // The queue first: what leaves it meanwhile is in the log. The catalog last: what it says
        // is as new as all that was published up to there.
        const Position waiting = services_.log_queue.last_waiting(channel);
        auto last = services_.log.last_of_regions(channel);
        auto found = services_.catalog.find_channel(channel);
        auto emotes = services_.catalog.emotes_for(channel);
        auto automod = services_.moderation.automod().policy_of(channel, now);
        auto held = services_.catalog.list_held(channel, chat::HoldStatus::pending, {},
                                                limits::kHeldPerChannel);
        const auto shield = services_.catalog.shield_mode(channel);
        auto trip = services_.catalog.raid_trip(channel);
        auto shared_chat = services_.catalog.shared_chat(channel);
        auto undone = services_.moderation.undone(channel, undone_since);
        std::string why =
            first_error(found, last, emotes, automod, held, shield, trip, shared_chat, undone);
        if (why.empty() && !*found) why = "the channel is gone";
        if (why.empty()) {
            last->front().position = std::max(waiting, last->front().position);
            facts = {.ok = true,
                     .channel = std::move(**found),
                     .last = *std::move(last),
                     .emotes = *std::move(emotes),
                     .automod = *std::move(automod),
                     .held = *std::move(held),
                     .shield = shield->active,
                     .trip = *std::move(trip),
                     .shared_chat = *std::move(shared_chat),
                     .undone = *std::move(undone),
                     .at = now};
        } else {
            log::warn("a room could not be loaded", {{"channel", channel.value}, {"error", why}});
        }
        scheduler_.post_to(home, Priority::control,
                           [this, channel, facts = std::move(facts)]() mutable {
                               room_loaded(channel, std::move(facts));
                           });
    });
    if (!queued) room_loaded(room.channel, {});
}

void RoomHost::room_loaded(ChannelId channel, RoomFacts facts) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    HostedRoom& room = *found->second;
    room.loading = false;
    if (std::exchange(room.stale, false) && facts.ok) return load_room(room);
    if (!facts.ok) {
        // Who is there already goes on with what was known.
        if (room.ready) return read_again(room);
        std::vector<Parked> parked = take(room.parked);
        room.subscribing = false;
        // The next command tries again. Where something is under way the room keeps its place.
        if (!in_use(room)) let_go(found);
        for (const Parked& command : parked) command(false);
        return;
    }
    room.login = facts.channel.login;
    room.read_at = facts.at;
    const bool fresh = !std::exchange(room.known, true);
    std::vector<Position> lasts;
    for (const store::LastMessage& stored : facts.last) {
        lasts.push_back(stored.position);
        // How far a room that lives is, the bus has told: the log may be ahead of that.
        if (!fresh) continue;
        const unsigned region = stored.position.region();
        RegionEnd& end = room.end_of(region);
        if (stored.position.epoch != 0) end.last = std::max(end.last, stored.position);
        note_time(room, region, std::max(end.sent_at, stored.sent_at));
    }
    room.rules.set_modes(facts.channel.modes);
    room.emotes = emote_set(facts);
    take_policy(room, std::move(facts.automod));
    room.shield = facts.shield;
    room.shared_chat = std::move(facts.shared_chat);
    std::erase_if(facts.undone, [&](MessageId act) { return room.undone_acts.contains(act); });
    note_undone(room, facts.undone);
    delete_again(room);
    for (const store::Held& held : facts.held) {
        const auto left = held.held_at + services_.moderation.hold_for() - facts.at;
        note_held(room, held.id, scheduler_.now().mono + left);
    }
    room.subscribing = true;
    if (fresh && facts.trip && !facts.trip->over) resume_trip(room, *facts.trip);
    bus_.subscribe(channel, lasts.front(), std::span(lasts).subspan(1));
}

MonoTime RoomHost::time_to_read_again() {
    const auto spread = std::chrono::milliseconds(random_() % kReadAgain.count());
    return scheduler_.now().mono + kReadAgain + spread;
}

void RoomHost::read_again(HostedRoom& room) {
    if (std::exchange(room.again, true)) return;
    scheduler_.call_at(time_to_read_again(), [this, channel = room.channel] {
        const auto found = rooms_.find(channel);
        if (found == rooms_.end()) return;
        found->second->again = false;
        channel_changed(channel);
    });
}

void RoomHost::read_again(const HostedRoom& room, UserId user, ChatterEntry& entry) {
    if (std::exchange(entry.again, true)) return;
    scheduler_.call_at(time_to_read_again(), [this, channel = room.channel, user] {
        const auto found = rooms_.find(channel);
        if (found == rooms_.end()) return;
        const auto at = found->second->chatters.find(user);
        if (at == found->second->chatters.end()) return;
        at->second.again = false;
        if (!at->second.waiting()) load_chatter(*found->second, user);
    });
}

void RoomHost::on_subscribed(ChannelId channel) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end() || !found->second->subscribing) return;
    if (services_.shared_presence == nullptr || found->second->ready) return room_ready(channel);
    // Whoever joins first is told who is there.
    watch_presence();
    report_presence(*found->second, [this, channel] { room_ready(channel); });
}

void RoomHost::room_ready(ChannelId channel) {
    const auto found = rooms_.find(channel);
    // What came meanwhile has its facts read again: then it is subscribed to once more.
    if (found == rooms_.end() || found->second->loading) return;
    if (!std::exchange(found->second->subscribing, false)) return;
    found->second->ready = true;
    for (const Parked& command : take(found->second->parked)) command(true);
}

std::shared_ptr<const emotes::EmoteSet> RoomHost::emote_set(const RoomFacts& facts) {
    auto set = std::make_shared<const emotes::EmoteSet>(emote_set_of(facts.emotes));
    const bool own = std::ranges::any_of(
        facts.emotes, [](const store::Emote& emote) { return static_cast<bool>(emote.channel); });
    if (own) return set;
    if (!global_emotes_ || !(*global_emotes_ == *set)) global_emotes_ = set;
    return global_emotes_;
}

void RoomHost::for_chatter(HostedRoom& room, const IdentityRef& identity, const char* command,
                           RunForChatter run, std::function<void()> refuse) {
    const UserId user = identity->user.id;
    auto [at, fresh] = room.chatters.try_emplace(user);
    ChatterEntry& entry = at->second;
    entry.last_used = scheduler_.now().mono;
    if (entry.ready) {
        run(room, entry);
        return;
    }
    entry.chatter.user = identity->user;
    const ChannelId channel = room.channel;
    entry.parked.push_back(
        [this, channel, user, command, run = std::move(run), refuse = std::move(refuse)](bool ok) {
            if (!ok) {
                refuse();
                return;
            }
            guarded(
                channel, command,
                [&](HostedRoom& in) {
                    const auto loaded = in.chatters.find(user);
                    loaded != in.chatters.end() ? run(in, loaded->second) : refuse();
                },
                refuse);
        });
    if (!entry.waiting()) load_chatter(room, user);
}

void RoomHost::load_chatter(HostedRoom& room, UserId user) {
    room.chatters.at(user).loading = true;
    const bool queued =
        services_.workers.post([this, channel = room.channel, user,
                                wants_age = room.watches_raids(), home = scheduler_.shard()] {
            ChatterFacts facts;
            auto standing = services_.catalog.standing(channel, user);
            auto spoken = services_.log.has_author(channel, user);
            auto granted = services_.catalog.granted_emotes(user);
            const std::string why = first_error(standing, spoken, granted);
            if (why.empty()) {
                facts = {.ok = true, .standing = *standing, .granted_emotes = *std::move(granted)};
                facts.standing.has_spoken = *spoken;
                if (wants_age) {
                    if (const auto profile = services_.catalog.profile(user))
                        facts.account_made = profile->created_at;
                }
            } else {
                log::warn("a chatter's facts could not be loaded",
                          {{"user", user.value}, {"error", why}});
            }
            scheduler_.post_to(home, Priority::control,
                               [this, channel, user, facts = std::move(facts)]() mutable {
                                   chatter_loaded(channel, user, std::move(facts));
                               });
        });
    if (!queued) chatter_loaded(room.channel, user, {});
}

void RoomHost::chatter_loaded(ChannelId channel, UserId user, ChatterFacts facts) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    const auto at = found->second->chatters.find(user);
    if (at == found->second->chatters.end()) return;
    ChatterEntry& entry = at->second;
    entry.loading = false;
    if (std::exchange(entry.stale, false) && facts.ok) return load_chatter(*found->second, user);
    if (facts.ok) {
        // What the room saw itself is newer than what the log has on disk.
        facts.standing.has_spoken = facts.standing.has_spoken || entry.chatter.standing.has_spoken;
        // What another node has changed is read here before its act comes, perhaps.
        entry.tell = entry.tell || entry.chatter.standing.role != facts.standing.role;
        entry.chatter.standing = facts.standing;
        entry.access = {.tier = facts.standing.subscriber_tier,
                        .granted = std::move(facts.granted_emotes)};
        entry.account_made = facts.account_made;
        // Who waits for a lookup is ready when that is over: what they said before comes first.
        entry.ready = entry.lookup == 0;
        if (std::exchange(entry.tell, false) && entry.connections > 0) {
            for (const auto& [shard, count] : found->second->members)
                outlet_.tell_self(shard, channel, found->second->login, entry.chatter);
        }
        run_parked(channel, user);
        return;
    }
    if (entry.lookup != 0) {
        // Those who wait do so behind the lookup; after it the facts are read again.
        entry.stale = true;
        return;
    }
    const std::vector<Parked> parked = take(entry.parked);
    // Who is there already goes on with what was known.
    if (entry.ready) read_again(*found->second, user, entry);
    // Who left a moment ago is still to be announced.
    const bool announced = !found->second->membership_changed.contains(user);
    if (entry.connections == 0 && announced) found->second->chatters.erase(at);
    for (const Parked& command : parked) command(false);
}

void RoomHost::run_parked(ChannelId channel, UserId user) {
    // One at a time: a command may make those behind it wait again, or reset the room.
    while (true) {
        const auto found = rooms_.find(channel);
        if (found == rooms_.end()) return;
        const auto at = found->second->chatters.find(user);
        if (at == found->second->chatters.end() || !at->second.ready || at->second.parked.empty())
            return;
        const Parked next = std::move(at->second.parked.front());
        at->second.parked.erase(at->second.parked.begin());
        next(true);
    }
}

std::uint64_t RoomHost::hold_back(ChatterEntry& entry) {
    entry.ready = false;
    return entry.lookup = ++lookups_made_;
}

void RoomHost::resume(ChannelId channel, UserId user, std::uint64_t lookup, const char* command,
                      const RunForChatter& run, const std::function<void()>& refuse) {
    guarded(
        channel, command,
        [&](HostedRoom& in) {
            const auto at = in.chatters.find(user);
            if (at == in.chatters.end() || at->second.lookup != lookup) return refuse();
            at->second.lookup = 0;
            at->second.ready = true;
            run(in, at->second);
        },
        refuse);
    reload_if_stale(channel, user);
    run_parked(channel, user);
}

void RoomHost::reload_if_stale(ChannelId channel, UserId user) {
    guarded(
        channel, "lookup",
        [&](HostedRoom& room) {
            const auto at = room.chatters.find(user);
            // Behind another lookup, or as soon as what is being read has come.
            if (at == room.chatters.end() || at->second.waiting()) return;
            if (std::exchange(at->second.stale, false)) load_chatter(room, user);
        },
        [] {});
}

void RoomHost::with_limit(HostedRoom& room, ChatterEntry& entry, RunWithLimit run,
                          std::function<void()> refuse) {
    if (services_.shared_limits == nullptr) return run(room, entry, std::nullopt);
    const chat::User& user = entry.chatter.user;
    const auto window = chat::message_window(options_.message_limits, entry.chatter.standing.role,
                                             user.verified_bot);
    auto answered = [this, channel = room.channel, user = user.id, lookup = hold_back(entry),
                     run = std::move(run), refuse = std::move(refuse)](const LimitOf& limit) {
        resume(
            channel, user, lookup, "limit",
            [&](HostedRoom& in, ChatterEntry& by) { run(in, by, limit); }, refuse);
    };
    services_.shared_limits->check(
        SharedLimits::Act::message, user.id, window,
        [this, answered, home = scheduler_.shard()](const LimitOf& limit) {
            scheduler_.post_to(home, Priority::control, [answered, limit] { answered(limit); });
        });
}

void RoomHost::with_parent(HostedRoom& room, ChatterEntry& entry, MessageId parent, RunForReply run,
                           std::function<void()> refuse) {
    for (const chat::EventRef& event : room.recent) {
        const auto* message = std::get_if<chat::Message>(&event->body);
        if (message != nullptr && message->id == parent) {
            run(room, entry, message);
            return;
        }
    }
    // While the parent is looked up, the chatter's later messages wait behind this one.
    const std::uint64_t lookup = hold_back(entry);
    const ChannelId channel = room.channel;
    auto answered = [this, channel, user = entry.chatter.user.id, lookup, run = std::move(run),
                     refuse = std::move(refuse)](const chat::EventRef& parent_event) {
        resume(
            channel, user, lookup, "reply",
            [&](HostedRoom& in, ChatterEntry& by) {
                run(in, by,
                    parent_event ? std::get_if<chat::Message>(&parent_event->body) : nullptr);
            },
            refuse);
    };
    const bool queued =
        services_.workers.post([this, channel, parent, answered, home = scheduler_.shard()] {
            chat::EventRef event;
            if (auto found = services_.log.find(channel, parent);
                found && *found && !(*found)->deleted) {
                if (auto decoded = chat::decode_event((*found)->event)) {
                    event = std::make_shared<const chat::Event>(*std::move(decoded));
                }
            }
            scheduler_.post_to(home, Priority::control, [answered, event] { answered(event); });
        });
    if (!queued) answered(nullptr);
}

}  // namespace clamor::hub
