// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bus/local_bus.h"
#include "edge/irc/encoder.h"
#include "edge/irc/session.h"
#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "moderation/service.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"
#include "tests/fakes/held_log_queue.h"
#include "tests/fakes/manual_cluster.h"
#include "wire/irc/line_splitter.h"

namespace clamor::fakes {

/// A connection without sockets: remembers what it was told, and stands for a full outbox when a
/// test says so.
class FakeTransport final : public edge::Transport {
  public:
    explicit FakeTransport(bool is_websocket = false, bool deflate = false)
        : is_websocket_(is_websocket), deflate_(deflate) {}

    void write(std::string_view lines) override {
        text += lines;
        writes.emplace_back(lines);
    }
    void deliver(const Frame& frame) override {
        ++frames;
        if (!deflate_) text += payload(frame.bytes());
    }
    edge::Outbox outbox() const override { return queued; }
    void set_receiving(bool on) override { receiving = on; }
    void close(edge::CloseReason reason) override {
        if (!closed) closed = reason;
    }
    bool is_websocket() const override { return is_websocket_; }
    bool deflate() const override { return deflate_; }

    std::string text;                 ///< all lines, in order; compressed frames are only counted
    std::vector<std::string> writes;  ///< each write() by itself
    int frames = 0;
    edge::Outbox queued;
    bool receiving = true;
    std::optional<edge::CloseReason> closed;

  private:
    /// Of an unmasked text frame, behind its header of 2, 4 or 10 bytes.
    std::string_view payload(std::string_view bytes) const {
        if (!is_websocket_) return bytes;
        const auto size = static_cast<unsigned char>(bytes[1]);
        return bytes.substr(size < 126 ? 2 : size == 126 ? 4 : 10);
    }

    const bool is_websocket_;
    const bool deflate_;
};

/// Logs in the users of the catalog by a token that is their login: `oauth:alice`. `held` answers
/// later.
class TableAuthenticator final : public edge::irc::Authenticator {
  public:
    explicit TableAuthenticator(store::Catalog& catalog) : catalog_(catalog) {}

    void authenticate(std::string token, std::string login,
                      std::function<void(edge::irc::LoginAnswer)> done) override {
        waiting_.push_back(
            [this, token, login, done = std::move(done)] { done(look_up(token, login)); });
        if (!held) answer();
    }
    void answer() {
        for (auto& ask : std::exchange(waiting_, {})) ask();
    }

    bool held = false;
    bool may_write = true;
    bool may_read = true;

  private:
    edge::irc::LoginAnswer look_up(const std::string& token, const std::string& login) {
        if (token == "broken") return edge::irc::LoginFailure::error;
        const auto user = catalog_.find_user(login);
        if (token != login || !user || !*user) return edge::irc::LoginFailure::login_failed;
        return hub::Identity{
            .user = **user, .anonymous = false, .may_write = may_write, .may_read = may_read};
    }

    store::Catalog& catalog_;
    std::vector<std::function<void()>> waiting_;
};

/// A whole node of one shard without sockets, threads or a clock: real hub, rooms, stores and
/// encoder. Its channel `dallas` has a moderator (mona), a VIP (vera), a subscriber (sue) and
/// viewers (alice, bob, carol); `tricky` has a display name that needs escaping; `robot` is a
/// verified bot.
class IrcWorld {
  public:
    explicit IrcWorld(const edge::irc::Options& options = {})
        : shard{.hub = hub,
                .gateway = gateway,
                .scheduler = cluster.shard(0),
                .encoder = encoder,
                .authenticator = authenticator,
                .accounts = accounts,
                .counters = counters,
                .options = options} {
        peers.push_back(&hub);
        populate();
    }

