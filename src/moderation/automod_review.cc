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
#include "moderation/automod_roles.h"

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

Result<std::shared_ptr<const automod::Policy>> compile(const AutoModDesk& desk,
                                                       store::Catalog& catalog, ChannelId channel,
                                                       const Proposal& proposal, WallTime now) {
    store::AutoModSettings wanted;
    if (proposal.with_present) {
        auto present = catalog.automod_settings(channel);
        if (!present) return tl::unexpected(present.error());
        wanted = *std::move(present);
    }
    if (!proposal.rules.empty()) {
        auto patched = patch_rules(wanted.rules, proposal.rules);
        if (!patched) return tl::unexpected(patched.error());
        wanted.rules = *std::move(patched);
    }
    if (proposal.levels) {
        wanted.overall_level = proposal.levels->overall;
        wanted.categories = proposal.levels->categories;
    }
    auto rules =
        proposal.with_present ? desk.rules_of(channel, wanted, now) : parse_rules(wanted.rules);
    if (!rules) return tl::unexpected(rules.error());
    automod::Settings& settings = rules->settings;
    settings.levels = levels_of(wanted);
    for (const store::Term& term : proposal.terms) {
        if (auto fault = automod::check_term(term.text, desk.normaliser()); !fault.empty())
            return fail(std::errc::invalid_argument, term.text + ": " + fault);
        settings.terms.push_back(compiled_term(term));
    }
    return automod::compile_policy(std::move(settings), desk.normaliser(), now).policy;
}

/// The authors of past messages as they were when they said them, as far as the messages tell;
/// whether they are bots and since when they follow is known of the present alone.
class PastAuthors {
  public:
    PastAuthors(store::Catalog& catalog, ChannelId channel, const automod::Settings& settings)
        : catalog_(catalog), channel_(channel) {
        automod::Roles exempt = settings.exempt;
        for (const auto& rule : settings.spam)
            exempt = static_cast<automod::Roles>(exempt | rule.exempt);
        asks_ = (exempt & (automod::role::kVerifiedBot | automod::role::kRegular)) != 0;
    }

    Result<automod::Roles> roles_of(const chat::Message& message) {
        auto known = present_.try_emplace(message.author_id);
        chat::Chatter& present = known.first->second;
        if (known.second && asks_) {
            if (auto read = read_present(message.author_id, present); !read)
                return tl::unexpected(read.error());
        }
        chat::Chatter then = present;
        then.user.type = message.author_type;
        then.standing.role = message.author_role;
        then.standing.has_spoken = !message.first_message;
        if (!message.subscriber) {
            then.standing.subscriber_tier = 0;
        } else if (!then.standing.subscribed()) {
            then.standing.subscriber_tier = 1;
        }
        return moderation::roles_of(then, message.sent_at);
    }

  private:
    Result<void> read_present(UserId id, chat::Chatter& present) {
        auto user = catalog_.find_user(id);
        if (!user) return tl::unexpected(user.error());
        if (!*user) return {};  // gone since
        auto standing = catalog_.standing(channel_, id);
        if (!standing) return tl::unexpected(standing.error());
        present = {.user = **std::move(user), .standing = *std::move(standing)};
        return {};
    }

    store::Catalog& catalog_;
    const ChannelId channel_;
    bool asks_ = false;  ///< some rule leaves bots or regulars alone
    std::unordered_map<UserId, chat::Chatter> present_;
};

automod::PastMessage past_message(chat::Message&& message, automod::Roles roles) {
    automod::PastMessage past{.id = message.id.to_string(),
                              .at = message.sent_at,
                              .author = message.author_id,
                              .author_login = std::move(message.author_login),
                              .roles = roles,
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
    const auto policy = compile(desk, catalog, channel, proposal, now.wall);
    if (!policy) return tl::unexpected(policy.error());
    auto past = read_past(log, channel, now.wall - hours);
    if (!past) return tl::unexpected(past.error());
    const auto then = actions_since(catalog, channel, now.wall - hours);
    if (!then) return tl::unexpected(then.error());
    Preview preview{.messages = {}, .all = past->all, .would = {}};
    preview.messages.reserve(past->messages.size());
    PastAuthors authors(catalog, channel, (*policy)->settings);
    for (auto at = past->messages.rbegin(); at != past->messages.rend(); ++at) {
        const auto roles = authors.roles_of(*at);
        if (!roles) return tl::unexpected(roles.error());
        preview.messages.push_back(past_message(std::move(*at), *roles));
    }
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
