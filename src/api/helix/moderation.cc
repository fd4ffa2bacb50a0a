// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/denials.h"
#include "api/helix/handlers.h"
#include "base/check.h"
#include "base/limits.h"

namespace clamor::api::helix {

namespace {

constexpr Length kReason{.least = 0, .most = limits::kReasonCodePoints};

Json ban_json(Call& call, const store::Ban& ban) {
    Json object = person_json("user", call.person(ban.user));
    object["expires_at"] = rfc3339_or_empty(ban.expires_at);
    object["created_at"] = rfc3339(ban.created_at);
    object["reason"] = ban.reason;
    add_person(object, "moderator", call.person(ban.moderator));
    return object;
}

std::string_view status_name(store::UnbanRequestStatus status) {
    switch (status) {
        case store::UnbanRequestStatus::pending:
            return "pending";
        case store::UnbanRequestStatus::approved:
            return "approved";
        case store::UnbanRequestStatus::denied:
            return "denied";
        case store::UnbanRequestStatus::acknowledged:
            return "acknowledged";
        case store::UnbanRequestStatus::canceled:
            return "canceled";
    }
    return "pending";
}

Json request_json(Call& call, const store::UnbanRequest& request) {
    Json object{{"id", request.id}};
    add_person(object, "broadcaster",
               {user_of(call.channel.id), call.channel.login, call.channel.display_name});
    if (request.moderator) {
        add_person(object, "moderator", call.person(request.moderator));
    } else {
        add_nobody(object, "moderator", nullptr);
    }
    add_person(object, "user", call.person(request.user));
    object["text"] = request.text;
    object["status"] = status_name(request.status);
    object["created_at"] = rfc3339(request.created_at);
    object["resolved_at"] = request.resolved_at ? Json(rfc3339(*request.resolved_at)) : Json();
    object["resolution_text"] = request.resolved_at ? Json(request.resolution_text) : Json();
    return object;
}

Json shield_json(Call& call) {
    const auto shield = take(call.catalog().shield_mode(call.channel.id));
    Json object{{"is_active", shield.active}};
    if (shield.moderator) {
        add_person(object, "moderator", call.person(shield.moderator));
    } else {
        add_nobody(object, "moderator", "");
    }
    object["last_activated_at"] = rfc3339_or_empty(shield.activated_at);
    return object;
}

/// The event of an act that has exactly one.
const chat::Moderation& only_event(const chat::Done& done) {
    for (const auto& event : done.events) {
        if (const auto* moderation = std::get_if<chat::Moderation>(&event)) return *moderation;
    }
    CLAMOR_CHECK(false, "this act is told as a moderation event");
    std::abort();
}

Reply suspect(Call& call, UserId user, chat::Suspicion suspicion, std::string_view status) {
    call.find_user(user, "user_id");
    chat::Act act = chat::act::Suspect{{.id = user}, suspicion};
    return call.act_all({act}, {},
                        [act, user, status](Call& then, const hub::ActAnswers& answers) -> Reply {
                            if (const auto* denied = std::get_if<chat::Denied>(&answers[0]);
                                denied != nullptr && denied->why != chat::Denial::already_so) {
                                throw refusal_of(act, *denied);
                            }
                            Json types = Json::array();
                            if (status != "NO_TREATMENT") types.push_back("MANUALLY_ADDED");
                            return one_reply({{"user_id", id_text(user)},
                                              {"broadcaster_id", id_text(then.channel.id)},
                                              {"moderator_id", id_text(then.user().id)},
                                              {"updated_at", rfc3339(then.now.wall)},
                                              {"status", status},
                                              {"types", std::move(types)}});
                        });
}

}  // namespace

Reply get_banned(Call& call) {
    const auto ids = call.fields.user_ids("user_id", 100);
    Json list = Json::array();
    if (!ids.empty()) {
        for (const UserId id : ids) {
            if (const auto ban = take(call.catalog().find_ban(call.channel.id, id, call.now.wall)))
                list.push_back(ban_json(call, *ban));
        }
        return page_reply(std::move(list), {});
    }
    const Page page = call.page();
    auto bans = take(call.catalog().list_bans(call.channel.id, call.now.wall, page.after_user(),
                                              page.first + 1));
    const bool more = bans.size() > page.first;
    if (more) bans.pop_back();
    for (const auto& ban : bans) list.push_back(ban_json(call, ban));
    return page_reply(std::move(list), more ? id_text(bans.back().user) : std::string());
}

Reply post_ban(Call& call) {
    const Fields data = call.fields.object("data");
    chat::act::Ban ban{.target = {.id = data.user_id("user_id")}};
    if (const auto seconds = data.optional_number("duration", 1, limits::kTimeoutSecondsMax))
        ban.seconds = static_cast<std::uint32_t>(*seconds);
    ban.reason = data.optional_text("reason", kReason).value_or("");
    return call.act(std::move(ban), [](Call& then, const chat::Done& done) -> Reply {
        const auto& event = only_event(done);
        return one_reply({{"broadcaster_id", id_text(then.channel.id)},
                          {"moderator_id", id_text(then.user().id)},
                          {"user_id", id_text(event.target.id)},
                          {"created_at", rfc3339(event.at)},
                          {"end_time", event.ends_at ? Json(rfc3339(*event.ends_at)) : Json()}});
    });
}

Reply delete_ban(Call& call) {
    return call.act(chat::act::Unban{.target = {.id = call.fields.user_id("user_id")}});
}

Reply get_unban_requests(Call& call) {
    const auto status = static_cast<store::UnbanRequestStatus>(
        call.fields.word("status", {"pending", "approved", "denied", "acknowledged", "canceled"}));
    const auto user = call.fields.optional_user_id("user_id").value_or(UserId());
    const Page page = call.page();
    auto requests = take(call.catalog().list_unban_requests(call.channel.id, status, user,
                                                            page.after, page.first + 1));
    const bool more = requests.size() > page.first;
    if (more) requests.pop_back();
    Json list = Json::array();
    for (const auto& request : requests) list.push_back(request_json(call, request));
    return page_reply(std::move(list), more ? requests.back().id : std::string());
}

Reply patch_unban_request(Call& call) {
    const auto id = call.fields.text("unban_request_id", {.least = 1, .most = 64});
    const bool approve = call.fields.word("status", {"approved", "denied"}) == 0;
    auto text = call.fields.optional_text("resolution_text", {.least = 0, .most = 500});
    return call.act(chat::act::ResolveUnban{id, approve, text.value_or("")},
                    [id](Call& then, const chat::Done&) -> Reply {
                        const auto request =
                            take(then.catalog().find_unban_request(then.channel.id, id));
                        if (!request) throw Refusal{404, "The unban request is gone."};
                        return one_reply(request_json(then, *request));
                    });
}

Reply post_warning(Call& call) {
    const Fields data = call.fields.object("data");
    const auto user = data.user_id("user_id");
    auto reason = data.text("reason", {.least = 1, .most = limits::kReasonCodePoints});
    return call.act(chat::act::Warn{{.id = user}, reason},
                    [user, reason](Call& then, const chat::Done&) -> Reply {
                        return one_reply({{"broadcaster_id", id_text(then.channel.id)},
                                          {"user_id", id_text(user)},
                                          {"moderator_id", id_text(then.user().id)},
                                          {"reason", reason}});
                    });
}

Reply get_shield_mode(Call& call) {
    return one_reply(shield_json(call));
}

Reply put_shield_mode(Call& call) {
    chat::Act act = chat::act::Shield{call.fields.flag("is_active")};
    return call.act_all({act}, {}, [act](Call& then, const hub::ActAnswers& answers) -> Reply {
        if (const auto* denied = std::get_if<chat::Denied>(&answers[0]);
            denied != nullptr && denied->why != chat::Denial::already_so) {
            throw refusal_of(act, *denied);
        }
        return one_reply(shield_json(then));
    });
}

Reply post_suspicious_user(Call& call) {
    const auto user = call.fields.user_id("user_id");
    const bool restrict = call.fields.word("status", {"RESTRICTED", "ACTIVE_MONITORING"}) == 0;
    return restrict ? suspect(call, user, chat::Suspicion::restricted, "RESTRICTED")
                    : suspect(call, user, chat::Suspicion::monitored, "ACTIVE_MONITORING");
}

Reply delete_suspicious_user(Call& call) {
    return suspect(call, call.fields.user_id("user_id"), chat::Suspicion::none, "NO_TREATMENT");
}

}  // namespace clamor::api::helix
