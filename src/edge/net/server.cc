// SPDX-License-Identifier: Apache-2.0
#include "edge/net/server.h"

#include <algorithm>

#include "edge/net/http_protocol.h"
#include "edge/net/irc_protocol.h"
#include "edge/net/proxy_header_protocol.h"
#include "edge/net/tls_protocol.h"
#include "wire/http/response.h"

namespace clamor::edge::net {

std::size_t count(const ListeningSockets& sockets) {
    std::size_t total = 0;
    for (const auto& [kind, some] : sockets) total += some.size();
    return total;
}

class Server::Port final : public reactor::Listener {
  public:
    Port(Server& server, PortKind kind) : server_(server), kind_(kind) {}
    void on_accepted(int fd, const reactor::Endpoint& peer) override {
        server_.accept(fd, peer, kind_);
    }

    PortKind kind() const { return kind_; }

  private:
    Server& server_;
    const PortKind kind_;
};

Server::Server(reactor::Engine& engine, const irc::Shard& sessions, wire::http::Service& http,
               AddressCounts& addresses, const ServerOptions& options)
    : engine_(engine), sessions_(sessions), http_(http), addresses_(addresses), options_(options) {}

Server::~Server() = default;

Result<reactor::Endpoint> Server::listen(PortKind kind, const reactor::Endpoint& at) {
    ports_.push_back(std::make_unique<Port>(*this, kind));
    return engine_.listen(*ports_.back(), at);
}

Result<reactor::Endpoint> Server::listen(PortKind kind, reactor::Fd socket) {
    ports_.push_back(std::make_unique<Port>(*this, kind));
    return engine_.listen(*ports_.back(), std::move(socket));
}

Result<ListeningSockets> Server::sockets() {
    ListeningSockets sockets;
    for (const auto& port : ports_) {
        auto copied = engine_.sockets_of(*port);
        if (!copied) return tl::unexpected<Error>(copied.error());
        auto& kept = sockets[port->kind()];
        for (reactor::Fd& socket : *copied) kept.push_back(std::move(socket));
    }
    return sockets;
}

void Server::stop_listening() {
    for (const auto& port : ports_) engine_.close(*port);
}

void Server::accept(int fd, const reactor::Endpoint& peer, PortKind port) {
    counters_.accepted.add();
    std::uint32_t index;
    if (free_.empty()) {
        index = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        index = free_.back();
        free_.pop_back();
    }
    auto made = std::make_unique<Connection>(*this, index, port, peer);
    Connection& connection = *made;
    if (!engine_.attach(connection, fd)) {
        free_.push_back(index);
        return;
    }
    slots_[index].connection = std::move(made);
    ++open_;
    counters_.connections.add();
    if (!admit(connection, peer)) return refuse_for_address(connection);
    std::unique_ptr<Protocol> protocol;
    if (speaks_http(port)) {
        protocol = std::make_unique<HttpProtocol>(connection);
    } else {
        protocol = std::make_unique<IrcLineProtocol>(connection);
    }
    if (speaks_tls(port)) protocol = std::make_unique<TlsProtocol>(connection, std::move(protocol));
    if (reactor::contains(options_.trusted_proxies, peer))
        protocol = std::make_unique<ProxyHeaderProtocol>(connection, std::move(protocol));
    connection.start(std::move(protocol));
}

bool Server::admit(Connection& connection, const reactor::Endpoint& client) {
    const bool counts = !reactor::contains(options_.trusted_proxies, client);
    const bool admitted = !counts || addresses_.enter(reactor::counted_address(client));
    connection.speaks_for(client, counts && admitted);
    if (!admitted) counters_.refused_address.add();
    return admitted;
}

void Server::refuse_for_address(Connection& connection) {
    // TLS is not worth its work for those.
    if (speaks_tls(connection.port())) return connection.close();
    refuse(connection, wire::http::plain_error(429),
           "ERROR :Too many connections from your address\r\n");
}

void Server::refuse(Connection& connection, const wire::http::Response& response,
                    std::string_view irc_line) {
    std::string answer(irc_line);
    if (speaks_http(connection.port())) {
        answer.clear();
        wire::http::append_response(answer, response, {.keep_alive = false, .date = date()});
    }
    connection.queue(Frame::copy(answer));
    connection.close();
}

void Server::remove(Connection& connection, bool waits_to_send) {
    if (waits_to_send) std::erase(dirty_, &connection);
    if (connection.counted()) addresses_.leave(reactor::counted_address(connection.client()));
    const std::uint32_t index = connection.slot();
    ++slots_[index].generation;
    slots_[index].connection.reset();
    free_.push_back(index);
    --open_;
    counters_.connections.sub();
}

void Server::send_at_end_of_turn(Connection& connection) {
    if (dirty_.empty()) scheduler().call_at_end_of_turn([this] { send_dirty(); });
    dirty_.push_back(&connection);
}

void Server::send_dirty() {
    // The engine reports nothing from inside send() and close(), so the list does not change
    // meanwhile.
    for (Connection* connection : dirty_) connection->send_queued();
    dirty_.clear();
}

std::optional<std::uint32_t> Server::announce_reconnect(std::uint32_t slot, std::size_t most) {
    for (; slot < slots_.size() && most > 0; ++slot) {
        if (!slots_[slot].connection) continue;
        --most;
        if (auto* irc = dynamic_cast<IrcProtocol*>(slots_[slot].connection->protocol()))
            irc->session().start_reconnect();
    }
    return slot < slots_.size() ? std::optional(slot) : std::nullopt;
}

void Server::close_all(CloseReason reason) {
    for (const Slot& slot : slots_) {
        if (!slot.connection) continue;
        if (auto* irc = dynamic_cast<IrcProtocol*>(slot.connection->protocol())) {
            irc->session().close(reason);
        } else {
            slot.connection->close();
        }
    }
}

wire::http::Respond Server::respond_to(Connection& connection) {
    const std::uint32_t index = connection.slot();
    return [this, index, generation = slots_[index].generation,
            home = scheduler().shard()](wire::http::Response response) {
        scheduler().post_to(home, Priority::control,
                            [this, index, generation, response = std::move(response)]() mutable {
                                take_response(index, generation, std::move(response));
                            });
    };
}

void Server::take_response(std::uint32_t index, std::uint32_t generation,
                           wire::http::Response response) {
    Slot& slot = slots_[index];
    if (slot.generation != generation || !slot.connection) return;
    if (auto* http = dynamic_cast<HttpProtocol*>(slot.connection->protocol()))
        http->on_response(std::move(response));
}

std::string_view Server::date() {
    const WallTime now = scheduler().now().wall;
    if (date_.empty() || now - date_at_ >= std::chrono::seconds(1)) {
        date_ = wire::http::format_date(now);
        date_at_ = now;
    }
    return date_;
}

}  // namespace clamor::edge::net
