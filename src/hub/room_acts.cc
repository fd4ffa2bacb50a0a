// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <list>
#include <unordered_set>
#include <utility>

#include "base/log.h"
#include "hub/room_host.h"
#include "moderation/notices.h"
#include "moderation/service.h"
#include "store/catalog.h"
#include "store/log_queue.h"

/// What moderators do in a room: to a worker and back, out on the bus, and what it changes here.
namespace clamor::hub {

namespace {

constexpr std::chrono::hours kShoutoutsKept{1};

std::uint64_t seconds_of(std::chrono::milliseconds time) {
    return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

ActAnswers busy(std::size_t acts) {
    return ActAnswers(acts, chat::Denied{.why = chat::Denial::busy});
}

/// What waits to be published is bounded.
bool may_be_done(const HostedRoom& room, const ActRequest& request) {
    return room.outgoing.size() <= limits::kActsPerRequest ||
           request.acts.size() <= limits::kActEventsAtOnce;
}

/// Whom the event is about; no id: nobody.
UserId target_of(const chat::Event& event) {
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    return act != nullptr ? act->target.id : UserId();
}

/// The role that an act of Twitch's API or commands gives or takes. The operator's own platform
/// (`api`, `cli`) is not limited.
std::optional<chat::Role> role_changed(const ActRequest& request) {
    if (request.origin != "irc" && request.origin != "helix") return std::nullopt;
    if (request.acts.size() != 1) return std::nullopt;
    if (const auto* give = std::get_if<chat::act::GiveRole>(&request.acts.front()))
        return give->role;
    if (const auto* take = std::get_if<chat::act::TakeRole>(&request.acts.front()))
        return take->role;
    return std::nullopt;
}

bool changes_automod(const chat::Moderation& act) {
    return act.action == chat::ModAction::change_automod ||
           (act.action >= chat::ModAction::add_blocked_term &&
            act.action <= chat::ModAction::remove_permitted_term);
}

bool changes_automod(const ActAnswers& answers) {
    return std::ranges::any_of(answers, [](const chat::ActAnswer& answer) {
        const auto* done = std::get_if<chat::Done>(&answer);
        return done != nullptr && std::ranges::any_of(done->events, [](const auto& event) {
                   const auto* act = std::get_if<chat::Moderation>(&event);
                   return act != nullptr && changes_automod(*act);
               });
    });
}

}  // namespace

/// What a worker brings back; no answers: it could not be done.
struct RoomHost::Performed {
    std::optional<ActAnswers> answers{};
    std::optional<Result<moderation::RoomPolicyRef>> automod{};  ///< where an act changed it
};

void RoomHost::act(ActRequest request, std::function<void(ActAnswers)> done) {
    const ChannelId channel = request.channel;
    const std::size_t count = request.acts.size();
    if (const auto role = role_changed(request)) {
        AccountLimits& changes = *role == chat::Role::vip ? vip_changes_ : moderator_changes_;
        const auto limit =
            changes.check(request.actor.id, options_.role_changes, scheduler_.now().mono);
        if (!limit.allowed) {
            counters_.role_changes_refused.add();
            return done({chat::Denied{.why = chat::Denial::too_many_role_changes,
                                      .number = seconds_of(limit.retry_after)}});
        }
    }
    in_room(
        channel, "act",
        [this, request = std::move(request), done](HostedRoom& room) mutable {
            room.acts.push_back({std::move(request), done});
            next_acts(room.channel);
        },
        [done, count] { done(busy(count)); });
}

void RoomHost::next_acts(ChannelId channel) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end() || found->second->acts.empty()) return;
    HostedRoom& room = *found->second;
    if (room.acts_running) return;
    const auto next = std::ranges::find_if(
        room.acts, [&](const PendingActs& acts) { return may_be_done(room, acts.request); });
    if (next == room.acts.end()) return;
    room.acts.splice(room.acts.begin(), room.acts, next);
    room.acts_running = true;
    moderation::RoomFacts facts{.recent = room.recent,
                                .viewers = room.viewers(),
                                .raiding = room.raid.target,
                                .shoutouts = room.shoutouts};
    // The request stays in the queue, untouched, until it is done.
    const ActRequest* request = &room.acts.front().request;
    const Now now = scheduler_.now();
    const bool queued = services_.workers.post([this, channel, request, facts = std::move(facts),
                                                now, random = random_(),
                                                home = scheduler_.shard()] {
        Performed result;
        auto in = services_.catalog.find_channel(channel);
        if (in && *in) {
            auto performed = services_.moderation.perform(
                **in, {.user = request->actor, .origin = request->origin, .batch = request->batch},
                request->acts, facts, now.wall, random);
            if (performed) {
                result.answers = *std::move(performed);
                // Before the answer: what is said after it is judged by what was set.
                if (changes_automod(*result.answers))
                    result.automod = services_.moderation.automod().policy_of(channel, now.wall);
            } else {
                log::warn("an act could not be done",
                          {{"channel", (*in)->login}, {"error", performed.error().to_string()}});
            }
        }
        scheduler_.post_to(home, Priority::control,
                           [this, channel, result = std::move(result)]() mutable {
                               acts_done(channel, std::move(result));
                           });
    });
    if (!queued) acts_done(channel, {});
}

