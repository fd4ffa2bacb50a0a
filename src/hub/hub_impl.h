// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bus/bus.h"
#include "chat/permissions.h"
#include "hub/catch_up.h"
#include "hub/directory.h"
#include "hub/fanout.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "hub/room_host.h"

namespace clamor::hub {

/// The glue of one shard: sessions by slot, questions on their way to the owners of rooms, answers
/// on their way back.
class Hub::Impl final : public RoomHost::Outlet {
  public:
    Impl(Scheduler& scheduler, const std::vector<Hub*>& peers, const Services& services,
         const Options& options)
        : scheduler_(scheduler),
          peers_(peers),
          fanout_(scheduler, services.encoder, counters_, options.coalesce_max),
          catch_up_(scheduler, services.workers, services.log),
          directory_(scheduler, services.workers, services.catalog, options.create_channels),
          bus_(services.make_bus(receiver_, scheduler)),
          host_(scheduler, *bus_, services, options, counters_, *this) {
        receiver_.host = &host_;
    }

    MemberRef add(Member& member) {
        std::uint32_t slot;
        if (free_.empty()) {
            slot = static_cast<std::uint32_t>(slots_.size());
            slots_.emplace_back();
        } else {
            slot = free_.back();
            free_.pop_back();
        }
        Slot& taken = slots_[slot];
        taken.member = &member;
        taken.identity = std::make_shared<const Identity>(member.identity());
        if (!taken.identity->anonymous) slots_of_user_.emplace(taken.identity->user.id, slot);
        counters_.members.add();
        return {.shard = scheduler_.shard(), .slot = slot, .generation = taken.generation};
    }

    void remove(MemberRef ref) {
        Slot* slot = find(ref);
        CLAMOR_CHECK(slot != nullptr, "a session removes itself once");
        for (const ChannelId channel : fanout_.remove_all(ref.slot))
            tell_owner_of_leave(channel, ref, slot->identity);
        // The owner counts a member whose join is not answered yet; the answer finds nobody and
        // takes it back.
        if (!slot->identity->anonymous) forget_user_slot(slot->identity->user.id, ref.slot);
        slot->member = nullptr;
        slot->identity = nullptr;
        slot->joining.clear();
        slot->joining.shrink_to_fit();
        ++slot->generation;
        free_.push_back(ref.slot);
        counters_.members.sub();
    }

    void join(MemberRef ref, RequestId request, std::string login, std::vector<Position> had) {
        Slot* slot = find(ref);
        CLAMOR_CHECK(slot != nullptr, "only sessions that were added ask");
        slot->joining.push_back({.request = request, .login = login, .cancelled = false});
        directory_.find(login, [this, ref, request, had = std::move(had)](
                                   Directory::Outcome outcome, ChannelId channel) {
            const Slot* asking = find(ref);
            if (asking == nullptr) return;
            if (outcome != Directory::Outcome::found) {
                answer_join(ref, request,
                            outcome == Directory::Outcome::busy ? JoinRefusal::busy
                                                                : JoinRefusal::no_such_channel);
                return;
            }
            const bool wants_names = asking->member->dialect().has(Dialect::kMembership);
            to_owner(channel, [channel, join = RoomHost::Join{.who = ref,
                                                              .identity = asking->identity,
                                                              .wants_names = wants_names,
                                                              .request = request,
                                                              .had = had}](RoomHost& host) {
                host.join(channel, join);
            });
        });
    }

    void send(MemberRef ref, RequestId request, SendRequest message) {
        CLAMOR_CHECK(find(ref) != nullptr, "only sessions that were added ask");
        const std::string login = message.channel_login;
        directory_.find(login, [this, ref, request, message = std::move(message)](
                                   Directory::Outcome outcome, ChannelId channel) {
            const Slot* asking = find(ref);
            if (asking == nullptr) return;
            if (outcome != Directory::Outcome::found) {
                answer_send(ref, request,
                            outcome == Directory::Outcome::busy ? SendRefusal::busy
                                                                : SendRefusal::no_such_channel);
                return;
            }
            if (asking->identity->anonymous || !asking->identity->may_write) {
                answer_send(ref, request, SendRefusal::no_permission);
                return;
            }
            to_owner(channel, [channel, ref, identity = asking->identity, request,
                               message](RoomHost& host) mutable {
                host.send(channel, ref, identity, request, std::move(message));
            });
        });
    }