    fakes::ManualCluster cluster{1};
    store::MemoryCatalog catalog;
    store::MemoryMessageLog log;
    HeldLogQueue log_queue{log};
    moderation::Service moderation{catalog, log, {}};
    hub::AccountLimits limits;
    edge::irc::IrcEncoder encoder;
    hub::Services services{
        .make_bus = [](bus::Receiver& receiver,
                       Scheduler&) { return std::make_unique<bus::LocalBus>(receiver, 1); },
        .workers = cluster,
        .catalog = catalog,
        .log = log,
        .log_queue = log_queue,
        .limits = limits,
        .encoder = encoder,
        .moderation = moderation};
    std::vector<hub::Hub*> peers;
    hub::Hub hub{cluster.shard(0), peers, services, {}};
    hub::HubGateway gateway{peers, cluster, catalog, false};
    TableAuthenticator authenticator{catalog};
    edge::irc::AccountWindows accounts;
    edge::irc::SessionCounters counters;
    edge::irc::Shard shard;

  private:
    static void must(const Result<void>& done) {
        CLAMOR_CHECK(done.has_value(), "the memory catalog takes what the world is made of");
    }

    void populate() {
        const ChannelId dallas = catalog.ensure_channel("dallas")->id;
        CLAMOR_CHECK(catalog.ensure_channel("austin").has_value(), "a channel can be made");
        const auto user = [this](const std::string& login, const std::string& display_name,
                                 const std::string& color) {
            chat::User made = *catalog.ensure_user(login);
            made.display_name = display_name;
            made.color = color;
            made.verified_bot = login == "robot";
            must(catalog.update_user(made));
            return made.id;
        };
        user("alice", "Alice", "#0D4200");
        user("bob", "Bob", "");
        user("carol", "carol", "#FF0000");
        user("tricky", "a; b\\c", "");
        user("robot", "Robot", "");
        must(catalog.set_role(dallas, user("mona", "Mona", "#008000"), chat::Role::moderator));
        must(catalog.set_role(dallas, user("vera", "Vera", ""), chat::Role::vip));
        must(catalog.set_subscription(dallas, user("sue", "Sue", ""), 1, 14));
        must(catalog.add_emote({.id = "25252525-0000-4000-8000-000000000025",
                                .code = "Kappa",
                                .type = store::EmoteType::global,
                                .channel = {},
                                .tier_required = 0,
                                .image_url = "/k.svg",
                                .image_url_2x = "/k2.svg",
                                .image_url_4x = "/k4.svg"}));
    }
};

/// One client of the world, as its own wire sees it.
class IrcClient {
  public:
    explicit IrcClient(IrcWorld& world, bool is_websocket = false)
        : transport(is_websocket),
          session(std::make_unique<edge::irc::IrcSession>(world.shard, transport)),
          world_(world) {}

    /// A piece of the byte stream, or a message of a WebSocket, as a transport would cut it into
    /// lines.
    void receive(std::string_view bytes) {
        const auto on_line = [this](std::string_view line) { return session->on_line(line); };
        const std::size_t overlong = transport.is_websocket()
                                         ? wire::irc::for_each_line(bytes, on_line)
                                         : splitter_.feed(bytes, on_line);
        if (overlong != 0) session->on_overlong_lines(overlong);
    }
    /// A line; its answers are there afterwards.
    IrcClient& send(std::string_view line) {
        receive(std::string(line) + "\r\n");
        world_.cluster.run();
        return *this;
    }
    IrcClient& log_in(
        std::string_view login,
        std::string_view capabilities = "twitch.tv/tags twitch.tv/commands twitch.tv/membership") {
        if (!capabilities.empty()) send("CAP REQ :" + std::string(capabilities));
        send("PASS oauth:" + std::string(login));
        send("NICK " + std::string(login));
        take();
        return *this;
    }
    /// What arrived since the last call.
    std::string take() { return std::exchange(transport.text, {}); }

    FakeTransport transport;
    std::unique_ptr<edge::irc::IrcSession> session;

  private:
    IrcWorld& world_;
    wire::irc::LineSplitter splitter_;
};

}  // namespace clamor::fakes
