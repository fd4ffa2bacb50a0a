// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/helix/endpoint.h"
#include "api/helix/rate_limiter.h"
#include "api/router.h"
#include "api/services.h"
#include "wire/http/service.h"

namespace clamor::api::helix {

/// What all endpoints have in common, in this order: the token, its client, the rate limit, the
/// body, the scope, and who asks. Immutable; serves every shard.
class Frame : public std::enable_shared_from_this<Frame> {
  public:
    struct Options {
        std::string_view origin = "helix";  ///< of acts, in the audit log
        bool client_id = true;              ///< the header Client-Id is asked for
        /// App tokens pay, too, and every answer has the `Ratelimit-` headers; else the operator's
        /// platform asks as often as it likes, and users and wrong tokens pay.
        bool limit_apps = true;
        bool cors = true;  ///< any page may read; else the router says who may
    };

    Frame(const Services& services, std::span<const Endpoint> endpoints, const Options& options);

    /// Answers for `path` below the mount: the endpoint, OPTIONS, 404, or 405.
    void handle(std::string_view path, wire::http::Request request,
                wire::http::Respond respond) const;
    /// Answers for an endpoint that was found by other means.
    void serve(const Endpoint& endpoint, wire::http::Request request, Parameters path,
               wire::http::Respond respond) const;

    const std::shared_ptr<const Services>& services() const { return services_; }

  private:
    std::shared_ptr<Call> make_call(wire::http::Request request, Parameters path) const;
    wire::http::Respond dressed(std::shared_ptr<Call> call, wire::http::Respond respond) const;
    LimitState charge(const std::string& key, Now now) const;
    Reply answer(const Endpoint& endpoint, Call& call) const;
    void authenticate(Call& call) const;

    const std::shared_ptr<const Services> services_;
    const Options options_;
    std::unordered_map<std::string_view, std::vector<const Endpoint*>> by_path_;
};

/// /helix, /mock and /eventsub/subscriptions.
void add_helix_routes(Router& router, const Services& services);
/// The operator's platform below /api/platform, and the audit log and bulk acts of channels.
void add_platform_routes(Router& router, const Services& services);

}  // namespace clamor::api::helix
