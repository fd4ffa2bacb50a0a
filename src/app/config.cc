// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "app/client_secret.h"
#include "app/regions.h"
#include "app/suggestion.h"
#include "auth/curl/jwks_fetcher.h"
#include "auth/key.h"
#include "base/check.h"
#include "bus/redis/url.h"
#include "store/dynamodb/address.h"
#include "store/postgres/url.h"

namespace clamor::app {

using edge::net::PortKind;

const std::string& ServerConfig::address(PortKind kind) const {
    switch (kind) {
        case PortKind::http:
            return http;
        case PortKind::irc:
            return irc;
        case PortKind::https:
            return https;
        case PortKind::ircs:
            return ircs;
    }
    CLAMOR_CHECK(false, "all kinds are named");
}

namespace {

/// Takes a value out of a TOML node; otherwise says what would be right ("a whole number from 1 to
/// 8").
using Take = std::function<std::optional<std::string>(const toml::node&)>;

/// A setting's field in a Config.
struct Field {
    Take take;
    std::function<bool(const Field&)> equals;  ///< the same setting's in another Config
    const void* at;
};

template <class T>
Field field_at(T& at, Take take) {
    return {.take = std::move(take),
            .equals = [&at](const Field& other) { return at == *static_cast<const T*>(other.at); },
            .at = &at};
}

struct Setting {
    std::string_view section;
    std::string_view key;
    Field field;

