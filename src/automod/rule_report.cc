// SPDX-License-Identifier: Apache-2.0
#include "automod/rule_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace clamor::automod {
namespace {

/// The upper end of Wilson's interval.
float at_most(std::size_t hits, std::size_t of) {
    if (of == 0) return 1;
    constexpr double z = 1.96;
    const auto n = static_cast<double>(of);
    const double p = static_cast<double>(hits) / n;
    const double middle = p + z * z / (2 * n);
    const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return static_cast<float>(std::min(1.0, (middle + half) / (1 + z * z / n)));
}

}  // namespace

std::vector<RuleFigures> report_by_rule(std::span<const RecordedFinding> findings, WallTime since,
                                        WallTime until) {
    struct Row {
        RuleFigures figures;
        std::set<std::string> versions;
    };
    std::map<std::pair<Source, std::string>, Row> rows;
    for (const RecordedFinding& finding : findings) {
        if (finding.at < since || finding.at >= until) continue;
        auto& [figures, versions] = rows[{finding.source, finding.rule}];
        versions.insert(finding.version);
        ++figures.hits;
        if (finding.shadow) {
            ++figures.shadow;
        } else if (finding.action == Action::block) {
            ++figures.blocked;
        } else {
            ++figures.held;
            figures.pending += finding.outcome == Outcome::none ? 1 : 0;
        }
        figures.approved += finding.outcome == Outcome::approved ? 1 : 0;
        figures.denied += finding.outcome == Outcome::denied ? 1 : 0;
        figures.expired += finding.outcome == Outcome::expired ? 1 : 0;
    }
    std::vector<RuleFigures> report;
    for (auto& [key, row] : rows) {
        RuleFigures& figures = row.figures;
        std::tie(figures.source, figures.rule) = key;
        figures.versions = row.versions.size();
        const std::size_t decided = figures.approved + figures.denied;
        if (decided > 0) {
            figures.false_hold_rate =
                static_cast<float>(figures.approved) / static_cast<float>(decided);
        }
        figures.false_hold_rate_at_most = at_most(figures.approved, decided);
        report.push_back(std::move(figures));
    }
    std::ranges::stable_sort(report, std::ranges::greater{}, &RuleFigures::hits);
    return report;
}

}  // namespace clamor::automod
