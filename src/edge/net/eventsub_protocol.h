// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "edge/net/connection.h"
#include "eventsub/dispatcher.h"
#include "wire/http/service.h"
#include "wire/ws/decoder.h"

namespace clamor::edge::net {

/// The EventSub WebSocket over a connection: frames go out, and nothing but control frames may come
/// in.
class EventSubProtocol final : public Protocol,
                               private eventsub::Transport,
                               private wire::ws::Handler {
  public:
    EventSubProtocol(Connection& connection, eventsub::Dispatcher& events,
                     const wire::http::Request& request);
    ~EventSubProtocol() override;

    std::unique_ptr<Protocol> on_bytes(std::string_view& bytes) override;
    void on_closed() override;

  private:
    // eventsub::Transport
    void send(std::string_view head, std::string_view body) override;
    void ping() override;
    Waiting waiting() const override;
    void close(std::uint16_t code, std::string_view text) override;

    // wire::ws::Handler
    bool on_message(wire::ws::Opcode kind, std::string_view payload) override;
    bool on_ping(std::string_view payload) override;
    bool on_pong(std::string_view payload) override;
    void on_close(std::uint16_t code, std::string_view reason) override;

    Connection& connection_;
    eventsub::Dispatcher& events_;
    wire::ws::Decoder decoder_;
    bool failed_ = false;  ///< the client broke RFC 6455
    eventsub::Dispatcher::Handle handle_;
};

}  // namespace clamor::edge::net
