// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "edge/net/connection.h"

namespace clamor::edge::net {

/// The first bytes of a trusted proxy's connection: it may say by the PROXY protocol who its client
/// is. What follows is for `next`.
class ProxyHeaderProtocol final : public Protocol {
  public:
    ProxyHeaderProtocol(Connection& connection, std::unique_ptr<Protocol> next)
        : connection_(connection), next_(std::move(next)) {}

    std::unique_ptr<Protocol> on_bytes(std::string_view& bytes) override;
    void on_closed() override { next_->on_closed(); }

  private:
    Connection& connection_;
    std::unique_ptr<Protocol> next_;
    std::string begun_;  // of a header, perhaps
};

}  // namespace clamor::edge::net
