// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "store/log_entry.h"
#include "store/spool_segment.h"

using namespace clamor;

/// A segment file with anything in it, and each of its records as an entry. What can be read as an
/// entry is written again as it was.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto check = [](std::string_view record) {
        const auto entry = store::decode_log_entry(record);
        if (!entry) return;
        std::string again;
        store::encode_log_entry(*entry, again);
        CLAMOR_CHECK(again.size() == record.size(), "an entry is written as it was read");
    };
    check(bytes);
    const auto contents = store::spool_segment::read(bytes, 1, check);
    CLAMOR_CHECK(contents.unreadable_bytes <= size, "no more is unreadable than there is");
    return 0;
}
