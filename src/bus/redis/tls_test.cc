// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/tls.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"
#include "reactor/papers_fixture.h"

/// Redis behind TLS, with certificates of CAs of the test's own.
namespace clamor::bus::redis {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr ChannelId kLobby{1000};

class TlsTest : public testing::Test {
  protected:
    TlsTest() {
        papers_.make_ca("ca");
        papers_.make_ca("other");
        papers_.make("server", "ca", "IP:127.0.0.1");
    }
    std::vector<std::string> settings(const std::string& port, const std::string& certificate,
                                      const std::string& clients = "no") const {
        return {"--tls-port",         port,
                "--tls-cert-file",    papers_.certificate(certificate),
                "--tls-key-file",     papers_.key(certificate),
                "--tls-ca-cert-file", papers_.certificate("ca"),
                "--tls-auth-clients", clients};
    }
    static std::string address(const std::string& port) { return "127.0.0.1:" + port; }
    /// "connected", "away", or the error of the start.
    std::string start(const std::string& url, const reactor::TlsFiles& files) {
        auto started = Link::start({.url = *parse_url(url), .tls = files, .node = 5}, resolver_);
        if (!started) return started.error().to_string();
        const std::string how = (*started)->connected() ? "connected" : "away";
        (*started)->stop(std::chrono::milliseconds(0));
        return how;
    }

