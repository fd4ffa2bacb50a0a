// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "automod/moderator.h"
#include "base/scheduler.h"
#include "bus/bus.h"
#include "hub/account_limits.h"
#include "hub/fanout.h"
#include "hub/hosted_room.h"
#include "hub/hub.h"
#include "hub/larger_model.h"
#include "hub/member.h"
#include "hub/shared_limits.h"
#include "moderation/service.h"
#include "store/automod_store.h"
#include "store/message_log.h"
#include "store/moderation_store.h"

namespace clamor::hub {

/// The rooms that one shard owns: takes commands in order, asks chat for the decision, publishes
/// what was accepted, and hands what the bus gives out to the log and to the shards with members.
/// Facts from the catalog and the log are loaded on a worker; commands that need them wait in
/// order.
///
/// A fault in a room (an exception out of a handler) resets that room from the catalog, is counted
/// and logged, and disturbs no other. Lives on its shard. A room without members is let go after
/// kIdle.
class RoomHost final : public bus::Receiver {
  public:
    /// The ways out of the host: to the session that asked, and to the shards with members.
    class Outlet {
      public:
        virtual void answer_join(MemberRef to, RequestId request, JoinAnswer answer) = 0;
        virtual void answer_send(MemberRef to, RequestId request, SendAnswer answer) = 0;
        virtual void answer_names(MemberRef to, RequestId request, NamesAnswer answer) = 0;
        /// To the sessions of one user that are in the channel and on that shard.
        virtual void tell_self(ShardId shard, ChannelId channel, const std::string& login,
                               const chat::Chatter& self) = 0;
        virtual void evict(ShardId shard, ChannelId channel, const std::string& login,
                           UserId user) = 0;
        /// A raid arrives in another channel.
        virtual void announce_raid(ChannelId from, ChannelId to, std::uint64_t viewers) = 0;
        /// A channel, the event's, shouts out another one.
        virtual void announce_shoutout(ChannelId to, const chat::EventRef& event) = 0;
        /// To the channel's members on that shard.
        virtual void tell_skipped(ShardId shard, ChannelId channel, const Skipped& skipped) = 0;
        /// To the observer of that shard.
        virtual void tell_shouted_out(ShardId shard, const chat::EventRef& event) = 0;
        virtual void tell_raid_left(ShardId shard, const chat::EventRef& event) = 0;
        /// To the room of another channel of a shared chat: shared_arrives().
        virtual void share(ChannelId to, const chat::EventRef& event,
                           const std::shared_ptr<const Identity>& author) = 0;
        /// `author` is the session that must not get the event; null when there is none.
        virtual void deliver(ShardId shard, const chat::EventRef& event, const MemberRef* author,
                             const ChatDelay& delay) = 0;
        /// To these of its channel's members alone, in turn with what goes to all.
        virtual void deliver_to(const std::vector<MemberRef>& members,
                                const chat::EventRef& event) = 0;
        /// To all but these.
        virtual void deliver_but(ShardId shard, const std::vector<MemberRef>& members,
                                 const chat::EventRef& event) = 0;

      protected:
        ~Outlet() = default;
    };

    using IdentityRef = std::shared_ptr<const Identity>;

    RoomHost(Scheduler& scheduler, bus::Bus& bus, const Services& services, const Options& options,
             HubCounters& counters, Outlet& outlet);
    ~RoomHost();

    struct Join {
        MemberRef who;
        IdentityRef identity;
        bool wants_names = false;  ///< the session's dialect shows who else is there
        RequestId request = 0;
        std::vector<Position> had{};  ///< the room is to be that far first
    };
    void join(ChannelId channel, Join join);
    void leave(ChannelId channel, MemberRef who, const IdentityRef& identity);
    void send(ChannelId channel, MemberRef who, IdentityRef identity, RequestId request,
              SendRequest message);
    void names(ChannelId channel, MemberRef who, IdentityRef identity, bool wants_names,
               RequestId request);

