// SPDX-License-Identifier: Apache-2.0
#include "api/recent_messages.h"

#include <algorithm>
#include <limits>
#include <memory>

#include <nlohmann/json.hpp>

#include "api/parameters.h"
#include "api/reply.h"
#include "base/limits.h"
#include "base/log.h"
#include "chat/event.h"
#include "twitch/events.h"
#include "wire/http/response.h"

namespace clamor::api {

namespace {

using Json = nlohmann::ordered_json;

wire::http::Response reply(int status, const Json& body) {
    return json_response(status, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

wire::http::Response refusal(int status, std::string_view error, std::string_view code) {
    return reply(status, {{"status", status},
                          {"status_message", wire::http::reason_phrase(status)},
                          {"error", error},
                          {"error_code", code}});
}

struct Wanted {
    store::HistoryQuery history;
    bool hide_removed = false;
    bool hide_moderation = false;       ///< no CLEARCHAT and no CLEARMSG
    bool clear_chat_as_notice = false;  ///< in words, for clients that do not know CLEARCHAT
};

bool is_clearing(const chat::Event& event) {
    const auto* act = std::get_if<chat::Moderation>(&event.body);
    if (act == nullptr) return false;
    return act->action == chat::ModAction::ban || act->action == chat::ModAction::timeout ||
           act->action == chat::ModAction::clear || act->action == chat::ModAction::delete_message;
}

Parsed<Wanted> parse_query(const wire::http::Request& request) {
    const auto limit = query_number(request, "limit", 1, std::numeric_limits<std::uint64_t>::max());
    constexpr std::uint64_t kLatestTime = std::numeric_limits<std::int64_t>::max();
    const auto before = query_number(request, "before", 0, kLatestTime);
    const auto after = query_number(request, "after", 0, kLatestTime);
    for (const auto* value : {&limit, &before, &after}) {
        if (!*value) return tl::unexpected(value->error());
    }
    Wanted wanted;
    wanted.history.limit =
        std::min<std::uint64_t>(limit->value_or(limits::kHistoryPage), limits::kHistoryPage);
    if (*before)
        wanted.history.before_time = wall_from_unix_ms(static_cast<std::int64_t>(**before));
    if (*after) wanted.history.after_time = wall_from_unix_ms(static_cast<std::int64_t>(**after));
    wanted.hide_removed = query_flag(request, "hide_moderated_messages") ||
                          query_flag(request, "hideModeratedMessages");
    wanted.hide_moderation = query_flag(request, "hide_moderation_messages") ||
                             query_flag(request, "hideModerationMessages");
    wanted.clear_chat_as_notice =
        query_flag(request, "clearchat_to_notice") || query_flag(request, "clearchatToNotice");
    return wanted;
}

wire::http::Response recent_messages(const Services& services, const std::string& login,
                                     Wanted wanted) {
    const auto channel = services.catalog.find_channel(login);
    if (!channel) {
        log::error("recent messages: the catalog failed", {{"error", channel.error().to_string()}});
        return refusal(500, "The server could not read its store.", "internal_server_error");
    }
    if (!*channel) {
        return reply(
            200, {{"messages", Json::array()},
                  {"error",
                   "The bot is currently not joined to this channel (there is no such channel)"},
                  {"error_code", "channel_not_joined"}});
    }
    wanted.history.channel = (*channel)->id;
    const auto stored = services.log.read(wanted.history);
    if (!stored) {
        log::error("recent messages: the log failed", {{"error", stored.error().to_string()}});
        return refusal(500, "The server could not read its store.", "internal_server_error");
    }
    std::vector<std::string> lines;
    for (const auto& message : *stored) {
        if (message.deleted && wanted.hide_removed) continue;
        auto event = chat::decode_event(message.event);
        if (!event) {
            log::error("a stored message cannot be read", {{"channel", login},
                                                           {"id", message.id.to_string()},
                                                           {"error", event.error().to_string()}});
            continue;
        }
        if (wanted.hide_moderation && is_clearing(*event)) continue;
        const auto* said = std::get_if<chat::Message>(&event->body);
        if (said != nullptr && chat::for_moderators_only(*said)) continue;
        event->position = message.position;
        std::string line;
        if (wanted.clear_chat_as_notice && is_clearing(*event)) {
            twitch::append_clearing_as_notice(line, *event);
        } else {
            twitch::append_history_line(line, *event, message.deleted);
        }
        // A change of the room's modes is two lines.
        for (std::string_view rest = line; !rest.empty();) {
            const auto end = rest.find("\r\n");
            lines.emplace_back(rest.substr(0, end));
            rest.remove_prefix(end + 2);
        }
    }
    if (const auto most = wanted.history.limit; lines.size() > most)
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(most));
    return reply(200,
                 {{"messages", std::move(lines)}, {"error", nullptr}, {"error_code", nullptr}});
}

}  // namespace

void add_recent_messages_routes(Router& router, const Services& given) {
    const auto services = std::make_shared<const Services>(given);
    router.on(
        "GET", "/api/v2/recent-messages/{login}",
        [services](auto request, auto parameters, auto respond) {
            const auto login = parse_login(parameters[0]);
            if (!login)
                return respond(refusal(400, "Invalid channel login: " + login.error(),
                                       "invalid_channel_login"));
            const auto wanted = parse_query(request);
            if (!wanted)
                return respond(refusal(400, "Invalid query: " + wanted.error(), "invalid_query"));
            answer_from_worker(services->workers, std::move(respond),
                               [services, login = *login, wanted = *wanted] {
                                   return recent_messages(*services, login, wanted);
                               });
        });
}

}  // namespace clamor::api
