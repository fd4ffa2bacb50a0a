// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/scheduler.h"
#include "edge/irc/session.h"
#include "edge/net/address_counts.h"
#include "edge/net/connection.h"
#include "eventsub/dispatcher.h"
#include "reactor/engine.h"
#include "reactor/network.h"
#include "reactor/tls.h"
#include "wire/http/service.h"
#include "wire/ws/decoder.h"

namespace clamor::edge::net {

/// What one shard's connections have counted. Written on its thread, read by anyone.
struct NetCounters {
    Counter connections;  // open now
    Counter accepted;
    Counter refused_address;        // over the bound per address
    Counter proxy_headers_refused;  // of trusted proxies, that could not be read
    Counter bytes_in;
    Counter http_requests;
    Counter http_errors;  // requests that could not be read
    Counter websockets;   // upgrades accepted
    Counter websockets_refused;
    Counter websocket_failures;  // ended by us for a violation of RFC 6455
    Counter tls_handshakes;      // connections that came to speak TLS
    Counter tls_failures;        // those that did not, or not to their end
};

struct ServerOptions {
    std::vector<std::string> allowed_origins;  ///< of browsers that may upgrade; empty: all
    /// Who may say whose connections theirs are: by the PROXY protocol or `X-Forwarded-For`.
    std::vector<reactor::Network> trusted_proxies;
    std::chrono::seconds http_idle{30};  ///< without a request or an answer under way
    bool deflate = true;                 ///< agree to permessage-deflate
};

using ListeningSockets = std::map<PortKind, std::vector<reactor::Fd>>;
std::size_t count(const ListeningSockets& sockets);

/// One shard's listening sockets and all that they accepted: HTTP with WebSocket upgrades on one
/// port, IRC lines on another, and both over TLS. Everything on the shard's thread; what it is
/// given outlives it.
class Server {
  public:
    Server(reactor::Engine& engine, const irc::Shard& sessions, wire::http::Service& http,
           AddressCounts& addresses, const ServerOptions& options);
    ~Server();

    /// For TLS after use() only.
    Result<reactor::Endpoint> listen(PortKind kind, const reactor::Endpoint& at);
    /// The same on a socket of an earlier process.
    Result<reactor::Endpoint> listen(PortKind kind, reactor::Fd socket);
    /// What TLS connections begin with from now on. Not null, and a server's.
    void use(std::shared_ptr<const reactor::TlsContext> tls) { tls_ = std::move(tls); }
    /// Copies of the descriptors that it listens on, for a later process.
    Result<ListeningSockets> sockets();
    /// Takes EventSub clients in at /ws from now on; without it the path is unknown. Outlives the
    /// server's connections.
    void serve_events(eventsub::Dispatcher& events) { events_ = &events; }
    /// No new connections; those that are open live on.
    void stop_listening();
    /// Tells sessions with the commands capability to connect again (spec twitch-chat 9.4): so many
    /// connections from `slot` on. Returns where to go on; none: all were told.
    std::optional<std::uint32_t> announce_reconnect(std::uint32_t slot, std::size_t most);
    /// Starts closing every connection.
    void close_all(CloseReason reason);
    bool empty() const { return open_ == 0; }

    reactor::Engine& engine() { return engine_; }
    Scheduler& scheduler() { return sessions_.scheduler; }
    const irc::Shard& sessions() const { return sessions_; }
    wire::http::Service& http() { return http_; }
    eventsub::Dispatcher* events() { return events_; }
    const ServerOptions& options() const { return options_; }
    NetCounters& counters() { return counters_; }
    wire::ws::Workspace& workspace() { return workspace_; }
    const reactor::TlsContext& tls() const { return *tls_; }
    /// What TLS has to do with during a call.
    std::string& tls_plain() { return tls_plain_; }
    /// The Date header's value, made once a second.
    std::string_view date();

    // For connections.
    /// Counts it for the client's address, a trusted proxy's own apart; false when that is at its
    /// bound.
    bool admit(Connection& connection, const reactor::Endpoint& client);
    /// Says so, and closes.
    void refuse_for_address(Connection& connection);
    /// The same in plain text, in the language of the connection's port.
    void refuse(Connection& connection, const wire::http::Response& response,
                std::string_view irc_line);
    void send_at_end_of_turn(Connection& connection);
    void remove(Connection& connection, bool waits_to_send);
    /// A callback for any thread that brings a response back to the connection's protocol, if it
    /// still lives.
    wire::http::Respond respond_to(Connection& connection);

  private:
    class Port;
    struct Slot {
        std::unique_ptr<Connection> connection;
        std::uint32_t generation = 0;
    };

    void accept(int fd, const reactor::Endpoint& peer, PortKind port);
    void take_response(std::uint32_t slot, std::uint32_t generation, wire::http::Response response);
    void send_dirty();

    reactor::Engine& engine_;
    const irc::Shard& sessions_;
    wire::http::Service& http_;
    eventsub::Dispatcher* events_ = nullptr;
    AddressCounts& addresses_;
    const ServerOptions options_;
    NetCounters counters_;
    wire::ws::Workspace workspace_;
    std::shared_ptr<const reactor::TlsContext> tls_;  // null: it is not spoken
    std::string tls_plain_;
    std::vector<std::unique_ptr<Port>> ports_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::size_t open_ = 0;
    std::vector<Connection*> dirty_;
    std::string date_;
    WallTime date_at_{};
};

}  // namespace clamor::edge::net
