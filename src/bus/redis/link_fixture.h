// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bus/redis/link.h"
#include "reactor/loop.h"

namespace clamor::bus::redis {

/// A shard without a thread: the test turns its loop.
class TestShard {
  public:
    TestShard()
        : loops_(1),
          loop_(ShardId(0), std::move(reactor::make_engine(reactor::EngineKind::epoll, {})->engine),
                &loops_) {
        loops_[0] = &loop_;
    }
    Scheduler& scheduler() { return loop_; }
    /// False when it did not come true in time.
    bool until(const std::function<bool()>& done,
               std::chrono::milliseconds at_most = std::chrono::seconds(20)) {
        const MonoTime end = loop_.now().mono + at_most;
        while (!done()) {
            if (loop_.now().mono > end) return false;
            loop_.run_once(std::chrono::milliseconds(2));
        }
        return true;
    }
    void run_for(std::chrono::milliseconds time) {
        (void)until([] { return false; }, time);
    }

  private:
    std::vector<reactor::Loop*> loops_;
    reactor::Loop loop_;
};

/// Whatever a bus hands out.
class Keeper final : public Receiver {
  public:
    struct Kept {
        ChannelId channel;
        Position position;
        std::string bytes;
        bool published_here;
        Turn turn;
    };
    void on_received(const Received& message) override {
        received.push_back({message.channel, message.position, std::string(message.bytes),
                            message.published_here, message.turn});
    }
    void on_subscribed(ChannelId) override { ++subscribed; }
    void on_gap(ChannelId, Position after, Position before) override {
        gaps.emplace_back(after, before);
    }
    /// What viewers see, in the order in which they see it.
    std::vector<std::string> seen() const {
        std::vector<std::string> texts;
        for (const Kept& kept : received) {
            if (kept.turn != Turn::late) texts.push_back(kept.bytes);
        }
        return texts;
    }
    /// What has its place, in the order of the places.
    std::vector<std::string> in_order() const {
        std::vector<std::string> texts;
        for (const Kept& kept : received) {
            if (kept.turn != Turn::early) texts.push_back(kept.bytes);
        }
        return texts;
    }

    std::vector<Kept> received;
    std::vector<std::pair<Position, Position>> gaps;
    int subscribed = 0;
};

/// One node as far as the bus sees it.
struct TestNode {
    explicit TestNode(const std::string& url, std::uint64_t id, TestShard& on,
                      std::size_t stream_entries = limits::kStreamEntries)
        : shard(on) {
        auto parsed = parse_url(url);
        EXPECT_TRUE(parsed) << parsed.error().to_string();
        auto started = Link::start(
            {.url = *parsed, .node = id, .seed = id, .stream_entries = stream_entries}, resolver);
        EXPECT_TRUE(started) << started.error().to_string();
        link = *std::move(started);
        bus = link->make_bus(keeper, shard.scheduler());
    }
    ~TestNode() { link->stop(std::chrono::milliseconds(0)); }

    TestShard& shard;
    reactor::WorkerPool resolver{1, 100};
    Keeper keeper;
    std::unique_ptr<Link> link;
    std::unique_ptr<Bus> bus;
};

}  // namespace clamor::bus::redis
