// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "moderation/automod_rules.h"
#include "moderation/run.h"
#include "store/terms.h"
#include "text/message.h"
#include "text/utf8.h"

/// The channel's terms, what AutoMod does, and the messages that it holds.
namespace clamor::moderation {

using chat::Denial;
using chat::Denied;
using chat::Done;
using chat::ModAction;
using nlohmann::json;

namespace {

json json_of(const store::Term& term) {
    return {{"id", term.id},
            {"text", term.text},
            {"permitted", term.permitted},
            {"private", term.private_term},
            {"shadow", term.shadow},
            {"holds", term.holds},
            {"list", term.list},
            {"expires_at", term.expires_at ? json(unix_ms(*term.expires_at)) : json(nullptr)}};
}

json json_of(const store::AutoModSettings& settings) {
    return {{"levels", chat::to_text(told_levels(settings))}, {"rules", settings.rules}};
}

ModAction change_of(const store::Term& term, bool added) {
    if (added) return term.permitted ? ModAction::add_permitted_term : ModAction::add_blocked_term;
    return term.permitted ? ModAction::remove_permitted_term : ModAction::remove_blocked_term;
}

/// The levels are one setting: all of them are as they were, where the entry changed any.
bool undo_levels(const json& before, const json& after, store::AutoModSettings& now) {
    const std::string was = before.value("levels", "");
    if (was == after.value("levels", "")) return true;
    const auto levels = chat::parse_levels(was);
    if (!levels) return false;
    now.overall_level = levels->overall;
    now.categories = levels->categories;
    return true;
}

/// The patch (RFC 7396) that makes `after` into `before` and names only what differs.
json patch_back(const json& before, const json& after) {
    json patch = json::object();
    for (const auto& [name, value] : after.items()) {
        if (!before.contains(name)) {
            patch[name] = nullptr;
        } else if (before[name].is_object() && value.is_object()) {
            if (json part = patch_back(before[name], value); !part.empty())
                patch[name] = std::move(part);
        } else if (before[name] != value) {
            patch[name] = before[name];
        }
    }
    for (const auto& [name, value] : before.items()) {
        if (!after.contains(name)) patch[name] = value;
    }
    return patch;
}

/// What somebody changed since and this entry did not stays.
bool undo_rules(const json& before, const json& after, store::AutoModSettings& now) {
    const auto document = [](const json& state) {
        const std::string text = state.value("rules", "");
        return text.empty() ? json::object() : json::parse(text, nullptr, false);
    };
    const json was = document(before), made = document(after);
    if (!was.is_object() || !made.is_object()) return false;
    const json patch = patch_back(was, made);
    if (patch.empty()) return true;
    auto patched = patch_rules(now.rules, patch.dump());
    if (!patched) return false;
    now.rules = *std::move(patched);
    return true;
}

}  // namespace

Result<std::size_t> Service::Run::count_terms() {
    if (terms_) return *terms_;
    const auto terms = store::all_terms(service_.catalog_, channel_.id, now_);
    if (!terms) return tl::unexpected(terms.error());
    terms_ = terms->size();
    return *terms_;
}

Service::Run::Answer Service::Run::operator()(const chat::act::AddTerm& act) {
    const std::string text = text::clean_message(act.text);
    const std::size_t size = text::count_code_points(text);
    if (size < 2 || size > limits::kTermCodePoints)
        return Denied{.why = Denial::bad_text, .number = limits::kTermCodePoints};
    const auto count = count_terms();
    if (!count) return tl::unexpected(count.error());
    if (*count >= limits::kTermsMax)
        return Denied{.why = Denial::too_many_terms, .number = limits::kTermsMax};
    store::Term term{.id = new_uuid(),
                     .channel = channel_.id,
                     .moderator = actor_.user.id,
                     .text = text,
                     .permitted = act.permitted,
                     .created_at = now_,
                     .updated_at = now_,
                     .expires_at = act.expires_at,
                     .private_term = act.private_term,
                     .shadow = act.shadow,
                     .holds = act.holds,
                     .list = act.list};
    auto fault = automod::check_term(term.text, service_.automod_.normaliser());
    if (!fault.empty()) return Denied{.why = Denial::bad_term, .text = std::move(fault)};
    chat::Moderation event = put_term(term);
    audit(event, nullptr, json_of(term));
    return Done{{std::move(event)}};
}

chat::Moderation Service::Run::put_term(const store::Term& term) {
    chat::Moderation event = made(change_of(term, true));
    // Whoever is told of the event need not be a moderator for long.
    if (!term.private_term) event.text = term.text;
    event.message_id = MessageId::parse(term.id).value_or(MessageId());
    change(store::change::PutTerm{term});
    if (terms_) ++*terms_;
    return event;
}

chat::Moderation Service::Run::remove_term(const store::Term& term) {
    chat::Moderation event = made(change_of(term, false));
    if (!term.private_term) event.text = term.text;
    change(store::change::RemoveTerm{channel_.id, term.id});
    return event;
}

Service::Run::Answer Service::Run::operator()(const chat::act::RemoveTerm& act) {
    std::optional<store::Term> term;
    if (!act.id.empty()) {
        auto found = service_.catalog_.find_term(channel_.id, act.id);
        if (!found) return tl::unexpected(found.error());
        term = *std::move(found);
    } else {
        auto terms = store::all_terms(service_.catalog_, channel_.id, now_);
        if (!terms) return tl::unexpected(terms.error());
        const auto found = std::ranges::find_if(*terms, [&](const store::Term& one) {
            return one.permitted == act.permitted &&
                   text::equals_ignoring_ascii_case(one.text, act.text);
        });
        if (found != terms->end()) term = std::move(*found);
    }
    if (!term) return Denied{.why = Denial::unknown_term};
    chat::Moderation event = remove_term(*term);
    audit(event, json_of(*term), nullptr);
    return Done{{std::move(event)}};
}

Result<store::AutoModSettings> Service::Run::automod_settings() {
    if (automod_) return *automod_;
    return service_.catalog_.automod_settings(channel_.id);
}

chat::Moderation Service::Run::put_automod(store::AutoModSettings settings) {
    ++settings.version;
    chat::Moderation event = made(ModAction::change_automod);
    event.text = chat::to_text(told_levels(settings));
    automod_ = settings;
    change(store::change::PutAutoMod{channel_.id, std::move(settings)});
    return event;
}

Service::Run::Answer Service::Run::operator()(const chat::act::ChangeAutoMod& act) {
    const auto before = automod_settings();
    if (!before) return tl::unexpected(before.error());
    store::AutoModSettings wanted = *before;
    if (act.levels) {
        wanted.overall_level = act.levels->overall;
        wanted.categories = act.levels->categories;
    }
    if (act.rules) {
        auto patched = patch_rules(before->rules, *act.rules);
        if (!patched) return Denied{.why = Denial::bad_term, .text = patched.error().detail};
        wanted.rules = *std::move(patched);
        if (auto fault = service_.automod_.fault_in_rules(wanted); !fault.empty())
            return Denied{.why = Denial::bad_term, .text = std::move(fault)};
    }
    chat::Moderation event = put_automod(wanted);
    audit(event, json_of(*before), json_of(wanted));
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::Permit& act) {
    const std::string phrase = text::clean_message(act.phrase);
    chat::Chatter* target = nullptr;
    if (act.target.id || !act.target.login.empty() || phrase.empty()) {
        auto found = find(act.target);
        if (!found) return tl::unexpected(found.error());
        target = *found;
        if (target == nullptr) return unknown(act.target);
    }
    if (act.seconds == 0 || act.seconds > limits::kPermitSecondsMax)
        return Denied{.why = Denial::duration_out_of_range, .number = limits::kPermitSecondsMax};
    chat::Moderation event = made(phrase.empty() ? ModAction::permit_links : ModAction::allow_once,
                                  target == nullptr ? nullptr : &target->user);
    event.text = phrase;
    event.number = act.seconds;
    event.ends_at = now_ + std::chrono::seconds(act.seconds);
    audit(event, nullptr, {{"seconds", act.seconds}, {"phrase", phrase}});
    return Done{{std::move(event)}};
}

Result<std::optional<store::RaidTrip>> Service::Run::trip_in_force() {
    auto trip = service_.catalog_.raid_trip(channel_.id);
    if (trip && *trip && (*trip)->over) return std::nullopt;
    return trip;
}

Result<bool> Service::Run::end_trip(const std::string& batch, Done& done) {
    auto trip = trip_in_force();
    if (!trip) return tl::unexpected(trip.error());
    if (!*trip || (*trip)->batch != batch) return false;
    (*trip)->over = true;
    change(store::change::PutRaidTrip{**std::move(trip)});
    chat::Moderation event = made(ModAction::raid_countdown);
    event.ends_at = now_;
    done.events.emplace_back(std::move(event));
    return true;
}

Service::Run::Answer Service::Run::operator()(const chat::act::NoteTrip& act) {
    if (!act.over) {
        change(store::change::PutRaidTrip{{.channel = channel_.id,
                                           .batch = act.batch,
                                           .at = now_,
                                           .until = act.until,
                                           .shadow = act.shadow,
                                           .details = act.details}});
        audit("raid_trip", new_id(), {}, {}, nullptr,
              {{"shadow", act.shadow}, {"until", unix_ms(act.until)}});
        return Done{};
    }
    auto trip = trip_in_force();
    if (!trip) return tl::unexpected(trip.error());
    if (*trip && (*trip)->batch == act.batch) {
        (*trip)->over = true;
        audit("raid_trip_over", new_id(), {}, {}, {{"shadow", (*trip)->shadow}}, nullptr);
        change(store::change::PutRaidTrip{**std::move(trip)});
    }
    return Done{};
}

Service::Run::Answer Service::Run::operator()(const chat::act::ExtendTrip& act) {
    auto found = trip_in_force();
    if (!found) return tl::unexpected(found.error());
    if (!*found) return Denied{.why = Denial::no_trip};
    store::RaidTrip& trip = **found;
    const WallTime before = trip.until;
    trip.until = std::max(trip.until, now_) + std::chrono::seconds(act.seconds);
    if (act.seconds == 0 || trip.until - now_ > limits::kRaidBreakerMax) {
        return Denied{.why = Denial::duration_out_of_range,
                      .number = static_cast<std::uint64_t>(limits::kRaidBreakerMax.count())};
    }
    chat::Moderation event = made(ModAction::raid_countdown);
    event.ends_at = trip.until;
    event.number = static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::seconds>(trip.until - now_).count());
    audit(event, {{"until", unix_ms(before)}}, {{"until", unix_ms(trip.until)}});
    change(store::change::PutRaidTrip{std::move(trip)});
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::DecideHeld& act) {
    const auto found = service_.catalog_.find_held(channel_.id, act.message);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return Denied{.why = Denial::no_such_message};
    const store::Held& held = **found;
    if (held.status == chat::HoldStatus::expired ||
        (held.status == chat::HoldStatus::pending &&
         now_ - held.held_at >= service_.options_.hold_for)) {
        return Denied{.why = Denial::expired};
    }
    if (held.status != chat::HoldStatus::pending) return Denied{.why = Denial::already_decided};
    auto event = chat::decode_event(held.event);
    if (!event) return tl::unexpected(event.error());
    auto* kept = std::get_if<chat::HeldMessage>(&event->body);
    if (kept == nullptr)
        return fail(std::errc::bad_message, "the catalog holds what is no held message");
    auto author = find({.id = held.author});
    if (!author) return tl::unexpected(author.error());
    const bool banned = *author != nullptr && (*author)->standing.banned(now_);
    if (act.approve && banned) return denied(Denial::target_banned, (*author)->user);

    kept->id = new_id();
    kept->at = now_;
    kept->status = act.approve ? chat::HoldStatus::approved : chat::HoldStatus::denied;
    kept->moderator = chat::person_of(actor_.user);
    change(store::change::DecideHeld{channel_.id, held.id, kept->status, actor_.user.id, now_});
    audit_.push_back({.id = 0,
                      .channel = channel_.id,
                      .at = now_,
                      .actor = actor_.user.id,
                      .action = act.approve ? "approve_held_message" : "deny_held_message",
                      .target = held.author,
                      .before = json{{"status", "pending"}}.dump(),
                      .after = json{{"status", chat::name_of(kept->status)},
                                    {"message_id", held.id.to_string()},
                                    {"text", kept->message.text}}
                                   .dump(-1, ' ', false, json::error_handler_t::replace),
                      .reason = {},
                      .origin = actor_.origin,
                      .batch = actor_.batch});
    Done done;
    chat::Message message = kept->message;
    done.events.emplace_back(std::move(*kept));
    if (act.approve) done.events.emplace_back(std::move(message));
    return done;
}