    reactor::Papers papers_;
    const std::string port_ = std::to_string(RedisServer::free_port());
    reactor::WorkerPool resolver_{1, 10};
};

TEST_F(TlsTest, CarriesWhatIsSaidAlsoWhereItIsMuch) {
    const RedisServer server(settings(port_, "server"));
    TestShard shard;
    auto started = Link::start({.url = *parse_url("rediss://" + address(port_)),
                                .tls = {.ca = papers_.certificate("ca")},
                                .node = 1},
                               resolver_);
    ASSERT_TRUE(started) << started.error().to_string();
    Keeper keeper;
    const auto bus = (*started)->make_bus(keeper, shard.scheduler());
    bus->subscribe(kLobby, {});
    const std::string large(300'000, 'x');
    for (int i = 0; i < 20; ++i) bus->publish(kLobby, large + std::to_string(i));
    EXPECT_TRUE(shard.until([&] { return keeper.in_order().size() == 20; }));
    EXPECT_EQ(keeper.in_order().back(), large + "19");
    // A connection that is lost begins anew, with what was said meanwhile.
    server.cli("client kill type normal");
    server.cli("client kill type pubsub");
    bus->publish(kLobby, "after");
    EXPECT_TRUE(shard.until([&] { return keeper.in_order().size() == 21; }));
    EXPECT_EQ(keeper.in_order().back(), "after");
    (*started)->stop(std::chrono::milliseconds(0));
}

TEST_F(TlsTest, TrustsOnlyWhoItWasTold) {
    const RedisServer server(settings(port_, "server"));
    const std::string url = "rediss://:pw@" + address(port_);
    const auto not_trusted =
        AllOf(HasSubstr(address(port_)), HasSubstr("not trusted"), HasSubstr("redis.ca_file"));
    EXPECT_THAT(start(url, {.ca = papers_.certificate("other")}), not_trusted);
    EXPECT_THAT(start(url, {}), not_trusted) << "the system's CAs did not sign it";
}

TEST_F(TlsTest, TheCertificateIsForTheHostThatWasAsked) {
    papers_.make("elsewhere", "ca", "DNS:elsewhere.example,IP:127.0.0.2");
    const RedisServer server(settings(port_, "elsewhere"));
    EXPECT_THAT(start("rediss://" + address(port_), {.ca = papers_.certificate("ca")}),
                AllOf(HasSubstr("not for '127.0.0.1'"), HasSubstr("subject alternative name")));
    EXPECT_THAT(start("rediss://localhost:" + port_, {.ca = papers_.certificate("ca")}),
                HasSubstr("not for 'localhost'"));
}

TEST_F(TlsTest, ANameIsEnoughWhereTheCertificateHasIt) {
    papers_.make("named", "ca", "DNS:localhost");
    const RedisServer server(settings(port_, "named"));
    EXPECT_EQ(start("rediss://localhost:" + port_, {.ca = papers_.certificate("ca")}), "connected");
}

TEST_F(TlsTest, ShowsACertificateOfItsOwnWhereRedisWantsOne) {
    papers_.make("client", "ca", "DNS:clamor");
    const RedisServer server(settings(port_, "server", "yes"));
    const std::string url = "rediss://" + address(port_);
    EXPECT_THAT(start(url, {.ca = papers_.certificate("ca")}),
                AllOf(HasSubstr("redis.cert_file"), HasSubstr("redis.key_file")));
    EXPECT_EQ(start(url, {.ca = papers_.certificate("ca"),
                          .certificate = papers_.certificate("client"),
                          .key = papers_.key("client")}),
              "connected");
}

TEST_F(TlsTest, IsRefusedByAServerThatSpeaksNone) {
    const RedisServer server;
    const auto no_tls = AllOf(HasSubstr(server.address()), HasSubstr("does not speak TLS"),
                              HasSubstr("begins with redis, not rediss"));
    const reactor::TlsFiles files{.ca = papers_.certificate("ca")};
    // Its first words are different each time.
    for (int i = 0; i < 3; ++i) EXPECT_THAT(start("rediss://" + server.address(), files), no_tls);
    EXPECT_THAT(start("rediss+cluster://" + server.address(), files), no_tls);
    EXPECT_THAT(start("rediss+sentinel://" + server.address() + "/chat", files), no_tls);
}

TEST_F(TlsTest, IsNotMissedInAServerThatIsSilentOrSlow) {
    // Silent: it may be there soon, which is no error.
    RedisServer silent(settings(port_, "server"));
    const reactor::TlsFiles files{.ca = papers_.certificate("ca")};
    silent.pause();
    auto started = Link::start(
        {.url = *parse_url("rediss://" + address(port_)), .tls = files, .node = 5}, resolver_);
    ASSERT_TRUE(started) << started.error().to_string();
    EXPECT_FALSE((*started)->connected());
    silent.go_on();
    for (int i = 0; i < 10'000 && !(*started)->connected(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE((*started)->connected());
    (*started)->stop(std::chrono::milliseconds(0));
}

TEST_F(TlsTest, IsNamedInTheLogWhereItMayBeWanted) {
    const RedisServer server(settings(port_, "server"));
    // It only closes the connection, which a server does for other reasons, too: no error.
    testing::internal::CaptureStderr();
    auto started =
        Link::start({.url = *parse_url("redis://" + address(port_)), .node = 5}, resolver_);
    EXPECT_TRUE(started);
    for (int i = 0; i < 10'000 && (*started)->counters().failures.value() == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    (*started)->stop(std::chrono::milliseconds(0));
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("where it speaks TLS, its address begins with rediss"));
}

TEST_F(TlsTest, IsSpokenWithAllServersOfACluster) {
    const std::string with_tls = "--tls --cacert " + papers_.certificate("ca") + " ";
    std::vector<std::unique_ptr<RedisServer>> servers;
    std::vector<std::string> addresses;
    for (int i = 0; i < 3; ++i) {
        const std::string port = std::to_string(RedisServer::free_port());
        auto more = settings(port, "server");
        more.insert(more.end(),
                    {"--tls-cluster", "yes", "--cluster-enabled", "yes", "--cluster-node-timeout",
                     "2000", "--cluster-port", std::to_string(RedisServer::free_port())});
        servers.push_back(std::make_unique<RedisServer>(more));
        addresses.push_back(address(port));
    }
    const std::string all = addresses[0] + " " + addresses[1] + " " + addresses[2];
    const std::string said =
        servers[0]->cli(with_tls + "--cluster create " + all + " --cluster-yes");
    ASSERT_THAT(said, HasSubstr("All 16384 slots covered"));
    for (const auto& server : servers) {
        while (server->cli("cluster info").find("cluster_state:ok") == std::string::npos)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    // One is named; the others are found.
    const std::string url = "rediss+cluster://" + addresses[1];
    const reactor::TlsFiles files{.ca = papers_.certificate("ca")};
    EXPECT_THAT(start(url, {}), HasSubstr("not trusted"));
    EXPECT_THAT(start("rediss://" + addresses[1], files), HasSubstr("redis+cluster://"));
    TestShard shard;
    auto started = Link::start({.url = *parse_url(url), .tls = files, .node = 1}, resolver_);
    ASSERT_TRUE(started) << started.error().to_string();
    Keeper keeper;
    const auto bus = (*started)->make_bus(keeper, shard.scheduler());
    constexpr std::uint64_t kChannels = 30;
    for (std::uint64_t i = 0; i < kChannels; ++i) bus->subscribe(ChannelId(1000 + i), {});
    const auto say = [&](const std::string& what) {
        for (std::uint64_t i = 0; i < kChannels; ++i) bus->publish(ChannelId(1000 + i), what);
        EXPECT_TRUE(shard.until([&] {
            return std::ranges::count(keeper.in_order(), what) == static_cast<int>(kChannels);
        })) << what;
    };
    say("over TLS");
    for (const auto& server : servers) {
        EXPECT_THAT(server->cli("client list"), HasSubstr("name=clamor-n"));
        EXPECT_NE(server->cli("--scan --pattern 'clamor:*:stream'"), "")
            << "each has some of the channels";
        server->cli("client kill type normal");
        server->cli("client kill type pubsub");
    }
    say("over new connections");
    (*started)->stop(std::chrono::milliseconds(0));
}

TEST_F(TlsTest, SentinelsSpeakItAndHaveALoginOfTheirOwn) {
    // The sentinel tells the master's port with TLS, since it watches that one.
    const auto sentinel_port = std::to_string(RedisServer::free_port());
    auto more = settings(port_, "server");
    more.insert(more.end(), {"--tls-replication", "yes"});
    const RedisServer master(more);
    std::string lines = "requirepass watch\ntls-port " + sentinel_port + "\ntls-replication yes\n";
    lines += "tls-cert-file " + papers_.certificate("server") + "\ntls-key-file " +
             papers_.key("server") + "\ntls-ca-cert-file " + papers_.certificate("ca") +
             "\ntls-auth-clients no\n";
    const RedisServer sentinel(RedisServer::Sentinel{},
                               static_cast<std::uint16_t>(std::stoi(port_)), lines);
    const std::string url = "rediss+sentinel://" + address(sentinel_port) + "/chat";
    const reactor::TlsFiles files{.ca = papers_.certificate("ca")};
    EXPECT_EQ(start(url + "?sentinel_password=watch", files), "connected");
    EXPECT_THAT(start(url, files), AllOf(HasSubstr("NOAUTH"), HasSubstr("sentinel_password=")));
    EXPECT_THAT(start(url + "?sentinel_password=wrong", files),
                AllOf(HasSubstr("the sentinel at"), HasSubstr("WRONGPASS")));
    EXPECT_THAT(start(url, {}), HasSubstr("not trusted"));
}

TEST_F(TlsTest, FilesThatAreWrongAreAnErrorBeforeAnythingIsConnected) {
    const auto fault = [](const reactor::TlsFiles& files) {
        const auto loaded = reactor::TlsContext::for_client(files, "redis");
        return loaded ? std::string("none") : loaded.error().detail;
    };
    const std::string ca = papers_.certificate("ca");
    EXPECT_EQ(fault({}), "none");
    EXPECT_EQ(fault({.ca = ca}), "none");
    EXPECT_THAT(fault({.ca = "/no/such.crt"}),
                AllOf(HasSubstr("redis.ca_file ('/no/such.crt')"), HasSubstr("No such file")));
    EXPECT_THAT(fault({.ca = papers_.key("ca")}), HasSubstr("redis.ca_file"));
    EXPECT_THAT(fault({.certificate = ca}), HasSubstr("belong together"));
    EXPECT_THAT(fault({.certificate = ca, .key = papers_.key("other")}),
                AllOf(HasSubstr("redis.key_file"), HasSubstr("redis.cert_file")));
    EXPECT_THAT(fault({.certificate = papers_.key("ca"), .key = papers_.key("ca")}),
                HasSubstr("redis.cert_file"));
    EXPECT_THAT(start("rediss://127.0.0.1:1", {.ca = "/no/such.crt"}), HasSubstr("/no/such.crt"));
}

}  // namespace
}  // namespace clamor::bus::redis
