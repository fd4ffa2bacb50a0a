// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "edge/net/port_kind.h"
#include "reactor/endpoint.h"

namespace clamor::app {

/// Where a server listens.
using Ports = std::map<edge::net::PortKind, reactor::Endpoint>;

/// `127.0.0.1:8080`, or `off`.
inline std::string address_at(const Ports& ports, edge::net::PortKind kind) {
    const auto found = ports.find(kind);
    return found == ports.end() ? "off" : found->second.to_string();
}

}  // namespace clamor::app
