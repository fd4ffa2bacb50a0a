// SPDX-License-Identifier: Apache-2.0
// Any bytes, taken for compressed data and for a message: inflating is bounded, and what was
// compressed comes back.
#include <string>

#include "base/check.h"
#include "wire/ws/deflate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor::wire::ws;
    constexpr std::size_t kLimit = 65536;
    static Inflater inflater;
    static Compressor compressors[] = {Compressor(kWindowBitsMin), Compressor(kWindowBitsMax)};
    const std::string_view input(reinterpret_cast<const char*>(data), size);

    std::string out;
    const auto outcome = inflater.inflate(input, kLimit, out);
    CLAMOR_CHECK(out.size() <= kLimit + 1, "inflating stops at the limit");
    CLAMOR_CHECK(outcome != Inflater::Outcome::ok || out.size() <= kLimit,
                 "a message is within it");

    for (Compressor& compressor : compressors) {
        const auto packed = compressor.compress(input);
        if (!packed) continue;
        CLAMOR_CHECK(packed->size() < size, "compression pays");
        const auto back = inflater.inflate(*packed, size, out);
        CLAMOR_CHECK(back == Inflater::Outcome::ok && out == input, "a message comes back");
    }
    return 0;
}
