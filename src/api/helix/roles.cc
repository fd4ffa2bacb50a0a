// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"

namespace clamor::api::helix {

namespace {

Reply list_role(Call& call, chat::Role role) {
    const auto ids = call.fields.user_ids("user_id", 100);
    Json list = Json::array();
    if (!ids.empty()) {
        for (const auto& user : call.find_users(ids)) {
            if (take(call.catalog().standing(call.channel.id, user.id)).role == role)
                list.push_back(person_json("user", chat::person_of(user)));
        }
        return page_reply(std::move(list), {});
    }
    const Page page = call.page();
    auto users =
        take(call.catalog().list_role(call.channel.id, role, page.after_user(), page.first + 1));
    const bool more = users.size() > page.first;
    if (more) users.pop_back();
    for (const auto& user : users) list.push_back(person_json("user", chat::person_of(user)));
    return page_reply(std::move(list), more ? id_text(users.back().id) : std::string());
}

chat::Target target_of(Call& call) {
    const auto id = call.fields.user_id("user_id");
    call.find_user(id, "user_id");
    return {.id = id};
}

}  // namespace

Reply get_moderators(Call& call) {
    return list_role(call, chat::Role::moderator);
}

Reply post_moderator(Call& call) {
    const auto target = target_of(call);
    // The chat command replaces the role; Helix does not.
    if (take(call.catalog().standing(call.channel.id, target.id)).role == chat::Role::vip) {
        throw Refusal{422,
                      "The user is a VIP; to make them a moderator, first remove them as a VIP."};
    }
    return call.act(chat::act::GiveRole{target, chat::Role::moderator});
}

Reply delete_moderator(Call& call) {
    return call.act(chat::act::TakeRole{target_of(call), chat::Role::moderator});
}

Reply get_moderated_channels(Call& call) {
    const Page page = call.page();
    auto channels =
        take(call.catalog().list_moderated(call.user().id, page.after_user(), page.first + 1));
    const bool more = channels.size() > page.first;
    if (more) channels.pop_back();
    Json list = Json::array();
    for (const auto& channel : channels)
        list.push_back(person_json("broadcaster", chat::person_of(channel)));
    return page_reply(std::move(list), more ? id_text(channels.back().id) : std::string());
}

Reply get_vips(Call& call) {
    return list_role(call, chat::Role::vip);
}

Reply post_vip(Call& call) {
    return call.act(chat::act::GiveRole{target_of(call), chat::Role::vip});
}

Reply delete_vip(Call& call) {
    return call.act(chat::act::TakeRole{target_of(call), chat::Role::vip});
}

}  // namespace clamor::api::helix
