// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_findings.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "automod/names.h"

namespace clamor::moderation {
namespace {

using Json = nlohmann::ordered_json;
using automod::Action;
using automod::Category;
using automod::Finding;
using automod::Source;

template <class Enum>
std::optional<Enum> by_name(int count, std::string_view name) {
    for (int i = 0; i < count; ++i) {
        const auto value = static_cast<Enum>(i);
        if (automod::name_of(value) == name) return value;
    }
    return std::nullopt;
}

bool is_model(const Finding& finding) {
    return finding.source == Source::classifier || finding.source == Source::model;
}

std::optional<Finding> read_finding(const nlohmann::json& value) {
    const auto source = by_name<Source>(5, value.value("source", ""));
    const auto action = by_name<Action>(3, value.value("action", ""));
    if (!source || !action) return std::nullopt;
    Finding finding{};
    finding.source = *source;
    finding.action = *action;
    finding.shadow = value.value("shadow", false);
    finding.level = value.value("level", std::uint8_t{0});
    finding.rule = value.value("rule", "");
    finding.version = value.value("version", "");
    finding.score = value.value("score", 0.0f);
    finding.threshold = value.value("threshold", 0.0f);
    finding.private_rule = value.value("private", false);
    finding.category = by_name<Category>(automod::kCategories, value.value("category", ""))
                           .value_or(Category::swearing);
    if (const auto spans = value.find("spans"); spans != value.end()) {
        for (const auto& span : *spans)
            finding.spans.push_back(
                {span.at("first").get<std::uint32_t>(), span.at("last").get<std::uint32_t>()});
    }
    return finding;
}

char letter_of(Category category) {
    switch (category) {
        case Category::aggression:
        case Category::bullying:
            return 'A';
        case Category::disability:
        case Category::misogyny:
        case Category::race:
        case Category::sexuality:
            return 'I';
        case Category::sex_terms:
            return 'S';
        case Category::swearing:
            break;
    }
    return 'P';
}

}  // namespace

Json finding_json(const Finding& finding) {
    Json out{{"source", automod::name_of(finding.source)},
             {"action", automod::name_of(finding.action)},
             {"shadow", finding.shadow},
             {"rule", finding.rule},
             {"version", finding.version}};
    if (is_model(finding)) {
        out["category"] = automod::name_of(finding.category);
        out["level"] = finding.level;
    }
    out["score"] = finding.score;
    out["threshold"] = finding.threshold;
    Json& spans = out["spans"] = Json::array();
    for (const text::CodePoints& span : finding.spans)
        spans.push_back({{"first", span.first}, {"last", span.last}});
    out["private"] = finding.private_rule;
    return out;
}

std::string findings_document(std::span<const Finding> findings) {
    Json list = Json::array();
    for (const Finding& finding : findings) list.push_back(finding_json(finding));
    return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Finding> read_findings(std::string_view document) {
    std::vector<Finding> findings;
    const auto list = nlohmann::json::parse(document, nullptr, false);
    if (!list.is_array()) return findings;
    for (const auto& value : list) {
        try {
            if (auto finding = read_finding(value)) findings.push_back(*std::move(finding));
        } catch (const nlohmann::json::exception&) {
            continue;  // of a later version's making
        }
    }
    return findings;
}

std::vector<chat::HoldReason> reasons_of(const automod::Verdict& verdict) {
    std::vector<chat::HoldReason> reasons;
    for (const Finding& finding : verdict.findings) {
        if (finding.shadow || finding.action == Action::allow) continue;
        chat::HoldReason& reason = reasons.emplace_back();
        if (is_model(finding)) {
            reason.name = automod::name_of(finding.category);
            reason.level = std::clamp<std::uint8_t>(finding.level, 1, 4);
        } else {
            reason.kind = finding.source == Source::spam ? chat::HoldReason::Kind::spam
                                                         : chat::HoldReason::Kind::term;
            reason.name = finding.rule;
        }
        for (const text::CodePoints& span : finding.spans)
            reason.spans.emplace_back(span.first, span.last);
    }
    return reasons;
}

std::vector<chat::TextMark> marks_of(const automod::Verdict& verdict) {
    std::vector<chat::TextMark> marks;
    for (const Finding& finding : verdict.findings) {
        if (finding.shadow || !is_model(finding)) continue;
        const auto score = static_cast<std::uint8_t>(std::clamp(finding.score * 10.0f, 0.0f, 9.0f));
        for (const text::CodePoints& span : finding.spans) {
            marks.push_back({span.first, span.last, letter_of(finding.category), score});
        }
    }
    std::ranges::sort(marks, [](const auto& one, const auto& other) {
        return std::pair(one.first, one.last) < std::pair(other.first, other.last);
    });
    return marks;
}

std::string rule_key(const Finding& finding) {
    switch (finding.source) {
        case Source::blocked_term:
        case Source::pattern:
            return "term:" + finding.rule;
        case Source::spam:
            return "spam:" + finding.rule;
        case Source::classifier:
            return "classifier";
        case Source::model:
            break;
    }
    return "model:" + finding.rule;
}

}  // namespace clamor::moderation