    void act(ActRequest request, std::function<void(ActAnswers)> done);
    /// What an account is in a channel; null: busy.
    void standing(ChannelId channel, const chat::User& user,
                  std::function<void(const chat::Chatter*)> done);
    /// `author` none: nobody is named.
    void announce(ChannelId channel, UserId author, chat::UserNotice notice,
                  std::function<void(bool)> done);
    void raid_arrives(ChannelId channel, ChannelId from, std::uint64_t viewers);
    /// The event is the other channel's; whoever watches `channel` is told.
    void shoutout_arrives(ChannelId channel, const chat::EventRef& event);
    /// What was said in another channel of a shared chat, by `author`; null: that is to be looked
    /// up, or is nobody in particular.
    void shared_arrives(ChannelId channel, const chat::EventRef& event, const IdentityRef& author);
    void chatters(ChannelId channel, std::function<void(std::vector<chat::Person>)> done);
    /// The shard's event observer asks for a channel's events, or ends that.
    void watch(ChannelId channel, ShardId shard);
    void unwatch(ChannelId channel, ShardId shard);
    /// Has the room live, since something waits there.
    void wake(ChannelId channel);
    /// AutoMod's classifier from the next message on.
    void use(const std::shared_ptr<const automod::Classifier>& classifier);
    void account_changed(const chat::User& user);
    void standing_changed(ChannelId channel, UserId user);
    void channel_changed(ChannelId channel);
    /// Reads the facts of all rooms again, some at a time: another node was lost, perhaps between a
    /// change in the catalog and telling it, or what nodes told was.
    void reread_rooms();
    /// On another node. What this one has still to write is taken back behind it.
    void acts_undone(ChannelId channel, const std::vector<MessageId>& acts);
    /// The node ends soon: bulks of acts are shown at once from now on.
    void hurry();

    void on_received(const bus::Received& received) override;
    void on_subscribed(ChannelId channel) override;
    void on_gap(ChannelId channel, Position after, Position before) override;

    /// What other nodes published between two positions, both included, as far as it is kept: it
    /// may not be in the log yet. The newest limits::kMissedEvents of a channel are.
    std::vector<Heard> heard_between(ChannelId channel, Position after, Position upto) const;

    using Visitor =
        std::function<void(ChannelId channel, const std::string& login, std::size_t members)>;
    void visit(const Visitor& visitor) const;

    /// In place of a shard where somebody without a session asked.
    static constexpr ShardId kRemote{0xffff};
    static constexpr std::chrono::seconds kIdle{60};  ///< a room without members is let go
    static constexpr std::chrono::seconds kChatterIdle{
        300};  ///< so is a chatter who left and is silent
    static constexpr std::size_t kRecentMax =
        64;  ///< messages kept for replies; older ones are read from the log

  private:
    struct RoomFacts;
    struct ChatterFacts;
    struct PendingEcho {
        ChannelId channel;
        MemberRef who;
        RequestId request;
        chat::Chatter self;
        MonoTime published_at;
        Position position{};  // once the bus has given it
        std::vector<Position> beside{};
        bool told = false;  // that it is not stored yet
    };
    using RunInRoom = std::function<void(HostedRoom&)>;
    using RunForChatter = std::function<void(HostedRoom&, ChatterEntry&)>;
    /// What all nodes together say of an account's window; nothing: ask this node's own.
    using LimitOf = std::optional<chat::LimitAnswer>;
    using RunWithLimit = std::function<void(HostedRoom&, ChatterEntry&, const LimitOf&)>;
    using RunForReply =
        std::function<void(HostedRoom&, ChatterEntry&, const chat::Message* parent)>;

    // room_receiving.cc: what the bus brings
    void receive_bytes(HostedRoom& room, const bus::Received& received);
    void note_time(HostedRoom& room, unsigned region, WallTime at);
    void receive(HostedRoom& room, const chat::EventRef& event, const bus::Received& received);
    void store(HostedRoom& room, const chat::Event& event, const bus::Received& received);
    void received_message(HostedRoom& room, const chat::EventRef& event,
                          const bus::Received& received);
    /// What the bus did not bring, and the moment at which the members were told of that.
    struct Gap {
        ChannelId channel;
        Position after;
        Position before;
        std::uint64_t moment = 0;
    };
    void plan_gap(const Gap& gap);
    void read_gap(const Gap& gap);
    void fill_gap(const Gap& gap, const std::vector<store::StoredMessage>& found);
    void gap_is_over(const Gap& gap);
    static bool in_doubt(HostedRoom& room, const Gap& gap);
    void end_doubt(const Gap& gap, std::vector<store::StoredMessage> found);
    void show_newcomers(HostedRoom& room, const chat::EventRef& placed);

    // room_host.cc: the commands
    void remember(HostedRoom& room, const chat::EventRef& message);
    void keep_for_catch_up(HostedRoom& room, const chat::EventRef& event);
    using JoinRef = std::shared_ptr<const Join>;
    void join_when_reached(ChannelId channel, const JoinRef& join, MonoTime until);
    void admit(HostedRoom& room, const Join& join, ChatterEntry* chatter);
    void decide(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                SendRequest& message, const chat::Message* parent, const LimitOf& limit);
    void publish(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                 chat::Message message);
    void stored(ChannelId channel, MessageId id);
    void deliver(const HostedRoom& room, const chat::EventRef& event, const MemberRef* author);
    static ChatDelay delay_of(const HostedRoom& room);
    std::vector<std::string> names_for(const HostedRoom& room, const Identity& asker) const;

