// SPDX-License-Identifier: Apache-2.0
// Any bytes: an event or an error; an event that was read reads the same after it was written
// again.
#include "base/check.h"
#include "chat/event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor::chat;
    const auto event = decode_event({reinterpret_cast<const char*>(data), size});
    if (!event) return 0;
    const auto again = decode_event(encode_event(*event));
    CLAMOR_CHECK(again.has_value(), "what was encoded decodes");
    CLAMOR_CHECK(*again == *event, "an event survives encoding");
    return 0;
}
