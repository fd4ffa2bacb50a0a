// SPDX-License-Identifier: Apache-2.0
// clamor-echo: a WebSocket echo server of base, wire and reactor alone. WebSocket conformance
// suites can be pointed at it, and the day it stops linking, a layer has leaked.
#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "reactor/loop.h"
#include "wire/http/request_parser.h"
#include "wire/http/response.h"
#include "wire/ws/decoder.h"
#include "wire/ws/handshake.h"

namespace clamor {
namespace {

/// Conformance suites send messages of 16 MiB.
constexpr std::uint32_t kMessageBytesMax = 32 * 1024 * 1024;
/// While this much waits to be sent, the session does not receive.
constexpr std::size_t kOutboxBytesMax = 1024 * 1024;

/// What the sessions of the loop's thread share.
struct Shared {
    reactor::Engine& engine;
    std::uint32_t message_bytes_max;
    wire::ws::Workspace workspace;
    std::array<std::optional<wire::ws::Compressor>, wire::ws::kWindowBitsMax + 1> compressors;

    wire::ws::Compressor& compressor(int window_bits) {
        auto& compressor = compressors[static_cast<std::size_t>(window_bits)];
        if (!compressor) compressor.emplace(window_bits);
        return *compressor;
    }
};

/// One connection: an upgrade, then echoes until a Close. Destroys itself when its socket is gone.
class Session final : public reactor::Stream, private wire::ws::Handler {
  public:
    explicit Session(Shared& shared) : shared_(shared) {}
    ~Session() override = default;

    void on_received(std::string_view bytes) override {
        if (!decoder_) bytes = upgrade(bytes);
        if (decoder_ && !bytes.empty()) {
            if (const auto failure = decoder_->feed(bytes, shared_.workspace, *this)) {
                wire::ws::append_close(outbox_, failure.code, failure.reason);
                closing_ = true;
            }
        }
        pump();
    }
    void on_sent() override {
        in_flight_.clear();
        pump();
    }
    void on_closed(std::error_code) override { delete this; }

  private:
    /// Reads the HTTP request; returns the bytes behind it.
    std::string_view upgrade(std::string_view bytes) {
        const auto progress = parser_.feed(bytes);
        if (progress.error_status != 0) {
            refuse(wire::http::plain_error(progress.error_status));
            return {};
        }
        if (!progress.complete) return {};
        const wire::http::Request request = parser_.take();
        if (!wire::ws::is_upgrade(request)) {
            auto response = wire::http::plain_error(426);
            response.headers.emplace_back("Upgrade", "websocket");
            refuse(response);
            return {};
        }
        auto answer = wire::ws::accept_upgrade(
            request, {.deflate = true, .server_window_bits_min = wire::ws::kWindowBitsMin});
        if (!answer.accepted) {
            refuse(answer.refusal);
            return {};
        }
        outbox_ += answer.bytes;
        deflate_ = answer.deflate;
        decoder_.emplace(wire::ws::Decoder::Options{
            .deflate = deflate_.enabled, .message_bytes_max = shared_.message_bytes_max});
        return bytes.substr(progress.consumed);
    }

    void refuse(const wire::http::Response& response) {
        wire::http::append_response(outbox_, response,
                                    {.keep_alive = false, .head_request = false, .date = {}});
        closing_ = true;
    }

    bool on_message(wire::ws::Opcode kind, std::string_view payload) override {
        if (deflate_.enabled) {
            auto& compressor = shared_.compressor(deflate_.server_window_bits);
            if (const auto compressed = compressor.compress(payload)) {
                wire::ws::append_frame(outbox_, kind, *compressed, true);
                return true;
            }
        }
        wire::ws::append_frame(outbox_, kind, payload);
        return true;
    }
    bool on_ping(std::string_view payload) override {
        wire::ws::append_frame(outbox_, wire::ws::Opcode::pong, payload);
        return true;
    }
    bool on_pong(std::string_view) override { return true; }
    void on_close(std::uint16_t code, std::string_view reason) override {
        wire::ws::append_close(outbox_, code, reason);
        closing_ = true;
    }

    void pump() {
        if (in_flight_.empty() && !outbox_.empty()) {
            in_flight_.swap(outbox_);
            const std::string_view part = in_flight_;
            shared_.engine.send(*this, std::span(&part, 1));
        }
        if (closing_ && outbox_.empty()) {
            shared_.engine.close(*this, reactor::CloseMode::graceful);
        } else {
            shared_.engine.set_receiving(*this, !closing_ && outbox_.size() < kOutboxBytesMax);
        }
    }

    Shared& shared_;
    wire::http::RequestParser parser_;
    std::optional<wire::ws::Decoder> decoder_;  // once upgraded
    wire::ws::DeflateAgreement deflate_;
    std::string outbox_;
    std::string in_flight_;
    bool closing_ = false;  // nothing is received any more; the outbox still goes out
};

class Door final : public reactor::Listener {
  public:
    explicit Door(Shared& shared) : shared_(shared) {}
    void on_accepted(int fd, const reactor::Endpoint&) override {
        auto session = std::make_unique<Session>(shared_);
        if (const auto attached = shared_.engine.attach(*session, fd); !attached) {
            log::warn("A connection could not be taken over.",
                      {{"why", attached.error().to_string()}});
            return;
        }
        session.release();  // it destroys itself in on_closed()
    }

  private:
    Shared& shared_;
};

reactor::Loop* running_loop = nullptr;

int fail_with(const Error& error) {
    fmt::print(stderr, "clamor-echo: {}\n", error.to_string());
    return 1;
}

int serve(const std::string& listen, reactor::EngineKind kind, std::uint32_t message_bytes_max) {
    const auto at = reactor::Endpoint::parse(listen);
    if (!at) return fail_with(at.error());
    auto choice = reactor::make_engine(kind, {});
    if (!choice) return fail_with(choice.error());

    const std::string reason = choice->reason;
    std::vector<reactor::Loop*> peers(1);
    reactor::Loop loop(ShardId(0), std::move(choice->engine), &peers);
    peers[0] = running_loop = &loop;
    Shared shared{.engine = loop.engine(),
                  .message_bytes_max = message_bytes_max,
                  .workspace = {},
                  .compressors = {}};
    Door door(shared);
    const auto bound = loop.engine().listen(door, *at);
    if (!bound) return fail_with(bound.error());

    for (const int signal : {SIGINT, SIGTERM})
        std::signal(signal, [](int) { running_loop->stop(); });
    log::info("Echoing.", {{"listen", bound->to_string()}, {"reactor", reason}});
    loop.run();
    return 0;
}

}  // namespace
}  // namespace clamor

int main(int argc, char** argv) {
    CLI::App app{"clamor-echo: a WebSocket echo server"};
    std::string listen = "127.0.0.1:9001";
    auto kind = clamor::reactor::EngineKind::automatic;
    std::uint32_t message_bytes_max = clamor::kMessageBytesMax;
    const std::map<std::string, clamor::reactor::EngineKind> kinds{
        {"auto", clamor::reactor::EngineKind::automatic},
        {"io_uring", clamor::reactor::EngineKind::io_uring},
        {"epoll", clamor::reactor::EngineKind::epoll}};
    app.add_option("--listen", listen, "HOST:PORT to listen on")->capture_default_str();
    app.add_option("--reactor", kind, "auto, io_uring or epoll")
        ->transform(CLI::CheckedTransformer(kinds));
    app.add_option("--max-message", message_bytes_max, "largest message in bytes")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    return clamor::serve(listen, kind, message_bytes_max);
}
