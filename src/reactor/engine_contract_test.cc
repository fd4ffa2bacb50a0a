// SPDX-License-Identifier: Apache-2.0
#include "reactor/engine_contract.h"

#include <thread>

#include <fcntl.h>
#include <sys/resource.h>

#include "reactor/clock.h"
#include "reactor/socket.h"

namespace clamor::reactor::contract {

INSTANTIATE_TEST_SUITE_P(
    All, EngineContract,
    ::testing::Values(Case{EngineKind::epoll, false}, Case{EngineKind::epoll, true},
                      Case{EngineKind::io_uring, false}, Case{EngineKind::io_uring, true},
                      Case{EngineKind::io_uring, false, true}),
    [](const auto& info) {
        return std::string(info.param.kind == EngineKind::epoll ? "Epoll" : "Uring") +
               (info.param.ipv6 ? "Ipv6" : "Ipv4") + (info.param.gathers ? "Gathers" : "");
    });

TEST_P(EngineContract, HandsItsListeningSocketOverWithoutLosingAnyConnection) {
    auto later_choice = make_engine(GetParam().kind, {});
    ASSERT_TRUE(later_choice);
    Engine& later = *later_choice->engine;
    Acceptance later_acceptance(later);
    auto sockets = engine->sockets_of(*acceptance);
    ASSERT_TRUE(sockets);
    ASSERT_EQ(sockets->size(), 1u);
    // Some come before this engine stops, some after it and before the other one begins.
    std::vector<Fd> clients;
    const auto connect = [&] {
        auto client = socket::start_connect(at);
        ASSERT_TRUE(client) << client.error().to_string();
        clients.push_back(std::move(*client));
    };
    for (int i = 0; i < 10; ++i) connect();
    engine->close(*acceptance);
    for (int i = 0; i < 10; ++i) connect();
    for (int i = 0; i < 20; ++i) engine->turn(std::chrono::milliseconds(1));
    const auto bound = later.listen(later_acceptance, std::move(sockets->front()));
    ASSERT_TRUE(bound) << bound.error().to_string();
    EXPECT_EQ(bound->port, at.port);
    connect();
    for (int i = 0; i < 200; ++i) {
        later.turn(std::chrono::milliseconds(1));
        if (acceptance->streams.size() + later_acceptance.streams.size() == clients.size()) break;
    }
    EXPECT_EQ(acceptance->streams.size() + later_acceptance.streams.size(), clients.size());
    EXPECT_GE(later_acceptance.streams.size(), 1u);
    const auto no_more = engine->sockets_of(*acceptance);
    ASSERT_TRUE(no_more);
    EXPECT_TRUE(no_more->empty());
}

TEST_P(EngineContract, TellsThePeersAddressWhenItAccepts) {
    const Fd peer = connect_peer();
    EXPECT_TRUE(acceptance->peers[0].is_loopback()) << acceptance->peers[0].to_string();
    EXPECT_EQ(acceptance->peers[0].is_ipv4(), !GetParam().ipv6);
    EXPECT_EQ(acceptance->peers[0].port, socket::local_endpoint(peer.get())->port);
}

TEST_P(EngineContract, EchoesASmallPayload) {
    const Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    server.when_received = [&](std::string_view) { send(server, server.received); };
    ASSERT_EQ(::send(peer.get(), "hello", 5, 0), 5);
    EXPECT_EQ(read_until(peer.get(), 5).bytes, "hello");
    EXPECT_TRUE(turn_until([&] { return server.sent == 1; }));
}

TEST_P(EngineContract, HandsOnEveryByteOfAStreamOfSmallOnesWithoutMoreBeingSent) {
    const Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    // Long enough that an engine which gathers has found out that it is worth it.
    const MonoTime until = read_mono_clock() + std::chrono::milliseconds(150);
    std::string said;
    while (read_mono_clock() < until) {
        said += static_cast<char>('a' + said.size() % 26);
        ASSERT_EQ(::send(peer.get(), &said.back(), 1, 0), 1);
        engine->turn(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(turn_until([&] { return server.received.size() == said.size(); }));
    EXPECT_EQ(server.received, said);
    // And the last one, behind which nothing comes, is not waited with.
    ASSERT_EQ(::send(peer.get(), ".", 1, 0), 1);
    EXPECT_TRUE(turn_until([&] { return server.received.size() == said.size() + 1; }));
}

TEST_P(EngineContract, CarriesTenMegabytesBothWays) {
    const std::string payload = pattern(10 * 1024 * 1024);
    std::deque<std::string> echoes;
    acceptance->when_accepted = [&](Recorder& server) {
        server.when_received = [&](std::string_view bytes) {
            echoes.emplace_back(bytes);
            if (echoes.size() == 1) send(server, echoes.front());
        };
        server.when_sent = [&] {
            echoes.pop_front();
            if (!echoes.empty()) send(server, echoes.front());
        };
    };
    Recorder client;
    client.when_connected = [&] { send(client, payload); };
    ASSERT_TRUE(engine->connect(client, at));
    EXPECT_TRUE(
        turn_until([&] { return client.received.size() == payload.size() && client.sent == 1; }));
    EXPECT_TRUE(client.received == payload);
    EXPECT_GT(engine->counters().short_sends.value(), 0u);
    EXPECT_EQ(engine->counters().bytes_out.value(), 2 * payload.size());
    EXPECT_EQ(engine->counters().bytes_in.value(), 2 * payload.size());
    engine->close(client, CloseMode::graceful);
    EXPECT_TRUE(
        turn_until([&] { return client.closed == 1 && acceptance->streams[0]->closed == 1; }));
}

TEST_P(EngineContract, SendsPartsBehindEachOther) {
    const Fd peer = connect_peer();
    std::vector<std::string> texts;
    std::string whole;
    for (std::size_t i = 0; i < Engine::kSendParts; ++i) {
        texts.push_back(pattern(i * 40'000, static_cast<std::uint32_t>(i)));  // the first is empty
        whole += texts.back();
    }
    const std::vector<std::string_view> parts(texts.begin(), texts.end());
    Recorder& server = *acceptance->streams[0];
    engine->send(server, parts);
    EXPECT_TRUE(read_until(peer.get(), whole.size()).bytes == whole);
    EXPECT_TRUE(turn_until([&] { return server.sent == 1; }));
}

TEST_P(EngineContract, ReportsASendOfNothing) {
    const Fd peer = connect_peer();
    send(*acceptance->streams[0], "");
    EXPECT_TRUE(turn_until([&] { return acceptance->streams[0]->sent == 1; }));
}

TEST_P(EngineContract, NeverReportsFromInsideTheStartingCall) {
    const Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    send(server, "x");
    EXPECT_EQ(server.sent, 0);
    engine->flush();
    EXPECT_EQ(server.sent, 0);
    engine->close(server, CloseMode::hard);
    EXPECT_EQ(server.closed, 0);
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_EQ(server.sent, 0);
}

TEST_P(EngineContract, FlushGivesTheKernelWhatWasStarted) {
    const Fd peer = connect_peer();
    send(*acceptance->streams[0], "now");
    engine->flush();
    EXPECT_EQ(read_available(peer.get()).bytes, "now");
}

TEST_P(EngineContract, WithholdsOnSentWhileThePeerDoesNotRead) {
    const Fd peer = connect_peer(4096);
    Recorder& server = *acceptance->streams[0];
    const std::string payload = pattern(2 * 1024 * 1024);
    send(server, payload);
    turn_times(20);
    EXPECT_EQ(server.sent, 0);
    EXPECT_GT(engine->counters().short_sends.value(), 0u);
    EXPECT_TRUE(read_until(peer.get(), payload.size()).bytes == payload);
    EXPECT_TRUE(turn_until([&] { return server.sent == 1; }));
    send(server, "more");
    EXPECT_EQ(read_until(peer.get(), 4).bytes, "more");
}

TEST_P(EngineContract, FansOutToTwoThousandConnectionsEachTurn) {
    constexpr std::size_t kPeers = 2000;
    constexpr int kRounds = 5;
    std::deque<Recorder> clients(kPeers);
    for (Recorder& client : clients) ASSERT_TRUE(engine->connect(client, at));
    ASSERT_TRUE(turn_until([&] { return acceptance->streams.size() == kPeers; }));
    const std::string frame = pattern(300);
    std::string expected;
    for (int round = 1; round <= kRounds; ++round) {
        for (const auto& server : acceptance->streams) send(*server, frame);
        expected += frame;
        ASSERT_TRUE(turn_until([&] {
            return std::all_of(acceptance->streams.begin(), acceptance->streams.end(),
                               [&](const auto& server) { return server->sent == round; });
        }));
    }
    EXPECT_TRUE(turn_until([&] {
        return std::all_of(clients.begin(), clients.end(), [&](const Recorder& client) {
            return client.received.size() >= expected.size();
        });
    }));
    for (const Recorder& client : clients) ASSERT_TRUE(client.received == expected);
    EXPECT_EQ(engine->counters().sends.value(), kPeers * kRounds);
    for (Recorder& client : clients) engine->close(client, CloseMode::hard);
    EXPECT_TRUE(turn_until([&] {
        return std::all_of(acceptance->streams.begin(), acceptance->streams.end(),
                           [](const auto& server) { return server->closed == 1; });
    }));
}

TEST_P(EngineContract, GracefulCloseDeliversWhatWasSentBefore) {
    const Fd peer = connect_peer(4096);
    Recorder& server = *acceptance->streams[0];
    const std::string payload = pattern(1024 * 1024);
    ASSERT_EQ(::send(peer.get(), "never read by the server", 24, 0), 24);
    send(server, payload);
    engine->close(server, CloseMode::graceful);
    const Arrived arrived = read_until(peer.get(), payload.size() + 1);
    EXPECT_TRUE(arrived.bytes == payload);
    EXPECT_EQ(arrived.end, 0) << "FIN, not a reset";
    EXPECT_EQ(server.sent, 0) << "after close() only on_closed() follows";
}

TEST_P(EngineContract, GracefulCloseWaitsForThePeersEnd) {
    Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    engine->close(server, CloseMode::graceful);
    EXPECT_EQ(read_until(peer.get(), 1).end, 0);
    ASSERT_EQ(::send(peer.get(), "late", 4, 0), 4);
    turn_times(5);
    EXPECT_EQ(server.closed, 0);
    EXPECT_EQ(server.received, "");
    peer.reset();
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_FALSE(server.why) << server.why.message();
}

TEST_P(EngineContract, GracefulCloseDoesNotWaitForEver) {
    const Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    engine->close(server, CloseMode::graceful);
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_FALSE(server.why) << server.why.message();
}

TEST_P(EngineContract, GracefulCloseOfAPausedStreamNoticesThePeersEnd) {
    Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    engine->set_receiving(server, false);
    ASSERT_EQ(::send(peer.get(), "unread", 6, 0), 6);
    turn_times(3);
    engine->close(server, CloseMode::graceful);
    EXPECT_EQ(read_until(peer.get(), 1).end, 0);
    peer.reset();
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_EQ(server.received, "");
}

TEST_P(EngineContract, HardCloseResetsThePeer) {
    const Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    engine->close(server, CloseMode::hard);
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_FALSE(server.why);
    EXPECT_EQ(read_until(peer.get(), 1).end, ECONNRESET);
}

TEST_P(EngineContract, ASecondCloseHardensTheFirst) {
    const Fd peer = connect_peer(4096);
    Recorder& server = *acceptance->streams[0];
    const std::string payload = pattern(2 * 1024 * 1024);
    send(server, payload);
    engine->close(server, CloseMode::graceful);
    turn_times(3);
    EXPECT_EQ(server.closed, 0);
    engine->close(server, CloseMode::hard);
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_EQ(read_until(peer.get(), payload.size()).end, ECONNRESET);
}

TEST_P(EngineContract, HardCloseForgetsASendThatWaits) {
    const Fd peer = connect_peer(4096);
    Recorder& server = *acceptance->streams[0];
    {
        const std::string payload = pattern(2 * 1024 * 1024);
        send(server, payload);
        turn_times(5);
        engine->close(server, CloseMode::hard);
        EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    }
    read_available(peer.get());
    turn_times(5);
    EXPECT_EQ(server.sent, 0);
    EXPECT_EQ(server.closed, 1);
}

TEST_P(EngineContract, ReportsAResetByThePeer) {
    Fd peer = connect_peer();
    socket::reset_on_close(peer.get());
    peer.reset();
    Recorder& server = *acceptance->streams[0];
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_EQ(server.why, std::errc::connection_reset);
}

TEST_P(EngineContract, ReportsAResetWhileASendWaits) {
    Fd peer = connect_peer(4096);
    Recorder& server = *acceptance->streams[0];
    const std::string payload = pattern(2 * 1024 * 1024);
    send(server, payload);
    turn_times(5);
    socket::reset_on_close(peer.get());
    peer.reset();
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_TRUE(server.why);
    EXPECT_EQ(server.sent, 0);
}

TEST_P(EngineContract, ReportsAnOrderlyEndOfThePeer) {
    Fd peer = connect_peer();
    ASSERT_EQ(::send(peer.get(), "bye", 3, 0), 3);
    peer.reset();
    Recorder& server = *acceptance->streams[0];
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_EQ(server.received, "bye");
    EXPECT_FALSE(server.why) << server.why.message();
}

TEST_P(EngineContract, AnswersAPeerThatHasFinished) {
    const Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    const std::string payload = pattern(2 * 1024 * 1024);
    int left = 3;
    server.when_received = [&](std::string_view) { send(server, payload); };
    server.when_sent = [&] {
        if (--left > 0) send(server, payload);
    };
    ASSERT_EQ(::send(peer.get(), "?", 1, 0), 1);
    ::shutdown(peer.get(), SHUT_WR);
    const Arrived arrived = read_until(peer.get(), 3 * payload.size() + 1);
    EXPECT_EQ(arrived.bytes.size(), 3 * payload.size());
    EXPECT_EQ(arrived.end, 0);
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
}

TEST_P(EngineContract, ReportsARefusedConnection) {
    engine->close(*acceptance);
    Recorder client;
    const auto started = engine->connect(client, at);
    if (started) {
        EXPECT_TRUE(turn_until([&] { return client.closed == 1; }));
        EXPECT_EQ(client.why, std::errc::connection_refused);
    } else {
        EXPECT_EQ(started.error().code, std::errc::connection_refused);
    }
    EXPECT_EQ(client.connected, 0);
}

TEST_P(EngineContract, ClosesAConnectionInTheMaking) {
    Recorder client;
    ASSERT_TRUE(engine->connect(client, at));
    engine->close(client, CloseMode::graceful);
    EXPECT_TRUE(turn_until([&] { return client.closed == 1; }));
    EXPECT_EQ(client.connected, 0);
}

TEST_P(EngineContract, StreamsMayBeDestroyedInOnClosed) {
    for (int round = 0; round < 300; ++round) {
        Fd peer = connect_peer();
        auto& owner = acceptance->streams.back();
        bool gone = false;
        owner->when_closed = [&] {
            gone = true;
            owner.reset();
        };
        // Data, an answer and the end are all under way when the stream dies; its slot serves the
        // next round.
        ASSERT_EQ(::send(peer.get(), "data", 4, 0), 4);
        send(*owner, "answer");
        if (round % 3 == 0) engine->flush();
        if (round % 2 == 0) peer.reset();
        engine->close(*owner, CloseMode::hard);
        ASSERT_TRUE(turn_until([&] { return gone; }));
    }
}

TEST_P(EngineContract, LateEventsDoNotReachTheNextOwnerOfASlot) {
    for (int round = 0; round < 300; ++round) {
        const Fd peer = connect_peer();
        ASSERT_EQ(::send(peer.get(), "old", 3, 0), 3);
        engine->close(*acceptance->streams.back(), CloseMode::hard);
        const Fd next = connect_peer();
        ASSERT_EQ(::send(next.get(), "new", 3, 0), 3);
        Recorder& server = *acceptance->streams.back();
        ASSERT_TRUE(turn_until([&] { return server.received.size() >= 3; }));
        ASSERT_EQ(server.received, "new");
        ASSERT_EQ(server.closed, 0);
    }
}

TEST_P(EngineContract, ReceivesNothingWhilePaused) {
    const Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    const std::string payload = pattern(100'000);
    engine->set_receiving(server, false);
    ASSERT_EQ(::send(peer.get(), payload.data(), payload.size(), 0),
              static_cast<ssize_t>(payload.size()));
    turn_times(5);
    EXPECT_EQ(server.received.size(), 0u);
    engine->set_receiving(server, true);
    EXPECT_TRUE(turn_until([&] { return server.received.size() >= payload.size(); }));
    EXPECT_TRUE(server.received == payload);
}

TEST_P(EngineContract, PausesFromInsideOnReceived) {
    const Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    const std::string payload = pattern(300'000);
    int pieces = 0;
    server.when_received = [&](std::string_view) {
        ++pieces;
        engine->set_receiving(server, false);
    };
    std::size_t offered = 0;
    while (server.received.size() < payload.size() && pieces < 10'000) {
        const ssize_t put =
            ::send(peer.get(), payload.data() + offered, payload.size() - offered, MSG_DONTWAIT);
        if (put > 0) offered += static_cast<std::size_t>(put);
        const int before = pieces;
        engine->set_receiving(server, true);
        ASSERT_TRUE(turn_until([&] { return pieces > before; }));
        turn_times(1);
        ASSERT_EQ(pieces, before + 1) << "a paused stream received";
    }
    EXPECT_TRUE(server.received == payload);
}

TEST_P(EngineContract, APausedStreamLearnsOfTheEndWhenItResumes) {
    Fd peer = connect_peer();
    Recorder& server = *acceptance->streams[0];
    engine->set_receiving(server, false);
    turn_times(3);
    ASSERT_EQ(::send(peer.get(), "last words", 10, 0), 10);
    peer.reset();
    turn_times(5);
    EXPECT_EQ(server.closed, 0);
    engine->set_receiving(server, true);
    EXPECT_TRUE(turn_until([&] { return server.closed == 1; }));
    EXPECT_EQ(server.received, "last words");
}

TEST_P(EngineContract, WakesFromAnotherThread) {
    std::thread other([&] { engine->wake(); });
    engine->turn(std::nullopt);  // without the wake-up, never ends
    other.join();
    engine->wake();
    engine->turn(std::nullopt);
    engine->turn(std::chrono::milliseconds(1));
}

TEST_P(EngineContract, AcceptsNothingAfterTheListenerIsClosed) {
    engine->close(*acceptance);
    turn_times(2);
    const Fd fd(::socket(GetParam().ipv6 ? AF_INET6 : AF_INET,
                         SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    start_connect(fd.get());
    turn_times(5);
    EXPECT_EQ(acceptance->streams.size(), 0u);
}

TEST_P(EngineContract, TwoListenersShareAPort) {
    Acceptance second(*engine);
    const auto bound = engine->listen(second, at);
    ASSERT_TRUE(bound) << bound.error().to_string();
    engine->close(*acceptance);
    const Fd fd(::socket(GetParam().ipv6 ? AF_INET6 : AF_INET,
                         SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    turn_times(2);
    start_connect(fd.get());
    EXPECT_TRUE(turn_until([&] { return second.streams.size() == 1; }));
    engine->close(second);
}

TEST_P(EngineContract, SaysWhereItCannotListen) {
    Acceptance other(*engine);
    const auto bound = engine->listen(other, *Endpoint::parse("192.0.2.1:6667"));
    ASSERT_FALSE(bound);
    EXPECT_THAT(bound.error().to_string(), ::testing::HasSubstr("192.0.2.1:6667"));
}

TEST_P(EngineContract, AnyAddressServesBothFamilies) {
    Acceptance any(*engine);
    const auto bound = engine->listen(any, *Endpoint::parse(":0"));
    ASSERT_TRUE(bound) << bound.error().to_string();
    Recorder client;
    ASSERT_TRUE(engine->connect(client, loopback(bound->port)));
    EXPECT_TRUE(turn_until([&] { return any.streams.size() == 1 && client.connected == 1; }));
    EXPECT_EQ(any.peers[0].is_ipv4(), !GetParam().ipv6);
    engine->close(any);
}

/// Sets the soft limit of descriptors until the end of the scope.
class DescriptorLimit {
  public:
    explicit DescriptorLimit(rlim_t limit) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit lowered{.rlim_cur = limit, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &lowered);
    }
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

TEST_P(EngineContract, PausesAcceptingWithoutDescriptors) {
    std::vector<Fd> peers;
    for (int i = 0; i < 3; ++i) {
        peers.emplace_back(::socket(GetParam().ipv6 ? AF_INET6 : AF_INET,
                                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    }
    {
        // io_uring notes the limit when an accept is started, so it is lowered before the first
        // turn.
        const Fd lowest_free(::fcntl(0, F_DUPFD, 0));
        const DescriptorLimit limit(static_cast<rlim_t>(lowest_free.get()));
        const std::uint64_t waits_before = engine->counters().waits.value();
        for (const Fd& peer : peers) start_connect(peer.get());
        EXPECT_TRUE(turn_until([&] { return engine->counters().accept_failures.value() >= 2; }));
        EXPECT_EQ(acceptance->streams.size(), 0u);
        EXPECT_LT(engine->counters().waits.value() - waits_before, 40u) << "it spins";
    }
    EXPECT_TRUE(turn_until([&] { return acceptance->streams.size() == peers.size(); }));
    EXPECT_EQ(engine->counters().accepts.value(), peers.size());
}

}  // namespace clamor::reactor::contract
