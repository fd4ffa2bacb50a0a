// SPDX-License-Identifier: Apache-2.0
#include "reactor/stream_engine.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "reactor/clock.h"
#include "reactor/socket.h"

namespace clamor::reactor {

StreamEngine::StreamEngine(const EngineOptions& options, Fd wake_fd, bool non_blocking)
    : options_(options), wake_fd_(std::move(wake_fd)), non_blocking_(non_blocking) {}

StreamEngine::~StreamEngine() {
    connections_.for_each([](Connection& connection) {
        if (connection.fd >= 0) ::close(connection.fd);
    });
}

Result<Endpoint> StreamEngine::listen(Listener& listener, const Endpoint& at) {
    auto fd = socket::open_listener(at, non_blocking_);
    if (!fd) return tl::unexpected<Error>(fd.error());
    auto bound = accept_from(listener, *std::move(fd));
    if (bound) bound->address = at.address;
    return bound;
}

Result<Endpoint> StreamEngine::listen(Listener& listener, Fd socket) {
    if (auto set = socket::set_non_blocking(socket.get(), non_blocking_); !set)
        return tl::unexpected<Error>(set.error());
    return accept_from(listener, std::move(socket));
}

Result<Endpoint> StreamEngine::accept_from(Listener& listener, Fd socket) {
    auto bound = socket::local_endpoint(socket.get());
    if (!bound) return bound;
    Acceptor& acceptor = acceptors_.add();
    acceptor.listener = &listener;
    acceptor.fd = std::move(socket);
    start_accepting(acceptor);
    return bound;
}

Result<std::vector<Fd>> StreamEngine::sockets_of(const Listener& listener) {
    std::vector<Fd> sockets;
    Result<void> copied;
    acceptors_.for_each([&](Acceptor& acceptor) {
        if (acceptor.listener != &listener || acceptor.stopping) return;
        sockets.emplace_back(::fcntl(acceptor.fd.get(), F_DUPFD_CLOEXEC, 0));
        if (!sockets.back()) copied = fail_errno("a listening socket cannot be copied");
    });
    if (!copied) return tl::unexpected<Error>(copied.error());
    return sockets;
}

void StreamEngine::close(Listener& listener) {
    acceptors_.for_each([&](Acceptor& acceptor) {
        if (acceptor.listener != &listener) return;
        acceptor.stopping = true;
        if (stop_accepting(acceptor)) acceptors_.remove(acceptor);
    });
    flush();  // io_uring holds the socket until the cancelling has reached the kernel
}

Result<void> StreamEngine::attach(Stream& stream, int fd) {
    if (auto prepared = socket::prepare_stream(fd, options_.send_buffer_bytes, non_blocking_);
        !prepared) {
        ::close(fd);
        return prepared;
    }
    Connection& connection = add_connection(stream, fd, Phase::open);
    auto watched = watch(connection);
    if (!watched) {
        ::close(fd);
        stream.slot_ = Stream::kNoSlot;
        connections_.remove(connection);
    }
    return watched;
}

Result<void> StreamEngine::connect(Stream& stream, const Endpoint& to) {
    auto fd = socket::start_connect(to);
    if (!fd) return tl::unexpected<Error>(fd.error());
    Connection& connection = add_connection(stream, fd->get(), Phase::connecting);
    connection.write_watched = true;
    auto watched = watch(connection);
    if (watched) {
        fd->release();
    } else {
        stream.slot_ = Stream::kNoSlot;
        connections_.remove(connection);
    }
    return watched;
}

StreamEngine::Connection& StreamEngine::add_connection(Stream& stream, int fd, Phase phase) {
    CLAMOR_CHECK(stream.slot_ == Stream::kNoSlot, "a stream is attached once at a time");
    Connection& connection = connections_.add();
    connection.stream = &stream;
    connection.fd = fd;
    connection.phase = phase;
    stream.slot_ = connection.slot;
    return connection;
}

StreamEngine::Connection& StreamEngine::connection_of(Stream& stream) {
    CLAMOR_CHECK(stream.slot_ != Stream::kNoSlot, "the stream is attached");
    Connection& connection = connections_.at(stream.slot_);
    CLAMOR_DCHECK(connection.stream == &stream, "a stream keeps its address");
    return connection;
}

void StreamEngine::send(Stream& stream, std::span<const std::string_view> parts) {
    CLAMOR_CHECK(!parts.empty() && parts.size() <= kSendParts, "a send has 1 to kSendParts parts");
    Connection& connection = connection_of(stream);
    if (connection.phase != Phase::open) return;
    CLAMOR_CHECK(!connection.sending, "one send at a time per stream");
    connection.sending = true;
    sends_.add(connection.token(Token::Kind::send), parts);
}

void StreamEngine::set_receiving(Stream& stream, bool on) {
    Connection& connection = connection_of(stream);
    if (connection.may_receive == on) return;
    connection.may_receive = on;
    if (connection.phase == Phase::open) receiving_changed(connection);
}

void StreamEngine::close(Stream& stream, CloseMode mode) {
    Connection& connection = connection_of(stream);
    if (connection.phase == Phase::ended) return;
    if (mode == CloseMode::hard || connection.phase == Phase::connecting) {
        end(connection, 0, mode);
        return;
    }
    if (connection.phase != Phase::open) return;
    connection.phase = Phase::finishing;
    receiving_changed(connection);  // what still comes is read and thrown away
    if (connection.sending) {
        set_deadline(kCloseSendMax, DeadlineKind::send, connection.token(Token::Kind::none));
    } else {
        linger(connection);
    }
}

void StreamEngine::linger(Connection& connection) {
    if (connection.peer_finished) {
        end(connection, 0);
        return;
    }
    connection.phase = Phase::lingering;
    ::shutdown(connection.fd, SHUT_WR);
    set_deadline(kCloseWaitMax, DeadlineKind::linger, connection.token(Token::Kind::none));
}

void StreamEngine::end(Connection& connection, int error, CloseMode mode) {
    if (connection.phase == Phase::ended) return;
    unwatch(connection);
    if (mode == CloseMode::hard) socket::reset_on_close(connection.fd);
    ::close(std::exchange(connection.fd, -1));
    connection.phase = Phase::ended;
    connection.error = error;
    ended_.push_back(connection.token(Token::Kind::none));
}

void StreamEngine::wait(std::optional<MonoClock::duration> timeout) {
    hand_over_sends();
    settle_finished();
    if (!ended_.empty() || sends_.handed_over() > 0 || has_work()) {
        timeout = MonoClock::duration::zero();
    } else if (!deadlines_.empty()) {
        const auto left =
            std::max(deadlines_.top().when - read_mono_clock(), MonoClock::duration::zero());
        timeout = timeout ? std::min(*timeout, left) : left;
    }
    wait_for_events(timeout);
    reportable_sends_ = sends_.handed_over();
}

std::size_t StreamEngine::report() {
    std::size_t reported = handle_events();
    reported += report_sent(std::exchange(reportable_sends_, 0));
    run_deadlines();
    return reported + report_ended();
}

void StreamEngine::wake() {
    if (wake_pending_.exchange(true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_fd_.get(), &one, sizeof(one));
}

void StreamEngine::received(Connection& connection, std::string_view bytes) {
    counters_.receives.add();
    counters_.bytes_in.add(bytes.size());
    if (connection.phase == Phase::open) connection.stream->on_received(bytes);
}

void StreamEngine::finished_by_peer(Connection& connection) {
    if (connection.phase == Phase::ended) return;
    connection.peer_finished = true;
    if (connection.phase == Phase::lingering) {
        end(connection, 0);
    } else if (connection.phase == Phase::open) {
        finished_.push_back(connection.token(Token::Kind::none));
    }
}

// Streams may answer the last bytes of a peer that has finished until the end of the turn; those
// that did not end here.
void StreamEngine::settle_finished() {
    for (const Token token : finished_) {
        Connection* connection = connections_.find(token);
        if (connection != nullptr && connection->phase == Phase::open && !connection->sending)
            end(*connection, 0);
    }
    finished_.clear();
}

void StreamEngine::writable(Connection& connection) {
    connection.write_watched = false;
    if (connection.phase == Phase::connecting) {
        const int error = socket::take_error(connection.fd);
        if (error != 0) {
            end(connection, error);
            return;
        }
        const auto prepared =
            socket::prepare_stream(connection.fd, options_.send_buffer_bytes, non_blocking_);
        if (!prepared) {
            end(connection, prepared.error().code.value());
            return;
        }
        connection.phase = Phase::open;
        receiving_changed(connection);
        connection.stream->on_connected();
        return;
    }
    if (!may_send(connection) || connection.extra == nullptr) return;
    sends_.add(connection.token(Token::Kind::send),
               std::span<const iovec>(connection.extra->unsent));
    if (connection.extra->held.empty() && !connection.extra->held_end) {
        connection.extra.reset();
    } else {
        connection.extra->unsent = {};
    }
}

void StreamEngine::accepted(Acceptor& acceptor, int fd) {
    counters_.accepts.add();
    acceptor.listener->on_accepted(fd, socket::peer_endpoint(fd));
}

void StreamEngine::accept_failed(Acceptor& acceptor, int error) {
    if (error == ECONNABORTED || error == EINTR || error == EAGAIN) {
        start_accepting(acceptor);
        return;
    }
    counters_.accept_failures.add();
    set_deadline(kAcceptPause, DeadlineKind::accept, acceptor.token());
}

void StreamEngine::sent_short(SendQueue::Entry& entry, std::size_t sent) {
    entry.whole = false;
    Connection* connection = connections_.find(entry.connection);
    if (connection == nullptr || !may_send(*connection)) return;
    counters_.short_sends.add();
    counters_.bytes_out.add(sent);
    connection->need_extra().unsent = sends_.rest(entry, sent);
    connection->write_watched = true;
    watch_writable(*connection);
}

void StreamEngine::send_failed(SendQueue::Entry& entry, int error) {
    entry.whole = false;
    Connection* connection = connections_.find(entry.connection);
    if (connection != nullptr && may_send(*connection)) end(*connection, error);
}

std::size_t StreamEngine::report_sent(std::size_t count) {
    std::size_t reported = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const SendQueue::Entry entry = sends_.at(i);
        Connection* connection = entry.whole ? connections_.find(entry.connection) : nullptr;
        if (connection == nullptr || !may_send(*connection)) continue;
        ++reported;
        counters_.sends.add();
        counters_.bytes_out.add(entry.bytes);
        connection->sending = false;
        if (connection->phase == Phase::finishing) {
            linger(*connection);
            continue;
        }
        connection->stream->on_sent();
        if (connection->peer_finished && connection->phase == Phase::open && !connection->sending)
            end(*connection, 0);
    }
    sends_.drop(count);
    return reported;
}

std::size_t StreamEngine::report_ended() {
    const std::vector<Token> ended = std::exchange(ended_, {});
    for (const Token token : ended) {
        Connection* connection = connections_.find(token);
        CLAMOR_CHECK(connection != nullptr, "an ended connection is reported once");
        Stream* stream = connection->stream;
        const std::error_code why(connection->error, std::generic_category());
        connections_.remove(*connection);
        stream->slot_ = Stream::kNoSlot;
        stream->on_closed(why);
    }
    return ended.size();
}

void StreamEngine::set_deadline(MonoClock::duration from_now, DeadlineKind kind, Token token) {
    deadlines_.push({.when = read_mono_clock() + from_now, .kind = kind, .token = token});
}

void StreamEngine::run_deadlines() {
    if (deadlines_.empty()) return;
    const MonoTime now = read_mono_clock();
    while (!deadlines_.empty() && deadlines_.top().when <= now) {
        const Deadline deadline = deadlines_.top();
        deadlines_.pop();
        if (deadline.kind == DeadlineKind::accept) {
            if (Acceptor* acceptor = acceptors_.find(deadline.token)) start_accepting(*acceptor);
            continue;
        }
        Connection* connection = connections_.find(deadline.token);
        if (connection == nullptr) continue;
        if (deadline.kind == DeadlineKind::send && connection->phase == Phase::finishing) {
            end(*connection, ETIMEDOUT, CloseMode::hard);
        } else if (deadline.kind == DeadlineKind::linger && connection->phase == Phase::lingering) {
            end(*connection, 0);
        }
    }
}

}  // namespace clamor::reactor
