// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "reactor/network.h"
#include "wire/http/service.h"

namespace clamor::edge::net {

/// Who a request comes from: `peer`, or where that is a trusted proxy the last address of
/// `X-Forwarded-For` that is none. What stands in front of it anybody may have written; what is no
/// address ends the list as well. The port is of no meaning.
reactor::Endpoint client_behind_proxies(const reactor::Endpoint& peer,
                                        const wire::http::Headers& headers,
                                        std::span<const reactor::Network> trusted);

}  // namespace clamor::edge::net
