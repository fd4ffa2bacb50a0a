// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/redis_adapters.h"
#include "bus/redis/link.h"
#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"
#include "bus/regions_bus.h"
#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "moderation/service.h"
#include "store/log_queue.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"
#include "store/regional_log.h"
#include "tests/fakes/fake_member.h"

namespace clamor::hub {

/// Writes at once, or keeps what it has as the spool of a node that is lost.
class PromptLog final : public store::LogQueue {
  public:
    explicit PromptLog(store::MessageLog& log) : log_(log) {}
    bool accepting() const override { return true; }
    void append(store::StoredMessage message, Task on_durable) override {
        if (!lost) {
            const auto written = log_.append(std::span(&message, 1));
            ASSERT_TRUE(written) << written.error().to_string();
        }
        on_durable();
    }
    void mark_deleted(store::Deletion deletion) override {
        ASSERT_TRUE(log_.mark_deleted(std::span(&deletion, 1)));
    }
    void restore(ChannelId channel, MessageId by) override {
        ASSERT_TRUE(log_.restore(channel, by));
    }

    bool lost = false;

  private:
    store::MessageLog& log_;
};

/// What all nodes share.
struct Shared {
    store::MemoryCatalog catalog;
    store::MemoryMessageLog log;
    bus::redis::RedisServer redis;
};

/// A node of one shard, which the test turns.
class TestNode {
  public:
    /// `regions`: the Redis of each, where there are several; the node is in `options.region`.
    TestNode(Shared& shared, std::uint64_t id, Options options = {},
             const std::vector<std::string>& regions = {})
        : shared_(shared),
          region_(options.region),
          links_(link_up(regions.empty() ? std::vector{shared.redis.url()} : regions, id)),
          regional_(shared.log, region_, static_cast<unsigned>(links_.size())),
          shared_limits_(link()),
          shared_presence_(link()),
          log_queue_(regional_),
          moderation_(shared.catalog, regional_,
                      {.create_users = true, .raid_countdown = std::chrono::seconds(1)}),
          hub_(shard_.scheduler(), peers_,
               Services{.make_bus = [this](bus::Receiver& receiver,
                                           Scheduler& on) { return make_bus(receiver, on); },
                        .workers = *workers_,
                        .catalog = shared.catalog,
                        .log = regional_,
                        .log_queue = log_queue_,
                        .limits = limits_,
                        .encoder = encoder_,
                        .moderation = moderation_,
                        .shared_limits = &shared_limits_,
                        .shared_presence = &shared_presence_},
               of_test(options, id)),
          gateway_(peers_, *workers_, shared.catalog, true) {
        peers_.push_back(&hub_);
        gateway_.join_nodes(
            [this](bus::Receiver& receiver, Scheduler& on) { return make_bus(receiver, on); },
            shared_limits_);
    }
    ~TestNode() {
        stop();
        workers_.reset();
    }

    fakes::FakeMember& add(const std::string& login, std::uint8_t dialect = 0,
                           const std::string& channel = "lobby") {
        Identity who{.user = {}, .anonymous = true};
        if (!login.empty()) who = {.user = *shared_.catalog.ensure_user(login)};
        members_.push_back(std::make_unique<fakes::FakeMember>(who, dialect));
        refs_.push_back(hub_.add(*members_.back()));
        hub_.join(refs_.back(), 1, channel);
        return *members_.back();
    }
    MemberRef ref(const fakes::FakeMember& member) const {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            if (members_[i].get() == &member) return refs_[i];
        }
        return {};
    }
    void say(const fakes::FakeMember& by, RequestId request, const std::string& text) {
        hub_.send(ref(by), request,
                  {.channel_login = "lobby",
                   .text = text,
                   .action = false,
                   .client_nonce = "",
                   .reply_parent = {}});
    }
    void act(const fakes::FakeMember& by, RequestId request, chat::Act act) {
        hub_.act(ref(by), request, "lobby", std::move(act));
    }
    void turn() { shard_.run_for(std::chrono::milliseconds(1)); }

    PromptLog& log_queue() { return log_queue_; }
    Hub& hub() { return hub_; }
    HubGateway& gateway() { return gateway_; }
    bus::redis::Link& link() { return link(region_); }
    bus::redis::Link& link(unsigned region) { return *links_[region]; }
    store::MessageLog& log() { return regional_; }
    void stop() {
        for (const auto& one : links_) one->stop(std::chrono::milliseconds(0));
    }

  private:
    using Links = std::vector<std::unique_ptr<bus::redis::Link>>;

    static Options of_test(Options options, std::uint64_t id) {
        options.create_channels = true;
        options.id_seed = id * 1000;
        return options;
    }
    Links link_up(const std::vector<std::string>& regions, std::uint64_t id) {
        Links links;
        for (unsigned region = 0; region < regions.size(); ++region) {
            links.push_back(
                std::move(*bus::redis::Link::start({.url = *bus::redis::parse_url(regions[region]),
                                                    .node = id,
                                                    .seed = id,
                                                    .region = region,
                                                    .follows = region != region_},
                                                   *workers_)));
        }
        return links;
    }
    std::unique_ptr<bus::Bus> make_bus(bus::Receiver& receiver, Scheduler& on) {
        if (links_.size() == 1) return link().make_bus(receiver, on);
        std::vector<bus::RegionsBus::MakeBus> make;
        for (const auto& one : links_)
            make.emplace_back([&one, &on](bus::Receiver& from) { return one->make_bus(from, on); });
        return std::make_unique<bus::RegionsBus>(receiver, region_, make);
    }

    Shared& shared_;
    const unsigned region_;
    bus::redis::TestShard shard_;
    std::vector<Hub*> peers_;
    std::unique_ptr<reactor::WorkerPool> workers_ =
        std::make_unique<reactor::WorkerPool>(2, 10'000);
    Links links_;
    store::RegionalLog regional_;
    app::RedisLimits shared_limits_;
    app::RedisPresence shared_presence_;
    PromptLog log_queue_;
    moderation::Service moderation_;
    AccountLimits limits_;
    fakes::PlainEncoder encoder_;
    Hub hub_;
    HubGateway gateway_;
    std::vector<std::unique_ptr<fakes::FakeMember>> members_;
    std::vector<MemberRef> refs_;
};

}  // namespace clamor::hub
