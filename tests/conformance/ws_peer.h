// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// A WebSocket client that can break every rule: the other end of the conformance cases. It shares
/// no code with the server.
namespace clamor::conformance {

struct Frame {
    bool fin = true;
    std::uint8_t reserved = 0;  // RSV1 = 4, RSV2 = 2, RSV3 = 1
    std::uint8_t opcode = 1;
    bool masked = true;
    std::string payload = {};
    int length_bytes = -1;  // 0, 2 or 8 following ones; -1: the least that do
    std::optional<std::uint64_t> claimed_length = std::nullopt;
};

inline constexpr std::uint8_t kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9,
                              kPong = 10;

std::string encode(const Frame& frame);
/// Status code and reason, as the payload of a Close.
std::string close_payload(std::uint16_t code, std::string_view reason = {});

/// One TCP connection to the server. Reads end after a few seconds of silence, as "nothing".
class Peer {
  public:
    explicit Peer(std::uint16_t port);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    void write(std::string_view bytes);
    void write(const Frame& frame) { write(encode(frame)); }
    /// The response's head, through the empty line.
    std::string read_head();
    std::optional<Frame> read_frame();
    /// The server has ended the connection, and nothing came before that.
    bool at_end();

    /// The usual handshake with more header lines (each ended by CR LF); returns the response's
    /// head.
    std::string open(std::string_view more_headers = {});

  private:
    bool fill();

    int fd_ = -1;
    std::string buffer_;
};

/// A running clamor-echo, started with these arguments on a free port and stopped at the end.
class EchoServer {
  public:
    explicit EchoServer(std::string_view reactor);
    ~EchoServer();
    EchoServer(const EchoServer&) = delete;
    EchoServer& operator=(const EchoServer&) = delete;
    /// 0 when it did not start; `output` then says why.
    std::uint16_t port() const { return port_; }
    const std::string& output() const { return output_; }

    static constexpr std::size_t kMessageMax = 1024 * 1024;

  private:
    int pid_ = -1;
    int stderr_ = -1;
    std::uint16_t port_ = 0;
    std::string output_;
};

}  // namespace clamor::conformance
