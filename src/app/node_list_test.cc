// SPDX-License-Identifier: Apache-2.0
#include "app/node_list.h"

#include <atomic>
#include <chrono>
#include <memory>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "bus/redis/redis_server_fixture.h"
#include "reactor/loop.h"

namespace clamor::app {
namespace {

using Said = std::vector<std::string>;

std::string alive(const std::string& id) {
    return R"({"id":")" + id + R"(","rooms":3})";
}

class LostNodesTest : public testing::Test {
  protected:
    LostNodesTest() { EXPECT_FALSE(lost_.look(Said{alive("a"), alive("b")})); }

    LostNodes lost_;
};

TEST_F(LostNodesTest, AreThoseThatSeveralLooksInARowMissOnce) {
    for (int i = 1; i < limits::kNodeMissed; ++i) EXPECT_FALSE(lost_.look(Said{alive("b")}));
    EXPECT_TRUE(lost_.look(Said{alive("b")}));
    EXPECT_FALSE(lost_.look(Said{alive("b")}));
    EXPECT_EQ(lost_.count().value(), 1u);
}

TEST_F(LostNodesTest, AreNotThoseThatLeave) {
    EXPECT_FALSE(lost_.look(Said{leaving("a"), alive("b")}));
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(lost_.look(Said{alive("b")}));
}

TEST_F(LostNodesTest, AreNotThoseThatRedisForgotForALook) {
    EXPECT_FALSE(lost_.look(Said{}));
    EXPECT_FALSE(lost_.look(Said{alive("a"), alive("b")}));
    EXPECT_FALSE(lost_.look(Said{}));
}

TEST_F(LostNodesTest, AreNotFoundWhereRedisDoesNotAnswer) {
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(lost_.look(std::nullopt));
}

TEST_F(LostNodesTest, NonsenseIsNoNode) {
    const Said nonsense{"", "rubbish", "7", "[]", "{}", R"({"id":7})", alive("a"), alive("b")};
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(lost_.look(nonsense));
}

/// Two regions, with a Redis each.
class NodeListTest : public testing::Test {
  protected:
    using LinkPtr = std::unique_ptr<bus::redis::Link>;

    LinkPtr link(unsigned region, std::uint64_t node, bool follows) {
        auto started =
            bus::redis::Link::start({.url = *bus::redis::parse_url((region == 0 ? eu_ : us_).url()),
                                     .node = node,
                                     .seed = node,
                                     .region = region,
                                     .follows = follows},
                                    resolver_);
        EXPECT_TRUE(started) << started.error().to_string();
        return *std::move(started);
    }
    /// The nodes as "id region", the asked one first.
    static std::vector<std::string> list(const std::vector<NodesAt>& at, const std::string& here) {
        std::vector<std::string> nodes;
        for (const auto& node : NodeList(at).list(here, true))
            nodes.push_back(node["id"].get<std::string>() + " " + node.value("region", "-"));
        return nodes;
    }

    bus::redis::RedisServer eu_, us_;
    reactor::WorkerPool resolver_{1, 100};
};

TEST_F(NodeListTest, HasTheNodesOfAllRegionsWithTheirRegion) {
    const LinkPtr a = link(0, 1, false), a_us = link(1, 1, true);
    const LinkPtr b = link(0, 2, false);
    const LinkPtr c = link(1, 3, false), c_eu = link(0, 3, true);
    const LinkPtr d = link(1, 4, false);
    const std::vector<NodesAt> of_a{{"eu", a.get()}, {"us", a_us.get()}};
    const std::vector<NodesAt> of_c{{"us", c.get()}, {"eu", c_eu.get()}};
    EXPECT_EQ(list(of_a, alive("a")), (Said{"a eu"}));
    EXPECT_EQ(list({{"eu", b.get()}}, alive("b")), (Said{"b eu", "a eu"}));
    EXPECT_EQ(list({{"us", d.get()}}, leaving("d")), Said{});
    EXPECT_EQ(list(of_c, alive("c")), (Said{"c us", "a eu", "b eu"}));
    EXPECT_EQ(list(of_a, alive("a")), (Said{"a eu", "b eu", "c us"}));
    // What does not hold any more, or was not written by a node, is no node.
    us_.cli("hset clamor:{0}:present old '1000 {\"id\":\"x\"}' odd rubbish none ''");
    EXPECT_EQ(list(of_a, alive("a")), (Said{"a eu", "b eu", "c us"}));
    // A region that cannot be reached has none; the others are listed all the same.
    us_.kill();
    EXPECT_EQ(list(of_a, alive("a")), (Said{"a eu", "b eu"}));
    EXPECT_EQ(list({}, alive("a")), (Said{"a -"})) << "alone";
}

TEST_F(NodeListTest, MissesNodesOfAnyRegion) {
    const LinkPtr a = link(0, 1, false), a_us = link(1, 1, true);
    const LinkPtr c = link(1, 3, false);
    NodeList here({{"eu", a.get()}, {"us", a_us.get()}});
    std::atomic<int> found{0};
    // Each look tells whatever the one before has found, since a link asks in order.
    const auto look = [&] {
        here.look(alive("a"), [&found] { ++found; });
        return here.list(alive("a"), true).size();
    };
    EXPECT_EQ(look(), 1u);
    EXPECT_EQ(NodeList({{"us", c.get()}}).list(alive("c"), true).size(), 1u);
    EXPECT_EQ(look(), 2u);
    us_.cli("del clamor:{0}:present");
    for (int i = 0; i < limits::kNodeMissed; ++i) {
        EXPECT_EQ(found, 0);
        EXPECT_EQ(look(), 1u);
    }
    EXPECT_EQ(found, 1);
    EXPECT_EQ(here.lost(), 1u);
}

}  // namespace
}  // namespace clamor::app
