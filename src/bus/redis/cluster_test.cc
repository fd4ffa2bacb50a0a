// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/bus_contract.h"
#include "bus/redis/contract_fixture.h"
#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"
#include "bus/redis/slots.h"

/// A Redis Cluster of three, and sentinels.
namespace clamor::bus::redis {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class RedisCluster {
  public:
    RedisCluster() {
        std::string addresses;
        for (const auto& server : servers_) addresses += server->address() + " ";
        const std::string said =
            servers_[0]->cli("--cluster create " + addresses + "--cluster-yes");
        CLAMOR_CHECK(said.find("All 16384 slots covered") != std::string::npos, said.c_str());
        for (const auto& server : servers_) {
            while (server->cli("cluster info").find("cluster_state:ok") == std::string::npos)
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
    std::string url() const {
        return "redis+cluster://" + servers_[0]->address() + "," + servers_[2]->address();
    }
    RedisServer& server(std::size_t index) { return *servers_[index]; }
    std::string id_of(std::size_t index) const {
        std::string id = servers_[index]->cli("cluster myid");
        return id.substr(0, 40);
    }
    /// Gives a slot that has keys to another server.
    void move_slot(std::uint16_t slot, std::size_t from, std::size_t to) {
        const std::string text = std::to_string(slot);
        servers_[to]->cli("cluster setslot " + text + " importing " + id_of(from));
        servers_[from]->cli("cluster setslot " + text + " migrating " + id_of(to));
        std::string keys = servers_[from]->cli("cluster getkeysinslot " + text + " 100");
        std::replace(keys.begin(), keys.end(), '\n', ' ');
        servers_[from]->cli("migrate 127.0.0.1 " + std::to_string(servers_[to]->port()) +
                            " '' 0 5000 keys " + keys);
        for (const std::size_t told : {to, from})
            servers_[told]->cli("cluster setslot " + text + " node " + id_of(to));
    }
    std::size_t owner_of(std::uint16_t slot) const {
        return slot <= 5460 ? 0 : slot <= 10922 ? 1 : 2;
    }

  private:
    static std::unique_ptr<RedisServer> make() {
        return std::make_unique<RedisServer>(
            std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-node-timeout", "2000",
                                     // Or it is the port and 10,000, and there may be none.
                                     "--cluster-port", std::to_string(RedisServer::free_port())});
    }
    std::vector<std::unique_ptr<RedisServer>> servers_ = [] {
        std::vector<std::unique_ptr<RedisServer>> servers;
        for (int i = 0; i < 3; ++i) servers.push_back(make());
        return servers;
    }();
};

using ClusterFixture = ContractFixture<RedisCluster>;
INSTANTIATE_TYPED_TEST_SUITE_P(RedisCluster, BusContract, ClusterFixture);

TEST(Cluster, SpreadsChannelsAndKeepsEachInOrderWhileASlotMoves) {
    RedisCluster cluster;
    TestShard shard;
    TestNode a(cluster.url(), 1, shard);
    TestNode b(cluster.url(), 2, shard);
    constexpr std::uint64_t kChannels = 30;
    for (TestNode* node : {&a, &b}) {
        for (std::uint64_t i = 0; i < kChannels; ++i) node->bus->subscribe(ChannelId(1000 + i), {});
        ASSERT_TRUE(shard.until([&] { return node->keeper.subscribed == kChannels; }));
    }
    std::size_t said = 0;
    const auto say = [&](int each) {
        for (int i = 0; i < each; ++i) {
            for (std::uint64_t channel = 0; channel < kChannels; ++channel) {
                for (TestNode* node : {&a, &b}) {
                    node->bus->publish(ChannelId(1000 + channel), std::to_string(said));
                    ++said;
                }
            }
        }
    };
    say(5);
    const std::uint16_t slot = slot_of("clamor:{1000}");
    const std::size_t from = cluster.owner_of(slot);
    cluster.move_slot(slot, from, (from + 1) % 3);
    say(5);
    for (TestNode* node : {&a, &b})
        ASSERT_TRUE(shard.until([&] { return node->keeper.in_order().size() >= said; }));
    std::map<ChannelId, std::vector<std::string>> of_a;
    std::map<ChannelId, std::vector<std::string>> of_b;
    for (const auto& kept : a.keeper.received) {
        if (kept.turn != Turn::early) of_a[kept.channel].push_back(kept.bytes);
    }
    for (const auto& kept : b.keeper.received) {
        if (kept.turn != Turn::early) of_b[kept.channel].push_back(kept.bytes);
    }
    EXPECT_EQ(of_a, of_b);
    const auto seen = a.keeper.seen();
    EXPECT_THAT(seen, SizeIs(said));
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), said);
    // The servers share the work.
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_THAT(cluster.server(i).cli("pubsub shardchannels"), HasSubstr("clamor:{"));
}

TEST(Cluster, GoesOnAloneForTheChannelsOfAServerThatIsGone) {
    RedisCluster cluster;
    TestShard shard;
    TestNode a(cluster.url(), 1, shard);
    ChannelId gone;
    ChannelId there;
    for (std::uint64_t i = 1000; !gone || !there; ++i) {
        const std::size_t owner = cluster.owner_of(slot_of("clamor:{" + std::to_string(i) + "}"));
        (owner == 1 ? gone : there) = ChannelId(i);
    }
    for (const ChannelId channel : {gone, there}) a.bus->subscribe(channel, {});
    ASSERT_TRUE(shard.until([&] { return a.keeper.subscribed == 2; }));
    cluster.server(1).pause();
    a.bus->publish(gone, "early");
    ASSERT_TRUE(shard.until([&] { return !a.keeper.received.empty(); }));
    EXPECT_EQ(a.keeper.received[0].turn, Turn::early);
    EXPECT_FALSE(a.link->connected());
    cluster.server(1).go_on();
    ASSERT_TRUE(shard.until([&] { return a.keeper.received.size() == 2; }));
    EXPECT_EQ(a.keeper.received[1].turn, Turn::late);
}

TEST(Sentinel, NamesTheMasterAndTheNextOne) {
    RedisServer first;
    RedisServer second({"--replicaof", "127.0.0.1", std::to_string(first.port())});
    const RedisServer sentinel(RedisServer::Sentinel{}, first.port());
    TestShard shard;
    TestNode a("redis+sentinel://" + sentinel.address() + "/chat", 1, shard);
    const ChannelId lobby{1000};
    a.bus->subscribe(lobby, {});
    a.bus->publish(lobby, "one");
    ASSERT_TRUE(shard.until([&] { return a.keeper.in_order().size() == 1; }));
    ASSERT_TRUE(shard.until([&] {
        return second.cli("info replication").find("master_link_status:up") != std::string::npos &&
               sentinel.cli("sentinel replicas chat").find(std::to_string(second.port())) !=
                   std::string::npos;
    }));
    first.kill();
    a.bus->publish(lobby, "two");
    ASSERT_TRUE(
        shard.until([&] { return a.keeper.in_order().size() == 2; }, std::chrono::seconds(60)));
    EXPECT_THAT(second.cli("exists clamor:{1000}:stream"), HasSubstr("1"));
    const auto& received = a.keeper.received;
    EXPECT_GT(received.back().position.epoch, received.front().position.epoch);
}

}  // namespace
}  // namespace clamor::bus::redis
