// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_desk.h"

#include <utility>

#include "base/log.h"
#include "store/terms.h"

namespace clamor::moderation {

namespace {

RoomPolicyRef compiled(AutoModRules rules, const text::Normaliser& normaliser, WallTime now) {
    auto compiled = automod::compile_policy(std::move(rules.settings), normaliser, now);
    return std::make_shared<const RoomPolicy>(RoomPolicy{
        .policy = std::move(compiled.policy), .ask_model = rules.ask_model, .raid = rules.raid});
}

AutoModRules by_default() {
    AutoModRules rules;
    rules.settings.levels = levels_of(store::AutoModSettings());
    return rules;
}

}  // namespace

automod::Term compiled_term(const store::Term& term) {
    return {.id = term.id,
            .text = term.text,
            .permitted = term.permitted,
            .is_private = term.private_term,
            .shadow = term.shadow,
            .action = term.holds ? automod::Action::hold : automod::Action::block,
            .expires_at = term.expires_at};
}

AutoModDesk::AutoModDesk(store::Catalog& catalog,
                         std::shared_ptr<const automod::Classifier> classifier)
    : catalog_(catalog),
      nothing_set_(compiled(by_default(), normaliser_, WallTime{})),
      classifier_(std::move(classifier)) {}

std::shared_ptr<const automod::Classifier> AutoModDesk::classifier() const {
    const std::lock_guard held(mutex_);
    return classifier_;
}

void AutoModDesk::use(std::shared_ptr<const automod::Classifier> classifier) {
    const std::lock_guard held(mutex_);
    classifier_ = std::move(classifier);
}

Result<AutoModRules> AutoModDesk::rules_of(ChannelId channel, const store::AutoModSettings& stored,
                                           WallTime now) const {
    auto rules = parse_rules(stored.rules);
    if (!rules) {
        // Written by a later version, or by hand: the channel is better off with the defaults.
        log::warn("a channel's rules of AutoMod cannot be read",
                  {{"channel", channel.value}, {"error", rules.error().to_string()}});
        rules = AutoModRules();
    }
    rules->settings.levels = levels_of(stored);
    const auto terms = store::all_terms(catalog_, channel, now);
    if (!terms) return tl::unexpected(terms.error());
    for (const store::Term& term : *terms) rules->settings.terms.push_back(compiled_term(term));
    return rules;
}

Result<RoomPolicyRef> AutoModDesk::policy_of(ChannelId channel, WallTime now) const {
    const auto stored = catalog_.automod_settings(channel);
    if (!stored) return tl::unexpected(stored.error());
    auto rules = rules_of(channel, *stored, now);
    if (!rules) return tl::unexpected(rules.error());
    if (*stored == store::AutoModSettings() && rules->settings.terms.empty()) return nothing_set_;
    return compiled(std::move(*rules), normaliser_, now);
}

std::string AutoModDesk::fault_in_rules(const store::AutoModSettings& stored) const {
    auto rules = parse_rules(stored.rules);
    if (!rules) return rules.error().detail;
    automod::Settings settings = std::move(rules->settings);
    settings.levels = levels_of(stored);
    const auto compiled = automod::compile_policy(std::move(settings), normaliser_, WallTime{});
    if (compiled.problems.empty()) return {};
    const automod::Problem& problem = compiled.problems.front();
    return problem.subject.empty() ? problem.what : problem.subject + ": " + problem.what;
}

Result<std::vector<automod::Verdict>> AutoModDesk::judge(ChannelId channel,
                                                         std::span<const std::string> texts,
                                                         const Now& now) const {
    const auto of = policy_of(channel, now.wall);
    if (!of) return tl::unexpected(of.error());
    automod::AutoMod automod(normaliser_, classifier());
    std::vector<automod::Verdict> verdicts;
    verdicts.reserve(texts.size());
    for (const std::string& text : texts) {
        automod::ChannelMemory memory;
        verdicts.push_back(automod.judge({.text = text}, *(*of)->policy, memory, now));
    }
    return verdicts;
}

}  // namespace clamor::moderation
