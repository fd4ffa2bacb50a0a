// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"

/// What a node says at its start about a Redis that it cannot use.
namespace clamor::bus::redis {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LoginTest : public testing::Test {
  protected:
    std::string fault(const std::string& url) {
        auto started = Link::start({.url = *parse_url(url), .node = 5}, resolver_);
        if (started) {
            const std::string how = (*started)->connected() ? "connected" : "away";
            (*started)->stop(std::chrono::milliseconds(0));
            return how;
        }
        return started.error().to_string();
    }
    reactor::WorkerPool resolver_{1, 10};
};

TEST_F(LoginTest, NeedsTheRightPassword) {
    const RedisServer server({"--requirepass", "right"});
    EXPECT_EQ(fault("redis://:right@" + server.address()), "connected");
    EXPECT_THAT(
        fault("redis://:wrong@" + server.address()),
        AllOf(HasSubstr(server.address()), HasSubstr("WRONGPASS"), Not(HasSubstr("wrong@"))));
    EXPECT_THAT(fault(server.url()), HasSubstr("NOAUTH"));
}

TEST_F(LoginTest, SaysWhichRightsAreMissing) {
    const RedisServer server;
    server.cli("acl setuser weak on '>pw' '~clamor:*' '&clamor:*' +@all -xadd");
    EXPECT_THAT(fault("redis://weak:pw@" + server.address()),
                AllOf(HasSubstr("docs/operations.md"), HasSubstr("'xadd'")));
    server.cli("acl setuser blind on '>pw' '~clamor:*' '&clamor:*' +@all -info");
    EXPECT_THAT(fault("redis://blind:pw@" + server.address()), HasSubstr("info"));
    server.cli("acl setuser keyless on '>pw' '~other:*' '&clamor:*' +@all");
    EXPECT_THAT(fault("redis://keyless:pw@" + server.address()), HasSubstr("~clamor:*"));
    server.cli("acl setuser mute on '>pw' '~clamor:*' '&other:*' +@all");
    EXPECT_THAT(fault("redis://mute:pw@" + server.address()), HasSubstr("&clamor:*"));
    for (const std::string command : {"xadd",
                                      "xrange",
                                      "xrevrange",
                                      "hset",
                                      "hmget",
                                      "hgetall",
                                      "hdel",
                                      "hlen",
                                      "del",
                                      "expire",
                                      "pexpire",
                                      "time",
                                      "publish",
                                      "subscribe",
                                      "zadd",
                                      "zcard",
                                      "zrange",
                                      "evalsha",
                                      "zremrangebyscore",
                                      "unsubscribe"}) {
        server.cli("acl setuser t-" + command + " on '>pw' '~clamor:*' '&clamor:*' +@all -" +
                   command);
        EXPECT_THAT(fault("redis://t-" + command + ":pw@" + server.address()),
                    AllOf(HasSubstr("docs/operations.md"), HasSubstr("'" + command + "'")));
    }
    server.cli(
        "acl setuser clamor on '>pw' '~clamor:*' '&clamor:*' +auth +ping +select +info +role "
        "+client\\|setname +script\\|load +evalsha +xadd +xrange +xrevrange +hset +hmget +hlen "
        "+hget "
        "+hgetall +hdel +del +expire +pexpire +time +publish +subscribe +unsubscribe +spublish "
        "+ssubscribe +sunsubscribe +zadd +zcard +zrange +zremrangebyscore +cluster\\|slots");
    EXPECT_EQ(fault("redis://clamor:pw@" + server.address()), "connected");
}

TEST_F(LoginTest, SaysWhatIsNoCluster) {
    const RedisServer server;
    EXPECT_THAT(fault("redis+cluster://" + server.address()), HasSubstr("redis://"));
}

TEST_F(LoginTest, StartsWithoutARedisThatIsNotThere) {
    EXPECT_EQ(fault("redis://127.0.0.1:" + std::to_string(RedisServer::free_port())), "away");
}

TEST_F(LoginTest, SaysThatANameIsUnknown) {
    EXPECT_EQ(fault("redis://no-such-host.invalid"), "away");
}

TEST_F(LoginTest, TakesTheMasterOfSeveralAddresses) {
    const RedisServer master;
    const RedisServer replica({"--replicaof", "127.0.0.1", std::to_string(master.port())});
    EXPECT_EQ(fault("redis://" + replica.address() + "," + master.address()), "connected");
    EXPECT_EQ(fault("redis://" + replica.address()), "away");
}

}  // namespace
}  // namespace clamor::bus::redis
