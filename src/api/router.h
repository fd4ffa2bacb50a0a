// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/http/service.h"

namespace clamor::api {

/// What the `{names}` of a pattern matched, in the order of the pattern.
using Parameters = std::vector<std::string>;

/// Called on a shard's thread; must not wait.
using Handler = std::function<void(wire::http::Request, Parameters, wire::http::Respond)>;

/// Finds the handler of a request by method and path. What no pattern matches goes to the fallback;
/// below /api the answers are JSON: 404, 405 with Allow, CORS headers and preflights. Routes are
/// added before the first request; from then on it is immutable and serves every shard.
class Router final : public wire::http::Service {
  public:
    struct Options {
        /// Who may read /api from other sites' pages: origins, or `*` for everybody.
        std::vector<std::string> allowed_origins = {"*"};
    };

    explicit Router(Options options);

    /// `pattern` is a path whose segments may be `{name}`: `/api/channels/{login}/messages`. GET
    /// answers HEAD, too; the connection leaves the body out.
    void on(std::string_view method, std::string_view pattern, Handler handler);
    /// Takes everything at `folder` and below it, with any method; the parameter is what follows
    /// the folder, without the slash between them. Its answers are its own, CORS headers included.
    void below(std::string_view folder, Handler handler);
    /// Takes what no pattern matches outside of /api.
    void otherwise(Handler handler);

    void handle(wire::http::Request request, wire::http::Respond respond) override;

  private:
    struct Route {
        std::string method;
        std::vector<std::string> segments;
        Handler handler;
    };

    void answer_unmatched(wire::http::Request request, std::vector<std::string> allowed,
                          wire::http::Respond respond) const;
    wire::http::Respond with_cors(const wire::http::Request& request,
                                  wire::http::Respond respond) const;

    Options options_;
    std::vector<Route> routes_;
    std::vector<std::pair<std::string, Handler>> folders_;
    Handler fallback_;
};

}  // namespace clamor::api
