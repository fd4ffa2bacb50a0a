// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "reactor/engine.h"
#include "reactor/fd.h"
#include "reactor/socket.h"

/// What the contract suite of the engines is written with. engine_contract_test.cc instantiates it
/// for each engine and address family.
namespace clamor::reactor::contract {

struct Case {
    EngineKind kind;
    bool ipv6;
    bool gathers = false;
};

/// A stream that remembers what it was told; each hook runs after the remembering.
class Recorder : public Stream {
  public:
    std::string received;
    int connected = 0;
    int sent = 0;
    int closed = 0;
    std::error_code why;
    std::function<void(std::string_view)> when_received;
    std::function<void()> when_connected;
    std::function<void()> when_sent;
    std::function<void()> when_closed;

    ~Recorder() override = default;
    void on_connected() override {
        ++connected;
        if (when_connected) when_connected();
    }
    void on_received(std::string_view bytes) override {
        EXPECT_EQ(closed, 0);
        received += bytes;
        if (when_received) when_received(bytes);
    }
    void on_sent() override {
        EXPECT_EQ(closed, 0);
        ++sent;
        if (when_sent) when_sent();
    }
    void on_closed(std::error_code code) override {
        ++closed;
        why = code;
        if (when_closed) when_closed();
    }
};

/// Attaches each accepted connection to a Recorder of its own.
class Acceptance : public Listener {
  public:
    explicit Acceptance(Engine& engine) : engine_(engine) {}

    std::vector<std::unique_ptr<Recorder>> streams;
    std::vector<Endpoint> peers;
    std::function<void(Recorder&)> when_accepted;

    void on_accepted(int fd, const Endpoint& peer) override {
        streams.push_back(std::make_unique<Recorder>());
        peers.push_back(peer);
        Recorder& stream = *streams.back();
        const auto attached = engine_.attach(stream, fd);
        EXPECT_TRUE(attached) << attached.error().to_string();
        if (attached && when_accepted) when_accepted(stream);
    }

  private:
    Engine& engine_;
};

/// A deterministic text in which a lost, doubled or moved byte shows.
inline std::string pattern(std::size_t size, std::uint32_t seed = 1) {
    std::string text(size, '\0');
    std::uint32_t state = seed;
    for (char& c : text) {
        state = state * 1664525u + 1013904223u;
        c = static_cast<char>(state >> 24);
    }
    return text;
}

class EngineContract : public ::testing::TestWithParam<Case> {
  protected:
    void SetUp() override {
        EngineOptions options;
        if (GetParam().gathers) options.gather_max = std::chrono::milliseconds(2);
        auto choice = make_engine(GetParam().kind, options);
        if (!choice && GetParam().kind == EngineKind::io_uring)
            GTEST_SKIP() << choice.error().to_string();
        ASSERT_TRUE(choice) << choice.error().to_string();
        engine = std::move(choice->engine);
        acceptance = std::make_unique<Acceptance>(*engine);
        const auto bound = engine->listen(*acceptance, loopback());
        if (!bound && GetParam().ipv6) GTEST_SKIP() << bound.error().to_string();
        ASSERT_TRUE(bound) << bound.error().to_string();
        at = *bound;
    }

    Endpoint loopback(std::uint16_t port = 0) const {
        auto endpoint = *Endpoint::parse(GetParam().ipv6 ? "[::1]:0" : "127.0.0.1:0");
        endpoint.port = port;
        return endpoint;
    }

    /// Turns until the condition holds; false when 10 seconds of waiting did not bring it.
    bool turn_until(const std::function<bool()>& condition) {
        for (int quiet = 0; quiet < 100;) {
            if (condition()) return true;
            if (engine->turn(std::chrono::milliseconds(100)) == 0) ++quiet;
        }
        return condition();
    }
    void turn_times(int times) {
        for (int i = 0; i < times; ++i) engine->turn(std::chrono::milliseconds(2));
    }

    /// A plain socket, connected to the listener; the engine's side of it is the last of
    /// acceptance->streams.
    Fd connect_peer(int receive_buffer_bytes = 0) {
        const std::size_t before = acceptance->streams.size();
        Fd fd(::socket(GetParam().ipv6 ? AF_INET6 : AF_INET,
                       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (receive_buffer_bytes > 0) {
            ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                         sizeof(receive_buffer_bytes));
        }
        start_connect(fd.get());
        EXPECT_TRUE(turn_until([&] { return acceptance->streams.size() > before; }));
        return fd;
    }
    void start_connect(int fd) const {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(at.port);
        v6.sin6_addr = in6addr_loopback;
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(at.port);
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (GetParam().ipv6) {
            ::connect(fd, reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
        } else {
            ::connect(fd, reinterpret_cast<const sockaddr*>(&v4), sizeof(v4));
        }
    }

    void send(Stream& stream, std::string_view bytes) {
        engine->send(stream, std::span(&bytes, 1));
    }

    /// What has arrived at a plain socket so far; `end` is 0 after FIN, the errno after a reset,
    /// else -1.
    struct Arrived {
        std::string bytes;
        int end = -1;
    };
    static Arrived read_available(int fd) {
        Arrived arrived;
        std::vector<char> buffer(256 * 1024);
        for (;;) {
            const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got > 0) {
                arrived.bytes.append(buffer.data(), static_cast<std::size_t>(got));
                continue;
            }
            if (got == 0) arrived.end = 0;
            if (got < 0 && errno != EAGAIN) arrived.end = errno;
            return arrived;
        }
    }
    /// Turns and reads until the peer has `size` bytes or the connection ended.
    Arrived read_until(int fd, std::size_t size) {
        Arrived all;
        turn_until([&] {
            Arrived more = read_available(fd);
            all.bytes += more.bytes;
            all.end = more.end;
            return all.bytes.size() >= size || all.end >= 0;
        });
        return all;
    }

    std::unique_ptr<Engine> engine;
    std::unique_ptr<Acceptance> acceptance;
    Endpoint at;
};

}  // namespace clamor::reactor::contract
