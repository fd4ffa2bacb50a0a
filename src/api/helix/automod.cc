// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"
#include "api/helix/terms.h"
#include "base/limits.h"

namespace clamor::api::helix {

namespace {

constexpr std::size_t kTermsPage = 500;

/// In the order of store::AutoModSettings.
constexpr std::array<std::string_view, 8> kCategories{"aggression",
                                                      "bullying",
                                                      "disability",
                                                      "misogyny",
                                                      "race_ethnicity_or_religion",
                                                      "sex_based_terms",
                                                      "sexuality_sex_or_gender",
                                                      "swearing"};

/// What the categories are under an overall level (spec helix-eventsub 7.3).
constexpr std::array<std::array<std::uint8_t, 8>, 5> kLevels{{{0, 0, 0, 0, 0, 0, 0, 0},
                                                              {1, 0, 0, 0, 1, 0, 1, 0},
                                                              {2, 1, 1, 1, 2, 1, 2, 0},
                                                              {3, 2, 3, 3, 3, 3, 3, 0},
                                                              {4, 4, 4, 4, 4, 4, 4, 3}}};

Json term_json(const store::Term& term) {
    return {{"broadcaster_id", id_text(term.channel)},
            {"moderator_id", id_text(term.moderator)},
            {"id", term.id},
            {"text", term.text},
            {"created_at", rfc3339(term.created_at)},
            {"updated_at", rfc3339(term.updated_at)},
            {"expires_at", term.expires_at ? Json(rfc3339(*term.expires_at)) : Json()}};
}

std::vector<std::string> all_terms(Call& call, bool permitted) {
    std::vector<std::string> texts;
    std::string after;
    while (true) {
        const auto page = take(call.catalog().list_terms(call.channel.id, permitted, after,
                                                         call.now.wall, kTermsPage));
        for (const auto& term : page) texts.push_back(term.text);
        if (page.size() < kTermsPage) return texts;
        after = page.back().id;
    }
}

std::optional<store::Term> find_text(Call& call, std::string_view text) {
    std::string after;
    while (true) {
        auto page = take(call.catalog().list_terms(call.channel.id, /*permitted=*/false, after,
                                                   call.now.wall, kTermsPage));
        const auto found = std::ranges::find(page, text, &store::Term::text);
        if (found != page.end()) return std::move(*found);
        if (page.size() < kTermsPage) return std::nullopt;
        after = page.back().id;
    }
}

Json settings_json(const Call& call, const store::AutoModSettings& settings) {
    const auto& levels =
        settings.overall_level ? kLevels.at(*settings.overall_level) : settings.categories;
    Json object{{"broadcaster_id", id_text(call.channel.id)},
                {"moderator_id", id_text(call.user().id)},
                {"overall_level", settings.overall_level ? Json(*settings.overall_level) : Json()}};
    for (std::size_t i = 0; i < kCategories.size(); ++i)
        object[std::string(kCategories[i])] = levels[i];
    return object;
}

Json audit_json(const store::AutoModSettings& settings) {
    return {{"overall_level", settings.overall_level ? Json(*settings.overall_level) : Json()},
            {"categories", settings.categories}};
}

}  // namespace

Reply get_blocked_terms(Call& call) {
    const Page page = call.page();
    auto terms = take(call.catalog().list_terms(call.channel.id, /*permitted=*/false, page.after,
                                                call.now.wall, page.first + 1));
    const bool more = terms.size() > page.first;
    if (more) terms.pop_back();
    Json list = Json::array();
    for (const auto& term : terms) list.push_back(term_json(term));
    return page_reply(std::move(list), more ? terms.back().id : std::string());
}

Reply post_blocked_term(Call& call) {
    const auto text = call.fields.text("text", {.least = 2, .most = limits::kTermCodePoints});
    if (const auto known = find_text(call, text)) return one_reply(term_json(*known));
    return call.act(chat::act::AddTerm{.text = text}, [text](Call& then, const chat::Done& done) {
        store::Term term{.channel = then.channel.id,
                         .moderator = then.user().id,
                         .text = text,
                         .created_at = then.now.wall,
                         .updated_at = then.now.wall};
        for (const auto& event : done.events) {
            const auto* added = std::get_if<chat::Moderation>(&event);
            if (added == nullptr) continue;
            term.id = added->message_id.to_string();
            term.text = added->text;
            term.created_at = term.updated_at = added->at;
        }
        return one_reply(term_json(term));
    });
}

Reply delete_blocked_term(Call& call) {
    return call.act(chat::act::RemoveTerm{.id = call.fields.text("id", {.least = 1, .most = 64})});
}

Reply get_enforcement_status(Call& call) {
    const auto asked = call.fields.objects("data", 1, 100);
    const TermMatcher blocked(all_terms(call, /*permitted=*/false));
    Json list = Json::array();
    for (const auto& message : asked) {
        if (!message.has("msg_id")) throw Refusal{400, "Missing required parameter \"msg_id\""};
        const auto text = message.text("msg_text", {.least = 1, .most = SIZE_MAX});
        list.push_back(
            {{"msg_id", message.raw("msg_id")}, {"is_permitted", !blocked.matches(text)}});
    }
    return data_reply(std::move(list));
}

/// Nothing is held until AutoMod holds it, so every id is unknown.
Reply post_automod_message(Call& call) {
    call.fields.text("msg_id", {.least = 1, .most = 64});
    call.fields.word("action", {"ALLOW", "DENY"});
    throw Refusal{404, "The message specified in msg_id was not found or has expired."};
}

Reply get_automod_settings(Call& call) {
    return one_reply(settings_json(call, take(call.catalog().automod_settings(call.channel.id))));
}

Reply put_automod_settings(Call& call) {
    store::AutoModSettings settings;
    settings.overall_level.reset();
    bool some = false;
    for (std::size_t i = 0; i < kCategories.size(); ++i) {
        const auto level = call.fields.optional_number(kCategories[i], 0, 4);
        some = some || level.has_value();
        settings.categories[i] = static_cast<std::uint8_t>(level.value_or(0));
    }
    if (const auto overall = call.fields.optional_number("overall_level", 0, 4)) {
        if (some) {
            throw Refusal{400,
                          "The parameter \"overall_level\" may not be given together with single "
                          "categories"};
        }
        settings.overall_level = static_cast<std::uint8_t>(*overall);
        settings.categories = kLevels.at(*settings.overall_level);
    } else if (!some) {
        throw Refusal{400, "Missing required parameter \"overall_level\""};
    }
    const auto before = take(call.catalog().automod_settings(call.channel.id));
    const store::Change change = store::change::PutAutoMod{call.channel.id, settings};
    const store::AuditEntry entry{.channel = call.channel.id,
                                  .at = call.now.wall,
                                  .actor = call.user().id,
                                  .action = "automod_settings",
                                  .before = audit_json(before).dump(),
                                  .after = audit_json(settings).dump(),
                                  .origin = std::string(call.origin)};
    take(call.catalog().apply(std::span(&change, 1), std::span(&entry, 1)));
    call.services->live.channel_changed(call.channel.id);
    return one_reply(settings_json(call, settings));
}

}  // namespace clamor::api::helix
