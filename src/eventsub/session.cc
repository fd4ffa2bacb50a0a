// SPDX-License-Identifier: Apache-2.0
#include "eventsub/session.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/check.h"

namespace clamor::eventsub {
namespace {

using Json = nlohmann::ordered_json;

// In the order of CloseReason.
constexpr CloseInfo kCloseTable[] = {
    {4000, "Internal server error", Status::websocket_internal_error, "internal_error"},
    {4001, "Client sent inbound traffic", Status::websocket_received_inbound_traffic,
     "inbound_traffic"},
    {4002, "Client failed ping-pong", Status::websocket_failed_ping_pong, "failed_ping_pong"},
    {4003, "Connection unused", Status::websocket_connection_unused, "unused"},
    {4004, "Reconnect grace time expired", Status::websocket_failed_to_reconnect,
     "reconnect_expired"},
    {4005, "Network timeout", Status::websocket_network_timeout, "network_timeout"},
    {4006, "Network error", Status::websocket_network_error, "network_error"},
    {4007, "Invalid reconnect", Status::websocket_failed_to_reconnect, "invalid_reconnect"},
    {1012, "Server is restarting", Status::websocket_disconnected, "server_shutdown"},
};
static_assert(std::size(kCloseTable) == kCloseReasons);

constexpr std::chrono::seconds kKeepaliveMin{10};
constexpr std::chrono::seconds kKeepaliveMax{600};

Json metadata(std::string_view type, const MessageId& id, WallTime at) {
    return {
        {"message_id", id.to_string()}, {"message_type", type}, {"message_timestamp", rfc3339(at)}};
}

}  // namespace

const CloseInfo& close_info(CloseReason reason) {
    const auto index = static_cast<std::size_t>(reason);
    CLAMOR_CHECK(index < std::size(kCloseTable), "every close reason has a row");
    return kCloseTable[index];
}

std::chrono::seconds parse_keepalive(std::string_view value) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (end != value.data() + value.size() || error == std::errc::invalid_argument)
        return kKeepaliveMin;
    if (error == std::errc::result_out_of_range)
        return value.starts_with('-') ? kKeepaliveMin : kKeepaliveMax;
    return std::clamp(std::chrono::seconds(seconds), kKeepaliveMin, kKeepaliveMax);
}

Session::Session(Transport& transport, Link link, WallTime connected_at,
                 std::chrono::seconds keepalive, std::function<MessageId(Now)> make_id,
                 const SessionOptions& options)
    : transport_(transport),
      link_(std::move(link)),
      connected_at_(connected_at),
      keepalive_(keepalive),
      make_id_(std::move(make_id)),
      options_(options) {}

void Session::open(bool used, Now now) {
    used_ = used;
    opened_ = now.mono;
    next_ping_ = now.mono + options_.ping_interval;
    write(session_frame("session_welcome", "connected", {}, now), {}, now);
}

std::string Session::session_frame(std::string_view type, std::string_view status,
                                   const std::string& reconnect_url, Now now) {
    const bool welcome = reconnect_url.empty();
    Json session{{"id", link_.session},
                 {"status", status},
                 {"connected_at", rfc3339(connected_at_)},
                 {"keepalive_timeout_seconds", welcome ? Json(keepalive_.count()) : Json(nullptr)},
                 {"reconnect_url", welcome ? Json(nullptr) : Json(reconnect_url)}};
    if (welcome) session["recovery_url"] = nullptr;
    return Json{{"metadata", metadata(type, make_id_(now), now.wall)},
                {"payload", {{"session", std::move(session)}}}}
        .dump();
}

void Session::write(std::string_view head, std::string_view body, Now now) {
    if (!live() || superseded_) return;
    const auto waiting = transport_.waiting();
    if (waiting.bytes > 0 && (waiting.bytes + head.size() + body.size() > options_.outbox_bytes ||
                              now.mono - waiting.oldest > options_.outbox_age)) {
        close(CloseReason::network_timeout, now);
        return;
    }
    transport_.send(head, body);
    last_sent_ = now.mono;
}

void Session::send(std::string_view head, std::string_view body, Now now) {
    write(head, body, now);
}

void Session::start_reconnect(std::string_view url, Now now) {
    if (!live() || reconnect_until_) return;
    reconnect_until_ = now.mono + options_.reconnect_grace;
    write(session_frame("session_reconnect", "reconnecting", std::string(url), now), {}, now);
}

void Session::close(CloseReason reason, Now) {
    if (!live()) return;
    closed_ = reason;
    const CloseInfo& info = close_info(reason);
    transport_.close(info.code, info.text);
}

MonoTime Session::deadline() const {
    MonoTime next = next_ping_;
    if (!used_) next = std::min(next, opened_ + options_.unused_timeout);
    if (!superseded_) next = std::min(next, last_sent_ + keepalive_);
    if (reconnect_until_) next = std::min(next, *reconnect_until_);
    return next;
}

void Session::on_time(Now now) {
    if (!live()) return;
    if (reconnect_until_ && now.mono >= *reconnect_until_)
        return close(CloseReason::reconnect_expired, now);
    if (!used_ && now.mono >= opened_ + options_.unused_timeout)
        return close(CloseReason::unused, now);
    if (now.mono >= next_ping_) {
        if (pong_due_) return close(CloseReason::failed_ping_pong, now);
        pong_due_ = true;
        next_ping_ = now.mono + options_.ping_interval;
        transport_.ping();
    }
    if (!superseded_ && now.mono >= last_sent_ + keepalive_) {
        const Json frame{{"metadata", metadata("session_keepalive", make_id_(now), now.wall)},
                         {"payload", Json::object()}};
        write(frame.dump(), {}, now);
        // A frame that could not be written must not make the deadline one that never passes.
        last_sent_ = now.mono;
    }
}

}  // namespace clamor::eventsub
