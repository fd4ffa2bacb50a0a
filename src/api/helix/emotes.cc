// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"

namespace clamor::api::helix {

namespace {

constexpr std::string_view kGlobalSet = "0";

/// Global emotes are one set, those of a channel another, with the channel's number.
std::string set_of(const store::Emote& emote) {
    return emote.channel ? id_text(emote.channel) : std::string(kGlobalSet);
}

std::string_view type_of(const store::Emote& emote) {
    switch (emote.type) {
        case store::EmoteType::global:
            return "globals";
        case store::EmoteType::bits:
            return "bitstier";
        case store::EmoteType::channel:
            break;
    }
    return emote.tier_required != 0 ? "subscriptions" : "follower";
}

std::string absolute(const Services& services, const std::string& url) {
    return url.starts_with('/') ? services.public_url + url : url;
}

Json emote_json(const store::Emote& emote) {
    return {{"id", emote.id}, {"name", emote.code}};
}

void add_images(const Services& services, Json& object, const store::Emote& emote) {
    object["images"] = {{"url_1x", absolute(services, emote.image_url)},
                        {"url_2x", absolute(services, emote.image_url_2x)},
                        {"url_4x", absolute(services, emote.image_url_4x)}};
}

void add_tier(Json& object, const store::Emote& emote) {
    object["tier"] = emote.tier_required != 0 && emote.type == store::EmoteType::channel
                         ? std::to_string(emote.tier_required * 1000)
                         : std::string();
}

void add_set(Json& object, const store::Emote& emote) {
    object["emote_type"] = type_of(emote);
    object["emote_set_id"] = set_of(emote);
}

void add_owner(Json& object, const store::Emote& emote) {
    object["owner_id"] = set_of(emote);
}

void add_formats(Json& object) {
    object["format"] = {"static"};
    object["scale"] = {"1.0", "2.0", "3.0"};
    object["theme_mode"] = {"light", "dark"};
}

std::string template_of(const Services& services) {
    return services.public_url + "/emoticons/v2/{{id}}/{{format}}/{{theme_mode}}/{{scale}}";
}

wire::http::Response emotes_reply(const Services& services, Json list) {
    return json_reply({{"data", std::move(list)}, {"template", template_of(services)}});
}

/// Badge versions by set, sets and versions in the order of the catalog.
wire::http::Response badges_reply(Call& call, ChannelId channel) {
    Json sets = Json::array();
    for (const auto& image : take(call.catalog().badges_for(channel))) {
        if (image.channel != channel) continue;
        auto set = std::ranges::find_if(
            sets, [&](const Json& known) { return known["set_id"] == image.badge.name; });
        if (set == sets.end()) {
            sets.push_back({{"set_id", image.badge.name}, {"versions", Json::array()}});
            set = std::prev(sets.end());
        }
        (*set)["versions"].push_back(
            {{"id", image.badge.version},
             {"image_url_1x", absolute(*call.services, image.image_url)},
             {"image_url_2x", absolute(*call.services, image.image_url_2x)},
             {"image_url_4x", absolute(*call.services, image.image_url_4x)},
             {"title", image.title},
             {"description", image.title},
             {"click_action", nullptr},
             {"click_url", nullptr}});
    }
    return data_reply(std::move(sets));
}

}  // namespace

Reply get_channel_emotes(Call& call) {
    const auto channel = call.find_channel(call.fields.user_id("broadcaster_id"), "broadcaster_id");
    Json list = Json::array();
    for (const auto& emote : take(call.catalog().emotes_for(channel.id))) {
        if (emote.channel != channel.id) continue;
        Json object = emote_json(emote);
        add_images(*call.services, object, emote);
        add_tier(object, emote);
        add_set(object, emote);
        add_formats(object);
        list.push_back(std::move(object));
    }
    return emotes_reply(*call.services, std::move(list));
}

Reply get_global_emotes(Call& call) {
    Json list = Json::array();
    for (const auto& emote : take(call.catalog().emotes_for({}))) {
        if (emote.channel) continue;
        Json object = emote_json(emote);
        add_images(*call.services, object, emote);
        add_formats(object);
        list.push_back(std::move(object));
    }
    return emotes_reply(*call.services, std::move(list));
}

Reply get_emote_sets(Call& call) {
    const auto sets = call.fields.texts("emote_set_id", 25);
    if (sets.empty()) throw Refusal{400, "Missing required parameter \"emote_set_id\""};
    Json list = Json::array();
    for (const auto& set : sets) {
        ChannelId channel;
        if (set != kGlobalSet) {
            // Other servers' sets have other names: they are unknown here, not wrong.
            const bool number = set.size() < 20 && std::ranges::all_of(set, [](char c) {
                                    return c >= '0' && c <= '9';
                                });
            if (!number) continue;
            channel = ChannelId(std::stoull(set));
            if (!take(call.catalog().find_channel(channel))) continue;
        }
        for (const auto& emote : take(call.catalog().emotes_for(channel))) {
            if (emote.channel != channel) continue;
            Json object = emote_json(emote);
            add_images(*call.services, object, emote);
            add_set(object, emote);
            add_owner(object, emote);
            add_formats(object);
            list.push_back(std::move(object));
        }
    }
    return emotes_reply(*call.services, std::move(list));
}

Reply get_user_emotes(Call& call) {
    const Page page = call.page();
    // twurple writes it in its own way.
    auto broadcaster = call.fields.optional_user_id("broadcaster_id");
    if (!broadcaster) broadcaster = call.fields.optional_user_id("broadcasterId");
    ChannelId channel;
    chat::Standing standing;
    if (broadcaster) {
        channel = call.find_channel(*broadcaster, "broadcaster_id").id;
        standing = take(call.catalog().standing(channel, call.user().id));
    }
    const auto granted = take(call.catalog().granted_emotes(call.user().id));
    const bool owner = user_of(channel) == call.user().id;
    std::vector<store::Emote> usable;
    for (auto& emote : take(call.catalog().emotes_for(channel))) {
        const bool may = owner || emote.tier_required <= standing.subscriber_tier ||
                         std::ranges::find(granted, emote.id) != granted.end();
        if (may && emote.id > page.after) usable.push_back(std::move(emote));
    }
    std::ranges::sort(usable, {}, &store::Emote::id);
    const bool more = usable.size() > page.first;
    if (more) usable.resize(page.first);
    Json list = Json::array();
    for (const auto& emote : usable) {
        Json object = emote_json(emote);
        add_set(object, emote);
        add_owner(object, emote);
        add_formats(object);
        list.push_back(std::move(object));
    }
    Json body{{"data", std::move(list)},
              {"template", template_of(*call.services)},
              {"pagination", Json::object()}};
    if (more) body["pagination"]["cursor"] = encode_cursor(usable.back().id);
    return json_reply(body);
}

Reply get_channel_badges(Call& call) {
    const auto channel = call.find_channel(call.fields.user_id("broadcaster_id"), "broadcaster_id");
    return badges_reply(call, channel.id);
}

Reply get_global_badges(Call& call) {
    return badges_reply(call, {});
}

}  // namespace clamor::api::helix
