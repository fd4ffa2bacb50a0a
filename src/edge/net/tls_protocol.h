// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "edge/net/connection.h"

namespace clamor::edge::net {

/// The first byte at a port of TLS. A client that speaks in plain text is told so, and TLS goes on
/// with `next` on top.
class TlsProtocol final : public Protocol {
  public:
    TlsProtocol(Connection& connection, std::unique_ptr<Protocol> next)
        : connection_(connection), next_(std::move(next)) {}

    std::unique_ptr<Protocol> on_bytes(std::string_view& bytes) override;
    void on_closed() override { next_->on_closed(); }

  private:
    Connection& connection_;
    std::unique_ptr<Protocol> next_;
};

}  // namespace clamor::edge::net
