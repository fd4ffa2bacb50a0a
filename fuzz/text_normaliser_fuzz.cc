// SPDX-License-Identifier: Apache-2.0
// Any bytes, with any emotes in them: every word and every byte of what is read comes from inside
// the original, and the same text is read the same way twice.
#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "text/normaliser.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor;
    static const text::Normaliser normaliser;
    static text::Normalised out;
    static text::Normalised again;

    std::vector<text::CodePoints> skip;
    std::size_t ranges = size > 0 ? data[0] % 4 : 0;
    std::size_t at = 1;
    for (; ranges > 0 && at + 2 < size; at += 2, --ranges) skip.push_back({data[at], data[at + 1]});
    std::ranges::sort(skip);
    at = std::min(at, size);
    const std::string_view input(reinterpret_cast<const char*>(data) + at, size - at);

    normaliser.normalise(input, skip, out);
    CLAMOR_CHECK(out.code_points == text::count_code_points(input), "all code points are counted");
    CLAMOR_CHECK(out.origin.size() == out.text.size(), "each byte has an origin");
    CLAMOR_CHECK(text::is_valid_utf8(out.text), "what is read is UTF-8");
    const auto end = std::min<std::size_t>(out.code_points, limits::kMessageCodePoints);
    std::size_t next = 0;
    for (const auto& word : out.words) {
        CLAMOR_CHECK(word.begin == next && word.begin < word.end && word.end <= out.text.size(),
                     "words stand one behind the other");
        CLAMOR_CHECK(word.origin.first <= word.origin.last && word.origin.last < end,
                     "a word comes from inside the original");
        for (std::size_t i = word.begin; i < word.end; ++i)
            CLAMOR_CHECK(out.origin[i] >= word.origin.first && out.origin[i] <= word.origin.last,
                         "and so do its bytes");
        next = word.end + 1;
    }
    normaliser.normalise(input, skip, again);
    CLAMOR_CHECK(again.text == out.text && again.origin == out.origin, "reading twice is the same");
    return 0;
}
