// SPDX-License-Identifier: Apache-2.0
// The first byte is a length of pieces, the rest a TCP stream. Lines are the same however the
// stream is cut, and what was parsed and written again parses to the same.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "wire/irc/line.h"
#include "wire/irc/line_splitter.h"
#include "wire/irc/writer.h"

namespace {

using namespace clamor;
using namespace clamor::wire;

struct Split {
    std::vector<std::string> lines;
    std::size_t overlong = 0;
    friend bool operator==(const Split&, const Split&) = default;
};

Split split(std::string_view bytes, std::size_t piece) {
    Split result;
    irc::LineSplitter splitter;
    const auto keep = [&](std::string_view line) {
        result.lines.emplace_back(line);
        return true;
    };
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        result.overlong += splitter.feed(std::string(bytes.substr(0, piece)), keep);
        CLAMOR_CHECK(splitter.held_bytes() <= limits::kTagsBytesIn + limits::kLineBytesIn,
                     "an unfinished line is bounded");
    }
    return result;
}

std::string written(const irc::Line& line) {
    std::string out;
    irc::TagWriter tags(out);
    irc::for_each_tag(line.tags, [&](std::string_view key, std::string_view value) {
        tags.add(key, irc::unescape_tag(value));
    });
    tags.finish();
    std::vector<std::string_view> middles(line.params.begin(),
                                          line.params.begin() + line.param_count);
    if (!line.prefix.empty()) out.append(":").append(line.prefix).append(" ");
    out.append(line.command);
    for (std::size_t i = 0; i + 1 < middles.size(); ++i) out.append(" ").append(middles[i]);
    if (!middles.empty()) out.append(" :").append(middles.back());
    return out;
}

void check_line(const std::string& text) {
    CLAMOR_CHECK(text.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos,
                 "a line holds no line end");
    irc::Line line;
    if (irc::parse_line(text, line) != irc::ParseError::none) return;
    CLAMOR_CHECK(!line.command.empty() && line.param_count <= irc::kParamsMax, "a line is sound");
    (void)irc::split_source(line.prefix);

    const std::string again_text = written(line);
    irc::Line again;
    const auto error = irc::parse_line(again_text, again);
    CLAMOR_CHECK(error == irc::ParseError::none, "a written line is a line");
    CLAMOR_CHECK(again.command == line.command && again.prefix == line.prefix, "its head is kept");
    CLAMOR_CHECK(again.param_count == line.param_count && again.params == line.params,
                 "its parameters are kept");
    irc::for_each_tag(line.tags, [&](std::string_view key, std::string_view) {
        CLAMOR_CHECK(again.tag(key) == line.tag(key), "its tags are kept");
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const Split pieces = split(bytes, data[0] + std::size_t{1});
    CLAMOR_CHECK(pieces == split(bytes, bytes.size() + 1), "the place of cuts does not matter");
    for (const std::string& line : pieces.lines) check_line(line);
    irc::for_each_line(bytes, [](std::string_view) { return true; });
    return 0;
}
