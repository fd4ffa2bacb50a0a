// SPDX-License-Identifier: Apache-2.0
#include "api/helix/oauth.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/identify.h"
#include "base/log.h"
#include "wire/http/request_parser.h"

namespace clamor::api::helix {

namespace {

using wire::http::Request;
using wire::http::Response;

constexpr std::chrono::hours kAppTokenLasts = std::chrono::days(60);
constexpr std::size_t kTokenLength = 30;

/// These endpoints say it without `error`.
Response oauth_error(int status, std::string_view message) {
    auto response = error_reply(status, message);
    response.body = Json{{"status", status}, {"message", message}}.dump(
        -1, ' ', false, Json::error_handler_t::replace);
    return response;
}

/// Of the query or a form in the body.
class Form {
  public:
    explicit Form(const Request& request) : query_(request.query) {
        Request form;
        if (request.body.empty() || request.body.size() > 8192) return;
        if (wire::http::decode_target("/?" + request.body, form))
            query_.insert(query_.end(), form.query.begin(), form.query.end());
    }
    std::string value(std::string_view name) const {
        for (const auto& [key, text] : query_) {
            if (key == name) return text;
        }
        return {};
    }

  private:
    std::vector<std::pair<std::string, std::string>> query_;
};

/// Takes as long for every guess of one length.
bool same_secret(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned char differs = 0;
    for (std::size_t i = 0; i < a.size(); ++i) differs |= static_cast<unsigned char>(a[i] ^ b[i]);
    return differs == 0;
}

std::string new_token(const Services& services) {
    constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz0123456789";
    std::string token;
    while (token.size() < kTokenLength) {
        // 252 is the last multiple of 36 in a byte: above it digits would not be equally likely.
        const auto byte = services.random() & 0xff;
        if (byte < 252) token += kDigits[byte % kDigits.size()];
    }
    return token;
}

Response validate(const Services& services, const Request& request) {
    if (request.header("authorization").empty())
        return oauth_error(401, "missing authorization token");
    const auto now = services.now().wall;
    const auto token = bearer_token(request, /*or_oauth=*/true);
    const auto caller = token.empty() ? std::nullopt : identify(services, token, now);
    if (!caller) return oauth_error(401, "invalid access token");
    std::int64_t expires_in = 0;
    if (caller->expires_at) {
        using std::chrono::seconds;
        expires_in = std::chrono::ceil<seconds>(*caller->expires_at - now).count();
    }
    Json body{{"client_id", caller->client_id.empty() ? kDevClient : caller->client_id}};
    if (caller->user) body["login"] = caller->user->login;
    body["scopes"] = caller->scopes;
    if (caller->user) body["user_id"] = id_text(caller->user->id);
    body["expires_in"] = expires_in;
    return json_reply(body);
}

Response client_credentials(const Services& services, const Form& form) {
    const auto id = form.value("client_id");
    const auto secret = form.value("client_secret");
    if (id.empty()) return oauth_error(400, "missing client id");
    if (secret.empty()) return oauth_error(400, "missing client secret");
    const auto client = std::ranges::find(services.clients, id, &ApiClient::client_id);
    if (client == services.clients.end()) return oauth_error(400, "invalid client");
    if (!same_secret(client->secret, secret)) return oauth_error(403, "invalid client secret");
    const auto token = new_token(services);
    const auto now = services.now().wall;
    take(services.catalog.add_token(token, {.user = {},
                                            .client_id = id,
                                            .scopes = {},
                                            .created_at = now,
                                            .expires_at = now + kAppTokenLasts,
                                            .label = "client_credentials"}));
    return json_reply(
        {{"access_token", token},
         {"expires_in", std::chrono::duration_cast<std::chrono::seconds>(kAppTokenLasts).count()},
         {"token_type", "bearer"}});
}

Response token(const Services& services, const Request& request) {
    const Form form(request);
    const auto grant = form.value("grant_type");
    if (grant.empty()) return oauth_error(400, "missing grant type");
    if (grant == "client_credentials") return client_credentials(services, form);
    if (grant == "refresh_token") {
        return oauth_error(400,
                           "Invalid refresh token: tokens of users come from the platform that "
                           "runs this server, and it renews them");
    }
    if (grant == "authorization_code" || grant == "urn:ietf:params:oauth:grant-type:device_code") {
        return oauth_error(400,
                           "this grant type is not for this server: users log in at the platform "
                           "that runs it, which gives them tokens");
    }
    return oauth_error(400, "invalid grant type");
}

Response revoke(const Services& services, const Request& request) {
    const Form form(request);
    if (form.value("client_id").empty() && !services.dev)
        return oauth_error(400, "missing client id");
    const auto text = form.value("token");
    if (text.empty()) return oauth_error(400, "missing oauth token");
    const auto caller = identify(services, text, services.now().wall);
    if (!caller) return oauth_error(400, "Invalid token");
    const bool other_client =
        !services.dev && !caller->client_id.empty() && caller->client_id != form.value("client_id");
    if (other_client) return oauth_error(400, "Invalid token");
    take(services.tokens.revoke(text, *caller, services.now().wall));
    return {200, {}, {}};
}

Response platforms_business(const Services&, const Request&) {
    return oauth_error(400,
                       "users log in at the platform that runs this server, which gives them "
                       "tokens; this server only checks them");
}

Response answered(const Services& services, const Request& request,
                  Response (*answer)(const Services&, const Request&)) {
    try {
        return answer(services, request);
    } catch (const Refusal& refusal) {
        return oauth_error(refusal.status, refusal.message);
    } catch (const std::exception& failure) {
        log::error("a request handler threw", {{"path", request.path}, {"error", failure.what()}});
        return oauth_error(500, "the server made a mistake; its log says which");
    }
}

struct Row {
    std::string_view method;
    std::string_view path;
    Response (*answer)(const Services&, const Request&);
};
constexpr Row kRows[]{{"GET", "validate", validate},
                      {"POST", "token", token},
                      {"POST", "revoke", revoke},
                      {"POST", "device", platforms_business},
                      {"GET", "authorize", platforms_business}};

void serve(const std::shared_ptr<const Services>& services, const std::string& path,
           Request request, wire::http::Respond respond) {
    respond = [respond = std::move(respond)](Response response) {
        response.headers.emplace_back("Access-Control-Allow-Origin", "*");
        respond(std::move(response));
    };
    if (request.method == "OPTIONS") {
        return respond({204,
                        {{"Access-Control-Allow-Methods", "GET, POST"},
                         {"Access-Control-Allow-Headers", "Authorization, Client-Id, Content-Type"},
                         {"Access-Control-Max-Age", "600"}},
                        {}});
    }
    const auto* row = std::ranges::find(kRows, std::string_view(path), &Row::path);
    if (row == std::end(kRows))
        return respond(oauth_error(404, "there is nothing at " + request.path));
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (row->method != (reads ? "GET" : request.method)) {
        auto response = oauth_error(405, request.path + " takes " + std::string(row->method));
        response.headers.emplace_back("Allow", row->method);
        return respond(std::move(response));
    }
    // Guessing tokens and secrets has an end.
    const auto limit = services->limits.oauth.take(request.peer, services->now());
    if (!limit.allowed) {
        auto response = oauth_error(429, "too many requests");
        response.headers.emplace_back("Retry-After", std::to_string(limit.retry_after_s));
        return respond(std::move(response));
    }
    const auto answer = row->answer;
    const bool taken =
        services->workers.post([services, request = std::move(request), respond, answer] {
            respond(answered(*services, request, answer));
        });
    if (!taken) respond(oauth_error(503, "the server is busy; ask again in a second"));
}

}  // namespace

void add_oauth_routes(Router& router, const Services& given) {
    const auto services = std::make_shared<const Services>(given);
    for (const auto* folder : {"/oauth2", "/auth"}) {
        router.below(folder,
                     [services](Request request, Parameters rest, wire::http::Respond respond) {
                         serve(services, rest[0], std::move(request), std::move(respond));
                     });
    }
}

}  // namespace clamor::api::helix