    void act(MemberRef ref, RequestId request, const std::string& login, chat::Act act) {
        directory_.find(login, [this, ref, request, act = std::move(act)](
                                   Directory::Outcome outcome, ChannelId channel) {
            const Slot* asking = find(ref);
            if (asking == nullptr) return;
            if (outcome != Directory::Outcome::found) {
                answer_act(ref, request,
                           outcome == Directory::Outcome::busy ? ActRefusal::busy
                                                               : ActRefusal::no_such_channel);
                return;
            }
            const bool own_matter = chat::permission_of(act).least == chat::Rank::viewer;
            if (asking->identity->anonymous || (!own_matter && !asking->identity->may_moderate)) {
                answer_act(ref, request, ActRefusal::no_permission);
                return;
            }
            ActRequest asked{.channel = channel,
                             .actor = asking->identity->user,
                             .origin = "irc",
                             .batch = {},
                             .acts = {act}};
            post(owner_shard(channel, scheduler_.shard_count()),
                 [this, ref, request, asked = std::move(asked)](Impl& owner) mutable {
                     owner.perform(std::move(asked), [this, ref, request](ActAnswers answers) {
                         answer_act(ref, request, std::move(answers.front()));
                     });
                 });
        });
    }
    /// On the owner's shard. What is to be pinned is said first where it was not.
    void perform(ActRequest request, std::function<void(ActAnswers)> done) {
        const auto* pin =
            request.acts.size() == 1 ? std::get_if<chat::act::Pin>(&request.acts.front()) : nullptr;
        if (pin == nullptr || pin->message) return host_.act(std::move(request), std::move(done));
        host_.standing(request.channel, request.actor,
                       [this, request, done](const chat::Chatter* actor) mutable {
                           if (actor == nullptr)
                               return done({chat::Denied{.why = chat::Denial::busy}});
                           if (!chat::may(*actor, request.acts.front()))
                               return done({chat::Denied{.why = chat::Denial::no_permission}});
                           say_and_pin(std::move(request), std::move(done));
                       });
    }

    void names(MemberRef ref, RequestId request, std::string login) {
        directory_.find(
            login, [this, ref, request, login](Directory::Outcome outcome, ChannelId channel) {
                const Slot* asking = find(ref);
                if (asking == nullptr) return;
                if (outcome != Directory::Outcome::found) {
                    answer_names(ref, request, {.login = login, .names = {}});
                    return;
                }
                const bool wants_names = asking->member->dialect().has(Dialect::kMembership);
                to_owner(channel, [channel, ref, identity = asking->identity, wants_names,
                                   request](RoomHost& host) {
                    host.names(channel, ref, identity, wants_names, request);
                });
            });
    }

    void catch_up(MemberRef ref, RequestId request, ChannelId channel,
                  std::vector<CatchUp::Range> ranges) {
        post(owner_shard(channel, scheduler_.shard_count()),
             [ref, request, channel, ranges = std::move(ranges)](Impl& owner) mutable {
                 for (CatchUp::Range& range : ranges)
                     range.heard = owner.host_.heard_between(channel, range.after, range.upto);
                 owner.post(ref.shard, [ref, request, channel,
                                        ranges = std::move(ranges)](Impl& home) mutable {
                     home.read_missed(ref, request, channel, std::move(ranges));
                 });
             });
    }
    void read_missed(MemberRef ref, RequestId request, ChannelId channel,
                     std::vector<CatchUp::Range> ranges) {
        catch_up_.read(channel, std::move(ranges),
                       [this, ref, request](std::vector<CaughtUp> answer) {
                           if (const Slot* slot = find(ref))
                               slot->member->on_caught_up(request, std::move(answer));
                       });
    }

