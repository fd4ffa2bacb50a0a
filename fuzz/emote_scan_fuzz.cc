// SPDX-License-Identifier: Apache-2.0
// The first line is codes, separated by blanks; the rest is a text. Occurrences are in order,
// inside the text, apart from each other, and each is a code.
#include <algorithm>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "emotes/emote_set.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line_end = std::min(input.find('\n'), size);
    std::string_view codes = input.substr(0, line_end);
    const std::string_view text = input.substr(std::min(line_end + 1, size));

    std::vector<emotes::EmoteSet::Entry> entries;
    while (!codes.empty()) {
        const std::string code(codes.substr(0, codes.find(' ')));
        entries.push_back({.id = code, .code = code});
        codes.remove_prefix(std::min(codes.size(), code.size() + 1));
    }
    const auto found = emotes::EmoteSet(entries).find(text, {});

    std::size_t next = 0;
    for (const auto& emote : found) {
        CLAMOR_CHECK(emote.first >= next && emote.last >= emote.first, "occurrences are in order");
        next = emote.last + 2;
        if (!text::is_valid_utf8(text)) continue;
        const std::size_t begin = text::byte_offset(text, emote.first);
        const std::size_t end = text::byte_offset(text, emote.last + 1);
        CLAMOR_CHECK(text.substr(begin, end - begin) == emote.emote_id,
                     "an occurrence is where it says");
        CLAMOR_CHECK(begin == 0 || text[begin - 1] == ' ', "a word begins behind a blank");
        CLAMOR_CHECK(end == text.size() || text[end] == ' ', "a word ends before a blank");
    }
    CLAMOR_CHECK(next <= text::count_code_points(text) + 1, "occurrences are inside the text");
    emotes::emote_only(text, found);
    return 0;
}
