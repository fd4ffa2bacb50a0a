// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string_view>

namespace clamor::automod {

/// The files of lists/, which are in the binary as they are (lists/README.md).
std::string_view embedded_top_level_domains();
std::string_view embedded_terms();

/// Calls `see` for each line that is neither empty nor begins with `#`.
template <class See>
void for_each_line(std::string_view text, const See& see) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.empty() && line.front() != '#') see(line);
    }
}

}  // namespace clamor::automod
