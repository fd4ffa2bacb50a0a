// SPDX-License-Identifier: Apache-2.0
#include "edge/net/connection.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/log.h"
#include "edge/net/server.h"

namespace clamor::edge::net {

Connection::Connection(Server& server, std::uint32_t slot, PortKind port,
                       const reactor::Endpoint& peer)
    : server_(server), slot_(slot), port_(port), client_(peer) {}

Connection::~Connection() {
    if (close_timer_) server_.scheduler().cancel(close_timer_);
}

void Connection::queue(Frame frame) {
    if (closing_ || frame.size() == 0) return;
    queued_bytes_ += frame.size();
    queue_.push_back({std::move(frame), server_.scheduler().now().mono});
    send_soon();
}

void Connection::send_soon() {
    if (dirty_) return;
    dirty_ = true;
    server_.send_at_end_of_turn(*this);
}

Outbox Connection::outbox() const {
    return {.bytes = queued_bytes_, .oldest = queue_.empty() ? MonoTime{} : queue_.front().at};
}

void Connection::set_receiving(bool on) {
    server_.engine().set_receiving(*this, on);
}

void Connection::send_queued() {
    dirty_ = false;
    if (sending_) return;
    if (tls_) return send_encrypted();
    if (queue_.empty()) {
        if (closing_) server_.engine().close(*this, reactor::CloseMode::graceful);
        return;
    }
    std::array<std::string_view, reactor::Engine::kSendParts> parts;
    const std::size_t count = std::min(queue_.size(), parts.size());
    for (std::size_t i = 0; i < count; ++i) parts[i] = queue_[i].frame.bytes();
    in_flight_ = static_cast<std::uint32_t>(count);
    sending_ = true;
    server_.engine().send(*this, std::span(parts.data(), count));
}

void Connection::send_encrypted() {
    reactor::TlsSession& session = tls_->session;
    // Whom no keys are shared with cannot be told anything.
    const bool speaks = session.established();
    if (speaks && !queue_.empty()) {
        // The frames of a turn share records, which cost more than their bytes.
        std::string& plain = server_.tls_plain();
        plain.clear();
        const std::size_t count = std::min(queue_.size(), reactor::Engine::kSendParts);
        for (std::size_t i = 0; i < count; ++i) plain += queue_[i].frame.bytes();
        session.write(plain);
        in_flight_ = static_cast<std::uint32_t>(count);
    }
    const bool last = closing_ && (!speaks || in_flight_ == queue_.size());
    if (last) session.finish();
    tls_->on_way = session.take_output();
    if (tls_->on_way.empty()) {
        if (last) server_.engine().close(*this, reactor::CloseMode::graceful);
        return;
    }
    sending_ = true;
    const std::string_view part = tls_->on_way;
    server_.engine().send(*this, std::span(&part, 1));
}

void Connection::on_sent() {
    for (std::uint32_t i = 0; i < in_flight_; ++i) queued_bytes_ -= queue_[i].frame.size();
    queue_.erase(queue_.begin(), queue_.begin() + in_flight_);
    in_flight_ = 0;
    sending_ = false;
    if (tls_) tls_->on_way = {};
    // An idle connection keeps no memory that a burst took.
    if (queue_.empty() && queue_.capacity() > 4) queue_.shrink_to_fit();
    if (!queue_.empty() || closing_ || (tls_ && tls_->session.output_bytes() > 0)) send_soon();
}

void Connection::on_received(std::string_view bytes) {
    server_.counters().bytes_in.add(bytes.size());
    if (closing_) return;
    tls_ ? decrypt(bytes) : take(bytes);
}

void Connection::take(std::string_view bytes) {
    const bool secure = over_tls();
    while (!bytes.empty() && !closing_) {
        auto next = protocol_->on_bytes(bytes);
        if (!next) return;
        protocol_ = std::move(next);
        if (over_tls() != secure) return decrypt(bytes);
    }
}

void Connection::start_tls() {
    tls_ = std::make_unique<Tls>(server_.tls());
}

void Connection::decrypt(std::string_view bytes) {
    reactor::TlsSession& session = tls_->session;
    const bool before = session.established();
    std::string& plain = server_.tls_plain();
    plain.clear();
    const auto fault = session.receive(bytes, plain);
    if (!before && session.established()) server_.counters().tls_handshakes.add();
    if (session.output_bytes() > 0) send_soon();
    take(plain);
    if (fault || session.output_bytes() > limits::kTlsAnswerBytes) {
        server_.counters().tls_failures.add();
        log::debug("TLS with a client failed",
                   {{"client", client_.address_string()},
                    {"why", fault ? fault->words : "it does not read what TLS answers"}});
        close();
    } else if (session.peer_finished()) {
        close();
    }
}

void Connection::close() {
    if (closing_) return;
    closing_ = true;
    close_timer_ =
        server_.scheduler().call_at(server_.scheduler().now().mono + kCloseTimeout, [this] {
            close_timer_ = {};
            server_.engine().close(*this, reactor::CloseMode::hard);
        });
    send_soon();
}

void Connection::on_closed(std::error_code) {
    closing_ = true;
    if (protocol_) protocol_->on_closed();
    server_.remove(*this, dirty_);
}

}  // namespace clamor::edge::net
