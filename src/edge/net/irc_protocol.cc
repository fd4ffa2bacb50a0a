// SPDX-License-Identifier: Apache-2.0
#include "edge/net/irc_protocol.h"

#include "edge/net/server.h"

namespace clamor::edge::net {

namespace ws = wire::ws;

// The session only keeps the transport's reference here; it calls it once it is given input.
IrcProtocol::IrcProtocol(Connection& connection, bool is_websocket, bool deflate)
    : connection_(connection),
      is_websocket_(is_websocket),
      deflate_(deflate),
      session_(connection.server().sessions(), *this) {}

std::unique_ptr<Protocol> IrcLineProtocol::on_bytes(std::string_view& bytes) {
    const std::size_t overlong =
        splitter_.feed(bytes, [this](std::string_view line) { return session_.on_line(line); });
    if (overlong > 0) session_.on_overlong_lines(overlong);
    bytes = {};
    return nullptr;
}

IrcWebSocketProtocol::IrcWebSocketProtocol(Connection& connection, bool deflate)
    : IrcProtocol(connection, true, deflate), decoder_({.deflate = deflate}) {}

std::unique_ptr<Protocol> IrcWebSocketProtocol::on_bytes(std::string_view& bytes) {
    const ws::Failure failure = decoder_.feed(bytes, connection_.server().workspace(), *this);
    bytes = {};
    if (failure) {
        connection_.server().counters().websocket_failures.add();
        close_with(failure.code, failure.reason);
    }
    return nullptr;
}

bool IrcWebSocketProtocol::on_message(ws::Opcode, std::string_view payload) {
    bool go_on = true;
    const std::size_t overlong = wire::irc::for_each_line(
        payload, [&](std::string_view line) { return go_on = session_.on_line(line); });
    if (go_on && overlong > 0) go_on = session_.on_overlong_lines(overlong);
    return go_on;
}

bool IrcWebSocketProtocol::on_ping(std::string_view payload) {
    std::string pong;
    ws::append_frame(pong, ws::Opcode::pong, payload);
    connection_.queue(Frame::copy(pong));
    return !connection_.closing();
}

bool IrcWebSocketProtocol::on_pong(std::string_view) {
    return true;
}

void IrcWebSocketProtocol::on_close(std::uint16_t code, std::string_view) {
    close_with(code, {});
}

void IrcWebSocketProtocol::write(std::string_view lines) {
    std::string head;
    ws::append_frame_header(head, ws::Opcode::text, lines.size());
    connection_.queue(Frame::concat(head, lines));
}

void IrcWebSocketProtocol::close(CloseReason reason) {
    const CloseInfo& info = close_info(reason);
    if (info.abrupt) {
        connection_.close();
    } else {
        close_with(info.code, info.text);
    }
}

void IrcWebSocketProtocol::close_with(std::uint16_t code, std::string_view reason) {
    std::string frame;
    ws::append_close(frame, code, reason);
    connection_.queue(Frame::copy(frame));
    connection_.close();
}

}  // namespace clamor::edge::net
