// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/limits.h"

namespace clamor::wire::irc {

namespace detail {
/// Whether a line is within the limits of base/limits.h: tags with '@' and blank, and the rest,
/// without the line end.
bool fits(std::string_view line);
/// Whether there is a NUL or CR.
bool has_breaks(std::string_view line);
/// `line` without them; copies into `scratch` only where there are any.
std::string_view without_breaks(std::string_view line, std::string& scratch);
}  // namespace detail

/// Calls `on_line` for each line of one WebSocket message: its end also ends a line. Empty lines
/// are skipped. The lines hold no NUL, CR or LF (those are removed) and live until `on_line`
/// returns. `on_line` returns false to stop. Returns how many lines were skipped as too long.
template <class OnLine>
std::size_t for_each_line(std::string_view message, OnLine&& on_line) {
    std::size_t overlong = 0;
    std::string scratch;
    while (!message.empty()) {
        const std::size_t end = message.find('\n');
        const std::string_view line = detail::without_breaks(message.substr(0, end), scratch);
        message = end == std::string_view::npos ? std::string_view{} : message.substr(end + 1);
        if (line.empty()) continue;
        if (!detail::fits(line)) {
            ++overlong;
        } else if (!on_line(line)) {
            break;
        }
    }
    return overlong;
}

/// Cuts a TCP stream into lines, however the bytes arrive. One per connection, on its shard; holds
/// memory only while a line is half read, at most limits::kTagsBytesIn + limits::kLineBytesIn.
class LineSplitter {
  public:
    /// As `for_each_line`, but an unfinished line waits for more bytes. Once `on_line` returned
    /// false the rest of `bytes` is dropped: the connection is about to end. Returns how many lines
    /// were found too long and skipped.
    template <class OnLine>
    std::size_t feed(std::string_view bytes, OnLine&& on_line) {
        std::size_t overlong = 0;
        if (skipping_ || !partial_.empty()) {
            const std::size_t end = bytes.find('\n');
            const std::string_view more = bytes.substr(0, end);
            if (!skipping_ && !hold(more)) ++overlong;
            if (end == std::string_view::npos) return overlong;
            bytes.remove_prefix(end + 1);
            skipping_ = false;
            const std::string line = std::move(partial_);
            partial_ = std::string();
            bool go_on = true;
            overlong +=
                for_each_line(line, [&](std::string_view whole) { return go_on = on_line(whole); });
            if (!go_on) return overlong;
        }
        const std::size_t last = bytes.rfind('\n');
        if (last != std::string_view::npos) {
            bool go_on = true;
            overlong += for_each_line(bytes.substr(0, last), [&](std::string_view whole) {
                return go_on = on_line(whole);
            });
            if (!go_on) return overlong;
            bytes.remove_prefix(last + 1);
        }
        if (!bytes.empty() && !hold(bytes)) ++overlong;
        return overlong;
    }

    std::size_t held_bytes() const { return partial_.size(); }

  private:
    /// False when the unfinished line has just become too long to be kept.
    bool hold(std::string_view bytes);

    std::string partial_;
    bool skipping_ = false;  ///< within a line that was too long
};

}  // namespace clamor::wire::irc
