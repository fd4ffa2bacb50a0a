// SPDX-License-Identifier: Apache-2.0
#include "api/emotes.h"

#include <memory>

#include <nlohmann/json.hpp>

#include "api/parameters.h"
#include "api/reply.h"

namespace clamor::api {

namespace {

using Json = nlohmann::ordered_json;
using Answer = wire::http::Response (*)(const Services&, ChannelId);

std::string_view name_of(store::EmoteType type) {
    switch (type) {
        case store::EmoteType::global:
            return "global";
        case store::EmoteType::channel:
            return "channel";
        case store::EmoteType::bits:
            return "bits";
    }
    return "global";
}

wire::http::Response list_emotes(const Services& services, ChannelId channel) {
    const auto emotes = services.catalog.emotes_for(channel);
    if (!emotes) return store_failure(emotes.error());
    auto list = Json::array();
    for (const auto& emote : *emotes) {
        list.push_back(
            {{"id", emote.id},
             {"code", emote.code},
             {"type", name_of(emote.type)},
             {"channel_id", emote.channel ? Json(std::to_string(emote.channel.value)) : Json()},
             {"tier_required", emote.tier_required != 0 ? Json(emote.tier_required) : Json()},
             {"image_url", emote.image_url},
             {"image_url_2x", emote.image_url_2x},
             {"image_url_4x", emote.image_url_4x}});
    }
    const Json body{{"emotes", std::move(list)}};
    return json_response(200, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

wire::http::Response list_badges(const Services& services, ChannelId channel) {
    const auto badges = services.catalog.badges_for(channel);
    if (!badges) return store_failure(badges.error());
    auto list = Json::array();
    for (const auto& image : *badges) {
        list.push_back({{"name", image.badge.name},
                        {"version", image.badge.version},
                        {"title", image.title},
                        {"image_url", image.image_url},
                        {"image_url_2x", image.image_url_2x},
                        {"image_url_4x", image.image_url_4x}});
    }
    const Json body{{"badges", std::move(list)}};
    return json_response(200, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// Answers for a channel that exists; 404 for others.
wire::http::Response for_channel(const Services& services, ChannelId channel, Answer answer) {
    const auto found = services.catalog.find_channel(channel);
    if (!found) return store_failure(found.error());
    if (!*found)
        return error_response(
            404, "there is no channel with the number " + std::to_string(channel.value));
    return answer(services, channel);
}

Handler handler(std::shared_ptr<const Services> services, Answer answer) {
    return [services, answer](auto, auto parameters, auto respond) {
        const auto channel = parse_channel_id(parameters[0]);
        if (!channel) return respond(error_response(400, channel.error()));
        answer_from_worker(
            services->workers, std::move(respond),
            [services, answer, id = *channel] { return for_channel(*services, id, answer); });
    };
}

/// Where an emote's picture is, by the path that Helix's `template` gives.
wire::http::Response emote_picture(const Services& services, const Parameters& path) {
    const std::string& id = path[0];
    const std::string& format = path[1];
    const std::string& theme = path[2];
    const std::string& scale = path[3];
    if (format != "default" && format != "static" && format != "animated")
        return error_response(400,
                              "the format is default, static or animated, not '" + format + "'");
    if (theme != "light" && theme != "dark")
        return error_response(400, "the theme is light or dark, not '" + theme + "'");
    if (scale != "1.0" && scale != "2.0" && scale != "3.0")
        return error_response(400, "the scale is 1.0, 2.0 or 3.0, not '" + scale + "'");
    const auto emote = services.catalog.find_emote(id);
    if (!emote && emote.error().code != std::errc::invalid_argument)
        return store_failure(emote.error());
    if (!emote || !*emote) return error_response(404, "there is no emote '" + id + "'");
    const store::Emote& found = **emote;
    return {.status = 302,
            .headers = {{"Location", scale == "1.0"   ? found.image_url
                                     : scale == "2.0" ? found.image_url_2x
                                                      : found.image_url_4x},
                        {"Cache-Control", "public, max-age=300"},
                        {"Access-Control-Allow-Origin", "*"}},
            .body = {}};
}

}  // namespace

void add_emote_routes(Router& router, const Services& given) {
    const auto services = std::make_shared<const Services>(given);
    router.on("GET", "/api/emotes/{channelId}", handler(services, list_emotes));
    router.on("GET", "/api/badges/{channelId}", handler(services, list_badges));
    router.on("GET", "/emoticons/v2/{id}/{format}/{theme}/{scale}",
              [services](auto, auto parameters, auto respond) {
                  answer_from_worker(services->workers, std::move(respond),
                                     [services, parameters = std::move(parameters)] {
                                         return emote_picture(*services, parameters);
                                     });
              });
}

}  // namespace clamor::api
