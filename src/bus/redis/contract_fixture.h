// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <gtest/gtest.h>

#include "bus/redis/link.h"
#include "bus/redis/link_fixture.h"

namespace clamor::bus::redis {

/// Lets through all but what is for the fixture's own channel.
class Filter final : public Receiver {
  public:
    explicit Filter(Receiver& to, ChannelId own) : to_(to), own_(own) {}
    void on_received(const Received& message) override {
        message.channel == own_ ? void(++markers) : to_.on_received(message);
    }
    void on_subscribed(ChannelId channel) override {
        if (channel != own_) to_.on_subscribed(channel);
    }
    void on_gap(ChannelId channel, Position after, Position before) override {
        to_.on_gap(channel, after, before);
    }
    int markers = 0;

  private:
    Receiver& to_;
    const ChannelId own_;
};

/// What BusContract runs on: `Redis` is a server or several.
template <class Redis>
struct ContractFixture {
    static constexpr std::uint64_t kSkip = limits::kEpochSkip;
    static constexpr ChannelId kMarker{77};

    ~ContractFixture() {
        if (link) link->stop(std::chrono::milliseconds(0));
    }
    std::unique_ptr<Bus> make(Receiver& receiver) {
        auto started = Link::start({.url = *parse_url(server.url()), .node = 1}, resolver);
        EXPECT_TRUE(started) << started.error().to_string();
        link = *std::move(started);
        filter = std::make_unique<Filter>(receiver, kMarker);
        return link->make_bus(*filter, shard.scheduler());
    }
    void settle(Bus& bus) {
        pass_marker(bus);
        // Of several servers, another one may be slower.
        EXPECT_TRUE(shard.until([this] { return link->counters().kept.value() == 0; }));
        pass_marker(bus);
    }
    /// What goes to the same server before it is back before it.
    void pass_marker(Bus& bus) {
        bus.subscribe(kMarker, kNewest);
        bus.publish(kMarker, "marker");
        EXPECT_TRUE(
            shard.until([this, want = filter->markers + 1] { return filter->markers == want; }));
    }

    Redis server;
    TestShard shard;
    reactor::WorkerPool resolver{1, 100};
    std::unique_ptr<Filter> filter;
    std::unique_ptr<Link> link;
};

}  // namespace clamor::bus::redis
