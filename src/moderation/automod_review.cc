// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_review.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "chat/event.h"
#include "moderation/automod_findings.h"

namespace clamor::moderation {
namespace {

constexpr std::size_t kPage = 1000;

/// Messages of a channel from the newest back to `since`.
struct Past {
    std::vector<chat::Message> messages;
    bool all = true;
};

Result<Past> read_past(store::MessageLog& log, ChannelId channel, WallTime since) {
    Past past;
    store::HistoryQuery query{.channel = channel, .messages_only = true, .limit = kPage};
    for (;;) {
        auto page = log.read(query);
        if (!page) return tl::unexpected(page.error());
        for (auto entry = page->rbegin(); entry != page->rend(); ++entry) {
            if (entry->sent_at < since) return past;
            if (past.messages.size() == limits::kPreviewMessages) {
                past.all = false;
                return past;
            }
            auto event = chat::decode_event(entry->event);
            auto* message = event ? std::get_if<chat::Message>(&event->body) : nullptr;
            if (message != nullptr) past.messages.push_back(std::move(*message));
        }
        if (page->size() < kPage) return past;
        query.before_sequence = page->front().position.sequence;
    }
}

automod::Roles roles_of(const chat::Message& message) {
    namespace role = automod::role;
    unsigned roles = 0;
    if (message.subscriber) roles |= role::kSubscriber;
    if (message.author_role == chat::Role::vip) roles |= role::kVip;
    if (message.author_role == chat::Role::moderator) roles |= role::kModerator;
    if (message.author_role == chat::Role::broadcaster) roles |= role::kBroadcaster;
    if (message.author_type != chat::AccountType::ordinary) roles |= role::kStaff;
    return static_cast<automod::Roles>(roles);
}

Result<std::shared_ptr<const automod::Policy>> compile(const AutoModDesk& desk, ChannelId channel,
                                                       const Proposal& proposal, WallTime now) {
    automod::Settings settings;
    if (proposal.with_present) {
        auto present = desk.policy_of(channel, now);
        if (!present) return tl::unexpected(present.error());
        settings = present->policy->settings;
    } else {
        for (automod::SpamSetting& rule : settings.spam) rule.on = false;
    }
    const auto rules = parse_rules(proposal.rules);
    if (!rules) return tl::unexpected(rules.error());
    if (!proposal.rules.empty()) {
        // What the patch does not name has to stay off, though it may be on by default.
        const auto defaults = AutoModRules().settings.spam;
        for (std::size_t i = 0; i < settings.spam.size(); ++i) {
            if (!(rules->settings.spam[i] == defaults[i]))
                settings.spam[i] = rules->settings.spam[i];
        }
        settings.lists = rules->settings.lists;
        settings.allowed_links = rules->settings.allowed_links;
        settings.exempt = rules->settings.exempt;
    }
    if (!proposal.with_present || proposal.levels != store::AutoModSettings())
        settings.levels = levels_of(proposal.levels);
    for (const store::Term& term : proposal.terms) {
        if (auto fault = desk.fault_in_term(term); !fault.empty())
            return fail(std::errc::invalid_argument, term.text + ": " + fault);
        settings.terms.push_back(compiled_term(term));
    }
    return automod::compile_policy(std::move(settings), desk.normaliser(), now).policy;
}

automod::PastMessage past_message(chat::Message&& message) {
    automod::PastMessage past{.id = message.id.to_string(),
                              .at = message.sent_at,
                              .author = message.author_id,
                              .author_login = std::move(message.author_login),
                              .roles = roles_of(message),
                              .text = std::move(message.text),
                              .emotes = {}};
    for (const auto& emote : message.emotes) past.emotes.push_back({emote.first, emote.last});
    return past;
}

/// What AutoMod made of the messages that are in the log and in which it found something.
Result<std::unordered_map<std::string, automod::Action>> actions_since(store::Catalog& catalog,
                                                                       ChannelId channel,
                                                                       WallTime since) {
    std::unordered_map<std::string, automod::Action> actions;
    for (MessageId after = MessageId::at(since, 0, 0); actions.size() < limits::kPreviewMessages;) {
        const auto page = catalog.list_verdicts(channel, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const store::VerdictRecord& record : *page) {
            after = record.message;
            actions.emplace(record.message.to_string(),
                            static_cast<automod::Action>(record.action));
        }
        if (page->size() < kPage) break;
    }
    return actions;
}

automod::Outcome outcome_of(const std::optional<chat::HoldStatus>& status) {
    if (status == chat::HoldStatus::approved) return automod::Outcome::approved;
    if (status == chat::HoldStatus::denied) return automod::Outcome::denied;
    if (status == chat::HoldStatus::expired) return automod::Outcome::expired;
    return automod::Outcome::none;
}

}  // namespace

Result<Preview> preview(const AutoModDesk& desk, store::Catalog& catalog, store::MessageLog& log,
                        ChannelId channel, const Proposal& proposal, std::chrono::hours hours,
                        const Now& now) {
    const auto alone = desk.try_look_back();
    if (!alone) return fail(std::errc::resource_unavailable_try_again, "another one is being made");
    const auto policy = compile(desk, channel, proposal, now.wall);
    if (!policy) return tl::unexpected(policy.error());
    auto past = read_past(log, channel, now.wall - hours);
    if (!past) return tl::unexpected(past.error());
    const auto then = actions_since(catalog, channel, now.wall - hours);
    if (!then) return tl::unexpected(then.error());
    Preview preview{.messages = {}, .all = past->all, .would = {}};
    preview.messages.reserve(past->messages.size());
    for (auto at = past->messages.rbegin(); at != past->messages.rend(); ++at)
        preview.messages.push_back(past_message(std::move(*at)));
    for (automod::PastMessage& message : preview.messages) {
        if (const auto action = then->find(message.id); action != then->end())
            message.then = action->second;
    }
    automod::AutoMod automod(desk.normaliser(), desk.classifier());
    preview.would = automod::run_over_past(preview.messages, **policy, automod);
    return preview;
}

Result<std::vector<automod::RuleFigures>> report(store::Catalog& catalog, ChannelId channel,
                                                 WallTime since, WallTime until) {
    std::vector<automod::RecordedFinding> recorded;
    for (MessageId after = MessageId::at(since, 0, 0);;) {
        const auto page = catalog.list_verdicts(channel, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const store::VerdictRecord& record : *page) {
            after = record.message;
            std::set<std::string> counted;
            for (const automod::Finding& finding : read_findings(record.findings)) {
                // A rule that found two things in a message was right or wrong once.
                if (!counted.insert(rule_key(finding)).second) continue;
                recorded.push_back({.at = record.at,
                                    .source = finding.source,
                                    .action = finding.action,
                                    .shadow = finding.shadow,
                                    .rule = finding.rule,
                                    .version = finding.version,
                                    .outcome = outcome_of(record.status)});
            }
        }
        if (page->size() < kPage) break;
    }
    return automod::report_by_rule(recorded, since, until);
}

Result<automod::CalibrationFit> fit(store::Catalog& catalog, ChannelId channel, WallTime now) {
    const auto settings = catalog.automod_settings(channel);
    if (!settings) return tl::unexpected(settings.error());
    const auto rules = parse_rules(settings->rules);
    const automod::Calibration before =
        rules ? rules->settings.calibration : automod::Calibration();
    std::vector<automod::Decision> decisions;
    for (MessageId after = MessageId::at(now - limits::kVerdictsKept, 0, 0);;) {
        const auto page = catalog.list_verdicts(channel, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const store::VerdictRecord& record : *page) {
            after = record.message;
            const bool denied = record.status == chat::HoldStatus::denied;
            if (!denied && record.status != chat::HoldStatus::approved) continue;
            const auto findings = read_findings(record.findings);
            // Of what terms and spam rules found a decision says nothing about the scores.
            const bool by_model = std::ranges::all_of(findings, [](const auto& finding) {
                return finding.source == automod::Source::classifier ||
                       finding.source == automod::Source::model || finding.shadow;
            });
            const auto found = std::ranges::find_if(findings, [](const auto& finding) {
                return !finding.shadow && (finding.source == automod::Source::classifier ||
                                           finding.source == automod::Source::model);
            });
            if (by_model && found != findings.end())
                decisions.push_back({.score = found->score, .denied = denied});
        }
        if (page->size() < kPage) break;
    }
    return automod::fit_calibration(decisions, before);
}

}  // namespace clamor::moderation
