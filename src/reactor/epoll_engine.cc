// SPDX-License-Identifier: Apache-2.0
#include "reactor/epoll_engine.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/check.h"

namespace clamor::reactor {

namespace {

constexpr std::uint32_t kStreamEvents = EPOLLIN | EPOLLRDHUP | EPOLLET;

/// epoll counts in milliseconds; rounded up, or the last part of a wait would be spent turning.
int to_epoll_timeout(std::optional<MonoClock::duration> timeout) {
    if (!timeout) return -1;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
    return static_cast<int>(std::clamp<std::int64_t>(ms, 0, std::numeric_limits<int>::max()));
}

}  // namespace

Result<std::unique_ptr<EpollEngine>> EpollEngine::create(const EngineOptions& options) {
    Fd epoll_fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_fd) return fail_errno("epoll_create1()");
    Fd wake_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_fd) return fail_errno("eventfd()");
    const int wake = wake_fd.get();
    std::unique_ptr<EpollEngine> engine(
        new EpollEngine(options, std::move(wake_fd), std::move(epoll_fd)));
    // Edge-triggered: each write() is an event, and nobody needs to read the counter.
    if (!engine->control(EPOLL_CTL_ADD, wake, EPOLLIN | EPOLLET, {.kind = Token::Kind::wake})) {
        return fail_errno("epoll_ctl()");
    }
    return engine;
}

EpollEngine::EpollEngine(const EngineOptions& options, Fd wake_fd, Fd epoll_fd)
    : StreamEngine(options, std::move(wake_fd), true),
      epoll_fd_(std::move(epoll_fd)),
      buffer_(new char[kReceiveBytes]) {}

bool EpollEngine::control(int operation, int fd, std::uint32_t events, Token token) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = token.packed();
    return ::epoll_ctl(epoll_fd_.get(), operation, fd, &event) == 0;
}

Result<void> EpollEngine::watch(Connection& connection) {
    std::uint32_t events = kStreamEvents;
    if (connection.write_watched) events |= EPOLLOUT;
    if (!control(EPOLL_CTL_ADD, connection.fd, events, connection.token(Token::Kind::receive))) {
        return fail_errno("epoll_ctl()");
    }
    return {};
}

void EpollEngine::watch_writable(Connection& connection) {
    // A change of the set looks at the socket anew, so an edge between the short send and here is
    // not lost.
    control(EPOLL_CTL_MOD, connection.fd, kStreamEvents | EPOLLOUT,
            connection.token(Token::Kind::receive));
}

void EpollEngine::receiving_changed(Connection& connection) {
    if (connection.receive_started && connection.wants_bytes()) {
        readable_.push_back(connection.token(Token::Kind::receive));
    }
}

void EpollEngine::start_accepting(Acceptor& acceptor) {
    const int operation = acceptor.started ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    const bool watched = control(operation, acceptor.fd.get(), EPOLLIN, acceptor.token());
    CLAMOR_CHECK(watched, "a fresh listening socket can be watched");
    acceptor.started = true;
}

void EpollEngine::hand_over_sends() {
    while (sends_.has_waiting()) send_now(sends_.hand_over());
}

void EpollEngine::send_now(SendQueue::Entry& entry) {
    const Connection* connection = connections_.find(entry.connection);
    if (connection == nullptr || !may_send(*connection) || entry.bytes == 0) return;
    const auto parts = sends_.parts(entry);
    ssize_t sent = 0;
    do {
        counters_.send_calls.add();
        if (parts.size() == 1) {
            sent = ::send(connection->fd, parts[0].iov_base, parts[0].iov_len,
                          MSG_NOSIGNAL | MSG_DONTWAIT);
        } else {
            msghdr message{};
            message.msg_iov = parts.data();
            message.msg_iovlen = parts.size();
            sent = ::sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN) {
        send_failed(entry, errno);
    } else if (sent < static_cast<ssize_t>(entry.bytes)) {
        sent_short(entry, sent < 0 ? 0 : static_cast<std::size_t>(sent));
    }
}

void EpollEngine::wait_for_events(std::optional<MonoClock::duration> timeout) {
    counters_.waits.add();
    const int count =
        ::epoll_wait(epoll_fd_.get(), events_.data(), kEventsPerWait, to_epoll_timeout(timeout));
    CLAMOR_CHECK(count >= 0 || errno == EINTR, "epoll_wait() fails only when interrupted");
    event_count_ = count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::size_t EpollEngine::handle_events() {
    const std::vector<Token> leftover = std::exchange(readable_, {});
    for (const Token token : leftover) {
        Connection* connection = connections_.find(token);
        if (connection != nullptr && connection->phase != Phase::ended) read(*connection, true);
    }
    const std::size_t count = std::exchange(event_count_, 0);
    for (std::size_t i = 0; i < count; ++i) {
        const Token token = Token::unpack(events_[i].data.u64);
        if (token.kind == Token::Kind::wake) {
            woken();
        } else if (token.kind == Token::Kind::accept) {
            if (Acceptor* acceptor = acceptors_.find(token)) accept(*acceptor);
        } else if (Connection* connection = connections_.find(token)) {
            handle_stream_event(*connection, events_[i].events);
        }
    }
    return count + leftover.size();
}

void EpollEngine::handle_stream_event(Connection& connection, std::uint32_t events) {
    if (connection.phase == Phase::ended) return;
    if (connection.write_watched && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        control(EPOLL_CTL_MOD, connection.fd, kStreamEvents,
                connection.token(Token::Kind::receive));
        writable(connection);
        if (connection.phase == Phase::ended) return;
    }
    constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if ((events & (EPOLLIN | kEnd)) != 0) read(connection, (events & kEnd) != 0);
}

/// Edge-triggered: reads until nothing is left, which a read that does not fill the buffer shows
/// too, unless the end of the stream may stand behind it.
void EpollEngine::read(Connection& connection, bool until_end) {
    for (int i = 0; i < kReadsPerTurn; ++i) {
        connection.receive_started = true;
        if (!connection.wants_bytes()) return;
        const ssize_t got = ::recv(connection.fd, buffer_.get(), kReceiveBytes, MSG_DONTWAIT);
        if (got > 0) {
            const bool drained = !until_end && static_cast<std::size_t>(got) < kReceiveBytes;
            connection.receive_started = !drained;
            received(connection, {buffer_.get(), static_cast<std::size_t>(got)});
            if (drained || connection.phase == Phase::ended) return;
            continue;
        }
        if (got < 0 && errno == EINTR) continue;
        connection.receive_started = false;
        if (got == 0) {
            finished_by_peer(connection);
        } else if (errno != EAGAIN) {
            end(connection, errno);
        }
        return;
    }
    readable_.push_back(connection.token(Token::Kind::receive));
}

void EpollEngine::accept(Acceptor& acceptor) {
    const Token token = acceptor.token();
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
        const int fd = ::accept4(acceptor.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            accepted(acceptor, fd);
            if (acceptors_.find(token) == nullptr) return;  // closed by the callee
            continue;
        }
        if (errno == EAGAIN) return;
        if (errno == EINTR || errno == ECONNABORTED) continue;
        const int error = errno;
        // Level-triggered: without this, a listener that cannot accept would wake the engine again
        // and again.
        control(EPOLL_CTL_MOD, acceptor.fd.get(), 0, token);
        accept_failed(acceptor, error);
        return;
    }
}

}  // namespace clamor::reactor
