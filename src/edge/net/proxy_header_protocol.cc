// SPDX-License-Identifier: Apache-2.0
#include "edge/net/proxy_header_protocol.h"

#include <utility>

#include "base/log.h"
#include "edge/net/server.h"
#include "wire/proxy/header.h"

namespace clamor::edge::net {

std::unique_ptr<Protocol> ProxyHeaderProtocol::on_bytes(std::string_view& bytes) {
    using wire::proxy::NoHeader;
    const std::size_t before = begun_.size();
    begun_ += bytes;
    const auto header = wire::proxy::read_header(begun_);
    if (!header && header.error() == NoHeader::incomplete) {
        bytes = {};
        return nullptr;
    }
    Server& server = connection_.server();
    if (!header && header.error() == NoHeader::malformed) {
        bytes = {};
        server.counters().proxy_headers_refused.add();
        log::warn("a trusted proxy's header of the PROXY protocol cannot be read",
                  {{"proxy", connection_.client().address_string()}});
        connection_.close();
        return nullptr;
    }
    if (!header) {
        // The beginning looked like a header: it is far shorter than any request.
        std::string_view begun(begun_.data(), before);
        if (before > 0) (void)next_->on_bytes(begun);
        return std::move(next_);
    }
    bytes.remove_prefix(header->size - before);
    if (header->client && !server.admit(connection_, {.address = *header->client})) {
        bytes = {};
        server.refuse_for_address(connection_);
        return nullptr;
    }
    return std::move(next_);
}

}  // namespace clamor::edge::net
