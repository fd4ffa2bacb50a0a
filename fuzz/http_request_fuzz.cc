// SPDX-License-Identifier: Apache-2.0
// The first byte is a length of pieces, the rest what a client sends. Requests are the same however
// it is cut, and sound.
#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/limits.h"
#include "text/utf8.h"
#include "wire/http/client.h"
#include "wire/http/request_parser.h"

namespace {

using namespace clamor;
using namespace clamor::wire::http;

void note(std::string& journal, const Request& request) {
    CLAMOR_CHECK(request.path.starts_with('/') && text::is_valid_utf8(request.path),
                 "a path is sound");
    CLAMOR_CHECK(request.path.find('\0') == std::string::npos, "a path has no NUL");
    CLAMOR_CHECK(request.body.size() <= limits::kHttpBodyBytes, "a body is within its limit");
    journal.append(request.method).append(" ").append(request.path).append("\n");
    for (const auto& [key, value] : request.query) {
        CLAMOR_CHECK(text::is_valid_utf8(key) && text::is_valid_utf8(value), "a query is UTF-8");
        journal.append(key).append("=").append(value).append("\n");
    }
    for (const auto& [name, value] : request.headers) {
        CLAMOR_CHECK(value.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos,
                     "a header is one line");
        journal.append(name).append(": ").append(value).append("\n");
    }
    journal.append(request.body).append(request.keep_alive ? "\nk\n" : "\nc\n");
}

/// The requests up to the first error. When an error is seen may depend on the cuts, but never a
/// request.
std::string read(std::string_view bytes, std::size_t piece) {
    RequestParser parser;
    std::string journal;
    while (!bytes.empty()) {
        const std::string part(bytes.substr(0, piece));
        const auto progress = parser.feed(part);
        CLAMOR_CHECK(progress.consumed <= part.size(), "no more is consumed than was given");
        CLAMOR_CHECK(progress.complete || progress.consumed == part.size(), "all is consumed");
        bytes.remove_prefix(progress.consumed);
        if (progress.error_status != 0) return journal;
        if (progress.complete) note(journal, parser.take());
    }
    return journal;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::string in_pieces = read(bytes, data[0] + std::size_t{1});
    CLAMOR_CHECK(in_pieces == read(bytes, size), "the place of cuts does not matter");
    ResponseHead head;
    std::size_t head_size = 0;
    if (parse_response_head(bytes, head, head_size) == HeadState::ready)
        CLAMOR_CHECK(head_size <= bytes.size() && head.status >= 100, "a response head is sound");
    return 0;
}
