// SPDX-License-Identifier: Apache-2.0
#include "hub/room_host.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "hub/account_limits.h"
#include "store/log_queue.h"
#include "text/utf8.h"

namespace clamor::hub {

namespace {

/// How often it is looked whether a room is as far as somebody who waits for it.
constexpr auto kLookAgain = std::chrono::milliseconds(20);

}  // namespace

RoomHost::RoomHost(Scheduler& scheduler, bus::Bus& bus, const Services& services,
                   const Options& options, HubCounters& counters, Outlet& outlet)
    : scheduler_(scheduler),
      bus_(bus),
      services_(services),
      options_(options),
      counters_(counters),
      outlet_(outlet),
      random_(options.id_seed + scheduler.shard().value),
      automod_(services.moderation.automod().normaliser(),
               services.moderation.automod().classifier()) {}

RoomHost::~RoomHost() = default;

void RoomHost::join(ChannelId channel, Join join) {
    join_when_reached(channel, std::make_shared<const Join>(std::move(join)),
                      scheduler_.now().mono + limits::kMissedPatience);
}

/// A session that was on another node may be ahead of this one, which would give it what lies
/// between a second time.
void RoomHost::join_when_reached(ChannelId channel, const JoinRef& join, MonoTime until) {
    const auto refuse = [this, join] {
        outlet_.answer_join(join->who, join->request, JoinRefusal::busy);
    };
    in_room(
        channel, "join",
        [=, this](HostedRoom& room) {
            if (room.is_behind(join->had)) {
                const MonoTime now = scheduler_.now().mono;
                if (now < until) {
                    scheduler_.call_at(now + kLookAgain,
                                       [=, this] { join_when_reached(channel, join, until); });
                    return;
                }
                counters_.joins_ahead.add();
            }
            if (join->identity->anonymous) return admit(room, *join, nullptr);
            for_chatter(
                room, join->identity, "join",
                [=, this](HostedRoom& at, ChatterEntry& entry) {
                    if (entry.chatter.standing.banned_for_good())
                        return outlet_.answer_join(join->who, join->request, JoinRefusal::banned);
                    admit(at, *join, &entry);
                },
                refuse);
        },
        refuse);
}

void RoomHost::admit(HostedRoom& room, const Join& join, ChatterEntry* entry) {
    const auto shard =
        std::find_if(room.members.begin(), room.members.end(),
                     [&](const auto& count) { return count.first == join.who.shard; });
    if (shard == room.members.end()) {
        room.members.emplace_back(join.who.shard, 1);
    } else {
        ++shard->second;
    }
    const Position last = room.end_of(options_.region).last;
    room.newcomers.joined(join.who, last);
    Joined joined{.channel = room.channel,
                  .last = last,
                  .beside = room.beside(options_.region),
                  .login = room.login,
                  .modes = room.rules.modes(),
                  .self = {},
                  .names = {}};
    if (entry != nullptr) {
        joined.self = entry->chatter;
        if (join.wants_names) joined.names = names_for(room, Identity{.user = entry->chatter.user});
        if (entry->connections++ == 0) {
            watch_newcomer(room, *entry);
            ++room.users_present;
            note_membership(room, entry->chatter.user.id);
        }
    } else if (join.wants_names) {
        joined.names = names_for(room, Identity{.user = {}, .anonymous = true});
    }
    outlet_.answer_join(join.who, join.request, std::move(joined));
}

void RoomHost::leave(ChannelId channel, MemberRef who, const IdentityRef& identity) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    HostedRoom& room = *found->second;
    const auto shard = std::find_if(room.members.begin(), room.members.end(),
                                    [&](const auto& count) { return count.first == who.shard; });
    if (shard == room.members.end()) return;
    if (--shard->second == 0) room.members.erase(shard);
    room.newcomers.left(who);
    room.last_used = scheduler_.now().mono;
    if (identity->anonymous) return;
    const auto entry = room.chatters.find(identity->user.id);
    if (entry == room.chatters.end() || entry->second.connections == 0) return;
    entry->second.last_used = room.last_used;
    if (--entry->second.connections == 0) {
        --room.users_present;
        note_membership(room, identity->user.id);
    }
}

