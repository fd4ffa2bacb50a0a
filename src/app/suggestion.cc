// SPDX-License-Identifier: Apache-2.0
#include "app/suggestion.h"

#include <algorithm>

#include <fmt/format.h>

namespace clamor::app {

namespace {

/// How many letters must be put in, left out or changed to make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
        }
    }
    return row[b.size()];
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
    const auto nearest =
        std::min_element(known.begin(), known.end(), [word](const auto& a, const auto& b) {
            return edit_distance(word, a) < edit_distance(word, b);
        });
    if (nearest == known.end() ||
        edit_distance(word, *nearest) > std::max<std::size_t>(2, nearest->size() / 3))
        return {};
    return fmt::format("; did you mean '{}'?", *nearest);
}

}  // namespace clamor::app
