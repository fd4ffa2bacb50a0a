// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/denials.h"
#include "api/helix/handlers.h"
#include "base/limits.h"

/// The audit log of a channel, and acts by the thousand: below /api, for mod pages. Times are Unix
/// milliseconds here, as everywhere below /api.
namespace clamor::api::helix {

namespace {

constexpr std::int64_t kAuditPage = 100;
constexpr Length kBatch{.least = 1, .most = 64};

Json optional_person(Call& call, UserId id) {
    if (!id) return nullptr;
    const auto person = call.person(id);
    return {{"id", id_text(id)}, {"login", person.login}, {"display_name", person.display_name}};
}

/// What the entry holds as JSON; null where nothing was there.
Json document(const std::string& text) {
    Json parsed = text.empty() ? Json() : Json::parse(text, nullptr, false);
    return parsed.is_discarded() ? Json() : parsed;
}

Json entry_json(Call& call, const store::AuditEntry& entry) {
    return {{"id", std::to_string(entry.id)},
            {"at", unix_ms(entry.at)},
            {"action", entry.action},
            {"actor", optional_person(call, entry.actor)},
            {"target", optional_person(call, entry.target)},
            {"before", document(entry.before)},
            {"after", document(entry.after)},
            {"reason", entry.reason},
            {"origin", entry.origin},
            {"batch", entry.batch.empty() ? Json() : Json(entry.batch)}};
}

chat::Target read_target(const Fields& fields) {
    if (const auto id = fields.optional_user_id("user_id")) return {.id = *id};
    return {.login = fields.login("login")};
}

chat::Act read_act(const Fields& fields) {
    const auto reason = [&] {
        return fields.optional_text("reason", {.least = 0, .most = limits::kReasonCodePoints})
            .value_or("");
    };
    switch (fields.word("action", {"ban", "timeout", "unban", "delete"})) {
        case 0:
            return chat::act::Ban{.target = read_target(fields), .reason = reason()};
        case 1:
            return chat::act::Ban{.target = read_target(fields),
                                  .seconds = static_cast<std::uint32_t>(
                                      fields.number("seconds", 1, limits::kTimeoutSecondsMax)),
                                  .reason = reason()};
        case 2:
            return chat::act::Unban{.target = read_target(fields)};
        default:
            return chat::act::DeleteMessage{fields.message_id("message_id")};
    }
}

}  // namespace

Reply get_audit(Call& call) {
    const auto limit = static_cast<std::size_t>(
        call.fields.optional_number("limit", 1, kAuditPage).value_or(kAuditPage));
    const auto before =
        static_cast<std::uint64_t>(call.fields.optional_number("before", 1, INT64_MAX).value_or(0));
    const auto batch = call.fields.optional_text("batch", kBatch).value_or("");
    Json list = Json::array();
    for (const auto& entry : take(call.catalog().list_audit(call.channel.id, before, batch, limit)))
        list.push_back(entry_json(call, entry));
    return json_reply({{"entries", std::move(list)}});
}

Reply post_bulk_moderation(Call& call) {
    auto batch = call.fields.optional_text("batch", kBatch).value_or("");
    if (batch.empty()) batch = call.new_uuid();
    std::vector<chat::Act> acts;
    for (const auto& fields : call.fields.objects("acts", 1, limits::kActsPerRequest)) {
        try {
            acts.push_back(read_act(fields));
        } catch (Refusal& refusal) {
            // Nothing is done before all of it is understood.
            refusal.message = fmt::format("acts[{}]: {}", acts.size(), refusal.message);
            throw;
        }
    }
    auto asked = acts;
    return call.act_all(
        std::move(asked), batch,
        [batch, acts = std::move(acts)](Call&, const hub::ActAnswers& answers) -> Reply {
            Json refused = Json::array();
            for (std::size_t i = 0; i < answers.size(); ++i) {
                const auto* denied = std::get_if<chat::Denied>(&answers[i]);
                if (denied == nullptr) continue;
                const auto why = refusal_of(acts[i], *denied);
                refused.push_back({{"index", i}, {"status", why.status}, {"message", why.message}});
            }
            const auto done = answers.size() - refused.size();
            return json_reply({{"batch", batch}, {"done", done}, {"refused", std::move(refused)}});
        });
}

Reply post_undo(Call& call) {
    auto batch = call.fields.text("batch", kBatch);
    return call.act(chat::act::Undo{batch}, [batch](Call&, const chat::Done& done) -> Reply {
        return json_reply({{"batch", batch}, {"events", done.events.size()}});
    });
}

}  // namespace clamor::api::helix