    bool leave(MemberRef ref, const std::string& login) {
        Slot* slot = find(ref);
        CLAMOR_CHECK(slot != nullptr, "only sessions that were added leave");
        bool was_there = false;
        for (Joining& joining : slot->joining) {
            if (joining.login != login) continue;
            joining.cancelled = true;
            was_there = true;
        }
        const ChannelId channel = directory_.known(login);
        if (channel && fanout_.remove(channel, ref.slot)) {
            tell_owner_of_leave(channel, ref, slot->identity);
            was_there = true;
        }
        return was_there;
    }

    std::size_t channels_of(MemberRef ref) const { return fanout_.channels_of(ref.slot); }
    const HubCounters& counters() const { return counters_; }
    void visit(const RoomHost::Visitor& visitor) const { host_.visit(visitor); }
    void hurry() {
        host_.hurry();
        fanout_.hurry();
    }

    void set_observer(Observer* observer) { observer_ = observer; }
    void watch(ChannelId channel) {
        if (watched_[channel]++ != 0) return;
        to_owner(channel, [channel, shard = scheduler_.shard()](RoomHost& host) {
            host.watch(channel, shard);
        });
    }
    void unwatch(ChannelId channel) {
        const auto found = watched_.find(channel);
        CLAMOR_CHECK(found != watched_.end(), "what is unwatched was watched");
        if (--found->second != 0) return;
        watched_.erase(found);
        to_owner(channel, [channel, shard = scheduler_.shard()](RoomHost& host) {
            host.unwatch(channel, shard);
        });
    }

    // For the gateway, on this shard.
    Scheduler& scheduler() { return scheduler_; }
    RoomHost& host() { return host_; }
    void send_remote(RemoteMessage message, std::function<void(SendAnswer)> done) {
        const RequestId request = ++remote_requests_;
        remote_.emplace(request, std::move(done));
        host_.send(message.channel, MemberRef{.shard = RoomHost::kRemote},
                   std::make_shared<const Identity>(Identity{.user = std::move(message.author)}),
                   request,
                   SendRequest{.channel_login = {},
                               .text = std::move(message.text),
                               .action = message.action,
                               .client_nonce = {},
                               .reply_parent = message.reply_parent,
                               .bits = message.bits,
                               .source_only = message.source_only});
    }
    void whisper(const WhisperReceived& whisper) {
        for_sessions_of(whisper.to.id, [&](Slot& slot, std::uint32_t) {
            if (slot.identity->hears_whispers) slot.member->on_whisper(whisper);
        });
        if (observer_ != nullptr) observer_->on_whisper(whisper);
    }
    void account_changed(const chat::User& user, bool elsewhere) {
        host_.account_changed(user);
        for_sessions_of(user.id, [&](Slot& slot, std::uint32_t) {
            auto identity = std::make_shared<Identity>(*slot.identity);
            identity->user = user;
            slot.identity = std::move(identity);
            slot.member->on_account_changed(user);
        });
        if (observer_ != nullptr) observer_->on_account_changed(user, elsewhere);
    }
    void standing_changed(ChannelId channel, UserId user) {
        if (observer_ != nullptr) observer_->on_standing_changed(channel, user);
    }
    void shared_chat_changed(const SharedChatChanged& change) {
        if (observer_ != nullptr) observer_->on_shared_chat_changed(change);
    }
    void followed(const Followed& follow) {
        if (observer_ != nullptr) observer_->on_followed(follow);
    }
    void end_sessions(UserId user, const std::string& token_hash) {
        const std::uint64_t token = token_fingerprint(token_hash);
        for_sessions_of(user, [&](Slot& slot, std::uint32_t) {
            if (slot.identity->token == token) slot.member->on_token_revoked();
        });
    }
    void token_revoked(UserId user, const std::string& hash) {
        end_sessions(user, hash);
        if (observer_ != nullptr) observer_->on_token_revoked(user, hash);
    }