    // room_automod.cc: what AutoMod says, and what it holds
    enum class Holding : std::uint8_t { kept, full, failed };
    MessageId new_id(WallTime at);
    void moderate(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                  chat::Message said);
    // These ask the larger model; false: it is not to be asked now.
    bool ask_model_about(const chat::Message& said,
                         std::function<void(const std::optional<LargerModel::Answer>&)> answered);
    bool record_with_model(const HostedRoom& room, const chat::Message& said, UserId author,
                           const automod::Judgement& fast);
    bool ask_model(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                   const chat::Message& said, const automod::Judgement& fast);
    void carry_out(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                   chat::Message said, const automod::Verdict& verdict);
    void hold(HostedRoom& room, const ChatterEntry& entry, MemberRef who, RequestId request,
              chat::Message said, const automod::Verdict& verdict);
    void held_stored(const chat::Event& event, MemberRef who, RequestId request, Holding outcome);
    void note_held(HostedRoom& room, MessageId id, MonoTime until);
    void forget_held(HostedRoom& room, MessageId id);
    void arm_expiry(MonoTime at);
    void expire_held();
    void expire_one(HostedRoom& room, MessageId id);
    void expired(ChannelId channel, MessageId id, Result<std::optional<chat::HeldMessage>> held);
    /// A held message that is published now.
    void was_held(HostedRoom& room, chat::Message& message);
    void received_held(HostedRoom& room, const chat::EventRef& event,
                       const bus::Received& received);
    /// For the raid breaker: somebody is there for the first time, or says something.
    void watch_newcomer(HostedRoom& room, const ChatterEntry& entry);
    void watch_first_message(HostedRoom& room, const ChatterEntry& entry, std::string_view text);
    void trip_raid_breaker(HostedRoom& room, const automod::Trip& trip);
    void end_trip(ChannelId channel);
    /// The one that the catalog knows of, after a restart.
    void resume_trip(HostedRoom& room, const store::RaidTrip& trip);
    void arm_trip(HostedRoom& room, MonoTime until);
    void countdown_changed(HostedRoom& room, const chat::Moderation& act);
    void act_as_system(const HostedRoom& room, std::string batch, std::vector<chat::Act> acts);
    void try_as_system(ActRequest request, int tries);
    void take_policy(HostedRoom& room, moderation::RoomPolicyRef policy);
    /// Thousands of terms take long to free: by a worker, where there is room for that.
    void drop_policy(HostedRoom& room);
    void permit(HostedRoom& room, const chat::Moderation& act);
    void record(store::VerdictRecord verdict);
    void write_verdicts();

    // room_shared.cc: shared chat
    /// In a message or notice that is about to be published.
    static void note_source(const HostedRoom& room, chat::Event& event);
    /// To the other channels, once it has been published here.
    void share(const HostedRoom& room, const chat::EventRef& event);
    void look_up_author(ChannelId channel, const chat::EventRef& event);
    /// Null: nobody in particular has said it.
    void publish_copy(HostedRoom& room, ChatterEntry* author, const chat::Event& event);

    // room_acts.cc: what moderators do
    void next_acts(ChannelId channel);
    struct Performed;
    void acts_done(ChannelId channel, Performed performed);
    /// Here and at once; the event itself may come later. `elsewhere`: another node did it.
    void take_effect(HostedRoom& room, const chat::Moderation& act, bool elsewhere);
    void take_back(HostedRoom& room, const std::vector<MessageId>& undone);
    void note_undone(HostedRoom& room, const std::vector<MessageId>& acts);
    void remember_undone(HostedRoom& room, const std::vector<MessageId>& acts);
    /// Publishes what acts made happen: at once, or bit by bit where it is a bulk.
    void show(HostedRoom& room, std::vector<chat::Event> events);
    /// The first `count` of what waits; the rest goes on in bits.
    void publish_outgoing(ChannelId channel, std::size_t count);
    void publish_event(HostedRoom& room, chat::Event event);
    static void find_emotes(const HostedRoom& room, chat::Message& said);
    void received_act(HostedRoom& room, const chat::EventRef& event, const bus::Received& received);
    void append_to_log(const HostedRoom& room, const bus::Received& received, MessageId id,
                       WallTime at, UserId author, store::EntryKind kind);
    void mark_deleted(const HostedRoom& room, const chat::Moderation& act, Position up_to,
                      const std::vector<Position>& beside);
    void remember_hiding(HostedRoom& room, const chat::EventRef& event);
    void forget_hidden(HostedRoom& room, const chat::Moderation& act, Position place);
    void raid_changed(HostedRoom& room, const chat::EventRef& event, bool published_here);
    void raid_leaves(ChannelId channel, bool published_here);
    void shield_changed(HostedRoom& room, const chat::Moderation& act);
    /// Makes a notice from its author's facts, on a worker, and publishes it.
    using MakeNotice = std::function<chat::UserNotice(const chat::Chatter&, const store::Profile&)>;
    void publish_notice(ChannelId channel, UserId author, MakeNotice make,
                        std::function<void(bool)> done);
    void publish_made(ChannelId channel, chat::UserNotice notice,
                      const std::function<void(bool)>& done);

