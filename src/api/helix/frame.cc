// SPDX-License-Identifier: Apache-2.0
#include "api/helix/frame.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/helix/call.h"
#include "api/helix/identify.h"
#include "api/helix/scopes.h"
#include "api/parameters.h"

namespace clamor::api::helix {

namespace {

std::string methods_of(const std::vector<const Endpoint*>& endpoints) {
    std::string list;
    for (const auto* endpoint : endpoints) {
        list += endpoint->method;
        list += ", ";
        if (endpoint->method == "GET") list += "HEAD, ";
    }
    return list + "OPTIONS";
}

wire::http::Response preflight() {
    return {204,
            {{"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"},
             {"Access-Control-Allow-Headers", "Authorization, Client-Id, Content-Type"},
             {"Access-Control-Max-Age", "600"}},
            {}};
}

[[noreturn]] void refuse_mismatch(std::string_view parameter) {
    throw Refusal{401, fmt::format("The ID in {} must match the user ID found in the request's "
                                   "OAuth token.",
                                   parameter)};
}

void check_self(Call& call, std::string_view parameter) {
    if (call.fields.user_id(parameter) != call.user().id) refuse_mismatch(parameter);
}

void check_moderator(const Endpoint& endpoint, Call& call) {
    if (call.moderates(call.channel, call.user())) return;
    constexpr std::string_view kText =
        "The user in moderator_id is not one of the broadcaster's moderators.";
    throw Refusal{403,
                  std::string(endpoint.moderator_text.empty() ? kText : endpoint.moderator_text)};
}

/// Whom the row lets in; finds the channel that it is about.
void admit(const Endpoint& endpoint, Call& call) {
    switch (endpoint.who) {
        case Who::anyone:
        case Who::user:
            return;
        case Who::app:
            if (call.caller.user) throw Refusal{401, "An app access token is required."};
            return;
        case Who::self:
            return check_self(call, endpoint.of);
        case Who::broadcaster:
            check_self(call, endpoint.of);
            call.channel = call.find_channel(call.user().id, endpoint.of);
            return;
        case Who::moderator:
            check_self(call, "moderator_id");
            call.channel = call.find_channel(call.fields.user_id(endpoint.of), endpoint.of);
            return check_moderator(endpoint, call);
        case Who::moderator_of_path: {
            const auto login = parse_login(call.path.at(0));
            if (!login) throw Refusal{400, login.error()};
            auto channel = take(call.catalog().find_channel(*login));
            if (!channel) throw Refusal{404, "there is no channel '" + *login + "'"};
            call.channel = *std::move(channel);
            return check_moderator(endpoint, call);
        }
    }
}

void check_scope(const Endpoint& endpoint, const Call& call) {
    // App tokens have no scopes of users; the platform's scope is theirs alone.
    const bool asked = call.caller.user || endpoint.scopes == kPlatformScope;
    if (!asked || call.granted(endpoint.scopes)) return;
    throw Refusal{401, endpoint.scope_text.empty() ? missing_scope(endpoint.scopes)
                                                   : std::string(endpoint.scope_text)};
}

}  // namespace

Frame::Frame(const Services& services, std::span<const Endpoint> endpoints, const Options& options)
    : services_(std::make_shared<const Services>(services)), options_(options) {
    for (const auto& endpoint : endpoints) by_path_[endpoint.path].push_back(&endpoint);
}

void Frame::handle(std::string_view path, wire::http::Request request,
                   wire::http::Respond respond) const {
    const auto found = by_path_.find(path);
    const std::string_view method =
        request.method == "HEAD" ? "GET" : std::string_view(request.method);
    if (found != by_path_.end()) {
        for (const auto* endpoint : found->second) {
            if (endpoint->method == method)
                return serve(*endpoint, std::move(request), {}, std::move(respond));
        }
    }
    auto call = make_call(std::move(request), {});
    respond = dressed(call, std::move(respond));
    if (call->request.method == "OPTIONS") return respond(preflight());
    if (found == by_path_.end())
        return respond(error_reply(404, "there is nothing at " + call->request.path));
    auto response = error_reply(405, fmt::format("{} takes {}, not {}", call->request.path,
                                                 methods_of(found->second), call->request.method));
    response.headers.emplace_back("Allow", methods_of(found->second));
    respond(std::move(response));
}

void Frame::serve(const Endpoint& endpoint, wire::http::Request request, Parameters path,
                  wire::http::Respond respond) const {
    auto call = make_call(std::move(request), std::move(path));
    respond = dressed(call, std::move(respond));
    const bool taken =
        services_->workers.post([self = shared_from_this(), &endpoint, call, respond] {
            give_reply(*call, respond,
                       [&self, &endpoint](Call& given) { return self->answer(endpoint, given); });
        });
    if (taken) return;
    auto busy = error_reply(503, "the server is busy; ask again in a second");
    busy.headers.emplace_back("Retry-After", "1");
    respond(std::move(busy));
}

std::shared_ptr<Call> Frame::make_call(wire::http::Request request, Parameters path) const {
    auto call = std::make_shared<Call>(services_, std::move(request), std::move(path));
    call->origin = options_.origin;
    return call;
}

LimitState Frame::charge(const std::string& key, Now now) const {
    return services_->limits.helix.take(key, now);
}

wire::http::Respond Frame::dressed(std::shared_ptr<Call> call, wire::http::Respond respond) const {
    return [self = shared_from_this(), call = std::move(call),
            respond = std::move(respond)](wire::http::Response response) {
        if (self->options_.limit_apps || call->limit) {
            // Who has no token pays as an address.
            if (!call->limit)
                call->limit = self->charge("address " + call->request.peer, call->now);
            const LimitState& limit = *call->limit;
            response.headers.emplace_back("Ratelimit-Limit", std::to_string(limit.limit));
            response.headers.emplace_back("Ratelimit-Remaining", std::to_string(limit.remaining));
            response.headers.emplace_back("Ratelimit-Reset", std::to_string(limit.full_at_s));
        }
        if (self->options_.cors) {
            response.headers.emplace_back("Access-Control-Allow-Origin", "*");
            response.headers.emplace_back("Access-Control-Expose-Headers",
                                          "Ratelimit-Limit, Ratelimit-Remaining, Ratelimit-Reset");
        }
        respond(std::move(response));
    };
}

Reply Frame::answer(const Endpoint& endpoint, Call& call) const {
    authenticate(call);
    if (options_.limit_apps || call.caller.user) {
        call.limit = charge(fmt::format("{} {}", call.caller.client_id,
                                        call.caller.user ? call.caller.user->id.value : 0),
                            call.now);
        if (!call.limit->allowed)
            throw Refusal{429, "Too many requests: the rate limit is used up until it refills."};
    }
    if (!call.caller.user && endpoint.who != Who::anyone && endpoint.who != Who::app)
        throw Refusal{401, "Missing User OAUTH Token"};
    check_scope(endpoint, call);
    call.fields = Fields(call.request);
    admit(endpoint, call);
    return endpoint.answer(call);
}

void Frame::authenticate(Call& call) const {
    if (call.request.header("authorization").empty()) throw Refusal{401, "OAuth token is missing"};
    const auto token = bearer_token(call.request);
    const std::string client(call.request.header("client-id"));
    if (options_.client_id && client.empty() && !services_->dev)
        throw Refusal{401, "Client ID is missing"};
    auto caller = token.empty() ? std::nullopt : identify(*services_, token, call.now.wall);
    if (!caller) {
        // Guessing tokens costs the address its points.
        call.limit = charge("address " + call.request.peer, call.now);
        if (!call.limit->allowed)
            throw Refusal{429, "Too many requests: the rate limit is used up until it refills."};
        throw Refusal{401, "Invalid OAuth token"};
    }
    // Tokens made on the command line belong to no client: any fits.
    if (options_.client_id && !services_->dev && !caller->client_id.empty() &&
        client != caller->client_id) {
        throw Refusal{401, "Client ID and OAuth token do not match"};
    }
    if (services_->dev && !client.empty()) caller->client_id = client;
    call.caller = *std::move(caller);
}

void add_helix_routes(Router& router, const Services& services) {
    const auto frame = std::make_shared<const Frame>(services, helix_endpoints(), Frame::Options{});
    const Handler below = [frame](wire::http::Request request, Parameters rest,
                                  wire::http::Respond respond) {
        frame->handle(rest[0], std::move(request), std::move(respond));
    };
    router.below("/helix", below);
    router.below("/mock", below);
    // Where twurple's mock mode looks for it.
    router.below("/eventsub", [frame](wire::http::Request request, Parameters rest,
                                      wire::http::Respond respond) {
        frame->handle("eventsub/" + rest[0], std::move(request), std::move(respond));
    });
}

void add_platform_routes(Router& router, const Services& services) {
    const auto frame = std::make_shared<const Frame>(
        services, platform_endpoints(),
        Frame::Options{.origin = "api", .client_id = false, .limit_apps = false, .cors = false});
    for (const auto& endpoint : platform_endpoints()) {
        router.on(endpoint.method, endpoint.path,
                  [frame, &endpoint](wire::http::Request request, Parameters path,
                                     wire::http::Respond respond) {
                      frame->serve(endpoint, std::move(request), std::move(path),
                                   std::move(respond));
                  });
    }
}

}  // namespace clamor::api::helix
