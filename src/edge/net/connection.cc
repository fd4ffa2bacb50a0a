// SPDX-License-Identifier: Apache-2.0
#include "edge/net/connection.h"

#include <algorithm>
#include <array>

#include "edge/net/server.h"

namespace clamor::edge::net {

Connection::Connection(Server& server, std::uint32_t slot, const reactor::Endpoint& peer)
    : server_(server), slot_(slot), client_(peer) {}

Connection::~Connection() {
    if (close_timer_) server_.scheduler().cancel(close_timer_);
}

void Connection::queue(Frame frame) {
    if (closing_ || frame.size() == 0) return;
    queued_bytes_ += frame.size();
    queue_.push_back({std::move(frame), server_.scheduler().now().mono});
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
    if (in_flight_ > 0) return;
    if (queue_.empty()) {
        if (closing_) server_.engine().close(*this, reactor::CloseMode::graceful);
        return;
    }
    std::array<std::string_view, reactor::Engine::kSendParts> parts;
    const std::size_t count = std::min(queue_.size(), parts.size());
    for (std::size_t i = 0; i < count; ++i) parts[i] = queue_[i].frame.bytes();
    in_flight_ = static_cast<std::uint32_t>(count);
    server_.engine().send(*this, std::span(parts.data(), count));
}

void Connection::on_sent() {
    for (std::uint32_t i = 0; i < in_flight_; ++i) queued_bytes_ -= queue_[i].frame.size();
    queue_.erase(queue_.begin(), queue_.begin() + in_flight_);
    in_flight_ = 0;
    // An idle connection keeps no memory that a burst took.
    if (queue_.empty() && queue_.capacity() > 4) queue_.shrink_to_fit();
    if ((queue_.empty() && !closing_) || dirty_) return;
    dirty_ = true;
    server_.send_at_end_of_turn(*this);
}

void Connection::on_received(std::string_view bytes) {
    server_.counters().bytes_in.add(bytes.size());
    while (!bytes.empty() && !closing_) {
        auto next = protocol_->on_bytes(bytes);
        if (!next) return;
        protocol_ = std::move(next);
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
    if (dirty_) return;
    dirty_ = true;
    server_.send_at_end_of_turn(*this);
}

void Connection::on_closed(std::error_code) {
    closing_ = true;
    if (protocol_) protocol_->on_closed();
    server_.remove(*this, dirty_);
}

}  // namespace clamor::edge::net
