// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/ws_peer.h"

#include <cerrno>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace clamor::conformance {

std::string encode(const Frame& frame) {
    const std::uint64_t length = frame.claimed_length.value_or(frame.payload.size());
    int length_bytes = frame.length_bytes;
    if (length_bytes < 0) length_bytes = length < 126 ? 0 : length < 65536 ? 2 : 8;

    std::string out;
    out += static_cast<char>((frame.fin ? 0x80 : 0) | frame.reserved << 4 | frame.opcode);
    const std::uint64_t short_length = length_bytes == 0 ? length : length_bytes == 2 ? 126 : 127;
    out += static_cast<char>((frame.masked ? 0x80u : 0u) | short_length);
    for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>(length >> (8 * i));
    if (!frame.masked) return out + frame.payload;
    constexpr char kMask[4] = {0x37, static_cast<char>(0xfa), 0x21, 0x3d};
    out.append(kMask, 4);
    for (std::size_t i = 0; i < frame.payload.size(); ++i)
        out += static_cast<char>(frame.payload[i] ^ kMask[i % 4]);
    return out;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    return payload.append(reason);
}

Peer::Peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
}

Peer::~Peer() {
    ::close(fd_);
}

void Peer::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // the server has closed: what it said is still to be read
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool Peer::fill() {
    char bytes[65536];
    const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
    if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
}

std::string Peer::read_head() {
    for (;;) {
        const std::size_t end = buffer_.find("\r\n\r\n");
        if (end != std::string::npos) {
            std::string head = buffer_.substr(0, end + 4);
            buffer_.erase(0, end + 4);
            return head;
        }
        if (!fill()) return {};
    }
}

std::optional<Frame> Peer::read_frame() {
    const auto have = [&](std::size_t size) {
        while (buffer_.size() < size) {
            if (!fill()) return false;
        }
        return true;
    };
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(buffer_[at]); };
    if (!have(2)) return std::nullopt;
    Frame frame{.fin = (byte(0) & 0x80) != 0,
                .reserved = static_cast<std::uint8_t>(byte(0) >> 4 & 7),
                .opcode = static_cast<std::uint8_t>(byte(0) & 15),
                .masked = (byte(1) & 0x80) != 0,
                .payload = {}};
    std::uint64_t length = byte(1) & 0x7f;
    frame.length_bytes = length < 126 ? 0 : length == 126 ? 2 : 8;
    const std::size_t head = 2 + static_cast<std::size_t>(frame.length_bytes);
    if (!have(head)) return std::nullopt;
    if (frame.length_bytes > 0) length = 0;
    for (std::size_t i = 2; i < head; ++i) length = length << 8 | byte(i);
    if (!have(head + length)) return std::nullopt;
    frame.payload = buffer_.substr(head, length);
    buffer_.erase(0, head + length);
    return frame;
}

bool Peer::at_end() {
    if (!buffer_.empty()) return false;
    char byte = 0;
    const ssize_t got = ::recv(fd_, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

std::string Peer::open(std::string_view more_headers) {
    std::string request =
        "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: "
        "Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    write(request.append(more_headers).append("\r\n"));
    return read_head();
}

EchoServer::EchoServer(std::string_view reactor) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    const std::string limit = std::to_string(kMessageMax);
    const std::string kind(reactor);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        ::dup2(ends[1], 2);
        ::execl(CLAMOR_ECHO, CLAMOR_ECHO, "--listen", "127.0.0.1:0", "--reactor", kind.c_str(),
                "--max-message", limit.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(ends[1]);
    stderr_ = ends[0];
    constexpr std::string_view kBefore = "127.0.0.1:";
    for (;;) {
        char bytes[4096];
        const ssize_t got = ::read(stderr_, bytes, sizeof(bytes));
        if (got <= 0) return;
        output_.append(bytes, static_cast<std::size_t>(got));
        const std::size_t at = output_.find(kBefore);
        if (at == std::string::npos || output_.find('\n', at) == std::string::npos) continue;
        port_ = static_cast<std::uint16_t>(std::atoi(output_.c_str() + at + kBefore.size()));
        return;
    }
}

EchoServer::~EchoServer() {
    if (pid_ > 0) {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    if (stderr_ >= 0) ::close(stderr_);
}

}  // namespace clamor::conformance