void RoomHost::acts_done(ChannelId channel, Performed performed) {
    std::optional<ActAnswers>& answers = performed.answers;
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    HostedRoom& room = *found->second;
    if (!answers) answers = busy(room.acts.front().request.acts.size());
    room.stale = room.loading;
    if (performed.automod) {
        if (*performed.automod) {
            take_policy(room, **std::move(performed.automod));
        } else if (!room.loading) {
            load_room(room);
        }
    }
    // All of it holds from now on, whenever it is shown.
    std::vector<chat::Event> events;
    for (chat::ActAnswer& answer : *answers) {
        auto* what = std::get_if<chat::Done>(&answer);
        if (what == nullptr) continue;
        for (const auto& body : what->events) {
            if (const auto* act = std::get_if<chat::Moderation>(&body))
                take_effect(room, *act, false);
            chat::Event& event = events.emplace_back();
            event.channel = channel;
            event.channel_login = room.login;
            std::visit([&](const auto& one) { event.body = one; }, body);
            if (auto* message = std::get_if<chat::Message>(&event.body)) was_held(room, *message);
        }
        take_back(room, what->undone);
    }
    auto done = std::move(room.acts.front().done);
    room.acts.pop_front();
    room.acts_running = false;
    show(room, std::move(events));
    done(*std::move(answers));
    next_acts(channel);
}

void RoomHost::take_back(HostedRoom& room, const std::vector<MessageId>& undone) {
    if (undone.empty()) return;
    remember_undone(room, undone);
    for (const MessageId id : undone) services_.log_queue.restore(room.channel, id);
    // What was not shown yet need not be: only its end is told of.
    const std::unordered_set<MessageId> ids(undone.begin(), undone.end());
    std::erase_if(room.outgoing, [&](const chat::Event& event) {
        const auto* act = std::get_if<chat::Moderation>(&event.body);
        return act != nullptr && ids.contains(act->id);
    });
}

void RoomHost::acts_undone(ChannelId channel, const std::vector<MessageId>& acts) {
    const auto found = rooms_.find(channel);
    if (found != rooms_.end()) note_undone(*found->second, acts);
}

/// By another node.
void RoomHost::note_undone(HostedRoom& room, const std::vector<MessageId>& acts) {
    if (room.published_here) return take_back(room, acts);
    // Nothing of this node's was deleted; what it says from now on may be reached by their events.
    remember_undone(room, acts);
}

/// Whose messages are given again to who comes back.
void RoomHost::remember_undone(HostedRoom& room, const std::vector<MessageId>& acts) {
    const std::unordered_set<MessageId> ids(acts.begin(), acts.end());
    for (const MessageId act : acts) {
        if (!room.undone_acts.add(act)) counters_.undone_forgotten.add();
    }
    for (RegionEnd& region : room.ends) {
        for (Heard& heard : region.from_others) {
            if (ids.contains(heard.hidden_by)) heard.hidden_by = {};
        }
    }
}

