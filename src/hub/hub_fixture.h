// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "bus/local_bus.h"
#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "moderation/service.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"
#include "tests/fakes/fake_member.h"
#include "tests/fakes/held_log_queue.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::hub {

/// The local bus, which can be told to fail as a bug would.
class FaultyBus final : public bus::Bus {
  public:
    FaultyBus(bus::Receiver& receiver, const bool& faulty) : bus_(receiver, 5), faulty_(faulty) {}
    void subscribe(ChannelId channel, Position last, std::span<const Position>) override {
        bus_.subscribe(channel, last);
    }
    void unsubscribe(ChannelId channel) override { bus_.unsubscribe(channel); }
    void publish(ChannelId channel, std::string_view bytes) override {
        if (faulty_) throw std::runtime_error("a bug");
        bus_.publish(channel, bytes);
    }

  private:
    bus::LocalBus bus_;
    const bool& faulty_;
};

/// Fails as a database does that cannot be reached, when the test says so.
class FaultyCatalog final : public store::MemoryCatalog {
  public:
    using MemoryCatalog::find_channel;
    Result<std::optional<store::Channel>> find_channel(ChannelId id) override {
        if (unreadable) return broken();
        return MemoryCatalog::find_channel(id);
    }
    Result<chat::Standing> standing(ChannelId channel, UserId user) override {
        if (unreadable) return broken();
        return MemoryCatalog::standing(channel, user);
    }
    Result<void> apply(std::span<const store::Change> changes,
                       std::span<const store::AuditEntry> audit) override {
        ++applied;
        if (unwritable) return broken();
        return MemoryCatalog::apply(changes, audit);
    }
    Result<void> forget_automod(WallTime before) override {
        if (unwritable) return broken();
        return MemoryCatalog::forget_automod(before);
    }

    bool unreadable = false;  ///< channels and standings
    bool unwritable = false;  ///< what moderators do, and forgetting
    int applied = 0;          ///< calls of apply()

  private:
    static tl::unexpected<Error> broken() { return fail(std::errc::io_error, "the test says so"); }
};

class HubTest : public ::testing::TestWithParam<int> {
  protected:
    void SetUp() override {
        for (int i = 0; i < GetParam(); ++i) {
            hubs_.push_back(std::make_unique<Hub>(cluster_.shard(static_cast<std::size_t>(i)),
                                                  peers_, services_, options_));
            peers_.push_back(hubs_.back().get());
        }
    }

    Identity user(const std::string& login) { return {.user = *catalog_.ensure_user(login)}; }
    Hub& hub(MemberRef ref) { return *hubs_[ref.shard.value]; }
    /// Spreads members over the shards.
    MemberRef add(fakes::FakeMember& member) { return hubs_[next_++ % hubs_.size()]->add(member); }
    MemberRef add_and_join(fakes::FakeMember& member, const std::string& channel = "lobby") {
        const MemberRef ref = add(member);
        hub(ref).join(ref, 1, channel);
        cluster_.run();
        return ref;
    }
    void say(MemberRef ref, RequestId request, const std::string& text, MessageId parent = {}) {
        hub(ref).send(ref, request,
                      {.channel_login = "lobby",
                       .text = text,
                       .action = false,
                       .client_nonce = "",
                       .reply_parent = parent});
        cluster_.run();
    }
    std::uint64_t total(Counter HubCounters::*counter) {
        std::uint64_t sum = 0;
        for (const auto& hub : hubs_) sum += (hub->counters().*counter).value();
        return sum;
    }

    fakes::ManualCluster cluster_{static_cast<std::uint16_t>(GetParam())};
    FaultyCatalog catalog_;
    store::MemoryMessageLog log_;
    fakes::HeldLogQueue log_queue_{log_};
    moderation::Service moderation_{catalog_, log_, {.create_users = true}};
    AccountLimits limits_;
    Options options_{.create_channels = true};  ///< of the hubs; to be changed before SetUp()
    fakes::PlainEncoder encoder_;
    bool bus_faulty_ = false;
    Services services_{.make_bus =
                           [this](bus::Receiver& receiver, Scheduler&) {
                               return std::make_unique<FaultyBus>(receiver, bus_faulty_);
                           },
                       .workers = cluster_,
                       .catalog = catalog_,
                       .log = log_,
                       .log_queue = log_queue_,
                       .limits = limits_,
                       .encoder = encoder_,
                       .moderation = moderation_};
    std::vector<Hub*> peers_;
    HubGateway gateway_{peers_, cluster_, catalog_, true};
    std::vector<std::unique_ptr<Hub>> hubs_;
    std::size_t next_ = 0;
};

}  // namespace clamor::hub
