// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/services.h"
#include "auth/jwt.h"
#include "auth/key.h"
#include "automod/classifier.h"
#include "automod/model_route.h"
#include "base/result.h"
#include "bus/redis/url.h"
#include "edge/irc/session.h"
#include "edge/net/server.h"
#include "eventsub/dispatcher.h"
#include "hub/hub.h"
#include "reactor/engine.h"
#include "reactor/loop.h"
#include "store/spooled_log.h"

namespace clamor::api {
class Router;
}

namespace clamor::app {

struct NodeOptions {
    std::filesystem::path data;
    bool dev = false;
    std::uint16_t shards = 1;
    std::size_t workers = 4;
    reactor::EngineKind engine = reactor::EngineKind::automatic;
    reactor::Endpoint http;
    std::optional<reactor::Endpoint> irc;
    std::size_t connections_per_address = limits::kConnectionsPerAddress;
    hub::Options hub;
    edge::irc::Options sessions;
    edge::net::ServerOptions server;
    std::size_t mailbox_tasks = limits::kMailboxTasks;
    store::SpooledLogOptions log{};     ///< its spool's folder is the data folder's
    std::vector<auth::Key> token_keys;  ///< of files
    std::string jwks_url;               ///< empty: none
    auth::JwtRules jwt;
    std::vector<api::ApiClient> clients;
    std::string public_url;
    std::chrono::milliseconds hold_for = limits::kHoldFor;  ///< messages that AutoMod holds
    std::shared_ptr<const automod::Classifier> classifier;  ///< null: none
    std::optional<automod::ModelRoute::Options> model;      ///< an inference server
    std::optional<bus::redis::Url> redis;                   ///< none: this node is alone
    std::vector<std::string> api_origins = {"*"};
    std::string frame_ancestors = "'self'";
    /// Webhooks may be at addresses that are not public: this machine's and its networks'.
    bool private_callbacks = false;
    /// Between RECONNECT and the end of the connections at a stop.
    std::chrono::milliseconds reconnect_grace{5000};
};

/// A running server: the stores, the shards' threads, and what they serve. Started and stopped by
/// one thread.
class Node {
  public:
    /// What one shard has counted; read by any thread.
    struct ShardCounters {
        const hub::HubCounters& hub;
        const edge::irc::SessionCounters& sessions;
        const edge::net::NetCounters& net;
        const reactor::LoopCounters& loop;
        const reactor::EngineCounters& engine;
        const eventsub::DispatcherCounters& events;
        const eventsub::WebhookCounters& webhooks;
    };

    /// Opens the data folder (an error when another server has it), starts all threads and listens.
    static Result<std::unique_ptr<Node>> start(NodeOptions options);
    ~Node();  ///< stop(), when that was not called

    /// Stops accepting, tells clients to reconnect, waits `reconnect_grace` (less once `hurry` is
    /// called), closes, writes what is left to the log, joins. Every accepted message is stored
    /// when it returns, unless the disk fails.
    void stop();
    /// Ends the grace time of a stop(). From any thread, a signal handler's excepted.
    void hurry();

    reactor::Endpoint http() const;
    std::optional<reactor::Endpoint> irc() const;

  private:
    struct Impl;
    explicit Node(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace clamor::app
