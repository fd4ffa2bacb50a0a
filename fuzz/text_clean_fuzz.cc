// SPDX-License-Identifier: Apache-2.0
// Any bytes: a cleaned text is fit to be sent, and code points and bytes are told apart the same in
// both directions.
#include <string>

#include "base/check.h"
#include "base/limits.h"
#include "text/message.h"
#include "text/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace clamor;
    const std::string_view input(reinterpret_cast<const char*>(data), size);

    const std::string clean = text::clean_message(input);
    CLAMOR_CHECK(text::is_valid_utf8(clean), "a clean text is UTF-8");
    CLAMOR_CHECK(text::count_code_points(clean) <= limits::kMessageCodePoints, "it is cut");
    CLAMOR_CHECK(clean.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos,
                 "it is one line");
    CLAMOR_CHECK(text::clean_message(clean) == clean, "cleaning again changes nothing");

    const bool valid = text::is_valid_utf8(input);
    CLAMOR_CHECK((text::repair_utf8(input) == input) == valid, "only bad texts are repaired");
    const std::size_t cut = size == 0 ? 0 : data[0] % (size + 1);
    text::Utf8Validator pieces;
    const bool valid_in_pieces =
        pieces.feed(input.substr(0, cut)) && pieces.feed(input.substr(cut)) && pieces.complete();
    CLAMOR_CHECK(valid_in_pieces == valid, "the place of a cut does not matter");

    const std::size_t count = text::count_code_points(input);
    const std::size_t middle = text::byte_offset(input, count / 2);
    CLAMOR_CHECK(middle <= size && text::cut_code_points(input, count / 2).size() <= size,
                 "offsets are inside the text");
    if (valid && count > 0)
        CLAMOR_CHECK(text::code_point_offset(input, middle) == count / 2, "offsets agree");
    return 0;
}
