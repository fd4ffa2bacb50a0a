// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"
#include "automod/levels.h"
#include "automod/names.h"
#include "base/limits.h"
#include "moderation/automod_rules.h"
#include "store/terms.h"
#include "text/message.h"

namespace clamor::api::helix {

namespace {

Json term_json(const store::Term& term) {
    return {{"broadcaster_id", id_text(term.channel)},
            {"moderator_id", id_text(term.moderator)},
            {"id", term.id},
            {"text", term.text},
            {"created_at", rfc3339(term.created_at)},
            {"updated_at", rfc3339(term.updated_at)},
            {"expires_at", term.expires_at ? Json(rfc3339(*term.expires_at)) : Json()}};
}

std::optional<store::Term> find_text(Call& call, std::string_view text) {
    for (auto& term : take(store::all_terms(call.catalog(), call.channel.id, call.now.wall))) {
        if (!term.permitted && !term.private_term && term.text == text) return std::move(term);
    }
    return std::nullopt;
}

/// In the order of store::AutoModSettings.
std::string_view helix_name(int category) {
    return automod::name_of(static_cast<automod::Category>(category));
}

Json settings_json(const Call& call, const store::AutoModSettings& settings) {
    const auto levels = automod::effective_levels(moderation::levels_of(settings));
    Json object{{"broadcaster_id", id_text(call.channel.id)},
                {"moderator_id", id_text(call.user().id)},
                {"overall_level", settings.overall_level ? Json(*settings.overall_level) : Json()}};
    for (int i = 0; i < automod::kCategories; ++i)
        object[std::string(helix_name(i))] = levels[static_cast<std::size_t>(i)];
    return object;
}

}  // namespace

Reply get_blocked_terms(Call& call) {
    const Page page = call.page();
    Json list = Json::array();
    std::string after = page.after;
    for (;;) {
        const auto terms = take(call.catalog().list_terms(call.channel.id, /*permitted=*/false,
                                                          after, call.now.wall, page.first + 1));
        for (const auto& term : terms) {
            // Twitch lists the public ones only, too.
            if (term.private_term) continue;
            if (list.size() == page.first) {
                std::string last = list.back()["id"];
                return page_reply(std::move(list), last);
            }
            list.push_back(term_json(term));
        }
        if (terms.size() <= page.first) return page_reply(std::move(list), {});
        after = terms.back().id;
    }
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
    std::vector<std::string> ids;
    std::vector<std::string> texts;
    for (const auto& message : call.fields.objects("data", 1, 100)) {
        if (!message.has("msg_id")) throw Refusal{400, "Missing required parameter \"msg_id\""};
        ids.push_back(message.raw("msg_id"));
        texts.push_back(
            text::clean_message(message.text("msg_text", {.least = 1, .most = SIZE_MAX})));
    }
    const auto verdicts = take(call.services->automod.judge(call.channel.id, texts, call.now));
    Json list = Json::array();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        list.push_back(
            {{"msg_id", ids[i]}, {"is_permitted", verdicts[i].action == automod::Action::allow}});
    }
    return data_reply(std::move(list));
}

Reply post_automod_message(Call& call) {
    const auto id = MessageId::parse(call.fields.text("msg_id", {.least = 1, .most = 64}));
    const bool approve = call.fields.word("action", {"ALLOW", "DENY"}) == 0;
    // A message names its channel.
    const auto held = id ? take(call.catalog().find_held({}, *id)) : std::nullopt;
    const auto channel =
        held ? take(call.catalog().find_channel(held->channel)) : std::optional<store::Channel>();
    if (!channel) {
        throw Refusal{404,
                      "The message specified in the msg_id field was not found or has expired."};
    }
    call.channel = *channel;
    return call.act(chat::act::DecideHeld{.message = *id, .approve = approve});
}

Reply get_automod_settings(Call& call) {
    return one_reply(settings_json(call, take(call.catalog().automod_settings(call.channel.id))));
}

Reply put_automod_settings(Call& call) {
    store::AutoModSettings settings;
    settings.overall_level.reset();
    bool some = false;
    for (int i = 0; i < automod::kCategories; ++i) {
        const auto level = call.fields.optional_number(helix_name(i), 0, 4);
        some = some || level.has_value();
        settings.categories[static_cast<std::size_t>(i)] =
            static_cast<std::uint8_t>(level.value_or(0));
    }
    if (const auto overall = call.fields.optional_number("overall_level", 0, 4)) {
        if (some) {
            throw Refusal{400,
                          "The parameter \"overall_level\" may not be given together with single "
                          "categories"};
        }
        settings.overall_level = static_cast<std::uint8_t>(*overall);
        settings.categories = automod::effective_levels(moderation::levels_of(settings));
    } else if (!some) {
        throw Refusal{400, "Missing required parameter \"overall_level\""};
    }
    return call.act(chat::act::ChangeAutoMod{.levels = moderation::told_levels(settings)},
                    [settings](Call& then, const chat::Done&) -> Reply {
                        return one_reply(settings_json(then, settings));
                    });
}

}  // namespace clamor::api::helix
