// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "wire/ws/deflate.h"
#include "wire/ws/protocol.h"

namespace clamor::wire::ws {

/// What a decoder reports, in the order of the stream. Bytes live until the call returns. Returning
/// false stops the decoder for good; it must not be destroyed from within a call.
class Handler {
  public:
    virtual ~Handler() = default;
    /// A whole message: text (valid UTF-8) or binary.
    virtual bool on_message(Opcode kind, std::string_view payload) = 0;
    virtual bool on_ping(std::string_view payload) = 0;
    virtual bool on_pong(std::string_view payload) = 0;
    /// The peer's Close, to be answered with the same code. kCloseNoCode when it gave none. Nothing
    /// follows.
    virtual void on_close(std::uint16_t code, std::string_view reason) = 0;
};

/// Buffers that all decoders of a thread take turns with, so that a connection needs none between
/// its messages.
struct Workspace {
    std::string payload;
    std::string inflated;
    Inflater inflater;
};

/// Why the connection must be closed, as the Close frame says it. Code 0: all is well.
struct Failure {
    std::uint16_t code = 0;
    std::string_view reason;

    explicit operator bool() const { return code != 0; }
};

/// Reads the frames of one connection (RFC 6455, and RFC 7692 without context takeover), however
/// the bytes arrive. Owned by the connection, used on its thread. Holds memory only while a frame
/// or a fragmented message is half read, at most the message limit.
class Decoder {
  public:
    struct Options {
        Role role = Role::server;
        bool deflate = false;  ///< permessage-deflate was agreed
        std::uint32_t message_bytes_max = limits::kWebSocketMessageBytes;  ///< also after inflating
    };

    explicit Decoder(Options options);
    ~Decoder();
    Decoder(Decoder&&) noexcept;
    Decoder& operator=(Decoder&&) noexcept;

    /// Takes all of `bytes`. After a failure, a Close or a `false` of the handler, further bytes
    /// are ignored.
    Failure feed(std::string_view bytes, Workspace& workspace, Handler& handler);

    bool finished() const { return finished_; }
    bool holds_memory() const { return pending_ != nullptr; }

  private:
    struct FrameHeader;
    struct Pending;
    enum class HeaderState : std::uint8_t { need_more, ready, failed };

    HeaderState read_header(std::string_view bytes, FrameHeader& header, Failure& failure) const;
    Failure check_header(const FrameHeader& header) const;
    /// Starts frames and takes whole unfragmented ones straight from `bytes`.
    Failure start_frame(std::string_view& bytes, Workspace& workspace, Handler& handler);
    Failure continue_frame(std::string_view& bytes, Workspace& workspace, Handler& handler);
    Failure end_frame(Workspace& workspace, Handler& handler);
    Failure deliver_message(Opcode kind, bool compressed, bool checked, std::string_view payload,
                            Workspace& workspace, Handler& handler);
    Failure deliver_control(Opcode opcode, std::string_view payload, Handler& handler);
    Failure deliver_close(std::string_view payload, Handler& handler);
    Pending& pending();
    void release_if_idle();

    Options options_;
    bool finished_ = false;
    std::unique_ptr<Pending> pending_;
};

}  // namespace clamor::wire::ws