    // RoomHost::Outlet, on the owner's shard
    void answer_join(MemberRef to, RequestId request, JoinAnswer answer) override {
        post(to.shard, [to, request, answer = std::move(answer)](Impl& home) mutable {
            home.take_join_answer(to, request, std::move(answer));
        });
    }
    void answer_send(MemberRef to, RequestId request, SendAnswer answer) override {
        if (to.shard == RoomHost::kRemote) return answer_remote(request, std::move(answer));
        post(to.shard, [to, request, answer = std::move(answer)](Impl& home) mutable {
            if (const Slot* slot = home.find(to))
                slot->member->on_send_answer(request, std::move(answer));
        });
    }
    /// At the end of the turn: what the act made happen is delivered before its answer.
    void answer_act(MemberRef to, RequestId request, ActAnswer answer) {
        post(to.shard, [to, request, answer = std::move(answer)](Impl& home) mutable {
            home.scheduler_.call_at_end_of_turn(
                [&home, to, request, answer = std::move(answer)]() mutable {
                    if (const Slot* slot = home.find(to))
                        slot->member->on_act_answer(request, std::move(answer));
                });
        });
    }
    void tell_self(ShardId shard, ChannelId channel, const std::string& login,
                   const chat::Chatter& self) override {
        post(shard, [channel, login, self](Impl& home) {
            home.for_sessions_of(self.user.id, [&](Slot& slot, std::uint32_t index) {
                if (home.fanout_.contains(channel, index))
                    slot.member->on_self_changed(channel, login, self);
            });
        });
    }
    void evict(ShardId shard, ChannelId channel, const std::string& login, UserId user) override {
        post(shard, [channel, login, user](Impl& home) {
            home.scheduler_.call_at_end_of_turn([&home, channel, login, user] {
                home.for_sessions_of(user, [&](Slot& slot, std::uint32_t index) {
                    if (!home.fanout_.remove(channel, index)) return;
                    const MemberRef ref{.shard = home.scheduler_.shard(),
                                        .slot = index,
                                        .generation = slot.generation};
                    home.tell_owner_of_leave(channel, ref, slot.identity);
                    slot.member->on_evicted(channel, login);
                });
            });
        });
    }
    void announce_raid(ChannelId from, ChannelId to, std::uint64_t viewers) override {
        to_owner(to, [from, to, viewers](RoomHost& host) { host.raid_arrives(to, from, viewers); });
    }
    void announce_shoutout(ChannelId to, const chat::EventRef& event) override {
        to_owner(to, [to, event](RoomHost& host) { host.shoutout_arrives(to, event); });
    }
    void share(ChannelId to, const chat::EventRef& event,
               const std::shared_ptr<const Identity>& author) override {
        to_owner(to,
                 [to, event, author](RoomHost& host) { host.shared_arrives(to, event, author); });
    }
    void tell_skipped(ShardId shard, ChannelId channel, const Skipped& skipped) override {
        post(shard,
             [channel, skipped](Impl& home) { home.fanout_.tell_skipped(channel, skipped); });
    }
    void tell_shouted_out(ShardId shard, const chat::EventRef& event) override {
        post(shard, [event](Impl& home) {
            if (home.observer_ != nullptr) home.observer_->on_shouted_out(event);
        });
    }
    void tell_raid_left(ShardId shard, const chat::EventRef& event) override {
        post(shard, [event](Impl& home) {
            if (home.observer_ != nullptr) home.observer_->on_raid_left(event);
        });
    }
    void answer_names(MemberRef to, RequestId request, NamesAnswer answer) override {
        post(to.shard, [to, request, answer = std::move(answer)](Impl& home) mutable {
            if (const Slot* slot = home.find(to))
                slot->member->on_names_answer(request, std::move(answer));
        });
    }
    void deliver(ShardId shard, const chat::EventRef& event, const MemberRef* author,
                 const ChatDelay& delay) override {
        std::uint32_t own_slot = Fanout::kNobody;
        std::uint32_t generation = 0;
        if (author != nullptr && author->shard == shard) {
            own_slot = author->slot;
            generation = author->generation;
        }
        post_event(shard, event, [event, own_slot, generation, delay](Impl& home) {
            const bool alive =
                own_slot != Fanout::kNobody && home.slots_[own_slot].generation == generation;
            home.observe(event);
            if (shown_to_members(*event))
                home.fanout_.append(event, alive ? own_slot : Fanout::kNobody, {}, delay);
        });
    }
    void deliver_to(const std::vector<MemberRef>& members, const chat::EventRef& event) override {
        if (!shown_to_members(*event)) return;
        std::set<ShardId> shards;
        for (const MemberRef& one : members) shards.insert(one.shard);
        for (const ShardId shard : shards) {
            post_event(shard, event, [event, members](Impl& home) {
                home.fanout_.append(event, Fanout::kNobody, {.slots = home.slots_of(members)});
            });
        }
    }
    void deliver_but(ShardId shard, const std::vector<MemberRef>& members,
                     const chat::EventRef& event) override {
        post_event(shard, event, [event, members](Impl& home) {
            home.observe(event);
            if (!shown_to_members(*event)) return;
            home.fanout_.append(event, Fanout::kNobody,
                                {.slots = home.slots_of(members), .but = true});
        });
    }

