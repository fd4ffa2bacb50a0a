// SPDX-License-Identifier: Apache-2.0
#include "moderation/raid_trip.h"

#include <nlohmann/json.hpp>

namespace clamor::moderation {

using Json = nlohmann::ordered_json;

std::string trip_details(const automod::Trip& trip) {
    Json signs = Json::array(), changes = Json::array(), newcomers = Json::array();
    for (const auto& sign : trip.signs) {
        signs.push_back({{"sign", automod::name_of(sign.sign)},
                         {"measured", sign.measured},
                         {"limit", sign.limit}});
    }
    for (const automod::Change& change : trip.changes) {
        changes.push_back({{"measure", automod::name_of(change.measure)},
                           {"before", change.before},
                           {"after", change.after}});
    }
    for (const UserId user : trip.newcomers) newcomers.push_back(user.value);
    return Json{{"signs", std::move(signs)},
                {"changes", std::move(changes)},
                {"newcomers", std::move(newcomers)}}
        .dump();
}

automod::Trip read_trip(std::string_view details) {
    automod::Trip trip;
    try {
        const auto document = nlohmann::json::parse(details);
        for (const auto& sign : document.at("signs")) {
            if (const auto which = automod::parse_raid_sign(sign.at("sign").get<std::string>()))
                trip.signs.push_back({*which, sign.at("measured"), sign.at("limit")});
        }
        for (const auto& change : document.at("changes")) {
            const auto measure = automod::parse_measure(change.at("measure").get<std::string>());
            if (measure)
                trip.changes.push_back({*measure, change.at("before"), change.at("after")});
        }
        for (const auto& user : document.at("newcomers"))
            trip.newcomers.emplace_back(user.get<std::uint64_t>());
    } catch (const nlohmann::json::exception&) {
        return trip;  // of a later version's making
    }
    return trip;
}

}  // namespace clamor::moderation
