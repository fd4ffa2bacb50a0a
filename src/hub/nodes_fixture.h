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
#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "moderation/service.h"
#include "store/log_queue.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"
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
    TestNode(Shared& shared, std::uint64_t id)
        : shared_(shared),
          link_(std::move(*bus::redis::Link::start(
              {.url = *bus::redis::parse_url(shared.redis.url()), .node = id, .seed = id},
              *workers_))),
          shared_limits_(*link_),
          shared_presence_(*link_),
          log_queue_(shared.log),
          moderation_(shared.catalog, shared.log,
                      {.create_users = true, .raid_countdown = std::chrono::seconds(1)}),
          hub_(shard_.scheduler(), peers_,
               Services{.make_bus = [this](bus::Receiver& receiver,
                                           Scheduler& on) { return link_->make_bus(receiver, on); },
                        .workers = *workers_,
                        .catalog = shared.catalog,
                        .log = shared.log,
                        .log_queue = log_queue_,
                        .limits = limits_,
                        .encoder = encoder_,
                        .moderation = moderation_,
                        .shared_limits = &shared_limits_,
                        .shared_presence = &shared_presence_},
               Options{.create_channels = true, .id_seed = id * 1000}),
          gateway_(peers_, *workers_, shared.catalog, true) {
        peers_.push_back(&hub_);
        gateway_.join_nodes([this](bus::Receiver& receiver,
                                   Scheduler& on) { return link_->make_bus(receiver, on); },
                            shared_limits_);
    }
    ~TestNode() {
        link_->stop(std::chrono::milliseconds(0));
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
    bus::redis::Link& link() { return *link_; }

  private:
    Shared& shared_;
    bus::redis::TestShard shard_;
    std::vector<Hub*> peers_;
    std::unique_ptr<reactor::WorkerPool> workers_ =
        std::make_unique<reactor::WorkerPool>(2, 10'000);
    std::unique_ptr<bus::redis::Link> link_;
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
