// SPDX-License-Identifier: Apache-2.0
// What no client library does over TLS; the rest is in tests/e2e/tls.test.mjs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "edge/net/server.h"
#include "reactor/papers_fixture.h"
#include "reactor/socket.h"
#include "tests/fakes/irc_world.h"

namespace clamor::edge::net {
namespace {

using namespace std::chrono_literals;

class NoService final : public wire::http::Service {
  public:
    void handle(wire::http::Request, wire::http::Respond) override {}
};

/// A server on real sockets in time that the test moves, and a client that does with TLS what it
/// likes.
class TlsConnectionTest : public testing::Test {
  protected:
    TlsConnectionTest() {
        papers_.make_ca("ca");
        papers_.make("server", "ca", "IP:127.0.0.1");
        server_.use(*reactor::TlsContext::for_server(papers_.files("server"), "server"));
        const auto at = *server_.listen(PortKind::ircs, *reactor::Endpoint::parse("127.0.0.1:0"));
        socket_ = *reactor::socket::start_connect(at);
        SSL_set_fd(client_, socket_.get());
    }
    ~TlsConnectionTest() override {
        SSL_free(client_);
        SSL_CTX_free(context_);
        server_.close_all(CloseReason::server_shutdown);
        for (int i = 0; i < 100 && !server_.empty(); ++i) run(100ms);
    }

    void run(std::chrono::milliseconds time = 0ms) {
        engine_->turn(0ms);
        world_.cluster.advance(time);
    }

    reactor::Papers papers_;
    fakes::IrcWorld world_;
    std::unique_ptr<reactor::Engine> engine_ =
        std::move(reactor::make_engine(reactor::EngineKind::epoll, {})->engine);
    NoService http_;
    AddressCounts addresses_{10};
    Server server_{*engine_, world_.shard, http_, addresses_, {}};
    reactor::Fd socket_;
    SSL_CTX* context_ = SSL_CTX_new(TLS_client_method());
    SSL* client_ = SSL_new(context_);
};

TEST_F(TlsConnectionTest, WhoAsksForAnswersAndDoesNotReadThemIsClosed) {
    for (int i = 0; i < 10'000 && SSL_connect(client_) != 1; ++i) run();
    ASSERT_EQ(SSL_is_init_finished(client_), 1);
    run();
    ASSERT_EQ(server_.counters().tls_handshakes.value(), 1u);
    int asked = 0;
    for (; asked < 200'000 && server_.counters().tls_failures.value() == 0; ++asked) {
        if (SSL_key_update(client_, SSL_KEY_UPDATE_REQUESTED) != 1) break;
        for (int i = 0; i < 100 && SSL_do_handshake(client_) != 1; ++i) run();
        if (asked % 50 == 0) run();
    }
    EXPECT_EQ(server_.counters().tls_failures.value(), 1u) << asked;
    for (int i = 0; i < 50 && !server_.empty(); ++i) run(100ms);
    EXPECT_TRUE(server_.empty());
}

}  // namespace
}  // namespace clamor::edge::net
