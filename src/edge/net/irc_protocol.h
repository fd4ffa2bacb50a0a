// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "edge/irc/session.h"
#include "edge/net/connection.h"
#include "wire/irc/line_splitter.h"
#include "wire/ws/decoder.h"

namespace clamor::edge::net {

/// A session over a connection, whatever carries the lines.
class IrcProtocol : public Protocol, public Transport {
  public:
    irc::IrcSession& session() { return session_; }

    void on_closed() override { session_.on_transport_closed(); }

    // Transport
    void deliver(const Frame& frame) override { connection_.queue(frame); }
    Outbox outbox() const override { return connection_.outbox(); }
    void set_receiving(bool on) override { connection_.set_receiving(on); }

  protected:
    IrcProtocol(Connection& connection, bool is_websocket, bool deflate);

    bool is_websocket() const override { return is_websocket_; }
    bool deflate() const override { return deflate_; }

    Connection& connection_;
    const bool is_websocket_;
    const bool deflate_;
    irc::IrcSession session_;
};

/// IRC over TCP: lines end with CR LF or LF.
class IrcLineProtocol final : public IrcProtocol {
  public:
    explicit IrcLineProtocol(Connection& connection) : IrcProtocol(connection, false, false) {}

    std::unique_ptr<Protocol> on_bytes(std::string_view& bytes) override;
    void write(std::string_view lines) override { connection_.queue(Frame::copy(lines)); }
    void close(CloseReason) override { connection_.close(); }

  private:
    wire::irc::LineSplitter splitter_;
};

/// IRC over WebSocket: a message holds one or more lines, and its end ends a line (spec
/// twitch-chat 1.2).
class IrcWebSocketProtocol final : public IrcProtocol, private wire::ws::Handler {
  public:
    IrcWebSocketProtocol(Connection& connection, bool deflate);

    std::unique_ptr<Protocol> on_bytes(std::string_view& bytes) override;
    void write(std::string_view lines) override;
    void close(CloseReason reason) override;

  private:
    bool on_message(wire::ws::Opcode kind, std::string_view payload) override;
    bool on_ping(std::string_view payload) override;
    bool on_pong(std::string_view payload) override;
    void on_close(std::uint16_t code, std::string_view reason) override;
    void close_with(std::uint16_t code, std::string_view reason);

    wire::ws::Decoder decoder_;
};

}  // namespace clamor::edge::net
