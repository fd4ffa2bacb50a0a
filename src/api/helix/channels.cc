// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"

namespace clamor::api::helix {

namespace {

Json follow_json(std::string_view prefix, const store::Follow& follow) {
    Json object = person_json(prefix, chat::person_of(follow.user));
    object["followed_at"] = rfc3339(follow.since);
    return object;
}

wire::http::Response follows_reply(std::string_view prefix, std::vector<store::Follow> follows,
                                   std::size_t first, std::uint64_t total) {
    Json body{{"total", total}, {"data", Json::array()}, {"pagination", Json::object()}};
    const bool more = follows.size() > first;
    if (more) follows.pop_back();
    for (const auto& follow : follows) body["data"].push_back(follow_json(prefix, follow));
    if (more) body["pagination"]["cursor"] = encode_cursor(id_text(follows.back().user.id));
    return json_reply(body);
}

}  // namespace

Reply get_channels(Call& call) {
    const auto ids = call.fields.user_ids("broadcaster_id", 100);
    if (ids.empty()) throw Refusal{400, "Missing required parameter \"broadcaster_id\""};
    Json list = Json::array();
    for (const UserId id : ids) {
        const auto channel = call.find_channel(id);
        if (!channel) continue;
        Json object = person_json("broadcaster", {id, channel->login, channel->display_name});
        object["broadcaster_language"] = "";
        object["game_id"] = "";
        object["game_name"] = "";
        object["title"] = channel->title;
        object["delay"] = 0;
        object["tags"] = Json::array();
        object["content_classification_labels"] = Json::array();
        object["is_branded_content"] = false;
        list.push_back(std::move(object));
    }
    return data_reply(std::move(list));
}

/// Streams are the platform's: here everybody is offline.
Reply get_streams(Call& call) {
    call.fields.user_ids("user_id", 100);
    call.fields.texts("user_login", 100);
    return page_reply(Json::array(), {});
}

Reply get_followers(Call& call) {
    call.channel = call.find_channel(call.fields.user_id("broadcaster_id"), "broadcaster_id");
    const auto total = take(call.catalog().count_followers(call.channel.id));
    // Others see how many, but not who.
    const bool may_see = call.moderates(call.channel, call.user());
    const Page page = call.page();
    if (!may_see) return follows_reply("user", {}, page.first, total);
    if (const auto user = call.fields.optional_user_id("user_id")) {
        std::vector<store::Follow> one;
        const auto found = take(call.catalog().find_user(*user));
        if (found) {
            const auto standing = take(call.catalog().standing(call.channel.id, *user));
            if (standing.following_since) one.push_back({*found, *standing.following_since});
        }
        return follows_reply("user", std::move(one), page.first, total);
    }
    return follows_reply(
        "user",
        take(call.catalog().list_followers(call.channel.id, page.after_user(), page.first + 1)),
        page.first, total);
}

Reply get_followed(Call& call) {
    const auto total = take(call.catalog().count_followed(call.user().id));
    const Page page = call.page();
    if (const auto id = call.fields.optional_user_id("broadcaster_id")) {
        std::vector<store::Follow> one;
        if (const auto channel = call.find_channel(*id)) {
            const auto standing = take(call.catalog().standing(channel->id, call.user().id));
            if (standing.following_since) {
                one.push_back({call.find_user(*id, "broadcaster_id"), *standing.following_since});
            }
        }
        return follows_reply("broadcaster", std::move(one), page.first, total);
    }
    return follows_reply(
        "broadcaster",
        take(call.catalog().list_followed(call.user().id, page.after_user(), page.first + 1)),
        page.first, total);
}

Reply post_raid(Call& call) {
    const auto to = call.fields.user_id("to_broadcaster_id");
    if (to == user_of(call.channel.id)) {
        throw Refusal{400,
                      "The IDs in from_broadcaster_id and to_broadcaster_id cannot be the same."};
    }
    call.find_user(to, "to_broadcaster_id");
    return call.act(chat::act::Raid{{.id = to}}, [](Call& then, const chat::Done&) -> Reply {
        return one_reply({{"created_at", rfc3339(then.now.wall)}, {"is_mature", false}});
    });
}

Reply delete_raid(Call& call) {
    return call.act(chat::act::CancelRaid{});
}

}  // namespace clamor::api::helix
