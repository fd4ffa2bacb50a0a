// SPDX-License-Identifier: Apache-2.0
#include "reactor/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reactor/clock.h"
#include "reactor/papers_fixture.h"

namespace clamor::reactor {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// A client and a server without sockets between them.
class TlsTest : public testing::Test {
  protected:
    TlsTest() {
        papers_.make_ca("ca");
        papers_.make("server", "ca", "DNS:chat.example,IP:127.0.0.1");
        server_context_ = context(papers_.files("server"));
        client_context_ = *TlsContext::for_client({.ca = papers_.certificate("ca")}, "test");
    }

    static std::shared_ptr<const TlsContext> context(const TlsFiles& files) {
        auto loaded = TlsContext::for_server(files, "server");
        EXPECT_TRUE(loaded) << loaded.error().to_string();
        return *loaded;
    }

    void meet(const std::string& host = "chat.example") {
        client_.emplace(*client_context_, host);
        server_.emplace(*server_context_);
        carry();
    }

    /// All that both have to say, in pieces of `size` bytes.
    void carry(std::size_t size = std::string::npos) {
        while (client_->output_bytes() + server_->output_bytes() > 0) {
            hand_over(*client_, *server_, heard_by_server_, size);
            hand_over(*server_, *client_, heard_by_client_, size);
        }
    }
    void hand_over(TlsSession& from, TlsSession& to, std::string& heard, std::size_t size) {
        const std::string all = from.take_output();
        for (std::string_view rest = all; !rest.empty() && !fault_;) {
            const auto piece = rest.substr(0, size);
            if (auto fault = to.receive(piece, heard)) fault_ = std::move(fault);
            rest.remove_prefix(piece.size());
        }
    }

    Papers papers_;
    std::shared_ptr<const TlsContext> server_context_;
    std::shared_ptr<const TlsContext> client_context_;
    std::optional<TlsSession> client_;
    std::optional<TlsSession> server_;
    std::string heard_by_server_;
    std::string heard_by_client_;
    std::optional<TlsFault> fault_;  // the first
};

TEST_F(TlsTest, CarriesWhatEachSaysToTheOther) {
    meet();
    ASSERT_TRUE(client_->established());
    ASSERT_TRUE(server_->established());
    client_->write("PING");
    server_->write("PONG");
    carry();
    EXPECT_EQ(heard_by_server_, "PING");
    EXPECT_EQ(heard_by_client_, "PONG");
}

TEST_F(TlsTest, MayComeByteByByteOrInPiecesOfManyRecords) {
    client_.emplace(*client_context_, "127.0.0.1");
    server_.emplace(*server_context_);
    carry(1);
    ASSERT_TRUE(server_->established());
    std::string large;
    for (int i = 0; large.size() < 200'000; ++i) large += std::to_string(i);
    client_->write(large);
    server_->write(large);
    carry(1000);
    EXPECT_EQ(heard_by_server_, large);
    EXPECT_EQ(heard_by_client_, large);
    client_->write(large);
    carry();
    EXPECT_EQ(heard_by_server_, large + large);
}

TEST_F(TlsTest, TellsWhenThePeerHasFinished) {
    meet();
    server_->write("bye");
    server_->finish();
    carry();
    EXPECT_EQ(heard_by_client_, "bye");
    EXPECT_TRUE(client_->peer_finished());
    EXPECT_FALSE(server_->peer_finished());
    client_->write("and you");
    client_->finish();
    carry();
    EXPECT_EQ(heard_by_server_, "and you");
    EXPECT_TRUE(server_->peer_finished());
    EXPECT_FALSE(fault_);
}

TEST_F(TlsTest, SaysNothingBeforeKeysAreAgreedUpon) {
    server_.emplace(*server_context_);
    server_->write("too early");
    server_->finish();
    EXPECT_EQ(server_->output_bytes(), 0u);
}

TEST_F(TlsTest, GarbageIsAFaultAndEndsTheSession) {
    server_.emplace(*server_context_);
    std::string plain;
    const auto fault = server_->receive("GET / HTTP/1.1\r\nHost: chat.example\r\n\r\n", plain);
    ASSERT_TRUE(fault);
    EXPECT_NE(fault->words, "");
    EXPECT_EQ(plain, "");
    EXPECT_FALSE(server_->established());

    meet();
    client_->write("a secret");
    std::string changed = client_->take_output();
    changed.back() ^= 1;
    ASSERT_TRUE(server_->receive(changed, plain));
    EXPECT_EQ(plain, "");
    EXPECT_GT(server_->output_bytes(), 0u) << "the peer is told";
    EXPECT_FALSE(server_->established());
    server_->take_output();
    server_->write("on and on");
    EXPECT_EQ(server_->output_bytes(), 0u);
    EXPECT_TRUE(server_->receive("more", plain)) << "it stays over";
}

TEST_F(TlsTest, AClientTrustsOnlyACertificateForWhomItAsked) {
    meet("other.example");
    ASSERT_TRUE(fault_);
    EXPECT_FALSE(client_->established());
    fault_.reset();
    client_context_ = *TlsContext::for_client({}, "test");
    meet();
    EXPECT_TRUE(fault_) << "the system's CAs did not sign it";
}

TEST_F(TlsTest, ASessionOutlivesTheContextThatItBeganWith) {
    meet();
    server_context_.reset();
    client_context_.reset();
    client_->write("still here");
    carry();
    EXPECT_EQ(heard_by_server_, "still here");
}

TEST_F(TlsTest, KnowsWhenItsCertificateEnds) {
    const auto now = read_clocks().wall;
    const auto left = server_context_->certificate_ends() - now;
    EXPECT_GT(left, std::chrono::hours(47));
    EXPECT_LE(left, std::chrono::hours(48));
}

TEST_F(TlsTest, FilesThatAreWrongAreAnErrorThatNamesTheSetting) {
    const auto fault = [](const TlsFiles& files) {
        const auto loaded = TlsContext::for_server(files, "server");
        return loaded ? std::string("none") : loaded.error().detail;
    };
    papers_.make("other", "ca", "DNS:other.example");
    const TlsFiles right = papers_.files("server");
    EXPECT_EQ(fault(right), "none");
    EXPECT_THAT(fault({.certificate = "/no/such.crt", .key = right.key}),
                AllOf(HasSubstr("server.cert_file ('/no/such.crt')"), HasSubstr("No such file")));
    EXPECT_THAT(fault({.certificate = right.key, .key = right.key}), HasSubstr("server.cert_file"));
    EXPECT_THAT(fault({.certificate = right.certificate, .key = "/no/such.key"}),
                AllOf(HasSubstr("server.key_file ('/no/such.key')"), HasSubstr("No such file")));
    EXPECT_THAT(fault({.certificate = right.certificate, .key = papers_.key("other")}),
                AllOf(HasSubstr("server.key_file"), HasSubstr("server.cert_file")));
}

}  // namespace
}  // namespace clamor::reactor
