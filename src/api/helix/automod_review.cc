// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_review.h"

#include <array>

#include <nlohmann/json.hpp>

#include "api/helix/automod_json.h"
#include "api/helix/handlers.h"
#include "automod/names.h"
#include "base/limits.h"
#include "moderation/automod_findings.h"
#include "moderation/raid_trip.h"

/// What AutoMod did and would do: held messages, the proof of a verdict, time travel, calibration,
/// and the report. Below /api, for mod pages.
namespace clamor::api::helix {

namespace {

constexpr std::int64_t kPage = 100;
constexpr std::size_t kProposedTerms = 100;
constexpr std::size_t kHitsShown = 50;
constexpr std::int64_t kPreviewHours = 24 * 7;

MessageId path_message(Call& call) {
    const auto id = MessageId::parse(call.path.at(1));
    if (!id) throw Refusal{404, "This is no message's id."};
    return *id;
}

Json held_json(Call& call, const store::Held& held) {
    const auto event = chat::decode_event(held.event);
    const auto* kept = event ? std::get_if<chat::HeldMessage>(&event->body) : nullptr;
    const auto verdict = take(call.catalog().find_verdict(held.channel, held.id));
    Json out{{"id", held.id.to_string()},
             {"status", chat::name_of(held.status)},
             {"held_at", unix_ms(held.held_at)},
             {"author", automod_person(call.person(held.author))},
             {"text", kept != nullptr ? Json(kept->message.text) : Json()},
             {"decided_at", held.decided_at ? Json(unix_ms(*held.decided_at)) : Json()},
             {"moderator", held.moderator ? automod_person(call.person(held.moderator)) : Json()}};
    out["findings"] = automod_findings(verdict ? moderation::read_findings(verdict->findings)
                                               : std::vector<automod::Finding>());
    return out;
}

Json figures_json(const automod::CalibrationFigures& figures) {
    Json thresholds = Json::array();
    Json held = Json::array();
    Json wrong = Json::array();
    for (std::size_t level = 1; level < figures.thresholds.size(); ++level) {
        thresholds.push_back(figures.thresholds[level]);
        held.push_back(figures.held[level]);
        wrong.push_back(figures.held_and_approved[level]);
    }
    return {{"log_loss", figures.log_loss},
            {"thresholds", std::move(thresholds)},
            {"held", std::move(held)},
            {"held_and_approved", std::move(wrong)}};
}

Json layer_json(const automod::Calibration& layer) {
    return {{"slope", layer.slope}, {"offset", layer.offset}};
}

Json calibration_json(Call& call) {
    const auto fit = take(moderation::fit(call.catalog(), call.channel.id, call.now.wall));
    return {{"decisions", fit.decisions},
            {"denied", fit.denied},
            {"enough", fit.enough},
            {"at_bound", fit.at_bound},
            {"bounds",
             {{"slope", {automod::kSlopeMin, automod::kSlopeMax}},
              {"offset", {-automod::kOffsetMax, automod::kOffsetMax}},
              {"decisions", automod::kDecisionsMin}}},
            {"present",
             {{"layer", layer_json(fit.before)}, {"figures", figures_json(fit.figures_before)}}},
            {"proposed",
             {{"layer", layer_json(fit.after)}, {"figures", figures_json(fit.figures_after)}}}};
}

Json trip_json(const store::RaidTrip& stored, WallTime now) {
    const auto trip = moderation::read_trip(stored.details);
    Json signs = Json::array(), changes = Json::array(), newcomers = Json::array();
    for (const auto& sign : trip.signs) {
        signs.push_back({{"sign", automod::name_of(sign.sign)},
                         {"measured", sign.measured},
                         {"limit", sign.limit}});
    }
    for (const auto& change : trip.changes) {
        changes.push_back({{"measure", automod::name_of(change.measure)},
                           {"before", change.before},
                           {"after", change.after}});
    }
    for (const UserId user : trip.newcomers) newcomers.push_back(id_text(user));
    const auto left = std::chrono::ceil<std::chrono::seconds>(stored.until - now);
    return {{"batch", stored.batch},
            {"at", unix_ms(stored.at)},
            {"until", unix_ms(stored.until)},
            {"seconds_left", stored.over ? 0 : std::max<std::int64_t>(left.count(), 0)},
            {"over", stored.over},
            {"shadow", stored.shadow},
            {"signs", std::move(signs)},
            {"changes", std::move(changes)},
            {"newcomers", std::move(newcomers)}};
}

}  // namespace

Reply get_held(Call& call) {
    const auto status = static_cast<chat::HoldStatus>(
        call.fields.optional_word("status", {"pending", "approved", "denied", "expired"})
            .value_or(0));
    const auto limit =
        static_cast<std::size_t>(call.fields.optional_number("limit", 1, kPage).value_or(kPage));
    MessageId after;
    if (call.fields.has("after")) after = call.fields.message_id("after");
    Json list = Json::array();
    for (const auto& held : take(call.catalog().list_held(call.channel.id, status, after, limit)))
        list.push_back(held_json(call, held));
    return json_reply({{"held", std::move(list)}});
}

Reply post_held(Call& call) {
    const bool approve = call.fields.word("action", {"approve", "deny"}) == 0;
    return call.act(chat::act::DecideHeld{.message = path_message(call), .approve = approve});
}

Reply get_verdict(Call& call) {
    const auto id = path_message(call);
    const auto verdict = take(call.catalog().find_verdict(call.channel.id, id));
    if (!verdict) throw Refusal{404, "AutoMod found nothing in this message."};
    constexpr std::array kActions{"allow", "hold", "block"};
    return json_reply(
        {{"id", id.to_string()},
         {"at", unix_ms(verdict->at)},
         {"author", automod_person(call.person(verdict->author))},
         {"text", verdict->text},
         {"action", kActions.at(verdict->action)},
         {"status", verdict->status ? Json(chat::name_of(*verdict->status)) : Json()},
         {"findings", automod_findings(moderation::read_findings(verdict->findings))}});
}

Reply post_preview(Call& call) {
    moderation::Proposal proposal;
    if (call.fields.has("terms")) {
        for (const auto& fields : call.fields.objects("terms", 1, kProposedTerms)) {
            const auto term = read_term(fields, call.now.wall);
            proposal.terms.push_back({.id = call.new_uuid(),
                                      .channel = call.channel.id,
                                      .text = term.text,
                                      .permitted = term.permitted,
                                      .expires_at = term.expires_at,
                                      .private_term = term.private_term,
                                      .shadow = term.shadow,
                                      .holds = term.holds});
        }
    }
    proposal.rules = call.fields.document("rules");
    if (const auto level = call.fields.optional_number("overall_level", 0, 4))
        proposal.levels = chat::AutoModLevels{.overall = static_cast<std::uint8_t>(*level)};
    proposal.with_present = call.fields.optional_flag("with_present").value_or(false);
    const std::chrono::hours hours(
        call.fields.optional_number("hours", 1, kPreviewHours).value_or(24));
    const auto seen =
        moderation::preview(call.services->automod, call.catalog(), call.services->log,
                            call.channel.id, proposal, hours, call.now);
    if (!seen && seen.error().code == std::errc::resource_unavailable_try_again)
        throw Refusal{429, "Another look back is under way: ask again in a moment."};
    const auto preview = take(seen);
    const automod::WouldHave& would = preview.would;
    Json hits = Json::array();
    for (const auto& hit : would.hits) {
        if (hits.size() == kHitsShown) break;
        const auto& message = preview.messages.at(hit.message);
        hits.push_back({{"id", message.id},
                        {"at", unix_ms(message.at)},
                        {"user_id", id_text(message.author)},
                        {"login", message.author_login},
                        {"regular", hit.regular},
                        {"new", hit.new_hit},
                        {"text", message.text},
                        {"findings", automod_findings(hit.verdict.findings)}});
    }
    Json people = Json::array();
    for (const auto& author : would.authors) {
        people.push_back({{"user_id", id_text(author.user)},
                          {"login", author.login},
                          {"hits", author.hits},
                          {"regular", author.regular}});
    }
    return json_reply({{"messages", would.messages},
                       {"all", preview.all},
                       {"held", would.held},
                       {"blocked", would.blocked},
                       {"shadowed", would.shadowed},
                       {"no_longer", would.no_longer},
                       {"people", would.people},
                       {"regulars", would.regulars},
                       {"authors", std::move(people)},
                       {"hits", std::move(hits)}});
}

Reply get_calibration(Call& call) {
    return json_reply(calibration_json(call));
}

Reply post_calibration(Call& call) {
    const auto fit = take(moderation::fit(call.catalog(), call.channel.id, call.now.wall));
    if (!fit.enough) throw Refusal{409, "There are too few decisions to calibrate by."};
    const Json patch{{"calibration", layer_json(fit.after)}};
    return act_in_batch(call, chat::act::ChangeAutoMod{.rules = patch.dump()}, calibration_json);
}

Reply delete_calibration(Call& call) {
    return act_in_batch(call, chat::act::ChangeAutoMod{.rules = R"({"calibration":null})"},
                        calibration_json);
}

Reply get_automod_report(Call& call) {
    const auto days = call.fields.optional_number("days", 1, 30).value_or(7);
    const auto since = call.now.wall - std::chrono::hours(24 * days);
    Json rules = Json::array();
    for (const auto& rule : take(moderation::report(call.catalog(), call.channel.id, since,
                                                    call.now.wall + std::chrono::hours(1)))) {
        rules.push_back({{"source", automod::name_of(rule.source)},
                         {"rule", rule.rule},
                         {"versions", rule.versions},
                         {"hits", rule.hits},
                         {"shadow", rule.shadow},
                         {"blocked", rule.blocked},
                         {"held", rule.held},
                         {"approved", rule.approved},
                         {"denied", rule.denied},
                         {"expired", rule.expired},
                         {"pending", rule.pending},
                         {"false_hold_rate", rule.false_hold_rate},
                         {"false_hold_rate_at_most", rule.false_hold_rate_at_most}});
    }
    return json_reply({{"since", unix_ms(since)}, {"rules", std::move(rules)}});
}

Reply get_raid_breaker(Call& call) {
    const auto stored = take(call.catalog().automod_settings(call.channel.id));
    const auto rules = moderation::parse_rules(stored.rules);
    const auto last = take(call.catalog().raid_trip(call.channel.id));
    return json_reply({{"on", rules && rules->raid.on},
                       {"shield", take(call.catalog().shield_mode(call.channel.id)).active},
                       {"last", last ? trip_json(*last, call.now.wall) : Json()}});
}

Reply post_raid_revert(Call& call) {
    const auto last = take(call.catalog().raid_trip(call.channel.id));
    if (!last || last->over) throw Refusal{404, "The raid breaker has nothing to take back."};
    return call.act(chat::act::Undo{last->batch});
}

Reply post_raid_extend(Call& call) {
    const auto seconds = call.fields.number("seconds", 1, limits::kRaidBreakerMax.count());
    return call.act(chat::act::ExtendTrip{static_cast<std::uint32_t>(seconds)});
}

}  // namespace clamor::api::helix
