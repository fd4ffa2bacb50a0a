// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "app/catalog_authenticator.h"
#include "app/node.h"
#include "app/viewer_counts.h"
#include "edge/net/server.h"
#include "eventsub/dispatcher.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "reactor/loop.h"

namespace clamor::app {

/// What all shards of a node share. Outlives them.
struct ShardParts {
    const NodeOptions& options;
    const hub::Services& hub;
    hub::Gateway& gateway;
    eventsub::Registry& events;
    eventsub::Poster& poster;
    std::function<std::uint64_t()> random;  ///< bits that nobody can guess; any thread
    auth::Checker& tokens;
    wire::http::Service& http;
    edge::net::AddressCounts& addresses;
    edge::irc::AccountWindows& accounts;
    hub::SharedLimits* shared_limits;  ///< null: this node is alone
    ViewerCounts& viewers;
    std::vector<reactor::Loop*> loops;  ///< by ShardId; filled in while the shards are made
    std::vector<hub::Hub*>& hubs;
    /// What the first shard does again and again, from start_upkeep() on.
    struct Upkeep {
        std::chrono::milliseconds every;
        std::function<void()> run;
    };
    std::vector<Upkeep> upkeep{};
};

/// One shard's thread and what lives on it. Made, started and ended by the node's thread; between
/// start() and join() everything inside belongs to the shard's own thread.
class Shard {
  public:
    Shard(ShardId id, ShardParts& parts);
    ~Shard();

    /// Makes engine, loop and hub on the new thread; says which engine and why.
    Result<std::string> start();
    /// Lets the loop turn; once all shards have been started.
    void go();
    /// Starts listening; with port 0 the chosen port is returned. Waits for the shard's thread.
    Result<reactor::Endpoint> listen(edge::net::PortKind kind, const reactor::Endpoint& at);
    /// The same on a socket of an earlier process.
    Result<reactor::Endpoint> listen(edge::net::PortKind kind, reactor::Fd socket);
    /// As edge::net::Server::use().
    void use(std::shared_ptr<const reactor::TlsContext> tls);
    Result<edge::net::ListeningSockets> sockets();

    void start_upkeep();
    /// And shows at once what waited to be shown: the end is near.
    void stop_listening();
    /// Ends EventSub's connections, which go where their new ones are.
    void close_events();
    /// Tells the next `most` clients to connect again; false once all were told.
    bool announce_reconnect(std::size_t most);
    void announce_from_the_start();
    void close_all();
    bool running() const { return gone_; }
    /// Whether every connection is gone.
    bool empty();
    /// Ends the thread's loop and waits for it. What lived on it stays readable until the
    /// destructor.
    void join();

    Node::ShardCounters counters() const;

  private:
    struct Parts {
        Parts(ShardId id, ShardParts& shared, std::unique_ptr<reactor::Engine> engine);
        void watch_viewers(ShardParts& shared);
        void keep_up(const ShardParts::Upkeep& what);
        /// Every second, on one shard of the node: tokens end.
        void watch_tokens(ShardParts& shared);

        reactor::Loop loop;
        hub::Hub hub;
        CatalogAuthenticator authenticator;
        edge::irc::SessionCounters session_counters;
        edge::irc::Shard sessions;
        edge::net::Server server;
        eventsub::Webhooks webhooks;
        eventsub::Dispatcher events;
        std::optional<std::uint32_t> next_to_reconnect;
    };

    void run(std::promise<Result<std::string>> started);
    /// Runs `what` on the shard's thread and waits for its answer.
    template <class What>
    auto on_shard(What what);

    const ShardId id_;
    ShardParts& shared_;
    std::unique_ptr<Parts> parts_;
    std::promise<void> go_;
    bool gone_ = false;
    std::thread thread_;
};

}  // namespace clamor::app