void RoomHost::show(HostedRoom& room, std::vector<chat::Event> events) {
    const auto move_in = [&](auto before) {
        room.outgoing.insert(before, std::move_iterator(events.begin()),
                             std::move_iterator(events.end()));
    };
    if (events.size() <= limits::kActEventsAtOnce || in_a_hurry_) {
        // A bulk waits, except for what it has on the same people: what happens to one is told in
        // order.
        std::unordered_set<UserId> targets;
        for (const chat::Event& event : events) targets.insert(target_of(event));
        std::list<chat::Event> same;
        for (auto event = room.outgoing.begin(); event != room.outgoing.end();) {
            const auto one = event++;
            if (targets.contains(target_of(*one))) same.splice(same.end(), room.outgoing, one);
        }
        const std::size_t all = same.size() + events.size();
        move_in(room.outgoing.begin());
        room.outgoing.splice(room.outgoing.begin(), same);
        return publish_outgoing(room.channel, all);
    }
    for (const chat::Event& event : events) {
        // Nobody is to find in the log meanwhile what is to be gone.
        const auto* act = std::get_if<chat::Moderation>(&event.body);
        if (act == nullptr || !chat::hides_messages(act->action)) continue;
        mark_deleted(room, *act, room.end_of(options_.region).last, room.beside(options_.region));
        forget_hidden(room, *act, {});
    }
    std::stable_partition(events.begin(), events.end(), [&](const chat::Event& event) {
        return room.chatters.contains(target_of(event));
    });
    move_in(room.outgoing.end());
    if (!room.publishing) publish_outgoing(room.channel, limits::kActEventsAtOnce);
}

void RoomHost::take_effect(HostedRoom& room, const chat::Moderation& act, bool elsewhere) {
    permit(room, act);
    if (chat::changes_modes(act.action)) room.rules.set_modes(act.modes);
    const auto entry = room.chatters.find(act.target.id);
    if (entry == room.chatters.end()) return;
    ChatterEntry& target = entry->second;
    const chat::Role before = target.chatter.standing.role;
    const auto banned_until = target.chatter.standing.banned_until;
    chat::apply(act, target.chatter.standing);
    // A ban of which is known here may be newer: only the catalog, which is read then, ends it.
    if (elsewhere)
        target.chatter.standing.banned_until =
            std::max(target.chatter.standing.banned_until, banned_until);
    target.tell = target.tell || before != target.chatter.standing.role;
    target.stale = target.waiting();
}

void RoomHost::publish_outgoing(ChannelId channel, std::size_t count) {
    guarded(
        channel, "act",
        [this, count](HostedRoom& room) {
            for (std::size_t i = 0; i < count && !room.outgoing.empty(); ++i) {
                chat::Event event = std::move(room.outgoing.front());
                room.outgoing.pop_front();
                publish_event(room, std::move(event));
            }
        },
        [] {});
    const auto found = rooms_.find(channel);
    if (found == rooms_.end() || found->second->outgoing.empty()) return;
    if (std::exchange(found->second->publishing, true)) return;
    scheduler_.call_at(scheduler_.now().mono + limits::kActEventsEvery, [this, channel] {
        const auto still = rooms_.find(channel);
        if (still == rooms_.end()) return;
        still->second->publishing = false;
        publish_outgoing(channel, limits::kActEventsAtOnce);
        next_acts(channel);
    });
}

void RoomHost::hurry() {
    in_a_hurry_ = true;
    for (const auto& [channel, room] : rooms_) publish_outgoing(channel, room->outgoing.size());
}

void RoomHost::publish_event(HostedRoom& room, chat::Event event) {
    // A message that was held has its time from now, not from when it was said.
    if (WallTime* const at = chat::time_of(event))
        *at = room.last_sent_at = std::max(*at, room.last_sent_at);
    if (auto* notice = std::get_if<chat::UserNotice>(&event.body))
        find_emotes(room, notice->message);
    note_source(room, event);
    ++room.not_durable;
    room.published_here = true;
    const bool nested = std::exchange(publishing_, true);
    try {
        bus_.publish(room.channel, chat::encode_event(event));
    } catch (...) {
        publishing_ = nested;
        --room.not_durable;
        throw;
    }
    publishing_ = nested;
}

