// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/services.h"
#include "app/ports.h"
#include "app/regions.h"
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
#include "reactor/tls.h"
#include "store/postgres/catalog.h"
#include "store/spooled_log.h"

namespace clamor::api {
class Router;
}

namespace clamor::app {

struct NodeOptions {
    std::filesystem::path data;
    std::uint16_t number = 0;  ///< that those who run it gave it; 0: none
    std::optional<store::PostgresCatalogOptions> postgres;  ///< the catalog; none: the data folder
    bool dev = false;
    std::uint16_t shards = 1;
    std::size_t workers = 4;
    reactor::EngineKind engine = reactor::EngineKind::automatic;
    /// Where it listens; for http at least.
    Ports ports;
    std::shared_ptr<const reactor::TlsContext> tls;  ///< a server's; where a port speaks it
    std::size_t connections_per_address = limits::kConnectionsPerAddress;
    hub::Options hub;
    hub::WhisperLimits whispers;
    edge::irc::Options sessions;
    edge::net::ServerOptions server;
    std::size_t mailbox_tasks = limits::kMailboxTasks;
    store::SpooledLogOptions log{};  ///< its spool's folder is the data folder's
    std::string dynamodb;            ///< where the message log is; empty: in the data folder
    std::size_t dynamodb_requests = limits::kDynamoRequests;
    std::chrono::seconds keep_for{0};  ///< entries, in DynamoDB; 0: for good
    std::map<std::string, std::chrono::seconds> keep_for_channel;  ///< by login
    std::vector<auth::Key> token_keys;                             ///< of files
    std::string jwks_url;                                          ///< empty: none
    auth::JwtRules jwt;
    std::vector<api::ApiClient> clients;
    std::string public_url;
    std::chrono::milliseconds hold_for = limits::kHoldFor;  ///< messages that AutoMod holds
    std::chrono::milliseconds raid_countdown = limits::kRaidCountdown;
    std::uint32_t vips_per_channel = limits::kVipsPerChannel;
    /// To REST, of one client and user.
    std::uint32_t requests_per_minute = limits::kHelixRequests.count;
    std::shared_ptr<const automod::Classifier> classifier;  ///< null: none
    std::optional<automod::ModelRoute::Options> model;      ///< an inference server
    std::optional<bus::redis::Url> redis;                   ///< none: this node is alone
    reactor::TlsFiles redis_tls;
    std::vector<Region> regions;  ///< `redis` is that of hub.region; none: there are no regions
    std::vector<std::string> api_origins = {"*"};
    std::string frame_ancestors = "'self'";
    /// Webhooks may be at addresses that are not public: this machine's and its networks'.
    bool private_callbacks = false;
    std::uint32_t reconnects_per_second = limits::kReconnectsPerSecond;
    std::chrono::milliseconds drain = limits::kDrain;
    /// The data folder of a server whose listening sockets this one takes; when none serves from
    /// there, it listens on its own.
    std::optional<std::filesystem::path> take_over{};
    /// Called by the control socket's thread when somebody there asks for the end: stop(), or
    /// stop_soon() where `soon`. Null: there is no control socket.
    std::function<void(bool soon)> ask_to_end{};

    /// Empty: there are no regions.
    std::string region_name() const { return regions.empty() ? "" : regions[hub.region].name; }
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
    /// Settings that were read again, written by whoever does it.
    struct ReloadCounters {
        Counter done;
        Counter failed;
    };

    /// Opens the data folder (an error when another server has it), starts all threads and listens.
    static Result<std::unique_ptr<Node>> start(NodeOptions options);
    ~Node();  ///< stop(), when that was not called

    /// Stops accepting, tells clients at `reconnects_per_second` (more where NodeOptions::drain
    /// would not do) to connect again, gives the last ones limits::kReconnectGrace (less once
    /// `hurry` is called), closes, writes what is left to the log, joins. Every accepted message is
    /// stored when it returns, unless the disk fails.
    void stop();
    /// The same in limits::kHandOverDrain, since another process waits for the data folder.
    void stop_soon();
    /// Ends the grace time of a stop(). From any thread, a signal handler's excepted.
    void hurry();

    /// AutoMod's, in all rooms and for all that is judged beside them, from the next message on.
    /// What was held or asked under the one before stays. Any thread; not null.
    void use(std::shared_ptr<const automod::Classifier> classifier);
    std::shared_ptr<const automod::Classifier> classifier() const;
    /// What TLS connections begin with from now on. By the thread that started the node; not null,
    /// and a server's.
    void use(std::shared_ptr<const reactor::TlsContext> tls);
    ReloadCounters& reloads();

    /// With the ports that were chosen.
    const Ports& ports() const;

  private:
    struct Impl;
    explicit Node(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace clamor::app
