// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <nlohmann/json_fwd.hpp>

#include "base/ids.h"
#include "base/time.h"
#include "chat/people.h"
#include "eventsub/types.h"

namespace clamor::eventsub {

/// Where a subscription is in its life; everything from authorization_revoked on is its end.
enum class Status : std::uint8_t {
    enabled,
    webhook_callback_verification_pending,
    authorization_revoked,
    moderator_removed,
    user_removed,
    version_removed,
    chat_user_banned,
    websocket_disconnected,
    websocket_failed_ping_pong,
    websocket_received_inbound_traffic,
    websocket_connection_unused,
    websocket_internal_error,
    websocket_network_timeout,
    websocket_network_error,
    websocket_failed_to_reconnect,
    webhook_callback_verification_failed,
    notification_failures_exceeded,
};
inline constexpr int kStatuses = 17;
std::string_view name_of(Status status);
std::optional<Status> parse_status(std::string_view name);
constexpr bool ended(Status status) {
    return status >= Status::authorization_revoked;
}

/// Whom a subscription is about; a field that its type does not have is none.
struct Condition {
    std::array<UserId, kFields> ids{};

    UserId operator[](Field field) const { return ids[static_cast<std::size_t>(field)]; }
    UserId& operator[](Field field) { return ids[static_cast<std::size_t>(field)]; }
    friend bool operator==(const Condition&, const Condition&) = default;
};

/// Whose channel it is about; none: nobody's.
inline UserId broadcaster_of(const Condition& condition) {
    for (const Field field : {Field::broadcaster, Field::from_broadcaster, Field::to_broadcaster}) {
        if (condition[field]) return condition[field];
    }
    return {};
}

struct WebSocketTransport {
    std::string session_id;
    WallTime connected_at{};
    std::optional<WallTime> disconnected_at{};
};
struct WebhookTransport {
    std::string callback;
    std::string secret;  ///< is never shown
};

/// One subscription. Shared between shards and the registry, and never changed: a new status is a
/// new value in the registry.
struct Subscription {
    std::string id;  ///< UUID text
    Status status = Status::enabled;
    Type type = Type::chat_message;
    std::uint8_t version = 1;
    Condition condition;
    std::variant<WebSocketTransport, WebhookTransport> transport;
    WallTime created_at{};
    std::uint32_t cost = 0;

    // Not part of what clients see.
    UserId owner;  ///< none: an app token
    std::string client_id;
    std::string token_hash;
    bool token_kept = false;  ///< the catalog has the token, and ends it by forgetting it
    std::optional<WallTime> token_expires_at;
    chat::Person channel;         ///< whose events it tells of; none for user.* types
    bool may_read_email = false;  ///< user.update: the scope user:read:email

    const TypeInfo& info() const { return info_of(type); }
    ChannelId watched() const { return ChannelId(channel.id.value); }
    bool is_webhook() const { return std::holds_alternative<WebhookTransport>(transport); }
};

/// How a subscription is written: in REST answers the transport says when it was connected.
enum class Place : std::uint8_t { rest, notification };
nlohmann::ordered_json to_json(const Subscription& subscription, Place place);

/// RFC 3339 in UTC with nine digits of a second, as clients know it from Twitch.
std::string rfc3339(WallTime time);

}  // namespace clamor::eventsub
