// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_review.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
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

/// The strongest of what acts and is no shadow; a shadow rule is shown as if it acted.
automod::Action action_of(const automod::Verdict& verdict) {
    automod::Action action = verdict.action;
    for (const automod::Finding& finding : verdict.findings)
        action = std::max(action, finding.action);
    return action;
}

}  // namespace

Result<Preview> preview(const AutoModDesk& desk, store::Catalog&, store::MessageLog& log,
                        ChannelId channel, const Proposal& proposal, std::chrono::hours hours,
                        const Now& now) {
    const auto alone = desk.try_look_back();
    if (!alone) return fail(std::errc::resource_unavailable_try_again, "another one is being made");
    const auto policy = compile(desk, channel, proposal, now.wall);
    if (!policy) return tl::unexpected(policy.error());
    auto past = read_past(log, channel, now.wall - hours);
    if (!past) return tl::unexpected(past.error());
    Preview preview{.messages = past->messages.size(), .all = past->all, .since = now.wall};
    if (!past->messages.empty()) preview.since = past->messages.back().sent_at;

    std::unordered_map<UserId, std::size_t> said;
    for (const chat::Message& message : past->messages) ++said[message.author_id];
    std::unordered_set<UserId> users;
    std::unordered_set<UserId> regulars;
    automod::AutoMod automod(desk.normaliser(), desk.classifier());
    automod::ChannelMemory memory;
    std::vector<text::CodePoints> emotes;
    // As they were said: rules that look at several messages need the order.
    for (auto at = past->messages.rbegin(); at != past->messages.rend(); ++at) {
        const chat::Message& message = *at;
        const automod::Roles roles = roles_of(message);
        if ((roles & automod::role::kAlwaysExempt) != 0) continue;
        emotes.clear();
        for (const auto& emote : message.emotes) emotes.push_back({emote.first, emote.last});
        const Now then{
            .mono = MonoTime() + (message.sent_at - preview.since) + std::chrono::hours(1),
            .wall = message.sent_at};
        auto verdict = automod.judge(
            {.text = message.text, .emotes = emotes, .author = message.author_id, .roles = roles},
            **policy, memory, then);
        const automod::Action action = action_of(verdict);
        if (action == automod::Action::allow) continue;
        ++(action == automod::Action::block ? preview.blocked : preview.held);
        const bool regular = message.subscriber || message.author_role == chat::Role::vip ||
                             said[message.author_id] >= kPreviewRegular;
        users.insert(message.author_id);
        if (regular) regulars.insert(message.author_id);
        preview.examples.push_back(
            {.message = message.id,
             .at = message.sent_at,
             .author = {message.author_id, message.author_login, message.author_display_name},
             .regular = regular,
             .text = message.text,
             .verdict = std::move(verdict)});
        if (preview.examples.size() > kPreviewExamples)
            preview.examples.erase(preview.examples.begin());
    }
    std::ranges::reverse(preview.examples);
    preview.users = users.size();
    preview.regulars = regulars.size();
    return preview;
}

Result<Report> report(store::Catalog& catalog, ChannelId channel, WallTime since) {
    Report report;
    for (MessageId after = MessageId::at(since, 0, 0);;) {
        const auto page = catalog.list_verdicts(channel, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const store::VerdictRecord& record : *page) {
            after = record.message;
            if (record.at < since) continue;
            ++report.messages;
            std::set<std::string> counted;
            for (const automod::Finding& finding : read_findings(record.findings)) {
                std::string key = rule_key(finding);
                RuleReport& rule = report.rules[key];
                // A rule that found two things in a message was right or wrong once.
                if (!counted.insert(std::move(key)).second) continue;
                if (finding.shadow) {
                    ++rule.shadow_hits;
                    continue;
                }
                ++rule.hits;
                if (finding.action == automod::Action::allow) continue;
                rule.blocked += record.action == 2 ? 1 : 0;
                rule.held += record.action == 1 ? 1 : 0;
                rule.approved += record.status == chat::HoldStatus::approved ? 1 : 0;
                rule.denied += record.status == chat::HoldStatus::denied ? 1 : 0;
                rule.expired += record.status == chat::HoldStatus::expired ? 1 : 0;
            }
        }
        if (page->size() < kPage) return report;
    }
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