  private:
    void observe(const chat::EventRef& event) {
        if (observer_ != nullptr && watched_.contains(event->channel)) observer_->on_event(event);
    }
    /// Of those that are here still.
    std::shared_ptr<std::unordered_set<std::uint32_t>> slots_of(
        const std::vector<MemberRef>& members) {
        auto slots = std::make_shared<std::unordered_set<std::uint32_t>>();
        for (const MemberRef& one : members) {
            if (one.shard == scheduler_.shard() && find(one) != nullptr) slots->insert(one.slot);
        }
        return slots;
    }
    static bool shown_to_members(const chat::Event& event) {
        const auto* message = std::get_if<chat::Message>(&event.body);
        if (message != nullptr && chat::for_moderators_only(*message)) return false;
        return !std::holds_alternative<chat::HeldMessage>(event.body);
    }
    /// Where the shard's mailbox is full, its members are told.
    template <class Run>
    void post_event(ShardId shard, const chat::EventRef& event, Run run) {
        Impl* const home = peers_[shard.value]->impl_.get();
        const bool never_shed = chat::shed_class(*event) == chat::ShedClass::control;
        const Priority priority = never_shed ? Priority::control : Priority::delivery;
        const bool taken = scheduler_.post_to(
            shard, priority, [home, run = std::move(run)]() mutable { run(*home); });
        if (taken) return;
        counters_.mailbox_shed.add();
        shed_[{shard, event->channel}].add(chat::shed_class(*event), event->position);
        if (!shed_timer_)
            shed_timer_ =
                scheduler_.call_at(scheduler_.now().mono + kTellShed, [this] { tell_shed(); });
    }
    /// Where a shard's mailbox was full: what is told of it comes with the control messages.
    void tell_shed() {
        shed_timer_ = {};
        for (const auto& [where, skipped] : std::exchange(shed_, {}))
            tell_skipped(where.first, where.second, skipped);
    }

    void say_and_pin(ActRequest request, std::function<void(ActAnswers)> done) {
        RemoteMessage message{.channel = request.channel,
                              .author = request.actor,
                              .text = std::get<chat::act::Pin>(request.acts.front()).text};
        send_remote(std::move(message), [this, request = std::move(request),
                                         done = std::move(done)](SendAnswer answer) mutable {
            MessageId& pinned = std::get<chat::act::Pin>(request.acts.front()).message;
            if (const auto* stored = std::get_if<Stored>(&answer)) pinned = stored->id;
            if (const auto* waits = std::get_if<NotStoredYet>(&answer)) pinned = waits->id;
            if (!pinned) return done({chat::Denied{.why = chat::Denial::busy}});
            host_.act(std::move(request), std::move(done));
        });
    }

    struct Joining {
        RequestId request;
        std::string login;
        bool cancelled;
    };
    struct Slot {
        Member* member = nullptr;
        std::shared_ptr<const Identity> identity;
        std::uint32_t generation = 0;
        std::vector<Joining> joining;
    };
    static constexpr std::chrono::milliseconds kTellShed{100};

    void answer_remote(RequestId request, SendAnswer answer) {
        auto asked = remote_.extract(request);
        if (!asked.empty()) asked.mapped()(std::move(answer));
    }

