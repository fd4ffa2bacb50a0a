// SPDX-License-Identifier: Apache-2.0
#include "metrics.h"

#include <algorithm>
#include <vector>

namespace clamor::automod_tools {
namespace {

std::vector<Scored> by_score(std::span<const Scored> lines) {
    std::vector<Scored> sorted(lines.begin(), lines.end());
    std::ranges::stable_sort(sorted, std::greater<>(), &Scored::score);
    return sorted;
}

/// Calls `use(toxic, other)` for each group of lines of one score, from the highest down.
template <class Use>
void for_each_score(std::span<const Scored> lines, Use use) {
    const auto sorted = by_score(lines);
    for (std::size_t i = 0; i < sorted.size();) {
        double toxic = 0;
        double other = 0;
        const float score = sorted[i].score;
        for (; i < sorted.size() && sorted[i].score == score; ++i)
            ++(sorted[i].toxic ? toxic : other);
        use(toxic, other);
    }
}

}  // namespace

double roc_auc(std::span<const Scored> lines) {
    double toxic_above = 0;
    double others = 0;
    double pairs = 0;
    for_each_score(lines, [&](double toxic, double other) {
        pairs += other * (toxic_above + toxic / 2);
        toxic_above += toxic;
        others += other;
    });
    return pairs / (toxic_above * others);
}

double pr_auc(std::span<const Scored> lines) {
    double found = 0;
    double seen = 0;
    double sum = 0;
    for_each_score(lines, [&](double toxic, double other) {
        found += toxic;
        seen += toxic + other;
        sum += toxic * found / seen;
    });
    return sum / found;
}

AtThreshold at_threshold(std::span<const Scored> lines, float threshold) {
    double hits = 0;
    double false_hits = 0;
    double toxic = 0;
    for (const Scored& line : lines) {
        toxic += line.toxic ? 1 : 0;
        if (line.score <= threshold) continue;
        ++(line.toxic ? hits : false_hits);
    }
    const double recall = hits / toxic;
    const double precision = hits / (hits + false_hits);
    return {recall, precision, 2 * hits / (toxic + hits + false_hits),
            false_hits / (static_cast<double>(lines.size()) - toxic)};
}

}  // namespace clamor::automod_tools
