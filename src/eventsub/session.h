// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"
#include "eventsub/registry.h"

namespace clamor::eventsub {

/// Why a connection ends; docs/protocol/eventsub.md has the codes.
enum class CloseReason : std::uint8_t {
    internal_error,
    inbound_traffic,
    failed_ping_pong,
    unused,
    reconnect_expired,
    network_timeout,  ///< the client reads too slowly
    network_error,
    invalid_reconnect,
    server_shutdown,
};
inline constexpr int kCloseReasons = 9;

struct CloseInfo {
    std::uint16_t code;
    std::string_view text;
    Status status;             ///< of the subscriptions
    std::string_view counter;  ///< label of the metric
};
const CloseInfo& close_info(CloseReason reason);

/// The WebSocket below a session; edge/net implements it. All calls are for the shard's thread, and
/// none of them calls back.
class Transport {
  public:
    struct Waiting {
        std::size_t bytes = 0;
        MonoTime oldest{};  ///< without meaning when `bytes` is 0
    };

    virtual void send(std::string_view head, std::string_view body) = 0;  ///< one text frame
    virtual void ping() = 0;
    virtual Waiting waiting() const = 0;
    /// Sends what is queued and the close frame. Later calls have no effect.
    virtual void close(std::uint16_t code, std::string_view text) = 0;

  protected:
    ~Transport() = default;
};

struct SessionOptions {
    std::chrono::seconds unused_timeout{10};
    std::chrono::seconds ping_interval{30};
    std::chrono::seconds reconnect_grace{30};
    std::size_t outbox_bytes = limits::kOutboxHardBytes;
    std::chrono::seconds outbox_age = limits::kOutboxAge;
};

/// `keepalive_timeout_seconds` of a request: 10 to 600, 10 where there is no number.
std::chrono::seconds parse_keepalive(std::string_view value);

/// One connection of the EventSub WebSocket (spec helix-eventsub 10): its frames and its times.
/// Knows no clock and no socket: whoever owns it passes the time in and calls on_time() at
/// deadline(). Bounded by the outbox limits of its options; a client that reads too slowly is
/// closed.
class Session {
  public:
    /// `make_id` gives the ids of frames. `used`: it goes on with a session that has subscriptions.
    Session(Transport& transport, Link link, WallTime connected_at, std::chrono::seconds keepalive,
            std::function<MessageId(Now)> make_id, const SessionOptions& options);

    void open(bool used, Now now);
    /// It has had a subscription.
    void on_used() { used_ = true; }
    /// A frame for a subscription: `{"metadata":{...},"payload":{...}}` in two parts.
    void send(std::string_view head, std::string_view body, Now now);
    void start_reconnect(std::string_view url, Now now);
    /// Another connection goes on: nothing is sent any more, and the client is to close this one.
    void supersede() { superseded_ = true; }

    void on_message(Now now) { close(CloseReason::inbound_traffic, now); }
    void on_pong() { pong_due_ = false; }
    /// The connection is gone without a word of ours.
    void on_gone() { gone_ = true; }
    void on_time(Now now);
    void close(CloseReason reason, Now now);

    MonoTime deadline() const;
    const Link& link() const { return link_; }
    bool live() const { return !gone_ && !closed_; }
    bool superseded() const { return superseded_; }
    bool reconnecting() const { return reconnect_until_.has_value(); }
    std::optional<CloseReason> closed() const { return closed_; }

  private:
    std::string session_frame(std::string_view type, std::string_view status,
                              const std::string& reconnect_url, Now now);
    void write(std::string_view head, std::string_view body, Now now);

    Transport& transport_;
    const Link link_;
    const WallTime connected_at_;
    const std::chrono::seconds keepalive_;
    const std::function<MessageId(Now)> make_id_;
    const SessionOptions& options_;

    bool used_ = false;
    bool superseded_ = false;
    bool gone_ = false;
    bool pong_due_ = false;
    std::optional<CloseReason> closed_;
    MonoTime opened_{};
    MonoTime last_sent_{};
    MonoTime next_ping_{};
    std::optional<MonoTime> reconnect_until_;
};

}  // namespace clamor::eventsub
