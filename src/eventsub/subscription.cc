// SPDX-License-Identifier: Apache-2.0
#include "eventsub/subscription.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace clamor::eventsub {
namespace {

constexpr std::string_view kStatusNames[] = {
    "enabled",
    "webhook_callback_verification_pending",
    "authorization_revoked",
    "moderator_removed",
    "user_removed",
    "version_removed",
    "chat_user_banned",
    "websocket_disconnected",
    "websocket_failed_ping_pong",
    "websocket_received_inbound_traffic",
    "websocket_connection_unused",
    "websocket_internal_error",
    "websocket_network_timeout",
    "websocket_network_error",
    "websocket_failed_to_reconnect",
    "webhook_callback_verification_failed",
    "notification_failures_exceeded",
};
static_assert(std::size(kStatusNames) == kStatuses);

nlohmann::ordered_json condition_json(const Subscription& subscription) {
    auto out = nlohmann::ordered_json::object();
    for (const Field field : fields_of(subscription.info().audience)) {
        const UserId id = subscription.condition[field];
        out[std::string(name_of(field))] = id ? std::to_string(id.value) : std::string();
    }
    return out;
}

nlohmann::ordered_json transport_json(const Subscription& subscription, Place place) {
    if (const auto* webhook = std::get_if<WebhookTransport>(&subscription.transport))
        return {{"method", "webhook"}, {"callback", webhook->callback}};
    const auto& socket = std::get<WebSocketTransport>(subscription.transport);
    nlohmann::ordered_json out{{"method", "websocket"}, {"session_id", socket.session_id}};
    if (place == Place::rest) {
        out["connected_at"] = rfc3339(socket.connected_at);
        if (socket.disconnected_at) out["disconnected_at"] = rfc3339(*socket.disconnected_at);
    }
    return out;
}

}  // namespace

std::string_view name_of(Status status) {
    const auto index = static_cast<std::size_t>(status);
    CLAMOR_CHECK(index < std::size(kStatusNames), "every status has a name");
    return kStatusNames[index];
}

std::optional<Status> parse_status(std::string_view name) {
    const auto* found = std::ranges::find(kStatusNames, name);
    if (found == std::end(kStatusNames)) return std::nullopt;
    return static_cast<Status>(found - std::begin(kStatusNames));
}

nlohmann::ordered_json to_json(const Subscription& subscription, Place place) {
    return {{"id", subscription.id},
            {"status", name_of(subscription.status)},
            {"type", subscription.info().name},
            {"version", std::to_string(subscription.version)},
            {"condition", condition_json(subscription)},
            {"created_at", rfc3339(subscription.created_at)},
            {"transport", transport_json(subscription, place)},
            {"cost", subscription.cost}};
}

std::string rfc3339(WallTime time) {
    using namespace std::chrono;
    const sys_time<milliseconds> at(time.time_since_epoch());
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss clock(at - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}000000Z",
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

}  // namespace clamor::eventsub
