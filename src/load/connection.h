// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "load/target.h"
#include "reactor/engine.h"
#include "wire/irc/line_splitter.h"
#include "wire/ws/decoder.h"

namespace clamor::load {

/// One client connection over WebSocket or bare TCP, over TLS perhaps: handshakes, framing, sending
/// in order. Deriving classes give it a language. Owned by its creator, in place from open() until
/// on_gone() has returned; everything happens on the engine's thread. What waits to be sent is
/// unbounded: the caller decides how much it sends.
class Connection : public reactor::Stream, private wire::ws::Handler {
  public:
    /// `target` and `workspace` must outlive the connection.
    Connection(reactor::Engine& engine, const Target& target, wire::ws::Workspace& workspace,
               std::string path);
    ~Connection() override = default;

    /// Starts connecting; on_open() or on_gone() follows. An error: not even started, and neither
    /// follows.
    Result<void> open();
    /// One WebSocket message, or bytes as they are over TCP.
    void send_text(std::string_view text);
    /// Over WebSocket a Ping, answered by on_answered() when everything sent before was read. Over
    /// TCP answered never.
    void ping();
    void close(reactor::CloseMode mode);

    bool is_open() const { return state_ == State::open; }
    /// When the bytes that are being handled arrived.
    MonoTime received_at() const { return received_at_; }
    std::uint64_t bytes_received() const { return bytes_received_; }
    /// The HTTP status with which the server refused the upgrade; 0 when it did not.
    int refused_status() const { return refused_status_; }

  protected:
    virtual void on_open() = 0;
    /// A whole WebSocket message, or over TCP any number of whole lines with their line ends.
    virtual void on_text(std::string_view text) = 0;
    virtual void on_answered() {}
    /// The last call. `why` is a sentence; empty when we closed or the peer closed in order.
    virtual void on_gone(std::string_view why) = 0;

  private:
    enum class State : std::uint8_t { closed, connecting, upgrading, open, closing };

    void on_connected() override;
    void on_received(std::string_view bytes) override;
    void on_sent() override;
    void on_closed(std::error_code why) override;

    bool on_message(wire::ws::Opcode kind, std::string_view payload) override;
    bool on_ping(std::string_view payload) override;
    bool on_pong(std::string_view payload) override;
    void on_close(std::uint16_t code, std::string_view reason) override;

    void begin();
    void read(std::string_view bytes);
    void read_upgrade_answer(std::string_view bytes);
    void read_frames(std::string_view bytes);
    void read_lines(std::string_view bytes);
    void opened();
    void flush_outbox();
    void give_up(std::string why);

    reactor::Engine& engine_;
    const Target& target_;
    wire::ws::Workspace& workspace_;
    wire::ws::Decoder decoder_;
    std::unique_ptr<reactor::TlsSession> tls_;  // null: in plain text, or not connected yet
    std::string path_;
    std::string partial_;  // the answer to the upgrade, or the beginning of a line
    std::string sending_;
    std::string outbox_;
    std::string why_gone_;
    MonoTime received_at_;
    std::uint64_t bytes_received_ = 0;
    int refused_status_ = 0;
    State state_ = State::closed;
};

}  // namespace clamor::load
