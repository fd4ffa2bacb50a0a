// SPDX-License-Identifier: Apache-2.0
#include "reactor/uring_engine.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "reactor/clock.h"

namespace clamor::reactor {

namespace {

constexpr int kSendFlags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
constexpr auto kRateWindow = std::chrono::milliseconds(50);
constexpr double kGatheredBytes = 16 * 1024;  // no gathering beyond so much

}  // namespace

Result<std::unique_ptr<UringEngine>> UringEngine::create(const EngineOptions& options) {
    Fd wake_fd(::eventfd(0, EFD_CLOEXEC));
    if (!wake_fd) return fail_errno("eventfd()");
    auto ring = UringRing::create(options.receive_buffers, options.receive_buffer_bytes);
    if (!ring) return tl::unexpected<Error>(ring.error());
    return std::unique_ptr<UringEngine>(
        new UringEngine(options, std::move(wake_fd), std::move(*ring)));
}

UringEngine::UringEngine(const EngineOptions& options, Fd wake_fd, std::unique_ptr<UringRing> ring)
    : StreamEngine(options, std::move(wake_fd), false),
      ring_(std::move(ring)),
      messages_(UringRing::kSubmissions) {}

Result<void> UringEngine::watch(Connection& connection) {
    if (connection.write_watched) {
        watches_.push_back(connection.token(Token::Kind::writable));
    } else {
        receives_.push_back(connection.token(Token::Kind::receive));
    }
    return {};
}

void UringEngine::watch_writable(Connection& connection) {
    watches_.push_back(connection.token(Token::Kind::writable));
}

void UringEngine::receiving_changed(Connection& connection) {
    const Token token = connection.token(Token::Kind::receive);
    if (!connection.wants_bytes()) {
        if (connection.receive_started) cancels_.push_back(token.packed());
        return;
    }
    const bool held = connection.extra != nullptr &&
                      (!connection.extra->held.empty() || connection.extra->held_end);
    if (held) {
        resumed_.push_back(token);
    } else if (!connection.receive_started) {
        receives_.push_back(token);
    }
}

void UringEngine::unwatch(Connection& connection) {
    if (connection.receive_started)
        cancels_.push_back(connection.token(Token::Kind::receive).packed());
    if (connection.write_watched)
        cancels_.push_back(connection.token(Token::Kind::writable).packed());
}

void UringEngine::start_accepting(Acceptor& acceptor) {
    accepts_.push_back(acceptor.token());
}

/// Connections may be on their way already; the end of the operation comes behind them.
bool UringEngine::stop_accepting(Acceptor& acceptor) {
    if (!acceptor.started) return true;
    cancels_.push_back(acceptor.token().packed());
    return false;
}

void UringEngine::flush() {
    hand_over_sends();
    if (ring_->queued() > 0) submit();
}

void UringEngine::hand_over_sends() {
    if (!wake_watched_) {
        wake_watched_ = true;
        io_uring_sqe* sqe = ring_->next_submission();
        // Each write() to the eventfd completes it once more; nobody needs to read the counter.
        io_uring_prep_poll_multishot(sqe, wake_fd_.get(), POLLIN);
        io_uring_sqe_set_data64(sqe, Token{.kind = Token::Kind::wake}.packed());
    }
    prepare_cancels();
    prepare_accepts();
    prepare_receives();
    prepare_watches();
    while (sends_.has_waiting()) {
        if (ring_->full()) submit();
        prepare_send(sends_.hand_over());
    }
}

void UringEngine::submit() {
    const std::uint64_t before = ring_->calls();
    ring_->submit();
    if (std::exchange(sends_queued_, false)) counters_.send_calls.add(ring_->calls() - before);
}

void UringEngine::wait_for_events(std::optional<MonoClock::duration> timeout) {
    counters_.waits.add();
    const std::uint64_t before = ring_->calls();
    ring_->submit_and_wait(timeout, gather_time());
    if (std::exchange(sends_queued_, false)) counters_.send_calls.add(ring_->calls() - before);
}

/// Waking costs more than the little that a message in a small room has to have done, so that it is
/// worth a wait as soon as two receives are likely to come in it. Much that is received is not
/// waited with: it would go out at once to readers who keep up with it as long as it comes evenly.
MonoClock::duration UringEngine::gather_time() {
    if (options_.gather_max <= MonoClock::duration::zero()) return {};
    const MonoTime now = read_mono_clock();
    if (now - rate_since_ >= kRateWindow) {
        using Seconds = std::chrono::duration<double>;
        const std::uint64_t receives = counters_.receives.value();
        const std::uint64_t bytes = counters_.bytes_in.value();
        const double most = Seconds(options_.gather_max) / Seconds(now - rate_since_);
        const bool worth = static_cast<double>(receives - receives_before_) * most >= 2;
        const double bytes_at_most = static_cast<double>(bytes - bytes_before_) * most;
        gather_ = worth ? std::chrono::duration_cast<MonoClock::duration>(
                              options_.gather_max * std::min(1.0, kGatheredBytes / bytes_at_most))
                        : MonoClock::duration::zero();
        rate_since_ = now;
        receives_before_ = receives;
        bytes_before_ = bytes;
    }
    return gather_;
}

void UringEngine::prepare_cancels() {
    for (const std::uint64_t operation : cancels_) {
        io_uring_sqe* sqe = ring_->next_submission();
        io_uring_prep_cancel64(sqe, operation, 0);
        sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
        io_uring_sqe_set_data64(sqe, Token{}.packed());
    }
    cancels_.clear();
}

void UringEngine::prepare_accepts() {
    for (const Token token : accepts_) {
        Acceptor* acceptor = acceptors_.find(token);
        if (acceptor == nullptr || acceptor->started || acceptor->stopping) continue;
        io_uring_sqe* sqe = ring_->next_submission();
        io_uring_prep_multishot_accept(sqe, acceptor->fd.get(), nullptr, nullptr, SOCK_CLOEXEC);
        io_uring_sqe_set_data64(sqe, token.packed());
        acceptor->started = true;
    }
    accepts_.clear();
}

void UringEngine::prepare_receives() {
    for (const Token token : receives_) {
        Connection* connection = connections_.find(token);
        if (connection == nullptr || connection->receive_started || !connection->wants_bytes())
            continue;
        io_uring_sqe* sqe = ring_->next_submission();
        io_uring_prep_recv_multishot(sqe, connection->fd, nullptr, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = UringRing::kBufferGroup;
        io_uring_sqe_set_data64(sqe, token.packed());
        connection->receive_started = true;
    }
    receives_.clear();
}

void UringEngine::prepare_watches() {
    for (const Token token : watches_) {
        const Connection* connection = connections_.find(token);
        if (connection == nullptr || connection->phase == Phase::ended) continue;
        io_uring_sqe* sqe = ring_->next_submission();
        io_uring_prep_poll_add(sqe, connection->fd, POLLOUT);
        io_uring_sqe_set_data64(sqe, token.packed());
    }
    watches_.clear();
}

void UringEngine::prepare_send(SendQueue::Entry& entry) {
    const Connection* connection = connections_.find(entry.connection);
    if (connection == nullptr || !may_send(*connection) || entry.bytes == 0) return;
    const auto parts = sends_.parts(entry);
    msghdr& message = messages_[ring_->queued()];
    io_uring_sqe* sqe = ring_->next_submission();
    if (parts.size() == 1) {
        io_uring_prep_send(sqe, connection->fd, parts[0].iov_base, parts[0].iov_len, kSendFlags);
    } else {
        message = {};
        message.msg_iov = parts.data();
        message.msg_iovlen = parts.size();
        io_uring_prep_sendmsg(sqe, connection->fd, &message, kSendFlags);
    }
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(
        sqe, Token{.kind = Token::Kind::send, .slot = sends_.sequence_of(entry)}.packed());
    sends_queued_ = true;
}

std::size_t UringEngine::handle_events() {
    std::size_t handled = deliver_held();
    // All of them: a failed send that stayed in the queue would be taken for a success.
    while (const auto completion = ring_->next_completion()) {
        handle(*completion);
        ++handled;
    }
    ring_->offer_buffers();
    return handled;
}

void UringEngine::handle(const UringRing::Completion& completion) {
    const Token token = Token::unpack(completion.user_data);
    switch (token.kind) {
        case Token::Kind::none:
            return;
        case Token::Kind::wake:
            woken();
            if (!completion.has_more()) wake_watched_ = false;
            return;
        case Token::Kind::accept:
            return handle_accept(completion, token);
        case Token::Kind::receive:
            return handle_receive(completion, token);
        case Token::Kind::writable:
            return handle_writable(token);
        case Token::Kind::send:
            return handle_send(completion, token);
    }
}

void UringEngine::handle_accept(const UringRing::Completion& completion, Token token) {
    Acceptor* acceptor = acceptors_.find(token);
    if (acceptor == nullptr) {
        if (completion.result >= 0) ::close(completion.result);
        return;
    }
    if (!completion.has_more()) acceptor->started = false;
    if (completion.result >= 0) {
        accepted(*acceptor, completion.result);
        acceptor = acceptors_.find(token);
    } else if (!acceptor->stopping) {
        return accept_failed(*acceptor, -completion.result);
    }
    if (acceptor == nullptr || acceptor->started) return;
    if (acceptor->stopping) return acceptors_.remove(*acceptor);
    start_accepting(*acceptor);
}

void UringEngine::handle_receive(const UringRing::Completion& completion, Token token) {
    Connection* connection = connections_.find(token);
    if (connection == nullptr || connection->phase == Phase::ended) {
        if (completion.has_buffer()) ring_->recycle(completion.buffer());
        return;
    }
    if (!completion.has_more()) connection->receive_started = false;

    // Bytes wait when the stream does not receive now, or while older ones do.
    const bool holds = connection->phase == Phase::open &&
                       (!connection->may_receive ||
                        (connection->extra != nullptr && !connection->extra->held.empty()));
    if (completion.has_buffer()) {
        const auto size = static_cast<std::size_t>(std::max(completion.result, 0));
        const std::string_view bytes = ring_->buffer(completion.buffer(), size);
        if (size > 0 && holds) {
            connection->need_extra().held += bytes;
        } else if (size > 0) {
            received(*connection, bytes);
        }
        ring_->recycle(completion.buffer());
    }
    if (completion.result == 0) {
        if (holds) {
            connection->need_extra().held_end = true;
        } else {
            finished_by_peer(*connection);
        }
        return;
    }
    if (completion.result == -ENOBUFS) {
        counters_.receive_shortages.add();
    } else if (completion.result < 0 && completion.result != -ECANCELED) {
        end(*connection, -completion.result);
        return;
    }
    if (!connection->receive_started && connection->wants_bytes()) receives_.push_back(token);
}

std::size_t UringEngine::deliver_held() {
    const std::vector<Token> resumed = std::exchange(resumed_, {});
    for (const Token token : resumed) {
        Connection* connection = connections_.find(token);
        if (connection == nullptr || !connection->wants_bytes() || connection->extra == nullptr)
            continue;
        const std::string held = std::exchange(connection->extra->held, {});
        if (!held.empty()) received(*connection, held);
        if (!connection->wants_bytes()) continue;
        if (connection->extra->held_end) {
            finished_by_peer(*connection);
        } else if (!connection->receive_started) {
            receives_.push_back(token);
        }
    }
    return resumed.size();
}

void UringEngine::handle_writable(Token token) {
    Connection* connection = connections_.find(token);
    if (connection != nullptr && connection->phase != Phase::ended) writable(*connection);
}

void UringEngine::handle_send(const UringRing::Completion& completion, Token token) {
    SendQueue::Entry& entry = sends_.by_sequence(token.slot);
    if (completion.result >= 0) {
        sent_short(entry, static_cast<std::size_t>(completion.result));
    } else if (completion.result == -EAGAIN || completion.result == -ENOBUFS) {
        sent_short(entry, 0);
    } else {
        send_failed(entry, -completion.result);
    }
}

Result<void> probe_io_uring() {
    auto ring = UringRing::create(2, 64);
    if (!ring) return tl::unexpected<Error>(ring.error());
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fail_errno("socketpair()");
    const Fd here(pair[0]);
    const Fd there(pair[1]);
    io_uring_sqe* sqe = (*ring)->next_submission();
    io_uring_prep_recv_multishot(sqe, here.get(), nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = UringRing::kBufferGroup;
    sqe = (*ring)->next_submission();
    io_uring_prep_send(sqe, there.get(), "x", 1, kSendFlags);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    (*ring)->submit_and_wait(std::chrono::seconds(1));
    const auto completion = (*ring)->next_completion();
    if (!completion) return fail(std::errc::timed_out, "multishot receive");
    if (completion->result < 0) {
        return fail(std::error_code(-completion->result, std::generic_category()),
                    "multishot receive");
    }
    if (!completion->has_more() || !completion->has_buffer())
        return fail(std::errc::not_supported, "multishot receive");
    return {};
}

}  // namespace clamor::reactor
