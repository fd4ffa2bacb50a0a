// SPDX-License-Identifier: Apache-2.0
#include "api/messages.h"

#include <limits>
#include <memory>

#include <nlohmann/json.hpp>

#include "api/message_json.h"
#include "api/parameters.h"
#include "api/reply.h"
#include "base/limits.h"
#include "base/log.h"

namespace clamor::api {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDefaultPage = 100;
constexpr std::uint64_t kLatestTime = std::numeric_limits<std::int64_t>::max();

wire::http::Response list_messages(const Services& services, const std::string& login,
                                   store::HistoryQuery query) {
    const auto channel = services.catalog.find_channel(login);
    if (!channel) return store_failure(channel.error());
    if (!*channel) return error_response(404, "there is no channel '" + login + "'");
    query.channel = (*channel)->id;
    query.messages_only = true;
    const auto stored = services.log.read(query);
    if (!stored) return store_failure(stored.error());
    auto list = Json::array();
    for (const auto& entry : *stored) {
        const auto message = read_message(entry);
        if (!message) {
            log::error("a stored message cannot be read", {{"channel", login},
                                                           {"id", entry.id.to_string()},
                                                           {"error", message.error().to_string()}});
            continue;
        }
        if (!chat::for_moderators_only(*message)) list.push_back(message_json(entry, *message));
    }
    const Json body{{"channel", {{"id", std::to_string((*channel)->id.value)}, {"login", login}}},
                    {"messages", std::move(list)}};
    return json_response(200, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

/// The bounds and the limit of a history request.
Parsed<store::HistoryQuery> parse_query(const wire::http::Request& request) {
    for (const auto& [sequence, time] :
         {std::pair{"before_seq", "before"}, {"after_seq", "after"}}) {
        if (request.has_query(sequence) && request.has_query(time)) {
            return tl::unexpected("give '" + std::string(sequence) + "' or '" + time +
                                  "', not both");
        }
    }
    constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
    const auto limit = query_number(request, "limit", 1, limits::kHistoryPage);
    const auto before_sequence = query_number(request, "before_seq", 0, kAny);
    const auto after_sequence = query_number(request, "after_seq", 0, kAny);
    const auto before = query_number(request, "before", 0, kLatestTime);
    const auto after = query_number(request, "after", 0, kLatestTime);
    for (const auto* value : {&limit, &before_sequence, &after_sequence, &before, &after}) {
        if (!*value) return tl::unexpected(value->error());
    }
    const auto time_of = [](std::optional<std::uint64_t> ms) -> std::optional<WallTime> {
        if (!ms) return std::nullopt;
        return wall_from_unix_ms(static_cast<std::int64_t>(*ms));
    };
    return store::HistoryQuery{.channel = {},
                               .after_sequence = *after_sequence,
                               .before_sequence = *before_sequence,
                               .after_time = time_of(*after),
                               .before_time = time_of(*before),
                               .author = std::nullopt,
                               .limit = limit->value_or(kDefaultPage)};
}

}  // namespace

void add_message_routes(Router& router, const Services& given) {
    const auto services = std::make_shared<const Services>(given);
    router.on("GET", "/api/channels/{login}/messages",
              [services](auto request, auto parameters, auto respond) {
                  const auto login = parse_login(parameters[0]);
                  if (!login) return respond(error_response(400, login.error()));
                  const auto query = parse_query(request);
                  if (!query) return respond(error_response(400, query.error()));
                  answer_from_worker(services->workers, std::move(respond),
                                     [services, login = *login, query = *query] {
                                         return list_messages(*services, login, query);
                                     });
              });
}

}  // namespace clamor::api
