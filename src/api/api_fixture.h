// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/gateway_fixture.h"
#include "api/router.h"
#include "api/services.h"
#include "auth/auth_fixture.h"
#include "chat/event.h"
#include "eventsub/registry.h"
#include "moderation/automod_desk.h"
#include "store/memory_catalog.h"
#include "store/memory_message_log.h"
#include "tests/fakes/manual_cluster.h"
#include "wire/http/request_parser.h"

namespace clamor::api {

/// Runs what is posted at once; or refuses it, as a full queue does.
class InlineExecutor final : public Executor {
  public:
    bool full = false;

    bool post(Task task) override {
        if (full) return false;
        task();
        return true;
    }
};

/// A router over memory stores, asked without sockets.
class ApiFixture : public ::testing::Test {
  protected:
    wire::http::Response ask(std::string_view method, std::string_view target,
                             wire::http::Headers headers = {}, std::string body = {}) {
        wire::http::Request request;
        request.method = method;
        request.headers = std::move(headers);
        request.body = std::move(body);
        request.peer = "192.0.2.1";
        EXPECT_TRUE(wire::http::decode_target(target, request)) << target;
        std::optional<wire::http::Response> answer;
        router.handle(std::move(request), [&answer](wire::http::Response response) {
            EXPECT_FALSE(answer.has_value()) << "answered twice";
            answer = std::move(response);
        });
        live.give_answers();
        shards.run();
        EXPECT_TRUE(answer.has_value()) << "not answered";
        return answer.value_or(wire::http::Response{});
    }

    wire::http::Response get(std::string_view target) { return ask("GET", target); }

    /// The document that a GET gives; fails unless it comes with `status`.
    nlohmann::json get_json(std::string_view target, int status = 200) {
        const auto response = get(target);
        EXPECT_EQ(response.status, status) << response.body;
        EXPECT_EQ(header_of(response, "Content-Type"), "application/json; charset=utf-8");
        return nlohmann::json::parse(response.body, nullptr, false);
    }

    static std::string header_of(const wire::http::Response& response, std::string_view name) {
        for (const auto& [key, value] : response.headers) {
            if (key == name) return value;
        }
        return {};
    }

    /// Stores a message with sequence `sequence`, sent at second `sequence`, and gives its id.
    MessageId store_message(const store::Channel& channel, std::uint64_t sequence,
                            chat::Message message) {
        message.id = MessageId::from_random(channel.id.value, sequence);
        message.sent_at = wall_from_unix_ms(static_cast<std::int64_t>(sequence) * 1000);
        const auto author = catalog.ensure_user("alice").value();
        message.author_id = author.id;
        message.author_login = author.login;
        message.author_display_name = "Alice";
        const chat::Event event{channel.id, channel.login, {7, sequence}, message};
        const store::StoredMessage stored{channel.id,       {7, sequence},
                                          message.id,       message.sent_at,
                                          author.id,        chat::encode_event(event),
                                          /*deleted=*/false};
        EXPECT_TRUE(log.append(std::span(&stored, 1)).has_value());
        return message.id;
    }

    MessageId store_text(const store::Channel& channel, std::uint64_t sequence, std::string text,
                         chat::Suspicion suspicion = chat::Suspicion::none) {
        chat::Message message;
        message.text = std::move(text);
        message.author_suspicion = suspicion;
        return store_message(channel, sequence, std::move(message));
    }

    /// Only tokens that were made, or signed, count from now on.
    void leave_dev_mode() {
        services.dev = false;
        tokens.emplace(catalog, keys, auth::Checker::Options{}, listener());
    }

    auth::Listener listener() {
        return {
            .account_changed = [this](UserId user) { live.account_changed(user); },
            .standing_changed = [this](ChannelId channel,
                                       UserId user) { live.standing_changed(channel, user); },
            .token_revoked = [this](UserId user,
                                    const std::string& hash) { live.token_revoked(user, hash); },
            .token_expired = [this](UserId user,
                                    const std::string& hash) { live.token_expired(user, hash); }};
    }

    store::MemoryCatalog catalog;
    store::MemoryMessageLog log;
    InlineExecutor workers;
    std::map<ChannelId, std::uint64_t> watching;
    GatewayFake live{catalog, log};
    std::uint64_t random = 0;
    fakes::ManualCluster shards{1};
    eventsub::Registry events{
        workers, catalog, {.random = [this] { return ++random; }, .webhooks = true}};
    moderation::AutoModDesk automod{catalog, nullptr};
    helix::RequestLimits limits;
    /// As if the platform's secret of HS256 were 32 times `s`.
    auth::KeyRing keys{{auth::checking_secret(std::string(32, 's'))}};
    std::optional<auth::Checker> tokens{std::in_place, catalog, keys,
                                        auth::Checker::Options{.dev = true}, listener()};
    Services services{.catalog = catalog,
                      .log = log,
                      .tokens = *tokens,
                      .limits = limits,
                      .workers = workers,
                      .live = live,
                      .events = events,
                      .automod = automod,
                      .viewers =
                          [this](const std::vector<ChannelId>& channels) {
                              std::vector<std::uint64_t> counts;
                              for (const ChannelId one : channels) counts.push_back(watching[one]);
                              return counts;
                          },
                      .nodes = [] { return std::string(R"([{"name":"this one"}])"); },
                      .now = [this] { return live.now; },
                      .random = [this] { return ++random; },
                      .dev = true,
                      .version = "0.1.0"};
    Router router{Router::Options{}};
};

}  // namespace clamor::api