    std::string name() const { return fmt::format("{}.{}", section, key); }
};

Field text(std::string& field) {
    return field_at(field, [&field](const toml::node& node) -> std::optional<std::string> {
        const auto value = node.value_exact<std::string>();
        if (!value) return "a text in quotes";
        field = *value;
        return std::nullopt;
    });
}

Field flag(bool& field) {
    return field_at(field, [&field](const toml::node& node) -> std::optional<std::string> {
        const auto value = node.value_exact<bool>();
        if (!value) return "true or false";
        field = *value;
        return std::nullopt;
    });
}

template <class T>
T from_number(std::int64_t value) {
    return static_cast<T>(value);
}
template <>
std::chrono::seconds from_number(std::int64_t value) {
    return std::chrono::seconds(value);
}
template <>
std::chrono::milliseconds from_number(std::int64_t value) {
    return std::chrono::milliseconds(value);
}

/// A whole number; of seconds or milliseconds where the field is a duration.
template <class T>
Field number(T& field, std::int64_t least, std::int64_t most) {
    return field_at(field,
                    [&field, least, most](const toml::node& node) -> std::optional<std::string> {
                        const auto value = node.value_exact<std::int64_t>();
                        if (!value || *value < least || *value > most)
                            return fmt::format("a whole number from {} to {}", least, most);
                        field = from_number<T>(*value);
                        return std::nullopt;
                    });
}

template <class T>
Field choice(T& field, std::vector<std::pair<std::string_view, T>> choices) {
    return field_at(field,
                    [&field, choices = std::move(choices)](
                        const toml::node& node) -> std::optional<std::string> {
                        const auto value = node.value_exact<std::string>();
                        std::vector<std::string> words;
                        for (const auto& [word, meaning] : choices) {
                            words.push_back(fmt::format("\"{}\"", word));
                            if (!value || *value != word) continue;
                            field = meaning;
                            return std::nullopt;
                        }
                        return fmt::format("one of {}", fmt::join(words, ", "));
                    });
}

Field texts(std::vector<std::string>& field) {
    return field_at(field, [&field](const toml::node& node) -> std::optional<std::string> {
        constexpr auto kRight = "a list of texts, as [\"*\"]";
        const auto* array = node.as_array();
        if (array == nullptr) return kRight;
        std::vector<std::string> values;
        for (const auto& element : *array) {
            const auto value = element.value_exact<std::string>();
            if (!value) return kRight;
            values.push_back(*value);
        }
        field = std::move(values);
        return std::nullopt;
    });
}

Field networks(std::vector<reactor::Network>& field) {
    return field_at(field, [&field](const toml::node& node) -> std::optional<std::string> {
        std::vector<std::string> lines;
        if (texts(lines).take(node)) return "a list of networks, as [\"10.0.0.0/8\", \"::1\"]";
        std::vector<reactor::Network> values;
        for (const std::string& line : lines) {
            const auto network = reactor::Network::parse(line);
            if (!network) return fmt::format("a list of networks: {}", network.error().detail);
            values.push_back(*network);
        }
        field = std::move(values);
        return std::nullopt;
    });
}

/// A list of files, each of which `load` can read.
template <class Load>
Field files(std::vector<std::string>& field, std::string_view what, Load load) {
    return field_at(
        field, [&field, what, load](const toml::node& node) -> std::optional<std::string> {
            std::vector<std::string> paths;
            if (texts(paths).take(node)) return fmt::format("a list of files: {}", what);
            for (const auto& path : paths) {
                if (const auto loaded = load(path); !loaded)
                    return fmt::format("a list of files: {}; {}", what, loaded.error().to_string());
            }
            field = std::move(paths);
            return std::nullopt;
        });
}

Field text_such_as(std::string& field, bool (*fits)(std::string_view), std::string_view right) {
    return field_at(field,
                    [&field, fits, right](const toml::node& node) -> std::optional<std::string> {
                        const auto value = node.value_exact<std::string>();
                        if (!value || !(value->empty() || fits(*value))) return std::string(right);
                        field = *value;
                        return std::nullopt;
                    });
}

/// What it says about a URL that is wrong never has its password.
Field postgres_url(std::string& field) {
    return field_at(field, [&field](const toml::node& node) -> std::optional<std::string> {
        const auto value = node.value_exact<std::string>();
        if (!value) return "a text in quotes";
        if (!value->empty()) {
            if (auto fault = store::fault_in_postgres_url(*value); !fault.empty())
                return fmt::format("empty, or the URL of a PostgreSQL database: this one {}",
                                   fault);
        }
        field = *value;
        return std::nullopt;
    });
}

/// `https://chat.example`, perhaps with a path, but with no slash at its end.
bool is_base_url(std::string_view text) {
    const auto scheme = text.starts_with("https://") ? 8u : text.starts_with("http://") ? 7u : 0u;
    return scheme != 0 && text.size() > scheme && text[scheme] != '/' && text.back() != '/' &&
           text.find_first_of(" \t\"'<>?#\r\n") == std::string_view::npos;
}

bool is_dynamodb_url(std::string_view text) {
    return store::dynamodb::Address::parse(text).has_value();
}

/// `[[auth.clients]]` tables.
Field clients(std::vector<ClientConfig>& field) {
    return field_at(field, [&field](const toml::node& node) -> std::optional<std::string> {
        constexpr auto kRight =
            "[[auth.clients]] sections, each with an id of its own and a secret_file";
        const auto* array = node.as_array();
        if (array == nullptr) return kRight;
        std::vector<ClientConfig> read;
        for (const auto& element : *array) {
            const auto* table = element.as_table();
            if (table == nullptr || table->size() != 2) return kRight;
            const auto id = (*table)["id"].value_exact<std::string>();
            const auto file = (*table)["secret_file"].value_exact<std::string>();
            if (!id || !file || id->empty()) return kRight;
            if (std::ranges::find(read, *id, &ClientConfig::id) != read.end()) return kRight;
            if (const auto secret = read_client_secret(*file); !secret)
                return fmt::format("{}; {}", kRight, secret.error().to_string());
            read.push_back({*id, *file});
        }
        field = std::move(read);
        return std::nullopt;
    });
}

/// The one list of all settings, bound to the fields of `c`.
std::vector<Setting> settings_of(Config& c) {
    using reactor::EngineKind;
    constexpr std::int64_t kMany = 1'000'000;
    return {
        {"server", "http", text(c.server.http)},
        {"server", "irc", text(c.server.irc)},
        {"server", "https", text(c.server.https)},
        {"server", "ircs", text(c.server.ircs)},
        {"server", "cert_file", text(c.server.tls.certificate)},
        {"server", "key_file", text(c.server.tls.key)},
        {"server", "data", text(c.server.data)},
        {"server", "shards", number(c.server.shards, 0, 256)},
        {"server", "reactor",
         choice<EngineKind>(c.server.reactor, {{"auto", EngineKind::automatic},
                                               {"io_uring", EngineKind::io_uring},
                                               {"epoll", EngineKind::epoll}})},
        {"server", "dev", flag(c.server.dev)},
        {"server", "dev_beyond_loopback", flag(c.server.dev_beyond_loopback)},
        {"server", "node", number(c.server.node, 0, 1023)},
        {"server", "public_url",
         text_such_as(c.server.public_url, is_base_url,
                      "empty, or an address as \"https://chat.example\" without a slash at its "
                      "end")},
        {"server", "trusted_proxies", networks(c.server.trusted_proxies)},
        {"catalog", "url", postgres_url(c.catalog.url)},
        {"catalog", "connections", number(c.catalog.connections, 1, 1000)},
        {"catalog", "statement_timeout_ms", number(c.catalog.statement_timeout, 100, 600'000)},
        {"auth", "jwt_keys",
         files(c.auth.jwt_keys, "public keys in PEM and JWK sets", auth::load_public_keys)},
        {"auth", "jwt_secrets",
         files(c.auth.jwt_secrets, "secrets of 32 bytes or more", auth::load_secret)},
        {"auth", "jwks_url",
         text_such_as(c.auth.jwks_url, auth::is_jwks_url,
                      "empty, or an https address; http on this machine's loopback only")},
        {"auth", "jwt_issuer", text(c.auth.jwt_issuer)},
        {"auth", "jwt_audience", text(c.auth.jwt_audience)},
        {"auth", "clients", clients(c.auth.clients)},
        {"automod", "model_path", text(c.automod.model_path)},
        {"automod", "hold_for_s", number(c.automod.hold_for, 1, 86'400)},
        {"automod.model", "url", text(c.automod.model.url)},
        {"automod.model", "deadline_ms", number(c.automod.model.deadline, 1, 60'000)},
        {"automod.model", "batch_max", number(c.automod.model.batch_max, 1, 1024)},
        {"automod.model", "batch_wait_ms", number(c.automod.model.batch_wait, 0, 60'000)},
        {"automod.model", "batches_under_way", number(c.automod.model.batches_under_way, 1, 1024)},
        {"automod.model", "queue_max", number(c.automod.model.queue_max, 1, kMany)},
        {"automod.model", "breaker_failures", number(c.automod.model.breaker_failures, 1, kMany)},
        {"automod.model", "breaker_pause_ms", number(c.automod.model.breaker_pause, 1, 86'400'000)},
        {"automod.model", "breaker_pause_max_ms",
         number(c.automod.model.breaker_pause_max, 1, 86'400'000)},
        {"automod.model", "scores",
         choice<bool>(c.automod.model.logits, {{"probabilities", false}, {"logits", true}})},
        {"automod.model", "labels", texts(c.automod.model.labels)},
        {"redis", "url", text(c.redis.url)},
        {"redis", "ca_file", text(c.redis.tls.ca)},
        {"redis", "cert_file", text(c.redis.tls.certificate)},
        {"redis", "key_file", text(c.redis.tls.key)},
        {"redis", "only_node", flag(c.redis.only_node)},
        {"redis", "region", text(c.redis.region)},
        {"redis", "regions", texts(c.redis.regions)},
        {"eventsub", "private_callbacks", flag(c.eventsub.private_callbacks)},
        {"limits", "connections_per_address", number(c.limits.connections_per_address, 1, kMany)},
        {"limits", "rooms_per_connection", number(c.limits.rooms_per_connection, 1, kMany)},
        {"limits", "joins_per_10s", number(c.limits.joins_per_10s, 1, kMany)},
        {"limits", "joins_per_10s_verified_bot",
         number(c.limits.joins_per_10s_verified_bot, 1, kMany)},
        {"limits", "logins_per_10s", number(c.limits.logins_per_10s, 1, kMany)},
        {"limits", "logins_per_10s_verified_bot",
         number(c.limits.logins_per_10s_verified_bot, 1, kMany)},
        {"limits", "messages_viewer", number(c.limits.messages_viewer, 1, 10'000)},
        {"limits", "messages_moderator", number(c.limits.messages_moderator, 1, 10'000)},
        {"limits", "messages_verified_bot", number(c.limits.messages_verified_bot, 1, 10'000)},
        {"limits", "role_changes_per_10s", number(c.limits.role_changes_per_10s, 1, 10'000)},
        {"limits", "whispers_per_second", number(c.limits.whispers_per_second, 1, 10'000)},
        {"limits", "whispers_per_minute", number(c.limits.whispers_per_minute, 1, 10'000)},
        {"limits", "whisper_recipients_per_day",
         number(c.limits.whisper_recipients_per_day, 1, 10'000)},
        {"limits", "requests_per_minute", number(c.limits.requests_per_minute, 1, kMany)},
        {"limits", "vips_per_channel", number(c.limits.vips_per_channel, 0, 100'000)},
        {"limits", "raid_countdown_s", number(c.limits.raid_countdown, 1, 3600)},
        {"limits", "outbox_soft_bytes",
         number(c.limits.outbox_soft_bytes, limits::kBatchBytes, 1 << 30)},
        {"limits", "outbox_hard_bytes",
         number(c.limits.outbox_hard_bytes, limits::kBatchBytes, 1 << 30)},
        {"limits", "outbox_age_s", number(c.limits.outbox_age, 1, 3600)},
        {"limits", "registration_timeout_s", number(c.limits.registration_timeout, 1, 3600)},
        {"limits", "ping_after_s", number(c.limits.ping_after, 1, 86'400)},
        {"limits", "pong_timeout_s", number(c.limits.pong_timeout, 1, 3600)},
        {"limits", "mailbox", number(c.limits.mailbox, 1024, 1 << 24)},
        {"limits", "log_queue", number(c.limits.log_queue, 1024, 1 << 24)},
        {"limits", "spool_bytes", number(c.limits.spool_bytes, 16 << 20, std::uint64_t{1} << 40)},
        {"limits", "reconnects_per_second", number(c.limits.reconnects_per_second, 1, 1'000'000)},
        {"limits", "drain_s", number(c.limits.drain, 5, 3600)},
        {"limits", "coalesce_max_ms", number(c.limits.coalesce_max, 0, 1000)},
        {"dynamodb", "url",
         text_such_as(c.dynamodb.url, is_dynamodb_url,
                      "empty, or dynamodb://REGION/TABLE, as \"dynamodb://eu-central-1/clamor\", "
                      "or with ?endpoint=https://HOST:PORT behind it")},
        {"dynamodb", "requests", number(c.dynamodb.requests, 1, 64)},
        {"dynamodb", "keep_days", number(c.dynamodb.keep_days, 0, 36'500)},
        {"dynamodb", "keep_days_of", texts(c.dynamodb.keep_days_of)},
        {"log", "level",
         choice<log::Level>(c.log.level, {{"debug", log::Level::debug},
                                          {"info", log::Level::info},
                                          {"warn", log::Level::warn},
                                          {"error", log::Level::error}})},
        {"log", "format", choice<bool>(c.log.json, {{"text", false}, {"json", true}})},
        {"web", "allowed_origins", texts(c.web.allowed_origins)},
        {"web", "frame_ancestors", text(c.web.frame_ancestors)},
    };
}

class Reader {
  public:
    Reader(LoadedConfig& loaded, std::string_view file_name)
        : loaded_(loaded), file_name_(file_name), settings_(settings_of(loaded.config)) {}

    void read(const toml::table& document) {
        for (const auto& [name, node] : document) read_section(std::string(name.str()), node);
    }

    void report(std::size_t line, std::string_view what) {
        loaded_.problems.push_back(fmt::format("{}:{}: {}", file_name_, line, what));
    }

  private:
    void read_section(const std::string& section, const toml::node& node) {
        std::vector<std::string> sections;
        for (const auto& setting : settings_) sections.emplace_back(setting.section);
        const bool known = std::find(sections.begin(), sections.end(), section) != sections.end();
        if (const auto* table = node.as_table(); table != nullptr && known) {
            for (const auto& [key, value] : *table) {
                const std::string name(key.str());
                const std::string below = section + "." + name;
                const bool is_section =
                    value.is_table() &&
                    std::find(sections.begin(), sections.end(), below) != sections.end();
                is_section ? read_section(below, value) : read_setting(section, name, value);
            }
        } else if (known) {
            report(node.source().begin.line,
                   fmt::format("'{0}' is a section: write [{0}] on a line of its own", section));
        } else if (node.is_table()) {
            report(node.source().begin.line,
                   fmt::format("unknown section '{}'{}", section, suggestion(section, sections)));
        } else {
            report(node.source().begin.line,
                   fmt::format("the setting '{}' stands outside of a section{}", section,
                               suggestion("server." + section, names())));
        }
    }

    void read_setting(const std::string& section, const std::string& key, const toml::node& node) {
        for (const auto& setting : settings_) {
            if (setting.section != section || setting.key != key) continue;
            if (const auto right = setting.field.take(node)) {
                report(node.source().begin.line,
                       fmt::format("{}.{} must be {}", section, key, *right));
            }
            return;
        }
        const auto name = section + "." + key;
        report(node.source().begin.line,
               fmt::format("unknown setting '{}'{}", name, suggestion(name, names())));
    }

    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (const auto& setting : settings_) out.push_back(setting.name());
        return out;
    }

    LoadedConfig& loaded_;
    std::string_view file_name_;
    std::vector<Setting> settings_;
};

/// HOST:PORT as it is written; whether HOST exists is found out when it is listened on.
bool is_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    const auto port = text.substr(colon + 1);
    if (port.empty() || port.size() > 5 ||
        port.find_first_not_of("0123456789") != std::string_view::npos)
        return false;
    const auto host = text.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (!bracketed && host.find_first_of("[]: \t") != std::string_view::npos) return false;
    return std::stoi(std::string(port)) <= 65535;
}

bool is_loopback(std::string_view address) {
    return address.empty() || address.starts_with("127.") || address.starts_with("localhost:") ||
           address.starts_with("[::1]:");
}

}  // namespace

LoadedConfig parse_config(std::string_view toml_text, std::string_view file_name) {
    LoadedConfig loaded;
    Reader reader(loaded, file_name);
    try {
        reader.read(toml::parse(toml_text));
    } catch (const toml::parse_error& error) {
        reader.report(error.source().begin.line, error.description());
    }
    if (loaded.problems.empty()) {
        for (const auto& problem : check_config(loaded.config)) {
            loaded.problems.push_back(fmt::format("{}: {}", file_name, problem));
        }
    }
    return loaded;
}

LoadedConfig load_config(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream bytes;
    // An empty file is good, but to insert nothing would count as a failure.
    if (file.peek() != std::ifstream::traits_type::eof()) bytes << file.rdbuf();
    if (!file.is_open() || file.bad() || !bytes) {
        return {{},
                {fmt::format("{}: cannot be read; config/clamor.example.toml is one to start from",
                             path)}};
    }
    return parse_config(bytes.str(), path);
}

namespace {

void check_regions(const RedisConfig& redis, std::vector<std::string>& problems) {
    if (redis.regions.empty()) {
        if (!redis.region.empty())
            problems.emplace_back("redis.region names one of redis.regions, and there are none");
        return;
    }
    const auto regions = read_regions(redis.regions);
    if (!regions) {
        problems.push_back("redis.regions: " + regions.error().detail);
        return;
    }
    std::vector<std::string> names;
    for (const Region& region : *regions) names.push_back(region.name);
    if (std::ranges::find(names, redis.region) == names.end()) {
        problems.push_back(fmt::format(
            "redis.region must be the one of redis.regions where this node is ({}); it is '{}'{}",
            fmt::join(names, ", "), redis.region,
            redis.region.empty() ? "" : suggestion(redis.region, names)));
    }
    if (!redis.url.empty()) {
        problems.emplace_back(
            "redis.url (--redis) and redis.regions are two ways to say where Redis is: with "
            "regions, leave the first one empty; the own region's address is in the list");
    }
    if (redis.only_node)
        problems.emplace_back("redis.only_node cannot be where there are redis.regions");
}

void check_server_tls(const ServerConfig& server, std::vector<std::string>& problems) {
    const bool none = server.tls.certificate.empty() && server.tls.key.empty();
    if (none && !server.speaks_tls()) return;
    if (server.tls.certificate.empty() || server.tls.key.empty()) {
        problems.emplace_back(
            "server.https and server.ircs speak TLS with server.cert_file and server.key_file: the "
            "certificate (PEM, with those between it and the CA) and its key");
        return;
    }
    if (!server.speaks_tls()) {
        problems.emplace_back(
            "server.cert_file and server.key_file are for TLS, which is spoken at server.https and "
            "server.ircs, as \":8443\" and \":6697\"");
        return;
    }
    const auto loaded = reactor::TlsContext::for_server(server.tls, "server");
    if (!loaded) problems.push_back(loaded.error().detail);
}

void check_server(const ServerConfig& server, std::vector<std::string>& problems) {
    bool loopback = true;
    for (const PortKind kind : edge::net::kPortKinds) {
        const std::string& address = server.address(kind);
        const bool must = kind == PortKind::http;
        if (address.empty() && !must) continue;
        loopback &= is_loopback(address);
        if (is_address(address)) continue;
        problems.push_back(
            fmt::format("server.{} must be HOST:PORT, as 127.0.0.1:8080, [::1]:8080 or :8080 for "
                        "every address{}; it is '{}'",
                        name_of(kind), must ? "" : ", or empty for none", address));
    }
    if (server.data.empty()) problems.emplace_back("server.data must name a folder");
    if (server.dev && !server.dev_beyond_loopback && !loopback) {
        problems.emplace_back(
            "in dev mode everybody may log in as anybody, so it listens on loopback addresses "
            "only; give "
            "--dev-beyond-loopback (server.dev_beyond_loopback) when that is meant");
    }
    check_server_tls(server, problems);
}

void check_tls(const RedisConfig& redis, std::vector<std::string>& problems) {
    if (redis.tls == reactor::TlsFiles{}) return;
    const auto loaded = reactor::TlsContext::for_client(redis.tls, "redis");
    if (!loaded) problems.push_back(loaded.error().detail);
    bool spoken = redis.url.starts_with("rediss");
    if (const auto regions = read_regions(redis.regions))
        spoken |= std::ranges::any_of(*regions, [](const Region& one) { return one.url.tls; });
    if (!spoken) {
        problems.emplace_back(
            "redis.ca_file, redis.cert_file and redis.key_file are for TLS, which is spoken where "
            "an address of Redis begins with rediss, as rediss://10.0.0.5");
    }
}

void check_redis(const Config& config, std::vector<std::string>& problems) {
    const RedisConfig& redis = config.redis;
    if (!redis.url.empty()) {
        const auto url = bus::redis::parse_url(redis.url);
        if (!url) problems.push_back("redis.url: " + url.error().detail);
    }
    check_tls(redis, problems);
    check_regions(redis, problems);
    if (redis.url.empty() && redis.regions.empty()) return;
    std::string here;
    if (config.catalog.url.empty()) here = "the catalog";
    if (config.dynamodb.url.empty())
        here += here.empty() ? "the message log" : " and the message log";
    if (here.empty() || redis.only_node) return;
    problems.push_back(
        fmt::format("{} joins nodes, but {} would be in this machine's data folder, where other "
                    "nodes do not see it: give all nodes the same catalog.url (--postgres) and "
                    "dynamodb.url (--dynamodb), or set redis.only_node = true (--redis-only-node) "
                    "where this is the only node",
                    redis.regions.empty() ? "redis.url" : "redis.regions", here));
}

}  // namespace

std::vector<std::string> check_config(const Config& config) {
    std::vector<std::string> problems;
    check_server(config.server, problems);
    if (!config.catalog.url.empty()) {
        if (auto fault = store::fault_in_postgres_url(config.catalog.url); !fault.empty())
            problems.push_back("catalog.url (--postgres) " + fault);
    }
    if (config.limits.outbox_soft_bytes >= config.limits.outbox_hard_bytes) {
        problems.push_back(
            fmt::format("limits.outbox_soft_bytes ({}) must be below limits.outbox_hard_bytes ({})",
                        config.limits.outbox_soft_bytes, config.limits.outbox_hard_bytes));
    }
    if (!config.dynamodb.url.empty()) {
        if (const auto address = store::dynamodb::Address::parse(config.dynamodb.url); !address)
            problems.push_back("dynamodb.url: " + address.error().detail);
    }
    if (!days_by_login(config.dynamodb.keep_days_of)) {
        problems.emplace_back(
            "dynamodb.keep_days_of must be a list of channels and days, as [\"music = 30\"]; 0 "
            "days: for good");
    }
    if (!config.automod.model.url.empty()) {
        const auto fault = automod::fault_in(route_options(config.automod.model));
        if (!fault.empty()) problems.push_back("automod.model: " + fault);
    }
    check_redis(config, problems);
    const auto& ancestors = config.web.frame_ancestors;
    if (ancestors.empty() || ancestors.find_first_of(";,\r\n") != std::string::npos) {
        problems.emplace_back(
            "web.frame_ancestors must be \"'none'\", \"'self'\" or origins with blanks between "
            "them");
    }
    return problems;
}

std::optional<std::map<std::string, std::uint32_t>> days_by_login(
    const std::vector<std::string>& lines) {
    std::map<std::string, std::uint32_t> days;
    for (const std::string& line : lines) {
        const auto equals = line.find('=');
        if (equals == std::string::npos) return std::nullopt;
        auto login = line.substr(0, equals);
        while (login.ends_with(' ')) login.pop_back();
        const auto first = line.find_first_not_of(' ', equals + 1);
        if (login.empty() || first == std::string::npos) return std::nullopt;
        std::uint32_t number = 0;
        const char* const end = line.data() + line.size();
        const auto [at, error] = std::from_chars(line.data() + first, end, number);
        if (error != std::errc() || at != end || number > 36'500) return std::nullopt;
        days[login] = number;
    }
    return days;
}

automod::ModelRoute::Options route_options(const ModelConfig& config) {
    return {
        .url = config.url,
        .queue_max = config.queue_max,
        .batch_max = config.batch_max,
        .batch_wait = config.batch_wait,
        .batches_under_way = config.batches_under_way,
        .deadline = config.deadline,
        .breaker_failures = config.breaker_failures,
        .breaker_pause = config.breaker_pause,
        .breaker_pause_max = config.breaker_pause_max,
        .scores = config.logits ? automod::ScoreKind::logits : automod::ScoreKind::probabilities,
        .labels = config.labels};
}

std::vector<std::string> changed_settings(const Config& one, const Config& other) {
    Config before = one;
    Config after = other;
    const auto fields = settings_of(before);
    const auto others = settings_of(after);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!fields[i].field.equals(others[i].field)) names.push_back(fields[i].name());
    }
    return names;
}

std::vector<std::string> setting_names() {
    Config config;
    std::vector<std::string> names;
    for (const auto& setting : settings_of(config)) names.push_back(setting.name());
    return names;
}

}  // namespace clamor::app