/// In what a notice says, which no command of its author's has brought. Of an author who is not
/// there, those that everybody may use.
void RoomHost::find_emotes(const HostedRoom& room, chat::Message& said) {
    if (!room.emotes || said.text.empty() || !said.emotes.empty()) return;
    const auto author = room.chatters.find(said.author_id);
    const bool known = author != room.chatters.end() && author->second.ready;
    said.emotes = room.emotes->find(said.text, known ? author->second.access : emotes::Access{});
}

void RoomHost::append_to_log(const HostedRoom& room, const bus::Received& received, MessageId id,
                             WallTime at, UserId author, store::EntryKind kind) {
    services_.log_queue.append(store::StoredMessage{.channel = room.channel,
                                                    .position = received.position,
                                                    .id = id,
                                                    .sent_at = at,
                                                    .author = author,
                                                    .event = std::string(received.bytes),
                                                    .deleted = false,
                                                    .kind = kind},
                               [this, channel = room.channel, id, home = scheduler_.shard()] {
                                   scheduler_.post_to(home, Priority::control,
                                                      [this, channel, id] { stored(channel, id); });
                               });
}

void RoomHost::received_act(HostedRoom& room, const chat::EventRef& event,
                            const bus::Received& received) {
    const auto& act = std::get<chat::Moderation>(event->body);
    if (chat::hides_messages(act.action)) forget_hidden(room, act, received.position);
    // Acts of two nodes may come in another order than the catalog took them: it is asked again.
    const bool elsewhere = !received.published_here;
    // What was done here holds already, and so may what was done after it.
    if (elsewhere) take_effect(room, act, true);
    if (elsewhere && (chat::changes_modes(act.action) || changes_automod(act)))
        channel_changed(room.channel);
    shield_changed(room, act);
    countdown_changed(room, act);
    deliver(room, event, nullptr);
    raid_changed(room, event, received.published_here);
    if (act.action == chat::ModAction::shoutout) {
        std::erase_if(room.shoutouts,
                      [&](const auto& one) { return act.at - one.second > kShoutoutsKept; });
        room.shoutouts.emplace_back(act.target.id, act.at);
        if (!elsewhere) outlet_.announce_shoutout(ChannelId(act.target.id.value), event);
    }
    const auto entry = room.chatters.find(act.target.id);
    if (entry == room.chatters.end()) return;
    ChatterEntry& target = entry->second;
    if (elsewhere && !target.waiting()) load_chatter(room, act.target.id);
    if (target.connections == 0) return;
    const bool evict = act.action == chat::ModAction::ban;
    // Who waits for their facts is told once they are loaded.
    const bool changed = target.ready && std::exchange(target.tell, false);
    for (const auto& [shard, count] : room.members) {
        if (changed && !evict) outlet_.tell_self(shard, room.channel, room.login, target.chatter);
        if (evict) outlet_.evict(shard, room.channel, room.login, act.target.id);
    }
}

/// `beside`: of the other regions, what was handed out before the act.
void RoomHost::mark_deleted(const HostedRoom& room, const chat::Moderation& act, Position up_to,
                            const std::vector<Position>& beside) {
    if (!chat::hides_messages(act.action) || room.undone_acts.contains(act.id)) return;
    store::Deletion deletion{.channel = room.channel,
                             .by = act.id,
                             .ids = {},
                             .author = {},
                             .up_to_sequence = up_to.sequence};
    if (act.action == chat::ModAction::delete_message) {
        deletion.ids.push_back(act.message_id);
    } else if (act.action != chat::ModAction::clear) {
        deletion.author = act.target.id;
    }
    if (deletion.ids.empty()) {
        for (const Position end : beside) {
            store::Deletion there = deletion;
            there.up_to_sequence = end.sequence;
            services_.log_queue.mark_deleted(std::move(there));
        }
    }
    services_.log_queue.mark_deleted(std::move(deletion));
}

