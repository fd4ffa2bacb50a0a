// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/helix/replies.h"

namespace clamor::api::helix {

class Call;

/// Runs on a worker and may block.
using Answer = Reply (*)(Call&);

/// Whom an endpoint lets in. `of` in the table is the parameter that says it.
enum class Who : std::uint8_t {
    anyone,             ///< with any token
    user,               ///< with a user token
    self,               ///< the user named by `of`
    broadcaster,        ///< the broadcaster of the channel named by `of`
    moderator,          ///< moderator_id, who moderates the channel named by `of`
    moderator_of_path,  ///< who moderates the channel whose login is in the path
    app,                ///< an app token
};

/// One row of the table: everything that is checked before an endpoint is asked.
struct Endpoint {
    std::string_view method;
    std::string_view path;    ///< below /helix, or a pattern of api::Router
    std::string_view scopes;  ///< alternatives, `a|b`; empty: none. Asked of user tokens only
    Who who = Who::anyone;
    std::string_view of{};
    Answer answer = nullptr;
    std::string_view scope_text{};  ///< when the scope is missing; empty: `Missing scope: a or b`
    std::string_view moderator_text{};  ///< to whom does not moderate; empty: as for most
};

/// /helix/<path> and /mock/<path>.
std::span<const Endpoint> helix_endpoints();
/// The operator's platform and the moderators' own pages, below /api.
std::span<const Endpoint> platform_endpoints();

}  // namespace clamor::api::helix
