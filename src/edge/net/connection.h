// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/frame.h"
#include "base/scheduler.h"
#include "edge/net/port_kind.h"
#include "edge/transport.h"
#include "reactor/endpoint.h"
#include "reactor/engine.h"
#include "reactor/tls.h"

namespace clamor::edge::net {

class Server;

/// What is spoken over a connection: HTTP, IRC over WebSocket, bare IRC lines.
class Protocol {
  public:
    virtual ~Protocol() = default;
    /// Takes all of `bytes`, or returns the protocol that goes on with what is left of them.
    virtual std::unique_ptr<Protocol> on_bytes(std::string_view& bytes) = 0;
    virtual void on_closed() = 0;
};

/// One accepted socket: the outbox of frames that wait for the kernel, TLS where it is spoken, and
/// the protocol on top. Owned by its shard's Server, which destroys it after on_closed(). Frames
/// queued during a turn leave together at its end.
class Connection final : public reactor::Stream {
  public:
    Connection(Server& server, std::uint32_t slot, PortKind port, const reactor::Endpoint& peer);
    ~Connection() override;

    void start(std::unique_ptr<Protocol> protocol) { protocol_ = std::move(protocol); }
    /// What follows is TLS.
    void start_tls();
    /// Queues a frame; nothing is taken any more once close() was called.
    void queue(Frame frame);
    Outbox outbox() const;
    void set_receiving(bool on);
    /// Sends what is queued, then closes; after kCloseTimeout it closes hard. No input reaches the
    /// protocol any more.
    void close();

    bool closing() const { return closing_; }
    /// Where it was accepted.
    PortKind port() const { return port_; }
    bool over_tls() const { return tls_ != nullptr; }
    std::uint32_t slot() const { return slot_; }
    /// The peer, or whom it speaks for where it is a trusted proxy. `counted`: among its address's
    /// connections.
    const reactor::Endpoint& client() const { return client_; }
    bool counted() const { return counted_; }
    void speaks_for(const reactor::Endpoint& client, bool counted) {
        client_ = client;
        counted_ = counted;
    }
    Protocol* protocol() { return protocol_.get(); }
    Server& server() { return server_; }

    /// Gives the kernel what is queued. For the Server, at the end of a turn.
    void send_queued();

    static constexpr std::chrono::seconds kCloseTimeout{3};

  private:
    struct Queued {
        Frame frame;
        MonoTime at;
    };
    struct Tls {
        explicit Tls(const reactor::TlsContext& context) : session(context) {}
        reactor::TlsSession session;
        std::string on_way;  // being sent
    };

    void on_received(std::string_view bytes) override;
    void on_sent() override;
    void on_closed(std::error_code why) override;

    void take(std::string_view bytes);
    void decrypt(std::string_view bytes);
    void send_encrypted();
    void send_soon();

    Server& server_;
    const std::uint32_t slot_;
    const PortKind port_;
    reactor::Endpoint client_;
    bool counted_ = false;
    std::unique_ptr<Protocol> protocol_;
    std::unique_ptr<Tls> tls_;  // null: in plain text
    std::vector<Queued> queue_;
    std::size_t queued_bytes_ = 0;
    std::uint32_t in_flight_ = 0;  // frames at the front that the engine has
    bool sending_ = false;         // the engine has something
    bool dirty_ = false;           // in the server's list of connections with something to send
    bool closing_ = false;
    TimerId close_timer_{};
};

}  // namespace clamor::edge::net
