// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <memory>

#include <gtest/gtest.h>

#include "bus/redis/link.h"
#include "bus/redis/link_fixture.h"

namespace clamor::bus::redis {

/// Channels of the fixture's own, one on each server of a cluster of three.
constexpr std::array kMarkers{ChannelId(76), ChannelId(77), ChannelId(78)};

/// Lets through all but what is for those.
class Filter final : public Receiver {
  public:
    explicit Filter(Receiver& to) : to_(to) {}
    void on_received(const Received& message) override {
        is_marker(message.channel) ? void(++markers) : to_.on_received(message);
    }
    void on_subscribed(ChannelId channel) override {
        if (!is_marker(channel)) to_.on_subscribed(channel);
    }
    void on_gap(ChannelId channel, Position after, Position before) override {
        to_.on_gap(channel, after, before);
    }
    std::size_t markers = 0;

  private:
    static bool is_marker(ChannelId channel) {
        return std::ranges::find(kMarkers, channel) != kMarkers.end();
    }

    Receiver& to_;
};

/// What BusContract runs on: `Redis` is a server or several.
template <class Redis>
struct ContractFixture {
    static constexpr std::uint64_t kSkip = limits::kEpochSkip;

    ~ContractFixture() {
        if (link) link->stop(std::chrono::milliseconds(0));
    }
    std::unique_ptr<Bus> make(Receiver& receiver) {
        auto started = Link::start({.url = *parse_url(server.url()), .node = 1}, resolver);
        EXPECT_TRUE(started) << started.error().to_string();
        link = *std::move(started);
        filter = std::make_unique<Filter>(receiver);
        return link->make_bus(*filter, shard.scheduler());
    }
    void settle(Bus& bus) {
        pass_markers(bus);
        // What waits to be published again, say after it was sent to the wrong server.
        EXPECT_TRUE(shard.until([this] { return link->counters().kept.value() == 0; }));
        pass_markers(bus);
    }
    /// What goes to the same server before one of them is back before it.
    void pass_markers(Bus& bus) {
        const std::size_t want = filter->markers + kMarkers.size();
        for (const ChannelId marker : kMarkers) {
            bus.subscribe(marker, kNewest);
            bus.publish(marker, "marker");
        }
        EXPECT_TRUE(shard.until([&] { return filter->markers == want; }));
    }

    Redis server;
    TestShard shard;
    reactor::WorkerPool resolver{1, 100};
    std::unique_ptr<Filter> filter;
    std::unique_ptr<Link> link;
};

}  // namespace clamor::bus::redis
