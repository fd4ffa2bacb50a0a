// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_rules.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/helix/automod_json.h"
#include "api/helix/denials.h"
#include "api/helix/handlers.h"
#include "automod/default_lists.h"
#include "automod/names.h"
#include "automod/term_list.h"
#include "base/limits.h"
#include "moderation/automod_findings.h"
#include "store/terms.h"

/// What AutoMod does in a channel beyond what Helix has: rules, terms of every kind, permits. Below
/// /api, for mod pages.
namespace clamor::api::helix {

namespace {

constexpr Length kBatch{.least = 1, .most = 64};
constexpr Length kTerm{.least = 2, .most = limits::kTermCodePoints};
constexpr Length kList{.least = 0, .most = 64};
constexpr std::int64_t kListPage = 100;
constexpr std::int64_t kTermSecondsMax = 366 * 86400;
constexpr std::int64_t kTermTimeMax = 253'402'300'799'999;  // the end of the year 9999

Json term_json(const store::Term& term) {
    return {{"id", term.id},
            {"text", term.text},
            {"permitted", term.permitted},
            {"private", term.private_term},
            {"shadow", term.shadow},
            {"action", term.holds ? "hold" : "block"},
            {"list", term.list},
            {"moderator_id", id_text(term.moderator)},
            {"created_at", unix_ms(term.created_at)},
            {"expires_at", term.expires_at ? Json(unix_ms(*term.expires_at)) : Json()}};
}

std::vector<store::Term> all_terms(Call& call) {
    return take(store::all_terms(call.catalog(), call.channel.id, call.now.wall));
}

Json rules_json(Call& call) {
    const auto stored = take(call.catalog().automod_settings(call.channel.id));
    auto rules = moderation::parse_rules(stored.rules);
    Json levels{{"overall_level", stored.overall_level ? Json(*stored.overall_level) : Json()}};
    for (std::size_t i = 0; i < stored.categories.size(); ++i) {
        levels[std::string(automod::name_of(static_cast<automod::Category>(i)))] =
            stored.categories[i];
    }
    return {{"version", stored.version},
            {"levels", std::move(levels)},
            {"rules", moderation::rules_json(rules ? *rules : moderation::AutoModRules())}};
}

std::vector<chat::act::AddTerm> read_objects(const Fields& fields, WallTime now) {
    std::vector<chat::act::AddTerm> terms;
    for (const auto& term : fields.objects("terms", 1, limits::kTermsMax)) {
        try {
            terms.push_back(read_term(term, now));
        } catch (Refusal& refusal) {
            refusal.message = fmt::format("terms[{}]: {}", terms.size(), refusal.message);
            throw;
        }
    }
    return terms;
}

std::vector<chat::act::AddTerm> read_lines(const Fields& fields) {
    const std::string text = fields.raw("text");
    if (text.empty()) throw Refusal{400, "Missing required parameter \"terms\" or \"text\""};
    const auto read = automod::read_text(text);
    if (!read.refused.empty()) {
        throw Refusal{
            400, fmt::format("line {}: {}", read.refused.front().line, read.refused.front().why)};
    }
    const std::string list = fields.optional_text("list", kList).value_or("");
    std::vector<chat::act::AddTerm> terms;
    for (const automod::Term& term : read.terms) {
        terms.push_back({.text = term.text,
                         .permitted = term.permitted,
                         .private_term = term.is_private,
                         .shadow = term.shadow,
                         .holds = term.action == automod::Action::hold,
                         .list = list,
                         .expires_at = term.expires_at});
    }
    return terms;
}

/// Without those that have expired, which find nothing.
std::vector<chat::act::AddTerm> read_import(const Fields& fields, WallTime now) {
    auto terms = fields.has("terms") ? read_objects(fields, now) : read_lines(fields);
    std::erase_if(terms,
                  [&](const auto& term) { return term.expires_at && *term.expires_at <= now; });
    return terms;
}

}  // namespace

chat::act::AddTerm read_term(const Fields& fields, WallTime now) {
    chat::act::AddTerm term{.text = fields.text("text", kTerm)};
    term.permitted = fields.optional_flag("permitted").value_or(false);
    term.private_term = fields.optional_flag("private").value_or(false);
    term.shadow = fields.optional_flag("shadow").value_or(false);
    term.holds = fields.optional_word("action", {"block", "hold"}).value_or(0) == 1;
    term.list = fields.optional_text("list", kList).value_or("");
    if (const auto seconds = fields.optional_number("expires_in_s", 1, kTermSecondsMax)) {
        term.expires_at = now + std::chrono::seconds(*seconds);
    } else if (const auto time = fields.optional_number("expires_at", 0, kTermTimeMax)) {
        term.expires_at = wall_from_unix_ms(*time);
    }
    return term;
}

std::string read_batch(Call& call) {
    auto batch = call.fields.optional_text("batch", kBatch).value_or("");
    return batch.empty() ? call.new_uuid() : batch;
}

Reply act_in_batch(Call& call, chat::Act act, std::function<Json(Call&)> then) {
    auto batch = read_batch(call);
    return call.act_all(
        {act}, batch,
        [batch, act, then = std::move(then)](Call& after, const hub::ActAnswers& answers) -> Reply {
            if (const auto* denied = std::get_if<chat::Denied>(&answers.at(0)))
                throw refusal_of(act, *denied);
            Json body{{"batch", batch}};
            body.update(then(after));
            return json_reply(body);
        });
}

Json automod_person(const chat::Person& person) {
    return {
        {"id", id_text(person.id)}, {"login", person.login}, {"display_name", person.display_name}};
}

Json automod_findings(std::span<const automod::Finding> findings) {
    Json list = Json::array();
    for (const auto& finding : findings) list.push_back(moderation::finding_json(finding));
    return list;
}

Reply get_automod_rules(Call& call) {
    return json_reply(rules_json(call));
}

Reply patch_automod_rules(Call& call) {
    chat::act::ChangeAutoMod change;
    if (auto rules = call.fields.document("rules"); !rules.empty()) change.rules = std::move(rules);
    if (!change.rules) throw Refusal{400, "Missing required parameter \"rules\""};
    return act_in_batch(call, change, rules_json);
}

Reply get_automod_lists(Call&) {
    Json lists = Json::array();
    for (int i = 0; i < automod::kLists; ++i) {
        const auto list = static_cast<automod::List>(i);
        lists.push_back(
            {{"name", automod::name_of(list)}, {"terms", automod::terms_of(list).size()}});
    }
    return json_reply({{"lists", std::move(lists)}});
}

Reply get_automod_list(Call& call) {
    const auto list = automod::parse_list(call.path.at(1));
    if (!list) throw Refusal{404, "There is no such list."};
    const auto all = automod::terms_of(*list);
    const auto first = static_cast<std::size_t>(
        call.fields.optional_number("after", 0, limits::kTermsMax).value_or(0));
    const auto limit = static_cast<std::size_t>(
        call.fields.optional_number("limit", 1, kListPage).value_or(kListPage));
    Json terms = Json::array();
    for (std::size_t i = first; i < all.size() && terms.size() < limit; ++i) {
        const auto& category = all[i].category;
        terms.push_back({{"text", all[i].text},
                         {"category", category ? Json(automod::name_of(*category)) : Json()}});
    }
    const std::size_t end = first + terms.size();
    return json_reply({{"name", automod::name_of(*list)},
                       {"terms", std::move(terms)},
                       {"next", end < all.size() ? Json(end) : Json()}});
}

Reply get_automod_terms(Call& call) {
    const bool as_text = call.fields.optional_word("format", {"json", "text"}).value_or(0) == 1;
    Json list = Json::array();
    std::vector<automod::Term> terms;
    for (const auto& term : all_terms(call)) {
        list.push_back(term_json(term));
        terms.push_back(moderation::compiled_term(term));
    }
    if (!as_text) return json_reply({{"terms", std::move(list)}});
    return wire::http::Response{.status = 200,
                                .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                                .body = automod::write_text(terms)};
}

Reply post_automod_terms(Call& call) {
    auto wanted = read_import(call.fields, call.now.wall);
    std::unordered_set<std::string> known;
    const auto key = [](bool permitted, const std::string& text) {
        return (permitted ? "+" : "-") + text;
    };
    for (const auto& term : all_terms(call)) known.insert(key(term.permitted, term.text));
    std::vector<chat::Act> acts;
    for (auto& term : wanted) {
        if (known.insert(key(term.permitted, term.text)).second) acts.emplace_back(std::move(term));
    }
    const std::size_t there = wanted.size() - acts.size();
    auto batch = read_batch(call);
    if (acts.empty()) {
        return json_reply({{"batch", batch},
                           {"added", Json::array()},
                           {"known", there},
                           {"refused", Json::array()}});
    }
    auto asked = acts;
    return call.act_all(
        std::move(asked), batch,
        [batch, there, acts = std::move(acts)](Call&, const hub::ActAnswers& answers) -> Reply {
            Json added = Json::array();
            Json refused = Json::array();
            for (std::size_t i = 0; i < answers.size(); ++i) {
                const auto& text = std::get<chat::act::AddTerm>(acts[i]).text;
                if (const auto* denied = std::get_if<chat::Denied>(&answers[i])) {
                    refused.push_back(
                        {{"text", text}, {"message", refusal_of(acts[i], *denied).message}});
                    continue;
                }
                const auto& events = std::get<chat::Done>(answers[i]).events;
                const auto* event = std::get_if<chat::Moderation>(&events.at(0));
                added.push_back({{"id", event->message_id.to_string()}, {"text", text}});
            }
            return json_reply({{"batch", batch},
                               {"added", std::move(added)},
                               {"known", there},
                               {"refused", std::move(refused)}});
        });
}

Reply delete_automod_term(Call& call) {
    return act_in_batch(call, chat::act::RemoveTerm{.id = call.path.at(1)},
                        [](Call&) { return Json::object(); });
}

Reply post_automod_permit(Call& call) {
    chat::act::Permit permit;
    if (const auto id = call.fields.optional_user_id("user_id")) permit.target.id = *id;
    permit.phrase =
        call.fields.optional_text("phrase", {.least = 1, .most = limits::kTermCodePoints})
            .value_or("");
    if (!permit.target.id && permit.phrase.empty())
        throw Refusal{400, "Missing required parameter \"user_id\" or \"phrase\""};
    permit.seconds = static_cast<std::uint32_t>(
        call.fields.optional_number("seconds", 1, limits::kPermitSecondsMax).value_or(60));
    return call.act(permit);
}

}  // namespace clamor::api::helix
