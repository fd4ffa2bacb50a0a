// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "wire/proxy/header.h"

/// A header ends within the bytes, and each part of it that is not the whole one is incomplete.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto header = wire::proxy::read_header(bytes);
    if (!header) return 0;
    CLAMOR_CHECK(header->size <= bytes.size(), "the header was there");
    CLAMOR_CHECK(header->size <= limits::kProxyHeaderBytes, "the header is bounded");
    for (std::size_t part = 0; part < header->size; ++part) {
        const auto early = wire::proxy::read_header(bytes.substr(0, part));
        CLAMOR_CHECK(!early && early.error() == wire::proxy::NoHeader::incomplete,
                     "a header is read once it is whole");
    }
    return 0;
}
