// SPDX-License-Identifier: Apache-2.0
#include "hub/hub.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "bus/bus.h"
#include "hub/directory.h"
#include "hub/fanout.h"
#include "hub/room_host.h"

namespace clamor::hub {

ShardId owner_shard(ChannelId channel, std::uint16_t shard_count) {
    return ShardId(
        static_cast<std::uint16_t>((std::hash<ChannelId>()(channel) >> 32) % shard_count));
}

/// The glue of one shard: sessions by slot, questions on their way to the owners of rooms, answers
/// on their way back.
class Hub::Impl final : public RoomHost::Outlet {
  public:
    Impl(Scheduler& scheduler, const std::vector<Hub*>& peers, const Services& services,
         const Options& options)
        : scheduler_(scheduler),
          peers_(peers),
          fanout_(scheduler, services.encoder, counters_, options.coalesce_max),
          directory_(scheduler, services.workers, services.catalog, options.create_channels),
          bus_(services.make_bus(receiver_)),
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
        slot->member = nullptr;
        slot->identity = nullptr;
        slot->joining.clear();
        slot->joining.shrink_to_fit();
        ++slot->generation;
        free_.push_back(ref.slot);
        counters_.members.sub();
    }

    void join(MemberRef ref, RequestId request, std::string login) {
        Slot* slot = find(ref);
        CLAMOR_CHECK(slot != nullptr, "only sessions that were added ask");
        slot->joining.push_back({.request = request, .login = login, .cancelled = false});
        directory_.find(login, [this, ref, request](Directory::Outcome outcome, ChannelId channel) {
            const Slot* asking = find(ref);
            if (asking == nullptr) return;
            if (outcome != Directory::Outcome::found) {
                answer_join(ref, request,
                            outcome == Directory::Outcome::busy ? JoinRefusal::busy
                                                                : JoinRefusal::no_such_channel);
                return;
            }
            const bool wants_names = asking->member->dialect().has(Dialect::kMembership);
            to_owner(channel, [channel, ref, identity = asking->identity, wants_names,
                               request](RoomHost& host) {
                host.join(channel, ref, identity, wants_names, request);
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

    // RoomHost::Outlet, on the owner's shard
    void answer_join(MemberRef to, RequestId request, JoinAnswer answer) override {
        post(to.shard, [to, request, answer = std::move(answer)](Impl& home) mutable {
            home.take_join_answer(to, request, std::move(answer));
        });
    }
    void answer_send(MemberRef to, RequestId request, SendAnswer answer) override {
        post(to.shard, [to, request, answer = std::move(answer)](Impl& home) mutable {
            if (const Slot* slot = home.find(to))
                slot->member->on_send_answer(request, std::move(answer));
        });
    }
    void answer_names(MemberRef to, RequestId request, NamesAnswer answer) override {
        post(to.shard, [to, request, answer = std::move(answer)](Impl& home) mutable {
            if (const Slot* slot = home.find(to))
                slot->member->on_names_answer(request, std::move(answer));
        });
    }
    void deliver(ShardId shard, const chat::EventRef& event, const MemberRef* author) override {
        std::uint32_t own_slot = Fanout::kNobody;
        std::uint32_t generation = 0;
        if (author != nullptr && author->shard == shard) {
            own_slot = author->slot;
            generation = author->generation;
        }
        Impl* const home = peers_[shard.value]->impl_.get();
        const bool taken =
            scheduler_.post_to(shard, Priority::delivery, [home, event, own_slot, generation] {
                const bool alive =
                    own_slot != Fanout::kNobody && home->slots_[own_slot].generation == generation;
                home->fanout_.append(event, alive ? own_slot : Fanout::kNobody);
            });
        if (!taken) counters_.mailbox_shed.add();
    }

  private:
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
    /// The bus is made before the host that it hands messages to.
    struct ReceiverProxy final : bus::Receiver {
        RoomHost* host = nullptr;
        void on_received(const bus::Received& message) override { host->on_received(message); }
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
    Fanout fanout_;
    Directory directory_;
    ReceiverProxy receiver_;
    std::unique_ptr<bus::Bus> bus_;
    RoomHost host_;
};

Hub::Hub(Scheduler& scheduler, const std::vector<Hub*>& peers, const Services& services,
         const Options& options)
    : impl_(std::make_unique<Impl>(scheduler, peers, services, options)) {}
Hub::~Hub() = default;

MemberRef Hub::add(Member& member) {
    return impl_->add(member);
}
void Hub::remove(MemberRef ref) {
    impl_->remove(ref);
}
void Hub::join(MemberRef ref, RequestId request, std::string login) {
    impl_->join(ref, request, std::move(login));
}
void Hub::send(MemberRef ref, RequestId request, SendRequest message) {
    impl_->send(ref, request, std::move(message));
}
void Hub::names(MemberRef ref, RequestId request, std::string login) {
    impl_->names(ref, request, std::move(login));
}
bool Hub::leave(MemberRef ref, const std::string& login) {
    return impl_->leave(ref, login);
}
std::size_t Hub::channels_of(MemberRef ref) const {
    return impl_->channels_of(ref);
}
void Hub::visit_rooms(
    const std::function<void(ChannelId, const std::string&, std::size_t)>& visit) const {
    impl_->visit(visit);
}
const HubCounters& Hub::counters() const {
    return impl_->counters();
}

}  // namespace clamor::hub
