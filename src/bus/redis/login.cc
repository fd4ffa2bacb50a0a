// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bus/redis/link_impl.h"
#include "bus/redis/scripts.h"

/// What a link finds out of a server before it uses it.
namespace clamor::bus::redis {

namespace {

constexpr int kMajorLeast = 7;

/// `field` of what INFO says.
std::string_view info(std::string_view text, std::string_view field) {
    for (std::size_t at = text.find(field); at != std::string_view::npos;
         at = text.find(field, at + 1)) {
        if (at != 0 && text[at - 1] != '\n') continue;
        const std::string_view rest = text.substr(at + field.size());
        if (!rest.starts_with(':')) continue;
        return rest.substr(1, rest.find_first_of("\r\n") - 1);
    }
    return {};
}

}  // namespace

/// It answers, but not as it must.
void Link::Impl::refuse(Server& server, std::string_view error) {
    trouble(server, std::string(error));
    if (error.starts_with("LOADING")) return;
    std::string_view right;
    if (error.find("keys") != std::string_view::npos) right = "; it needs those of ~clamor:*";
    if (error.find("channels") != std::string_view::npos) right = "; it needs those of &clamor:*";
    first_news(fail(std::errc::permission_denied,
                    fmt::format("Redis at {} does not let this user do what clamor needs "
                                "(docs/operations.md has the ACL): {}{}",
                                server.address, error, right)));
}

/// The commands' connection: what kind of server is it, and may we do what we have to?
void Link::Impl::logged_in(Server& server) {
    server.commands->ask({"INFO"}, [this, &server](const Reply& reply) {
        if (reply.is_error()) return refuse(server, reply.text());
        const std::string_view version = info(reply.text(), "redis_version");
        server.run = info(reply.text(), "run_id");
        int major = 0;
        std::from_chars(version.data(), version.data() + version.size(), major);
        if (major < kMajorLeast) {
            trouble(server, "too old");
            return first_news(
                fail(std::errc::not_supported,
                     fmt::format("Redis at {} is version {}; clamor needs {} or newer",
                                 server.address, version, kMajorLeast)));
        }
        if (info(reply.text(), "role") != "master")
            return trouble(server, "it is a replica, and the master is needed");
        const bool clustered = info(reply.text(), "cluster_enabled") == "1";
        if (clustered != (options.url.mode == Mode::cluster)) {
            trouble(server, "wrong mode");
            return first_news(fail(
                std::errc::not_supported,
                fmt::format("Redis at {} {} of a Redis Cluster; the address begins with {} then",
                            server.address, clustered ? "is a node" : "is no node",
                            clustered ? "redis+cluster://" : "redis://")));
        }
    });
    ask_rights(server);
    if (options.follows) {
        server.commands->ask({"PING"}, [this, &server](const Reply&) { opened(server); });
        return;
    }
    for (const auto& [script, sha] : {std::pair(kPublishScript, &server.publish_sha),
                                      std::pair(kWindowScript, &server.window_sha),
                                      std::pair(kPresenceScript, &server.presence_sha)}) {
        server.commands->ask({"SCRIPT", "LOAD", script},
                             [this, &server, sha = sha](const Reply& reply) {
                                 if (reply.is_error()) return refuse(server, reply.text());
                                 *sha = reply.text();
                             });
    }
    server.commands->ask({"PING"}, [this, &server](const Reply&) { look_around(server); });
}

/// Each command that is used later, by a script or by itself, so that a missing right is found now.
/// Redis names the command only where it is asked for it by itself; other errors than a missing
/// right say nothing, as those of a cluster's node that does not have the slot.
void Link::Impl::ask_rights(Server& server) {
    using Command = std::vector<std::string_view>;
    constexpr std::string_view kStream = "clamor:{probe}:rights";
    constexpr std::string_view kHash = "clamor:{probe}:rights-hash";
    constexpr std::string_view kSet = "clamor:{probe}:rights-set";
    const std::string_view publish = options.url.mode == Mode::cluster ? "SPUBLISH" : "PUBLISH";
    const std::vector<Command> reads{{"XRANGE", kStream, "-", "+", "COUNT", "1"},
                                     {"HMGET", kHash, "field"},
                                     {"HGETALL", kHash},
                                     {"TIME"}};
    const std::vector<Command> writes{{"XADD", kStream, "MAXLEN", "~", "1", "1-1", "e", ""},
                                      {"XREVRANGE", kStream, "+", "-", "COUNT", "1"},
                                      {"EXPIRE", kStream, "60"},
                                      {"HSET", kHash, "field", ""},
                                      {"PEXPIRE", kHash, "60000"},
                                      {"HLEN", kHash},
                                      {"HDEL", kHash, "field"},
                                      {"ZADD", kSet, "1", "member"},
                                      {"ZCARD", kSet},
                                      {"ZRANGE", kSet, "-1", "-1", "WITHSCORES"},
                                      {"ZREMRANGEBYSCORE", kSet, "-inf", "1"},
                                      {"DEL", kStream},
                                      {publish, kProbeTopic, ""}};
    const auto ask = [&](const Command& command) {
        server.commands->ask(command, [this, &server](const Reply& reply) {
            if (reply.is_error() && reply.text().starts_with("NOPERM"))
                refuse(server, reply.text());
        });
    };
    for (const Command& command : reads) ask(command);
    if (options.follows) return;
    for (const Command& command : writes) ask(command);
}

/// The same on the connection that listens.
void Link::Impl::listen_around(Server& server) {
    server.may_listen = false;
    server.topics->subscribe(
        {options.url.mode == Mode::cluster ? "SSUBSCRIBE" : "SUBSCRIBE", kProbeTopic});
}

/// `kind`: of the answer; empty: an error, that says nothing about rights.
void Link::Impl::listened_around(Server& server, std::string_view kind) {
    if (server.may_listen) return;
    const bool sharded = options.url.mode == Mode::cluster;
    if (kind == "subscribe" || kind == "ssubscribe")
        return server.topics->subscribe({sharded ? "SUNSUBSCRIBE" : "UNSUBSCRIBE", kProbeTopic});
    server.may_listen = true;
    opened(server);
}

/// Once with all that is done later, so that a missing right is found now.
void Link::Impl::look_around(Server& server) {
    const auto done = [this, &server](const Reply& reply) {
        // A node of a cluster has not all slots.
        if (!reply.is_error() || is_about_slots(reply.text()) || passes(reply.text()))
            return opened(server);
        refuse(server, reply.text());
    };
    if (server.state != Server::State::opening) return;
    server.commands->ask({"EVALSHA",
                          server.publish_sha,
                          "3",
                          "clamor:{probe}:stream",
                          "clamor:{probe}:head",
                          "clamor:{probe}:places",
                          kProbeTopic,
                          options.url.mode == Mode::cluster ? "SPUBLISH" : "PUBLISH",
                          "probe",
                          node_field_,
                          std::to_string(++last_number_),
                          server.run,
                          "0",
                          "0",
                          "1",
                          "1",
                          "60",
                          "60",
                          "0",
                          "0",
                          "1"},
                         done);
}

}  // namespace clamor::bus::redis
