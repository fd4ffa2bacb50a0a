// SPDX-License-Identifier: Apache-2.0
#include "api/channels.h"

#include <limits>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/parameters.h"
#include "api/reply.h"

namespace clamor::api {

namespace {

constexpr std::uint64_t kChannelsPage = 100;

using Json = nlohmann::ordered_json;

wire::http::Response list_channels(const Services& services, ChannelId after, std::size_t limit) {
    const auto channels = services.catalog.list_channels(after, limit);
    if (!channels) return store_failure(channels.error());
    std::vector<ChannelId> ids;
    for (const auto& channel : *channels) ids.push_back(channel.id);
    const auto viewers = services.viewers(ids);
    auto list = Json::array();
    for (std::size_t i = 0; i < channels->size(); ++i) {
        const auto& channel = (*channels)[i];
        list.push_back({{"id", std::to_string(channel.id.value)},
                        {"login", channel.login},
                        {"display_name", channel.display_name},
                        {"title", channel.title},
                        {"viewers", viewers[i]}});
    }
    const Json body{{"channels", std::move(list)}};
    return json_response(200, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void add_channel_routes(Router& router, const Services& given) {
    const auto services = std::make_shared<const Services>(given);
    const Json server{{"name", "clamor"}, {"dev", services->dev}, {"version", services->version}};
    router.on("GET", "/api/server", [body = server.dump()](auto, auto, auto respond) {
        respond(json_response(200, body));
    });
    router.on("GET", "/api/channels", [services](auto request, auto, auto respond) {
        const auto limit = query_number(request, "limit", 1, kChannelsPage);
        if (!limit) return respond(error_response(400, limit.error()));
        const auto after =
            query_number(request, "after", 0, std::numeric_limits<std::uint64_t>::max());
        if (!after) return respond(error_response(400, after.error()));
        answer_from_worker(services->workers, std::move(respond),
                           [services, after = ChannelId(after->value_or(0)),
                            limit = limit->value_or(kChannelsPage)] {
                               return list_channels(*services, after, limit);
                           });
    });
}

}  // namespace clamor::api
