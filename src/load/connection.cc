// SPDX-License-Identifier: Apache-2.0
#include "load/connection.h"

#include <utility>

#include <fmt/format.h>

#include "reactor/clock.h"
#include "wire/http/client.h"
#include "wire/ws/handshake.h"
#include "wire/ws/protocol.h"

namespace clamor::load {
namespace {

// Key and mask protect proxies from hostile scripts; a load client has no use for random ones.
constexpr std::string_view kUpgradeKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr wire::ws::Mask kMask{{0x5a, 0x13, 0xc7, 0x2e}};
// Servers may put a whole batch of lines into one message.
constexpr std::uint32_t kMessageBytesMax = 16 * 1024 * 1024;

}  // namespace

Connection::Connection(reactor::Engine& engine, const Target& target,
                       wire::ws::Workspace& workspace, std::string path)
    : engine_(engine),
      target_(target),
      workspace_(workspace),
      decoder_({.role = wire::ws::Role::client,
                .deflate = false,
                .message_bytes_max = kMessageBytesMax}),
      path_(std::move(path)) {}

Result<void> Connection::open() {
    auto started = engine_.connect(*this, target_.endpoint);
    if (started) state_ = State::connecting;
    return started;
}

void Connection::send_text(std::string_view text) {
    if (state_ != State::open) return;
    if (target_.transport == Transport::tcp) {
        outbox_ += text;
    } else {
        wire::ws::append_masked_frame(outbox_, wire::ws::Opcode::text, text, kMask);
    }
    flush_outbox();
}

void Connection::ping() {
    if (state_ != State::open || target_.transport == Transport::tcp) return;
    wire::ws::append_masked_frame(outbox_, wire::ws::Opcode::ping, {}, kMask);
    flush_outbox();
}

void Connection::close(reactor::CloseMode mode) {
    if (state_ == State::closed) return;
    state_ = State::closing;
    engine_.close(*this, mode);
}

void Connection::on_connected() {
    if (!target_.tls) return begin();
    const std::string name = target_.host.substr(0, target_.host.rfind(':'));
    const bool bracketed = name.starts_with('[');
    tls_ = std::make_unique<reactor::TlsSession>(
        *target_.tls, bracketed ? name.substr(1, name.size() - 2) : name);
    flush_outbox();
}

void Connection::begin() {
    if (target_.transport == Transport::tcp) {
        opened();
        return;
    }
    state_ = State::upgrading;
    outbox_ = wire::ws::build_upgrade_request(
        {.host = target_.host, .target = path_, .subprotocol = {}, .headers = {}}, kUpgradeKey);
    flush_outbox();
}

void Connection::on_received(std::string_view bytes) {
    received_at_ = reactor::read_mono_clock();
    bytes_received_ += bytes.size();
    if (!tls_) return read(bytes);
    const bool before = tls_->established();
    std::string plain;
    const auto fault = tls_->receive(bytes, plain);
    if (!before && tls_->established()) begin();
    read(plain);
    if (fault) {
        give_up(fmt::format("TLS failed: {} (SSL_CERT_FILE may name a file with the CA)",
                            fault->words));
    }
    flush_outbox();
}

void Connection::read(std::string_view bytes) {
    if (bytes.empty()) return;
    if (state_ == State::upgrading) {
        read_upgrade_answer(bytes);
    } else if (state_ == State::open && target_.transport == Transport::tcp) {
        read_lines(bytes);
    } else if (state_ == State::open) {
        read_frames(bytes);
    }
}

void Connection::read_upgrade_answer(std::string_view bytes) {
    partial_ += bytes;
    wire::http::ResponseHead head;
    std::size_t head_size = 0;
    switch (wire::http::parse_response_head(partial_, head, head_size)) {
        case wire::http::HeadState::need_more:
            return;
        case wire::http::HeadState::bad:
            give_up("the answer to the upgrade is not HTTP");
            return;
        case wire::http::HeadState::ready:
            break;
    }
    if (head.status != 101) {
        refused_status_ = head.status;
        give_up(fmt::format("the upgrade was refused with status {}{}", head.status,
                            head.status == 429 ? " (limit of connections for one address)" : ""));
        return;
    }
    wire::ws::DeflateAgreement deflate;
    const auto checked = wire::ws::check_upgrade_response(
        head, {.host = {}, .subprotocol = {}, .headers = {}}, kUpgradeKey, deflate);
    if (checked != wire::ws::UpgradeError::none) {
        give_up("the answer to the upgrade breaks RFC 6455");
        return;
    }
    const std::string rest = std::exchange(partial_, {}).substr(head_size);
    opened();
    if (!rest.empty() && state_ == State::open) read_frames(rest);
}

void Connection::opened() {
    state_ = State::open;
    on_open();
}

void Connection::read_frames(std::string_view bytes) {
    if (const auto failure = decoder_.feed(bytes, workspace_, *this))
        give_up(fmt::format("the server broke RFC 6455: {}", failure.reason));
}

void Connection::read_lines(std::string_view bytes) {
    const std::size_t last = bytes.rfind('\n');
    if (last == std::string_view::npos) {
        partial_ += bytes;
        return;
    }
    const std::string_view whole = bytes.substr(0, last + 1);
    if (partial_.empty()) {
        on_text(whole);
    } else {
        partial_ += whole;
        on_text(std::exchange(partial_, {}));
    }
    partial_ = bytes.substr(last + 1);
}

bool Connection::on_message(wire::ws::Opcode, std::string_view payload) {
    on_text(payload);
    return state_ == State::open;
}

bool Connection::on_ping(std::string_view payload) {
    wire::ws::append_masked_frame(outbox_, wire::ws::Opcode::pong, payload, kMask);
    flush_outbox();
    return true;
}

bool Connection::on_pong(std::string_view) {
    on_answered();
    return state_ == State::open;
}

void Connection::on_close(std::uint16_t code, std::string_view reason) {
    give_up(fmt::format("the server closed with {} {}", code, reason));
}

void Connection::flush_outbox() {
    if (!sending_.empty()) return;
    if (tls_) {
        tls_->write(std::exchange(outbox_, {}));
        sending_ = tls_->take_output();
    } else {
        sending_.swap(outbox_);
    }
    if (sending_.empty()) return;
    const std::string_view part = sending_;
    engine_.send(*this, {&part, 1});
}

void Connection::on_sent() {
    sending_.clear();
    flush_outbox();
}

void Connection::give_up(std::string why) {
    why_gone_ = std::move(why);
    close(reactor::CloseMode::graceful);
}

void Connection::on_closed(std::error_code why) {
    const bool expected = state_ == State::closing;
    state_ = State::closed;
    if (why_gone_.empty() && why) why_gone_ = why.message();
    if (why_gone_.empty() && !expected) why_gone_ = "the server closed the connection";
    on_gone(why_gone_);
}

}  // namespace clamor::load
