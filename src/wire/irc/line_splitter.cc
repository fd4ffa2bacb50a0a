// SPDX-License-Identifier: Apache-2.0
#include "wire/irc/line_splitter.h"

#include "text/message.h"

namespace clamor::wire::irc {
namespace detail {

bool fits(std::string_view line) {
    if (!line.starts_with('@')) return line.size() <= limits::kLineBytesIn;
    const std::size_t blank = line.find(' ');
    const std::size_t tags = blank == std::string_view::npos ? line.size() : blank + 1;
    return tags <= limits::kTagsBytesIn && line.size() - tags <= limits::kLineBytesIn;
}

bool has_breaks(std::string_view line) {
    return line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos;
}

std::string_view without_breaks(std::string_view line, std::string& scratch) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!has_breaks(line)) return line;
    scratch = text::strip_line_breaks(line);
    return scratch;
}

}  // namespace detail

bool LineSplitter::hold(std::string_view bytes) {
    std::string scratch;
    if (detail::has_breaks(bytes)) bytes = scratch = text::strip_line_breaks(bytes);
    const bool tagged = partial_.empty() ? bytes.starts_with('@') : partial_.starts_with('@');
    const std::size_t most = limits::kLineBytesIn + (tagged ? limits::kTagsBytesIn : 0);
    if (partial_.size() + bytes.size() > most) {
        partial_ = std::string();
        skipping_ = true;
        return false;
    }
    partial_.append(bytes);
    return true;
}

}  // namespace clamor::wire::irc