/// Nobody can answer what is gone, and nobody who comes back is shown it. An act that has its place
/// takes only what was said before that, however late it comes; a message that it names, anywhere.
void RoomHost::forget_hidden(HostedRoom& room, const chat::Moderation& act, Position place) {
    if (room.undone_acts.contains(act.id)) return;
    const bool named = act.action == chat::ModAction::delete_message;
    if (named && place != Position{} && !room.deleted.add(act.message_id, act.id))
        counters_.deletions_forgotten.add();
    const auto hidden = [&](const chat::Event& event) {
        const auto* message = std::get_if<chat::Message>(&event.body);
        const bool behind = !named && place != Position{} &&
                            place.region() == event.position.region() &&
                            (event.position == Position{} || event.position > place);
        return message != nullptr && !behind && hides(act, *message);
    };
    for (RegionEnd& region : room.ends) {
        for (Heard& heard : region.from_others) {
            if (!heard.hidden_by && hidden(*heard.event)) heard.hidden_by = act.id;
        }
    }
    std::rotate(room.recent.begin(),
                room.recent.begin() + static_cast<std::ptrdiff_t>(room.recent_next),
                room.recent.end());
    room.recent_next = 0;
    std::erase_if(room.recent, [&](const chat::EventRef& event) { return hidden(*event); });
}

/// The node where the raid was begun sends it off; the others know of it.
void RoomHost::raid_changed(HostedRoom& room, const chat::EventRef& event, bool published_here) {
    const auto& act = std::get<chat::Moderation>(event->body);
    if (act.action == chat::ModAction::unraid) {
        scheduler_.cancel(room.raid.timer);
        room.raid = {};
    } else if (act.action == chat::ModAction::raid && act.ends_at) {
        // Of two that were begun on two nodes at once, the later one leaves.
        scheduler_.cancel(room.raid.timer);
        room.raid.target = act.target;
        room.raid.act = event;
        const ChannelId channel = room.channel;
        room.raid.timer = scheduler_.call_at(
            scheduler_.now().mono + (*act.ends_at - act.at),
            [this, channel, published_here] { raid_leaves(channel, published_here); });
    }
}

void RoomHost::raid_leaves(ChannelId channel, bool published_here) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    HostedRoom& room = *found->second;
    const OutgoingRaid raid = std::exchange(room.raid, {});
    const std::uint64_t viewers = room.viewers();
    auto left = std::make_shared<chat::Event>(*raid.act);
    std::get<chat::Moderation>(left->body).number = viewers;
    for (const ShardId shard : room.watchers) outlet_.tell_raid_left(shard, left);
    if (published_here) outlet_.announce_raid(channel, ChannelId(raid.target.id.value), viewers);
}

void RoomHost::raid_arrives(ChannelId channel, ChannelId from, std::uint64_t viewers) {
    publish_notice(
        channel, UserId(from.value),
        [viewers](const chat::Chatter& by, const store::Profile& profile) {
            return moderation::raid_notice(by, viewers, profile.profile_image_url);
        },
        [](bool) {});
}

void RoomHost::shoutout_arrives(ChannelId channel, const chat::EventRef& event) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    for (const ShardId shard : found->second->watchers) outlet_.tell_shouted_out(shard, event);
}

void RoomHost::announce(ChannelId channel, UserId author, chat::UserNotice notice,
                        std::function<void(bool)> done) {
    publish_notice(
        channel, author,
        [notice = std::move(notice)](const chat::Chatter& by, const store::Profile&) {
            chat::UserNotice announced = notice;
            if (by.user.id) chat::set_author(announced.message, by);
            return announced;
        },
        std::move(done));
}

void RoomHost::publish_notice(ChannelId channel, UserId author, MakeNotice make,
                              std::function<void(bool)> done) {
    const bool queued = services_.workers.post([this, channel, author, make = std::move(make), done,
                                                home = scheduler_.shard()] {
        std::optional<chat::UserNotice> notice;
        if (!author) {
            notice = make({}, {});
        } else {
            auto user = services_.catalog.find_user(author);
            auto standing = services_.catalog.standing(channel, author);
            auto profile = services_.catalog.profile(author);
            if (user && *user && standing && profile) {
                notice =
                    make({.user = **std::move(user), .standing = *std::move(standing)}, *profile);
            }
        }
        scheduler_.post_to(home, Priority::control,
                           [this, channel, notice = std::move(notice), done]() mutable {
                               if (!notice) return done(false);
                               publish_made(channel, *std::move(notice), done);
                           });
    });
    if (!queued) done(false);
}

