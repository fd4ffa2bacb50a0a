// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"
#include "api/helix/scopes.h"
#include "chat/anonymous.h"
#include "store/grants.h"
#include "text/message.h"

namespace clamor::api::helix {

namespace {

constexpr std::size_t kUsersMax = 100;

std::string_view type_name(chat::AccountType type) {
    switch (type) {
        case chat::AccountType::ordinary:
            return "";
        case chat::AccountType::global_mod:
            return "global_mod";
        case chat::AccountType::admin:
            return "admin";
        case chat::AccountType::staff:
            return "staff";
    }
    return "";
}

Json user_json(Call& call, const chat::User& user, bool with_email) {
    const auto profile = take(call.catalog().profile(user.id));
    Json object{{"id", id_text(user.id)},
                {"login", user.login},
                {"display_name", user.display_name},
                {"type", type_name(user.type)},
                {"broadcaster_type", profile.broadcaster_type.empty() && user.partner
                                         ? std::string("partner")
                                         : profile.broadcaster_type},
                {"description", profile.description},
                {"profile_image_url", profile.profile_image_url},
                {"offline_image_url", profile.offline_image_url},
                {"view_count", 0}};
    if (with_email) object["email"] = profile.email;
    object["created_at"] = rfc3339(profile.created_at);
    return object;
}

Reply change_block(Call& call, bool on) {
    const chat::Target target{.id = call.fields.user_id("target_user_id")};
    return Later([self = call.shared_from_this(), target, on](wire::http::Respond respond) {
        self->services->live.set_block(
            self->user().id, target, on, [respond](hub::BlockAnswer answer) {
                switch (answer) {
                    case hub::BlockAnswer::done:
                        return respond(no_content());
                    case hub::BlockAnswer::unknown_user:
                        return respond(error_reply(
                            404, "The user specified in target_user_id was not found."));
                    case hub::BlockAnswer::to_self:
                        return respond(error_reply(400, "You cannot block yourself."));
                    case hub::BlockAnswer::busy:
                        return respond(error_reply(503, kBusy));
                }
            });
    });
}

}  // namespace

Reply get_users(Call& call) {
    auto ids = call.fields.user_ids("id", kUsersMax);
    std::vector<std::string> logins;
    for (const auto& text : call.fields.texts("login", kUsersMax)) {
        auto login = text::fold_ascii(text);
        if (!text::is_valid_login(login)) {
            throw Refusal{400,
                          "The parameter \"login\" was malformed: the value must be 1 to 25 "
                          "letters, digits and underscores"};
        }
        logins.push_back(std::move(login));
    }
    if (ids.size() + logins.size() > kUsersMax)
        throw Refusal{400, "The parameters \"id\" and \"login\" may have 100 values in all"};
    if (ids.empty() && logins.empty()) {
        if (!call.caller.user) throw Refusal{400, "Missing required parameter \"id\" or \"login\""};
        ids.push_back(call.user().id);
    }
    if (call.services->dev) {
        for (const auto& login : logins) {
            if (!chat::is_anonymous_login(login)) take(call.catalog().ensure_user(login));
        }
    }
    const auto users = take(call.catalog().find_users(ids, logins));
    const bool may_see_email = call.granted("user:read:email");
    Json list = Json::array();
    for (const auto& user : users) {
        const bool own = call.caller.user && call.caller.user->id == user.id;
        list.push_back(user_json(call, user, own && may_see_email));
    }
    return data_reply(std::move(list));
}

Reply put_users(Call& call) {
    const auto& user = call.user();
    if (const auto description =
            call.fields.optional_text("description", {.least = 0, .most = 300})) {
        auto profile = take(call.catalog().profile(user.id));
        profile.description = *description;
        take(call.catalog().update_profile(user.id, profile));
        call.services->live.account_changed(user.id);
    }
    return one_reply(user_json(call, user, call.granted("user:read:email")));
}

Reply get_blocks(Call& call) {
    const Page page = call.page();
    auto blocked =
        take(call.catalog().list_blocks(call.user().id, page.after_user(), page.first + 1));
    const bool more = blocked.size() > page.first;
    if (more) blocked.pop_back();
    Json list = Json::array();
    for (const auto& user : blocked) {
        list.push_back({{"user_id", id_text(user.id)},
                        {"user_login", user.login},
                        {"display_name", user.display_name}});
    }
    return page_reply(std::move(list), more ? id_text(blocked.back().id) : std::string());
}

Reply put_block(Call& call) {
    call.fields.optional_word("source_context", {"chat", "whisper"});
    call.fields.optional_word("reason", {"harassment", "spam", "other"});
    return change_block(call, true);
}

Reply delete_block(Call& call) {
    return change_block(call, false);
}

Reply get_authorizations(Call& call) {
    const auto ids = call.fields.user_ids("user_id", 10);
    if (ids.empty()) throw Refusal{400, "Missing required parameter \"user_id\""};
    Json list = Json::array();
    for (const auto& user : call.find_users(ids)) {
        std::optional<std::string_view> client;
        if (!call.services->dev) client = call.caller.client_id;
        Json object = person_json("user", chat::person_of(user));
        object["scopes"] =
            take(store::granted_scopes(call.catalog(), user.id, client, call.now.wall));
        list.push_back(std::move(object));
    }
    return data_reply(std::move(list));
}

}  // namespace clamor::api::helix
