// SPDX-License-Identifier: Apache-2.0
#include "reactor/socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace clamor::reactor::socket {

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address to_sockaddr(const Endpoint& endpoint) {
    Address out;
    if (endpoint.is_ipv4()) {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(endpoint.port);
        std::memcpy(&v4->sin_addr, endpoint.address.data() + 12, 4);
        out.size = sizeof(sockaddr_in);
    } else {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(endpoint.port);
        std::memcpy(&v6->sin6_addr, endpoint.address.data(), 16);
        out.size = sizeof(sockaddr_in6);
    }
    return out;
}

Endpoint from_sockaddr(const sockaddr_storage& storage) {
    Endpoint endpoint;
    if (storage.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
        endpoint.address[10] = endpoint.address[11] = 0xff;
        std::memcpy(endpoint.address.data() + 12, &v4.sin_addr, 4);
        endpoint.port = ntohs(v4.sin_port);
    } else if (storage.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
        std::memcpy(endpoint.address.data(), &v6.sin6_addr, 16);
        endpoint.port = ntohs(v6.sin6_port);
    }
    return endpoint;
}

bool is_any(const Endpoint& endpoint) {
    return std::all_of(endpoint.address.begin(), endpoint.address.end(),
                       [](std::uint8_t b) { return b == 0; });
}

bool set_option(int fd, int level, int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

}  // namespace

Result<Fd> open_listener(const Endpoint& at, bool non_blocking, PortUse use) {
    const auto failed = [&](const char* call) {
        return fail_errno(fmt::format("{} for {}", call, at.to_string()));
    };
    const int type = SOCK_STREAM | SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0);
    Endpoint bound = at;
    Fd fd(::socket(bound.is_ipv4() ? AF_INET : AF_INET6, type, 0));
    if (!fd && errno == EAFNOSUPPORT && is_any(at)) {
        // A machine without IPv6: "any address" is then any IPv4 address.
        bound.address[10] = bound.address[11] = 0xff;
        fd.reset(::socket(AF_INET, type, 0));
    }
    if (!fd) return failed("socket()");
    if (!bound.is_ipv4()) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, is_any(bound) ? 0 : 1);
    if (!set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) return failed("SO_REUSEADDR");
    if (use == PortUse::shared && !set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
        return failed("SO_REUSEPORT");
    }
    const Address address = to_sockaddr(bound);
    if (::bind(fd.get(), address.get(), address.size) != 0) return failed("bind()");
    if (::listen(fd.get(), kListenBacklog) != 0) return failed("listen()");
    return fd;
}

Result<Endpoint> local_endpoint(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
        return fail_errno("getsockname()");
    return from_sockaddr(storage);
}

Endpoint peer_endpoint(int fd) {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
    return from_sockaddr(storage);
}

Result<Fd> start_connect(const Endpoint& to) {
    Fd fd(
        ::socket(to.is_ipv4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail_errno("socket()");
    const Address address = to_sockaddr(to);
    if (::connect(fd.get(), address.get(), address.size) != 0 && errno != EINPROGRESS) {
        return fail_errno(fmt::format("connect() to {}", to.to_string()));
    }
    return fd;
}

int take_error(int fd) {
    int error = 0;
    socklen_t size = sizeof(error);
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    return error;
}

Result<void> set_non_blocking(int fd, bool non_blocking) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) return fail_errno("fcntl(F_GETFL)");
    const int wanted = non_blocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    if (wanted != flags && ::fcntl(fd, F_SETFL, wanted) != 0) return fail_errno("fcntl(F_SETFL)");
    return {};
}

Result<void> prepare_stream(int fd, int send_buffer_bytes, bool non_blocking) {
    if (auto set = set_non_blocking(fd, non_blocking); !set) return set;
    if (!set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1)) return fail_errno("TCP_NODELAY");
    if (!set_option(fd, SOL_SOCKET, SO_SNDBUF, send_buffer_bytes)) return fail_errno("SO_SNDBUF");
    return {};
}

void reset_on_close(int fd) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

}  // namespace clamor::reactor::socket