    /// What `each` does may end other sessions of the user, but not this walk.
    template <class Each>
    void for_sessions_of(UserId user, Each each) {
        const auto [first, last] = slots_of_user_.equal_range(user);
        std::vector<std::uint32_t> slots;
        for (auto at = first; at != last; ++at) slots.push_back(at->second);
        for (const std::uint32_t index : slots) {
            Slot& slot = slots_[index];
            if (slot.member != nullptr && slot.identity->user.id == user) each(slot, index);
        }
    }

    void forget_user_slot(UserId user, std::uint32_t slot) {
        const auto [first, last] = slots_of_user_.equal_range(user);
        for (auto at = first; at != last; ++at) {
            if (at->second != slot) continue;
            slots_of_user_.erase(at);
            return;
        }
    }

    /// The bus is made before the host that it hands messages to.
    struct ReceiverProxy final : bus::Receiver {
        RoomHost* host = nullptr;
        void on_received(const bus::Received& message) override { host->on_received(message); }
        void on_subscribed(ChannelId channel) override { host->on_subscribed(channel); }
        void on_gap(ChannelId channel, Position after, Position before) override {
            host->on_gap(channel, after, before);
        }
    };

    Slot* find(MemberRef ref) {
        if (ref.slot >= slots_.size()) return nullptr;
        Slot& slot = slots_[ref.slot];
        return slot.generation == ref.generation && slot.member != nullptr ? &slot : nullptr;
    }

    template <class Run>
    void post(ShardId shard, Run run) {
        Impl* const there = peers_[shard.value]->impl_.get();
        scheduler_.post_to(shard, Priority::control,
                           [there, run = std::move(run)]() mutable { run(*there); });
    }

    template <class Run>
    void to_owner(ChannelId channel, Run run) {
        post(owner_shard(channel, scheduler_.shard_count()),
             [run = std::move(run)](Impl& owner) mutable { run(owner.host_); });
    }

    void tell_owner_of_leave(ChannelId channel, MemberRef ref,
                             const std::shared_ptr<const Identity>& identity) {
        to_owner(channel,
                 [channel, ref, identity](RoomHost& host) { host.leave(channel, ref, identity); });
    }

    // On the session's own shard. The owner has counted the member; whoever is gone or joined
    // before is taken back.
    void take_join_answer(MemberRef to, RequestId request, JoinAnswer answer) {
        Slot* slot = find(to);
        const auto* joined = std::get_if<Joined>(&answer);
        if (slot == nullptr) {
            if (joined != nullptr) take_back(joined->channel, to, joined->self);
            return;
        }
        const auto asked =
            std::find_if(slot->joining.begin(), slot->joining.end(),
                         [request](const Joining& joining) { return joining.request == request; });
        const bool cancelled = asked != slot->joining.end() && asked->cancelled;
        if (asked != slot->joining.end()) slot->joining.erase(asked);
        if (joined != nullptr &&
            (cancelled || !fanout_.add(joined->channel, to.slot, *slot->member))) {
            tell_owner_of_leave(joined->channel, to, slot->identity);
        }
        slot->member->on_join_answer(request, std::move(answer));
    }

    void take_back(ChannelId channel, MemberRef ref, const chat::Chatter& self) {
        const bool anonymous = !self.user.id;
        tell_owner_of_leave(
            channel, ref,
            std::make_shared<const Identity>(Identity{.user = self.user, .anonymous = anonymous}));
    }

    Scheduler& scheduler_;
    const std::vector<Hub*>& peers_;
    HubCounters counters_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::unordered_multimap<UserId, std::uint32_t> slots_of_user_;  ///< logged-in sessions
    Observer* observer_ = nullptr;
    std::unordered_map<ChannelId, std::uint32_t> watched_;  ///< how often
    std::unordered_map<RequestId, std::function<void(SendAnswer)>> remote_;
    RequestId remote_requests_ = 0;
    std::map<std::pair<ShardId, ChannelId>, Skipped> shed_;  ///< not told yet
    TimerId shed_timer_{};
    Fanout fanout_;
    CatchUp catch_up_;
    Directory directory_;
    ReceiverProxy receiver_;
    std::unique_ptr<bus::Bus> bus_;
    RoomHost host_;
};

}  // namespace clamor::hub
