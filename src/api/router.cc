// SPDX-License-Identifier: Apache-2.0
#include "api/router.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/reply.h"

namespace clamor::api {

namespace {

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    path.remove_prefix(1);
    while (true) {
        const auto slash = path.find('/');
        segments.emplace_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{';
}

std::optional<Parameters> match(const std::vector<std::string>& pattern,
                                const std::vector<std::string>& path) {
    if (pattern.size() != path.size()) return std::nullopt;
    Parameters parameters;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_parameter(pattern[i])) {
            if (path[i].empty()) return std::nullopt;
            parameters.push_back(path[i]);
        } else if (pattern[i] != path[i]) {
            return std::nullopt;
        }
    }
    return parameters;
}

bool below_api(std::string_view path) {
    return path == "/api" || path.starts_with("/api/");
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

}  // namespace

Router::Router(Options options) : options_(std::move(options)) {}

void Router::on(std::string_view method, std::string_view pattern, Handler handler) {
    routes_.push_back({std::string(method), segments_of(pattern), std::move(handler)});
}

void Router::below(std::string_view folder, Handler handler) {
    folders_.emplace_back(folder, std::move(handler));
}

void Router::otherwise(Handler handler) {
    fallback_ = std::move(handler);
}

void Router::handle(wire::http::Request request, wire::http::Respond respond) {
    for (const auto& [folder, handler] : folders_) {
        if (!request.path.starts_with(folder)) continue;
        std::string rest = request.path.substr(folder.size());
        if (!rest.empty() && rest.front() != '/') continue;
        if (!rest.empty()) rest.erase(0, 1);
        return handler(std::move(request), {std::move(rest)}, std::move(respond));
    }
    if (below_api(request.path)) respond = with_cors(request, std::move(respond));
    const auto path = segments_of(request.path);
    const std::string_view method =
        request.method == "HEAD" ? "GET" : std::string_view(request.method);
    std::vector<std::string> allowed;
    for (const auto& route : routes_) {
        auto parameters = match(route.segments, path);
        if (!parameters) continue;
        if (route.method == method) {
            route.handler(std::move(request), std::move(*parameters), std::move(respond));
            return;
        }
        allowed.push_back(route.method);
    }
    answer_unmatched(std::move(request), std::move(allowed), std::move(respond));
}

void Router::answer_unmatched(wire::http::Request request, std::vector<std::string> allowed,
                              wire::http::Respond respond) const {
    if (allowed.empty()) {
        if (fallback_ && !below_api(request.path))
            return fallback_(std::move(request), {}, std::move(respond));
        return respond(error_response(404, "there is nothing at " + request.path));
    }
    if (std::find(allowed.begin(), allowed.end(), "GET") != allowed.end())
        allowed.emplace_back("HEAD");
    if (request.method == "OPTIONS") {
        allowed.emplace_back("OPTIONS");
        return respond({204,
                        {{"Allow", joined(allowed)},
                         {"Access-Control-Allow-Methods", joined(allowed)},
                         {"Access-Control-Allow-Headers", "Authorization, Client-Id, Content-Type"},
                         {"Access-Control-Max-Age", "600"}},
                        {}});
    }
    auto response =
        error_response(405, request.path + " takes " + joined(allowed) + ", not " + request.method);
    response.headers.emplace_back("Allow", joined(allowed));
    respond(std::move(response));
}

wire::http::Respond Router::with_cors(const wire::http::Request& request,
                                      wire::http::Respond respond) const {
    const auto& origins = options_.allowed_origins;
    const auto allows = [&origins](std::string_view origin) {
        return std::find(origins.begin(), origins.end(), origin) != origins.end();
    };
    std::string origin(request.header("origin"));
    const bool everybody = allows("*");
    if (everybody) {
        origin = "*";
    } else if (!allows(origin)) {
        origin.clear();
    }
    return [respond = std::move(respond), origin = std::move(origin),
            everybody](wire::http::Response response) {
        if (!origin.empty()) response.headers.emplace_back("Access-Control-Allow-Origin", origin);
        if (!everybody) response.headers.emplace_back("Vary", "Origin");
        respond(std::move(response));
    };
}

}  // namespace clamor::api