Result<bool> Service::Run::undo_automod(const store::AuditEntry& entry, Done& done) {
    const json before = json::parse(entry.before, nullptr, false);
    const json after = json::parse(entry.after, nullptr, false);
    if (entry.action == "change_automod") {
        if (!before.is_object() || !after.is_object()) return false;
        auto now = automod_settings();
        if (!now) return tl::unexpected(now.error());
        if (!undo_levels(before, after, *now) || !undo_rules(before, after, *now)) return false;
        done.events.emplace_back(put_automod(*std::move(now)));
        return true;
    }
    if (entry.action == "add_blocked_term" || entry.action == "add_permitted_term") {
        if (!after.is_object()) return false;
        const auto term = service_.catalog_.find_term(channel_.id, after.value("id", ""));
        if (!term) return tl::unexpected(term.error());
        if (!*term) return false;
        done.events.emplace_back(remove_term(**term));
        return true;
    }
    if (!before.is_object()) return false;
    store::Term term{.id = before.value("id", ""),
                     .channel = channel_.id,
                     .moderator = actor_.user.id,
                     .text = before.value("text", ""),
                     .permitted = entry.action == "remove_permitted_term",
                     .created_at = now_,
                     .updated_at = now_,
                     .expires_at = {},
                     .private_term = before.value("private", false),
                     .shadow = before.value("shadow", false),
                     .holds = before.value("holds", false),
                     .list = before.value("list", "")};
    if (before.contains("expires_at") && before["expires_at"].is_number_integer())
        term.expires_at = wall_from_unix_ms(before["expires_at"].get<std::int64_t>());
    if (!MessageId::parse(term.id) || (term.expires_at && *term.expires_at <= now_)) return false;
    done.events.emplace_back(put_term(term));
    return true;
}

}  // namespace clamor::moderation
