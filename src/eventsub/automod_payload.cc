// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "eventsub/parts.h"
#include "eventsub/subscription.h"
#include "text/utf8.h"

namespace clamor::eventsub {
namespace {

using chat::HoldReason;
using Spans = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

/// The `\x01ACTION ` in front of what an action says.
constexpr std::uint32_t kActionStart = 8;

struct CategoryWords {
    std::string_view helix;
    std::string_view eventsub;
};
/// In the order of Helix. `swearing` and `sexwords` were seen on the wire.
constexpr std::array<CategoryWords, 8> kCategories{{{"aggression", "aggressive"},
                                                    {"bullying", "bullying"},
                                                    {"disability", "disability"},
                                                    {"misogyny", "misogyny"},
                                                    {"race_ethnicity_or_religion", "racism"},
                                                    {"sex_based_terms", "sexwords"},
                                                    {"sexuality_sex_or_gender", "sexuality"},
                                                    {"swearing", "swearing"}}};

std::string_view category_word(const HoldReason& reason) {
    if (reason.kind == HoldReason::Kind::spam) return "spam";
    const auto found = std::ranges::find(kCategories, reason.name, &CategoryWords::helix);
    return found == kCategories.end() ? std::string_view(reason.name) : found->eventsub;
}

const HoldReason* first_of(const chat::HeldMessage& held, HoldReason::Kind kind) {
    const auto found = std::ranges::find(held.reasons, kind, &HoldReason::kind);
    return found == held.reasons.end() ? nullptr : &*found;
}

std::uint32_t shift_of(const chat::HeldMessage& held) {
    return held.message.action ? kActionStart : 0;
}

Json boundary(const std::pair<std::uint32_t, std::uint32_t>& span, std::uint32_t shift) {
    return {{"start_pos", span.first + shift}, {"end_pos", span.second + shift}};
}

/// The text in fragments that end where an emote or a span of a finding begins or ends. They name
/// nobody, unlike those of channel.chat.message.
Json held_message_json(const chat::HeldMessage& held, bool with_spans) {
    const std::string text = spoken_text(held.message);
    const std::uint32_t shift = shift_of(held);
    std::vector<std::uint32_t> cuts;
    for (const auto& emote : held.message.emotes) {
        cuts.push_back(emote.first + shift);
        cuts.push_back(emote.last + 1 + shift);
    }
    for (const HoldReason& reason : held.reasons) {
        if (!with_spans) break;
        for (const auto& [first, last] : reason.spans) {
            cuts.push_back(first + shift);
            cuts.push_back(last + 1 + shift);
        }
    }
    cuts.push_back(static_cast<std::uint32_t>(text::count_code_points(text)));
    std::ranges::sort(cuts);
    Json fragments = Json::array();
    std::uint32_t from = 0;
    std::size_t at = 0;
    for (const std::uint32_t cut : cuts) {
        const std::size_t end = text::byte_offset(text, cut);
        if (end <= at) continue;
        const auto emote = std::ranges::find_if(held.message.emotes, [&](const auto& one) {
            return one.first + shift == from && one.last + 1 + shift == cut;
        });
        const bool is_emote = emote != held.message.emotes.end();
        fragments.push_back(
            {{"type", is_emote ? "emote" : "text"},
             {"text", text.substr(at, end - at)},
             {"cheermote", nullptr},
             {"emote",
              is_emote ? Json{{"id", emote->emote_id}, {"emote_set_id", "0"}} : Json(nullptr)}});
        at = end;
        from = cut;
    }
    return {{"text", text}, {"fragments", std::move(fragments)}};
}

Json automod_json(const chat::HeldMessage& held, const HoldReason& reason) {
    Json boundaries = Json::array();
    for (const auto& span : reason.spans) boundaries.push_back(boundary(span, shift_of(held)));
    return {{"category", category_word(reason)},
            {"level", std::max<int>(reason.level, 1)},
            {"boundaries", std::move(boundaries)}};
}

Json terms_json(const chat::HeldMessage& held, const chat::Person& broadcaster) {
    Json terms = Json::array();
    for (const HoldReason& reason : held.reasons) {
        if (reason.kind != HoldReason::Kind::term) continue;
        for (const auto& span : reason.spans) {
            Json term{{"term_id", reason.name}, {"boundary", boundary(span, shift_of(held))}};
            add_person(term, "owner_broadcaster_", broadcaster);
            terms.push_back(std::move(term));
        }
    }
    return {{"terms_found", std::move(terms)}};
}

void add_reason(Json& out, std::uint8_t version, const chat::HeldMessage& held,
                const chat::Person& broadcaster) {
    const HoldReason* term = first_of(held, HoldReason::Kind::term);
    const HoldReason* found = first_of(held, HoldReason::Kind::automod);
    if (found == nullptr) found = first_of(held, HoldReason::Kind::spam);
    if (version < 2) {
        // It was made before terms were held: what it says of one is our own word.
        out["category"] = found != nullptr ? category_word(*found) : "blocked_term";
        out["level"] = found != nullptr ? std::max<int>(found->level, 1) : 4;
        return;
    }
    out["reason"] = term != nullptr ? "blocked_term" : "automod";
    out["automod"] =
        term == nullptr && found != nullptr ? automod_json(held, *found) : Json(nullptr);
    out["blocked_term"] = term != nullptr ? terms_json(held, broadcaster) : Json(nullptr);
}

Json own_message_payload(const chat::HeldMessage& held, const Source& source) {
    Json out;
    add_person(out, "broadcaster_", source.broadcaster);
    const chat::Message& said = held.message;
    add_person(out, "", {said.author_id, said.author_login, said.author_display_name});
    if (held.status != chat::HoldStatus::pending) {
        out["status"] = held.status == chat::HoldStatus::expired ? std::string_view("invalid")
                                                                 : chat::name_of(held.status);
    }
    out["message_id"] = said.id.to_string();
    // What was found is for moderators.
    out["message"] = held_message_json(held, false);
    return out;
}

}  // namespace

std::optional<Json> held_payload(Type type, std::uint8_t version, const chat::HeldMessage& held,
                                 const Source& source) {
    const bool pending = held.status == chat::HoldStatus::pending;
    if (type == (pending ? Type::chat_user_message_hold : Type::chat_user_message_update))
        return own_message_payload(held, source);
    if (type != (pending ? Type::automod_message_hold : Type::automod_message_update))
        return std::nullopt;
    const chat::Message& said = held.message;
    Json out;
    add_person(out, "broadcaster_", source.broadcaster);
    add_person(out, "", {said.author_id, said.author_login, said.author_display_name});
    if (!pending) add_person(out, "moderator_", held.moderator);
    out["message_id"] = said.id.to_string();
    out["message"] = held_message_json(held, true);
    add_reason(out, version, held, source.broadcaster);
    if (!pending) out["status"] = chat::name_of(held.status);
    out["held_at"] = rfc3339(held.held_at);
    return out;
}

std::optional<Json> automod_settings_payload(const chat::Moderation& act, const Source& source) {
    if (act.action != chat::ModAction::change_automod) return std::nullopt;
    const auto levels = chat::parse_levels(act.text);
    if (!levels) return std::nullopt;
    Json out;
    add_person(out, "broadcaster_", source.broadcaster);
    add_person(out, "moderator_", act.moderator);
    out["overall_level"] = levels->overall ? Json(*levels->overall) : Json(nullptr);
    for (std::size_t i = 0; i < kCategories.size(); ++i)
        out[std::string(kCategories[i].helix)] = levels->categories[i];
    return out;
}

}  // namespace clamor::eventsub
