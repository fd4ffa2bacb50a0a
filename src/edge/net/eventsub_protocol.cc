// SPDX-License-Identifier: Apache-2.0
#include "edge/net/eventsub_protocol.h"

#include "edge/net/server.h"

namespace clamor::edge::net {

namespace ws = wire::ws;

namespace {

/// The URL at which the client came, before its `?`: with the host that it asked for, and as secure
/// as the connection is, or a proxy in front says. It is told to this client alone. Empty when the
/// host is none.
std::string own_url(const Connection& connection, const wire::http::Request& request) {
    constexpr std::size_t kHostMost = 255;
    constexpr std::string_view kHostCharacters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    const std::string_view host = request.header("host");
    if (host.empty() || host.size() > kHostMost ||
        host.find_first_not_of(kHostCharacters) != std::string_view::npos)
        return {};
    const bool secure = connection.over_tls() || request.header("x-forwarded-proto") == "https";
    return std::string(secure ? "wss://" : "ws://") + std::string(host) + request.path;
}

}  // namespace

EventSubProtocol::EventSubProtocol(Connection& connection, eventsub::Dispatcher& events,
                                   const wire::http::Request& request)
    : connection_(connection),
      events_(events),
      decoder_(ws::Decoder::Options{}),
      handle_(events.connect(*this, {.keepalive = request.query_value("keepalive_timeout_seconds"),
                                     .session = request.query_value("session"),
                                     .key = request.query_value("key"),
                                     .base = own_url(connection, request)})) {}

EventSubProtocol::~EventSubProtocol() {
    events_.disconnect(handle_, false);
}

std::unique_ptr<Protocol> EventSubProtocol::on_bytes(std::string_view& bytes) {
    const ws::Failure failure = decoder_.feed(bytes, connection_.server().workspace(), *this);
    bytes = {};
    if (failure) {
        failed_ = true;
        connection_.server().counters().websocket_failures.add();
        close(failure.code, failure.reason);
    }
    return nullptr;
}

void EventSubProtocol::on_closed() {
    events_.disconnect(handle_, failed_);
}

void EventSubProtocol::send(std::string_view head, std::string_view body) {
    std::string start;
    ws::append_frame_header(start, ws::Opcode::text, head.size() + body.size());
    start += head;
    connection_.queue(Frame::concat(start, body));
}

void EventSubProtocol::ping() {
    std::string frame;
    ws::append_frame(frame, ws::Opcode::ping, {});
    connection_.queue(Frame::copy(frame));
}

eventsub::Transport::Waiting EventSubProtocol::waiting() const {
    const Outbox outbox = connection_.outbox();
    return {.bytes = outbox.bytes, .oldest = outbox.oldest};
}

void EventSubProtocol::close(std::uint16_t code, std::string_view text) {
    std::string frame;
    ws::append_close(frame, code, text);
    connection_.queue(Frame::copy(frame));
    connection_.close();
}

bool EventSubProtocol::on_message(ws::Opcode, std::string_view) {
    events_.on_message(handle_);
    return !connection_.closing();
}

// The rule against inbound traffic is about messages: the libraries of several languages ping by
// themselves, and RFC 6455 wants an answer.
bool EventSubProtocol::on_ping(std::string_view payload) {
    std::string pong;
    ws::append_frame(pong, ws::Opcode::pong, payload);
    connection_.queue(Frame::copy(pong));
    return !connection_.closing();
}

bool EventSubProtocol::on_pong(std::string_view) {
    events_.on_pong(handle_);
    return true;
}

void EventSubProtocol::on_close(std::uint16_t code, std::string_view) {
    close(code, {});
}

}  // namespace clamor::edge::net
