// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "automod/model_route.h"
#include "base/limits.h"
#include "base/log.h"
#include "edge/net/port_kind.h"
#include "reactor/engine.h"
#include "reactor/network.h"
#include "reactor/tls.h"

/// The settings of the server with their defaults. config/clamor.example.toml is their manual; a
/// test holds both equal.
namespace clamor::app {

struct ServerConfig {
    std::string http = "127.0.0.1:8080";  ///< HOST:PORT
    std::string irc = "127.0.0.1:6667";   ///< HOST:PORT; empty: no IRC over TCP
    std::string https;                    ///< HOST:PORT; empty: no TLS for what is at `http`
    std::string ircs;                     ///< HOST:PORT; empty: no IRC over TLS over TCP
    reactor::TlsFiles tls;                ///< of https and ircs
    std::string data = "data";
    std::uint16_t shards = 0;  ///< 0: one per core
    reactor::EngineKind reactor = reactor::EngineKind::automatic;
    bool dev = false;
    bool dev_beyond_loopback = false;
    std::uint16_t node = 0;
    std::string public_url;  ///< `https://chat.example`; empty: addresses stay relative
    std::vector<reactor::Network> trusted_proxies;
    /// HOST:PORT; empty: none.
    const std::string& address(edge::net::PortKind kind) const;
    bool speaks_tls() const { return !https.empty() || !ircs.empty(); }
    friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

struct CatalogConfig {
    std::string url;  ///< of PostgreSQL, perhaps with a password; empty: SQLite in the data folder
    std::size_t connections = limits::kCatalogConnections;
    std::chrono::milliseconds statement_timeout = limits::kCatalogStatement;
    friend bool operator==(const CatalogConfig&, const CatalogConfig&) = default;
};

/// An application that may get app tokens by its secret.
struct ClientConfig {
    std::string id;
    std::string secret_file;
    friend bool operator==(const ClientConfig&, const ClientConfig&) = default;
};

struct AuthConfig {
    std::vector<std::string> jwt_keys;     ///< files: public keys in PEM, JWK sets
    std::vector<std::string> jwt_secrets;  ///< files: secrets of HS256
    std::string jwks_url;                  ///< empty: none
    std::string jwt_issuer;                ///< empty: any
    std::string jwt_audience;              ///< empty: any
    std::vector<ClientConfig> clients;
    friend bool operator==(const AuthConfig&, const AuthConfig&) = default;
};

/// An inference server, as automod::ModelRoute::Options.
struct ModelConfig {
    std::string url;  ///< empty: none
    std::size_t queue_max = 256;
    std::size_t batch_max = 8;
    std::chrono::milliseconds batch_wait{5};
    std::size_t batches_under_way = 2;
    std::chrono::milliseconds deadline{150};
    int breaker_failures = 5;
    std::chrono::milliseconds breaker_pause{1000};
    std::chrono::milliseconds breaker_pause_max{30'000};
    bool logits = false;
    std::vector<std::string> labels;
    friend bool operator==(const ModelConfig&, const ModelConfig&) = default;
};
automod::ModelRoute::Options route_options(const ModelConfig& config);

struct AutoModConfig {
    std::string model_path;  ///< of the classifier; empty: the one in the binary
    std::chrono::seconds hold_for = limits::kHoldFor;
    ModelConfig model;
    friend bool operator==(const AutoModConfig&, const AutoModConfig&) = default;
};

/// What joins several nodes.
struct RedisConfig {
    std::string url;                   ///< as bus::redis::parse_url has it; empty: none
    std::string region;                ///< which of `regions` this node is in
    std::vector<std::string> regions;  ///< `name = url`, in the same order on all nodes
    bool only_node = false;  ///< no other node uses it, so the stores may be this machine's
    reactor::TlsFiles tls;   ///< where an address begins with rediss
    friend bool operator==(const RedisConfig&, const RedisConfig&) = default;
};

struct EventSubConfig {
    bool private_callbacks = false;
    friend bool operator==(const EventSubConfig&, const EventSubConfig&) = default;
};

struct LimitsConfig {
    std::size_t connections_per_address = limits::kConnectionsPerAddress;
    std::size_t rooms_per_connection = limits::kRoomsPerConnection;
    std::uint32_t joins_per_10s = limits::kJoins.count;
    std::uint32_t joins_per_10s_verified_bot = limits::kJoinsVerifiedBot.count;
    std::uint32_t logins_per_10s = limits::kLogins.count;
    std::uint32_t logins_per_10s_verified_bot = limits::kLoginsVerifiedBot.count;
    std::uint32_t messages_viewer = limits::kMessagesViewer.count;
    std::uint32_t messages_moderator = limits::kMessagesModerator.count;
    std::uint32_t messages_verified_bot = limits::kMessagesVerifiedBot.count;
    std::uint32_t role_changes_per_10s = limits::kRoleChanges.count;
    std::uint32_t whispers_per_second = limits::kWhispersPerSecond.count;
    std::uint32_t whispers_per_minute = limits::kWhispersPerMinute.count;
    std::uint32_t whisper_recipients_per_day = limits::kWhisperRecipientsPerDay.count;
    std::uint32_t requests_per_minute = limits::kHelixRequests.count;
    std::chrono::seconds raid_countdown = limits::kRaidCountdown;
    std::uint32_t vips_per_channel = limits::kVipsPerChannel;
    std::size_t outbox_soft_bytes = limits::kOutboxSoftBytes;
    std::size_t outbox_hard_bytes = limits::kOutboxHardBytes;
    std::chrono::seconds outbox_age = limits::kOutboxAge;
    std::chrono::seconds registration_timeout = limits::kRegistrationTimeout;
    std::chrono::seconds ping_after = limits::kPingAfterSilence;
    std::chrono::seconds pong_timeout = limits::kPongTimeout;
    std::size_t mailbox = limits::kMailboxTasks;
    std::size_t log_queue = limits::kLogQueueMessages;
    std::uint64_t spool_bytes = limits::kSpoolBytes;
    std::uint32_t reconnects_per_second = limits::kReconnectsPerSecond;
    std::chrono::seconds drain = limits::kDrain;
    std::chrono::milliseconds coalesce_max = limits::kCoalesceMax;
    friend bool operator==(const LimitsConfig&, const LimitsConfig&) = default;
};

/// The message log on DynamoDB.
struct DynamoConfig {
    std::string
        url;  ///< `dynamodb://REGION/TABLE[?endpoint=URL]`; empty: SQLite in the data folder
    std::size_t requests = limits::kDynamoRequests;
    std::uint32_t keep_days = 0;            ///< 0: for good
    std::vector<std::string> keep_days_of;  ///< `login = days`
    friend bool operator==(const DynamoConfig&, const DynamoConfig&) = default;
};
/// By login; std::nullopt: a line that is none of `login = days`.
std::optional<std::map<std::string, std::uint32_t>> days_by_login(
    const std::vector<std::string>& lines);

struct LogConfig {
    log::Level level = log::Level::info;
    bool json = false;
    friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct WebConfig {
    std::vector<std::string> allowed_origins = {"*"};
    std::string frame_ancestors = "'self'";
    friend bool operator==(const WebConfig&, const WebConfig&) = default;
};

struct Config {
    ServerConfig server;
    CatalogConfig catalog;
    AuthConfig auth;
    AutoModConfig automod;
    RedisConfig redis;
    EventSubConfig eventsub;
    LimitsConfig limits;
    DynamoConfig dynamodb;
    LogConfig log;
    WebConfig web;
    friend bool operator==(const Config&, const Config&) = default;
};

/// What was read, and each thing that is wrong in it as a line `file:line: what, and what would be
/// right`. With problems the configuration must not be used.
struct LoadedConfig {
    Config config;
    std::vector<std::string> problems;
};

/// `file_name` is for the problems only.
LoadedConfig parse_config(std::string_view toml, std::string_view file_name);
LoadedConfig load_config(const std::string& path);

/// What is wrong between settings, wherever they came from (file or command line).
std::vector<std::string> check_config(const Config& config);

/// The settings in which two configurations differ, as `section.key`, in the order of the manual.
std::vector<std::string> changed_settings(const Config& one, const Config& other);

/// All settings as `section.key`, in the order of the manual.
std::vector<std::string> setting_names();

}  // namespace clamor::app