    // room_loading.cc: facts, in order, and faults
    void in_room(ChannelId channel, const char* command, RunInRoom run,
                 std::function<void()> refuse);
    void for_chatter(HostedRoom& room, const IdentityRef& identity, const char* command,
                     RunForChatter run, std::function<void()> refuse);
    /// While something is asked for a chatter, their later commands wait behind it.
    std::uint64_t hold_back(ChatterEntry& entry);
    /// What was asked for has come. `refuse`: the room was reset meanwhile.
    void resume(ChannelId channel, UserId user, std::uint64_t lookup, const char* command,
                const RunForChatter& run, const std::function<void()>& refuse);
    void with_parent(HostedRoom& room, ChatterEntry& entry, MessageId parent, RunForReply run,
                     std::function<void()> refuse);
    void with_limit(HostedRoom& room, ChatterEntry& entry, RunWithLimit run,
                    std::function<void()> refuse);
    void guarded(ChannelId channel, const char* command, const RunInRoom& run,
                 const std::function<void()>& refuse);
    void load_room(HostedRoom& room);
    void room_loaded(ChannelId channel, RoomFacts facts);
    MonoTime time_to_read_again();
    void read_again(HostedRoom& room);
    void read_again(const HostedRoom& room, UserId user, ChatterEntry& entry);
    std::shared_ptr<const emotes::EmoteSet> emote_set(const RoomFacts& facts);
    void load_chatter(HostedRoom& room, UserId user);
    void chatter_loaded(ChannelId channel, UserId user, ChatterFacts facts);
    void reload_if_stale(ChannelId channel, UserId user);
    void run_parked(ChannelId channel, UserId user);
    void reset(HostedRoom& room);

    // room_presence.cc: who is there on other nodes
    void watch_presence();
    void report_presence(const HostedRoom& room, std::function<void()> then);
    void take_presence(ChannelId channel, Present others);
    void room_ready(ChannelId channel);

    // room_upkeep.cc: what happens by time
    void note_membership(HostedRoom& room, UserId user);
    void announce_membership();
    /// Nothing where the channel is too large for it.
    void announce_membership(const HostedRoom& room, chat::MembershipChanged changed);
    void sweep();
    /// What has changed is in the catalog: of the channel it is read now, of people when they do
    /// something.
    void reread_facts(HostedRoom& room);
    void reread_some();
    /// What was deleted lately: a node that was lost may have written it without hearing of that,
    /// or the act without its deletion, or have deleted what was taken back.
    void delete_again(HostedRoom& room);
    /// Something is under way there, or waits: the room must not be let go.
    static bool in_use(const HostedRoom& room);
    using Rooms = std::unordered_map<ChannelId, std::unique_ptr<HostedRoom>>;
    Rooms::iterator let_go(Rooms::iterator room);
    void check_echoes();

    Scheduler& scheduler_;
    bus::Bus& bus_;
    const Services services_;
    const Options options_;
    HubCounters& counters_;
    Outlet& outlet_;
    std::mt19937_64 random_;
    AccountLimits moderator_changes_;
    AccountLimits vip_changes_;
    Rooms rooms_;
    std::unordered_map<MessageId, PendingEcho> echoes_;  // published, not yet durable
    std::vector<ChannelId> membership_changed_;
    std::shared_ptr<const emotes::EmoteSet>
        global_emotes_;  // shared by all channels without emotes of their own
    std::uint64_t lookups_made_ = 0;
    std::vector<MemberRef> not_for_;  // of what is received now
    bool publishing_ = false;  // the bus is being given something, and may hand it out at once
    TimerId membership_timer_{};
    TimerId presence_timer_{};
    TimerId sweep_timer_{};
    TimerId echo_timer_{};
    std::vector<ChannelId> to_reread_;
    TimerId reread_timer_{};
    automod::AutoMod automod_;
    std::vector<text::CodePoints> emote_spans_;   // scratch
    std::vector<store::VerdictRecord> verdicts_;  // to be written
    bool writing_verdicts_ = false;
    bool in_a_hurry_ = false;
    MonoTime forgotten_at_{};
    MonoTime expiry_at_{};
    TimerId verdicts_timer_{};
    TimerId expiry_timer_{};
};

}  // namespace clamor::hub
