// SPDX-License-Identifier: Apache-2.0
#include "automod/model_labels.h"

#include <algorithm>
#include <array>

#include "automod/names.h"
#include "base/limits.h"

namespace clamor::automod {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

Result<ModelLabels> ModelLabels::parse(std::span<const std::string> rules) {
    // Attacks on an identity are of several categories; race, ethnicity and religion is the one
    // that most of them are.
    static const std::array<std::string, 6> kToxicBert{
        "toxic = toxicity",    "severe_toxic = aggression", "obscene = swearing",
        "threat = aggression", "insult = bullying",         "identity_hate = race"};
    if (rules.empty()) rules = kToxicBert;
    const auto wrong = [](const std::string& rule, std::string_view why) {
        return fail(std::errc::invalid_argument, "labels: '" + rule + "': " + std::string(why));
    };
    if (rules.size() > limits::kModelLabels)
        return fail(std::errc::invalid_argument,
                    "labels: more than " + std::to_string(limits::kModelLabels));
    ModelLabels labels;
    for (const auto& rule : rules) {
        // Labels of other people may have an equals sign in them, meanings don't.
        const auto equals = rule.rfind('=');
        if (equals == std::string::npos) return wrong(rule, "a rule is LABEL = MEANING");
        const auto label = trimmed(std::string_view(rule).substr(0, equals));
        const auto meaning = trimmed(std::string_view(rule).substr(equals + 1));
        if (label.empty()) return wrong(rule, "there is no label");
        if (label == "*") {
            if (meaning != "nothing") return wrong(rule, "other labels can only mean nothing");
            labels.others_mean_nothing_ = true;
            continue;
        }
        if (labels.find(label)) return wrong(rule, "the label has a meaning already");
        Meaning parsed{.label = std::string(label)};
        if (meaning == "toxicity") {
            parsed.toxicity = labels.tell_toxicity_ = true;
        } else if (meaning != "nothing") {
            parsed.category = parse_category(meaning);
            if (!parsed.category)
                return wrong(rule,
                             "meanings are toxicity, nothing, aggression, bullying, disability, "
                             "misogyny, race, sex_terms, sexuality and swearing");
        }
        labels.meanings_.push_back(std::move(parsed));
    }
    const bool some = std::any_of(labels.meanings_.begin(), labels.meanings_.end(),
                                  [](const auto& m) { return m.toxicity || m.category; });
    if (!some) return fail(std::errc::invalid_argument, "labels: none of them means anything");
    return labels;
}

std::optional<std::size_t> ModelLabels::find(std::string_view label) const {
    // They are few.
    for (std::size_t i = 0; i < meanings_.size(); ++i) {
        if (meanings_[i].label == label) return i;
    }
    return {};
}

}  // namespace clamor::automod
