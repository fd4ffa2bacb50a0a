// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/scheduler.h"
#include "bus/bus.h"
#include "hub/hosted_room.h"
#include "hub/hub.h"
#include "hub/member.h"
#include "store/message_log.h"

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
        /// `author` is the session that must not get the event; null when there is none.
        virtual void deliver(ShardId shard, const chat::EventRef& event,
                             const MemberRef* author) = 0;

      protected:
        ~Outlet() = default;
    };

    using IdentityRef = std::shared_ptr<const Identity>;

    RoomHost(Scheduler& scheduler, bus::Bus& bus, const Services& services, const Options& options,
             HubCounters& counters, Outlet& outlet);
    ~RoomHost();

    /// `wants_names`: the session's dialect shows who else is there.
    void join(ChannelId channel, MemberRef who, IdentityRef identity, bool wants_names,
              RequestId request);
    void leave(ChannelId channel, MemberRef who, const IdentityRef& identity);
    void send(ChannelId channel, MemberRef who, IdentityRef identity, RequestId request,
              SendRequest message);
    void names(ChannelId channel, MemberRef who, IdentityRef identity, bool wants_names,
               RequestId request);

    void on_received(const bus::Received& received) override;

    using Visitor =
        std::function<void(ChannelId channel, const std::string& login, std::size_t members)>;
    void visit(const Visitor& visitor) const;

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
        bool told = false;  // that it is not stored yet
    };
    using RunInRoom = std::function<void(HostedRoom&)>;
    using RunForChatter = std::function<void(HostedRoom&, ChatterEntry&)>;
    using RunForReply =
        std::function<void(HostedRoom&, ChatterEntry&, const chat::Message* parent)>;

    // room_host.cc: the commands
    void admit(HostedRoom& room, MemberRef who, ChatterEntry* chatter, bool wants_names,
               RequestId request);
    void decide(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                SendRequest& message, const chat::Message* parent);
    void publish(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                 chat::Message message);
    void stored(ChannelId channel, MessageId id);
    void deliver(const HostedRoom& room, const chat::EventRef& event, const MemberRef* author);
    std::vector<std::string> names_for(const HostedRoom& room, const Identity& asker) const;

    // room_loading.cc: facts, in order, and faults
    void in_room(ChannelId channel, const char* command, RunInRoom run,
                 std::function<void()> refuse);
    void for_chatter(HostedRoom& room, const IdentityRef& identity, const char* command,
                     RunForChatter run, std::function<void()> refuse);
    void with_parent(HostedRoom& room, ChatterEntry& entry, MessageId parent, RunForReply run,
                     std::function<void()> refuse);
    void guarded(ChannelId channel, const char* command, const RunInRoom& run,
                 const std::function<void()>& refuse);
    void load_room(HostedRoom& room);
    void room_loaded(ChannelId channel, RoomFacts facts);
    std::shared_ptr<const emotes::EmoteSet> emote_set(const RoomFacts& facts);
    void load_chatter(HostedRoom& room, UserId user);
    void chatter_loaded(ChannelId channel, UserId user, ChatterFacts facts);
    void run_parked(ChannelId channel, UserId user);
    void reset(HostedRoom& room);

    // room_upkeep.cc: what happens by time
    void note_membership(HostedRoom& room, UserId user);
    void announce_membership();
    void sweep();
    void check_echoes();

    Scheduler& scheduler_;
    bus::Bus& bus_;
    const Services services_;
    const Options options_;
    HubCounters& counters_;
    Outlet& outlet_;
    std::mt19937_64 random_;
    std::unordered_map<ChannelId, std::unique_ptr<HostedRoom>> rooms_;
    std::unordered_map<MessageId, PendingEcho> echoes_;  // published, not yet durable
    std::vector<ChannelId> membership_changed_;
    std::shared_ptr<const emotes::EmoteSet>
        global_emotes_;  // shared by all channels without emotes of their own
    std::uint64_t lookups_made_ = 0;
    TimerId membership_timer_{};
    TimerId sweep_timer_{};
    TimerId echo_timer_{};
};

}  // namespace clamor::hub