void RoomHost::names(ChannelId channel, MemberRef who, IdentityRef identity, bool wants_names,
                     RequestId request) {
    in_room(
        channel, "names",
        [=, this](HostedRoom& room) {
            NamesAnswer answer{.login = room.login, .names = {}};
            if (wants_names) answer.names = names_for(room, *identity);
            outlet_.answer_names(who, request, std::move(answer));
        },
        [this, who, request] { outlet_.answer_names(who, request, {}); });
}

std::vector<std::string> RoomHost::names_for(const HostedRoom& room, const Identity& asker) const {
    std::vector<std::string> names;
    const bool all = room.users() <= limits::kNamesMax;
    for (const auto& [user, entry] : room.chatters) {
        if (entry.connections == 0 || (!asker.anonymous && user == asker.user.id)) continue;
        if (all || entry.chatter.standing.role >= chat::Role::moderator)
            names.push_back(entry.chatter.user.login);
    }
    for (const auto& [person, moderates] : room.elsewhere.chatters) {
        const bool self = !asker.anonymous && person.id == asker.user.id;
        if (!self && (all || moderates)) names.push_back(person.login);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

void RoomHost::send(ChannelId channel, MemberRef who, IdentityRef identity, RequestId request,
                    SendRequest message) {
    const auto refuse = [this, who, request] {
        outlet_.answer_send(who, request, SendRefusal::busy);
    };
    in_room(
        channel, "send",
        [=, this, message = std::move(message)](HostedRoom& room) mutable {
            for_chatter(
                room, identity, "send",
                [=, this, message = std::move(message)](HostedRoom& at,
                                                        ChatterEntry& entry) mutable {
                    with_limit(
                        at, entry,
                        [=, this, message = std::move(message)](HostedRoom& in, ChatterEntry& by,
                                                                const LimitOf& limit) mutable {
                            if (!message.reply_parent)
                                return decide(in, by, who, request, message, nullptr, limit);
                            const MessageId parent = message.reply_parent;
                            with_parent(
                                in, by, parent,
                                [=, this, message = std::move(message)](
                                    HostedRoom& there, ChatterEntry& author,
                                    const chat::Message* answered) mutable {
                                    decide(there, author, who, request, message, answered, limit);
                                },
                                refuse);
                        },
                        refuse);
                },
                refuse);
        },
        refuse);
}

void RoomHost::decide(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                      SendRequest& message, const chat::Message* parent, const LimitOf& limit) {
    const Now now = scheduler_.now();
    entry.last_used = now.mono;
    const bool log_accepts = services_.log_queue.accepting();
    if (!log_accepts || !bus_.accepting()) {
        (log_accepts ? counters_.bus_refused : counters_.store_refused).add();
        outlet_.answer_send(
            who, request,
            chat::Refused{.why = chat::Refusal::store_unavailable, .retry_after_seconds = 5});
        return;
    }
    const chat::Chatter& author = entry.chatter;
    chat::Message said;
    if (parent != nullptr) {
        said.reply = chat::ReplyTo{
            .parent_id = parent->id,
            .parent_user_id = parent->author_id,
            .parent_login = parent->author_login,
            .parent_display_name = parent->author_display_name,
            .parent_text = parent->text,
            .thread_id = parent->reply ? parent->reply->thread_id : parent->id,
            .thread_user_id = parent->reply ? parent->reply->thread_user_id : parent->author_id,
            .thread_login = parent->reply ? parent->reply->thread_login : parent->author_login,
            .thread_display_name =
                parent->reply ? parent->reply->thread_display_name : parent->author_display_name};
        said.text = "@" + parent->author_display_name + " ";
    }
    // What the chatter wrote decides; the mention in front of a reply is the server's, but counts
    // in the indexes.
    if (room.emotes) said.emotes = room.emotes->find(message.text, entry.access);
    said.emote_only = emotes::emote_only(message.text, said.emotes);
    const auto shift = static_cast<std::uint32_t>(text::count_code_points(said.text));
    for (chat::EmoteOccurrence& emote : said.emotes) {
        emote.first += shift;
        emote.last += shift;
    }
    said.text += message.text;

    const auto window = chat::message_window(options_.message_limits, author.standing.role,
                                             author.user.verified_bot);
    const chat::Verdict verdict = room.rules.decide(
        chat::SendMessage{
            .author = author,
            .text = message.text,
            .emote_only = said.emote_only,
            .account_limit =
                limit ? *limit : services_.limits.check(author.user.id, window, now.mono)},
        now);
    if (const auto* refused = std::get_if<chat::Refused>(&verdict)) {
        counters_.messages_refused.add();
        outlet_.answer_send(who, request, *refused);
        return;
    }
    if (std::holds_alternative<chat::Dropped>(verdict)) {
        outlet_.answer_send(who, request, chat::Dropped{});
        return;
    }
    said.action = message.action;
    said.client_nonce = std::move(message.client_nonce);
    said.bits = message.bits;
    said.source_only = message.source_only;
    moderate(room, entry, who, request, std::move(said));
}

void RoomHost::publish(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                       chat::Message said) {
    const Now now = scheduler_.now();
    const chat::Chatter& author = entry.chatter;
    said.sent_at = room.last_sent_at = std::max(now.wall, room.last_sent_at);
    if (!said.id) said.id = new_id(said.sent_at);
    chat::set_author(said, author);
    said.first_message = !author.standing.has_spoken && !chat::is_copy(said, room.channel);
    entry.chatter.standing.has_spoken = true;
    counters_.messages_accepted.add();
    echoes_.emplace(said.id, PendingEcho{.channel = room.channel,
                                         .who = who,
                                         .request = request,
                                         .self = author,
                                         .published_at = now.mono});
    if (!echo_timer_)
        echo_timer_ =
            scheduler_.call_at(now.mono + limits::kEchoPatience, [this] { check_echoes(); });
    const MessageId id = said.id;
    try {
        publish_event(room, chat::Event{.channel = room.channel,
                                        .channel_login = room.login,
                                        .position = {},
                                        .body = std::move(said)});
    } catch (...) {
        echoes_.erase(id);
        throw;
    }
}

void RoomHost::remember(HostedRoom& room, const chat::EventRef& message) {
    if (room.recent.size() < kRecentMax) {
        room.recent.push_back(message);
        return;
    }
    room.recent[room.recent_next] = message;
    room.recent_next = (room.recent_next + 1) % kRecentMax;
}

void RoomHost::stored(ChannelId channel, MessageId id) {
    if (const auto room = rooms_.find(channel); room != rooms_.end()) {
        CLAMOR_CHECK(room->second->not_durable > 0, "a message is stored once");
        --room->second->not_durable;
        room->second->last_used = scheduler_.now().mono;
    }
    auto echo = echoes_.extract(id);
    if (echo.empty()) return;
    PendingEcho& pending = echo.mapped();
    outlet_.answer_send(pending.who, pending.request,
                        Stored{.id = id,
                               .position = pending.position,
                               .self = std::move(pending.self),
                               .beside = std::move(pending.beside)});
}

void RoomHost::deliver(const HostedRoom& room, const chat::EventRef& event,
                       const MemberRef* author) {
    const ChatDelay delay = delay_of(room);
    for (const auto& [shard, count] : room.members) {
        not_for_.empty() ? outlet_.deliver(shard, event, author, delay)
                         : outlet_.deliver_but(shard, not_for_, event);
    }
    for (const ShardId shard : room.watchers) {
        const bool member = std::any_of(room.members.begin(), room.members.end(),
                                        [&](const auto& one) { return one.first == shard; });
        if (!member) outlet_.deliver(shard, event, author, {});
    }
}

ChatDelay RoomHost::delay_of(const HostedRoom& room) {
    const std::chrono::seconds by(room.rules.modes().delay_seconds);
    if (by.count() == 0) return {};
    auto moderators = std::make_shared<ChatDelay::Users>();
    for (const auto& [user, entry] : room.chatters) {
        const bool moderates = entry.chatter.standing.role >= chat::Role::moderator ||
                               entry.chatter.user.type != chat::AccountType::ordinary;
        if (moderates && entry.connections > 0) moderators->insert(user);
    }
    return {.by = by, .moderators = std::move(moderators)};
}

void RoomHost::visit(const Visitor& visitor) const {
    for (const auto& [channel, room] : rooms_) visitor(channel, room->login, room->viewers());
}

}  // namespace clamor::hub