void RoomHost::publish_made(ChannelId channel, chat::UserNotice notice,
                            const std::function<void(bool)>& done) {
    in_room(
        channel, "announce",
        [this, notice = std::move(notice), done](HostedRoom& room) mutable {
            const std::uint64_t high = random_();
            notice.message.sent_at = scheduler_.now().wall;
            notice.message.id = MessageId::at(notice.message.sent_at, high, random_());
            publish_event(room, chat::Event{.channel = room.channel,
                                            .channel_login = room.login,
                                            .position = {},
                                            .body = std::move(notice)});
            done(true);
        },
        [done] { done(false); });
}

void RoomHost::standing(ChannelId channel, const chat::User& user,
                        std::function<void(const chat::Chatter*)> done) {
    const auto refuse = [done] { done(nullptr); };
    in_room(
        channel, "standing",
        [this, done, refuse,
         identity = std::make_shared<const Identity>(Identity{.user = user})](HostedRoom& room) {
            for_chatter(
                room, identity, "standing",
                [done](HostedRoom&, ChatterEntry& entry) { done(&entry.chatter); }, refuse);
        },
        refuse);
}

void RoomHost::chatters(ChannelId channel, std::function<void(std::vector<chat::Person>)> done) {
    const auto told = [done = std::move(done)](std::vector<chat::Person> people) {
        std::ranges::sort(people, {}, &chat::Person::id);
        const auto same = [](const chat::Person& a, const chat::Person& b) { return a.id == b.id; };
        people.erase(std::unique(people.begin(), people.end(), same), people.end());
        done(std::move(people));
    };
    const auto add = [](std::vector<chat::Person>& people, const Present& present) {
        for (const auto& one : present.chatters) people.push_back(one.person);
    };
    std::vector<chat::Person> people;
    if (const auto found = rooms_.find(channel); found != rooms_.end()) {
        for (const auto& [user, entry] : found->second->chatters) {
            if (entry.connections > 0) people.push_back(chat::person_of(entry.chatter.user));
        }
        add(people, found->second->elsewhere);
        return told(std::move(people));
    }
    if (services_.shared_presence == nullptr) return told({});
    services_.shared_presence->ask(
        channel, [this, told, add, home = scheduler_.shard()](std::optional<Present> others) {
            std::vector<chat::Person> elsewhere;
            if (others) add(elsewhere, *others);
            scheduler_.post_to(home, Priority::control,
                               [told, elsewhere = std::move(elsewhere)] { told(elsewhere); });
        });
}

void RoomHost::watch(ChannelId channel, ShardId shard) {
    in_room(
        channel, "watch",
        [shard](HostedRoom& room) {
            if (std::ranges::find(room.watchers, shard) == room.watchers.end())
                room.watchers.push_back(shard);
        },
        [this, channel, shard] {
            // The catalog could not be asked; whoever watches is to miss nothing for long.
            scheduler_.call_at(scheduler_.now().mono + std::chrono::seconds(1),
                               [this, channel, shard] { watch(channel, shard); });
        });
}

void RoomHost::unwatch(ChannelId channel, ShardId shard) {
    if (const auto found = rooms_.find(channel); found != rooms_.end())
        std::erase(found->second->watchers, shard);
}

void RoomHost::account_changed(const chat::User& user) {
    for (auto& [channel, room] : rooms_) {
        const auto entry = room->chatters.find(user.id);
        if (entry == room->chatters.end()) continue;
        entry->second.chatter.user = user;
        if (entry->second.connections == 0 || !entry->second.ready) continue;
        for (const auto& [shard, count] : room->members)
            outlet_.tell_self(shard, channel, room->login, entry->second.chatter);
    }
}

void RoomHost::standing_changed(ChannelId channel, UserId user) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    const auto entry = found->second->chatters.find(user);
    if (entry == found->second->chatters.end()) return;
    entry->second.tell = true;
    if (entry->second.waiting()) {
        entry->second.stale = true;
    } else {
        load_chatter(*found->second, user);
    }
}

void RoomHost::channel_changed(ChannelId channel) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    if (found->second->loading) {
        found->second->stale = true;
    } else {
        load_room(*found->second);
    }
}

}  // namespace clamor::hub
