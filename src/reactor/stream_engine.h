// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <queue>
#include <string>
#include <vector>

#include <sys/uio.h>

#include "reactor/engine.h"
#include "reactor/fd.h"
#include "reactor/send_queue.h"
#include "reactor/slot_table.h"

namespace clamor::reactor {

/// What both engines have in common: the table of connections and the states of their lives,
/// started sends, deadlines of closing, and the order in which completions are reported. The
/// engines below it add the calls into the kernel.
class StreamEngine : public Engine {
  public:
    ~StreamEngine() override;

    const EngineCounters& counters() const override { return counters_; }
    Result<Endpoint> listen(Listener& listener, const Endpoint& at) override;
    Result<Endpoint> listen(Listener& listener, Fd socket) override;
    Result<std::vector<Fd>> sockets_of(const Listener& listener) override;
    void close(Listener& listener) override;
    Result<void> attach(Stream& stream, int fd) override;
    Result<void> connect(Stream& stream, const Endpoint& to) override;
    void send(Stream& stream, std::span<const std::string_view> parts) override;
    void set_receiving(Stream& stream, bool on) override;
    void close(Stream& stream, CloseMode mode) override;
    void wait(std::optional<MonoClock::duration> timeout) override;
    std::size_t report() override;
    void wake() override;

  protected:
    enum class Phase : std::uint8_t {
        connecting,
        open,
        finishing,  // close(graceful): the last send is still going out
        lingering,  // FIN is sent; waits for the peer's
        ended,      // the descriptor is closed, on_closed() is due
    };

    struct Connection {
        // SlotTable
        std::uint32_t slot = 0;
        std::uint32_t generation = 0;
        bool used = false;

        Phase phase = Phase::open;
        bool may_receive = true;     // as set_receiving() last said
        bool sending = false;        // from send() until on_sent() is reported
        bool peer_finished = false;  // FIN was read
        bool receive_started =
            false;  // io_uring: a receive is with the kernel; epoll: there is something to read
        bool write_watched = false;  // waits until the socket can be written
        int fd = -1;
        int error = 0;  // errno of the end
        Stream* stream = nullptr;
        struct Extra {
            std::vector<iovec> unsent;  // the rest of a short send
            std::string held;           // io_uring: bytes that arrived after receiving was stopped
            bool held_end = false;      // and the peer's FIN behind them
        };
        std::unique_ptr<Extra> extra;  // only while there is a need

        Token token(Token::Kind kind) const { return {kind, generation, slot}; }
        bool wants_bytes() const {
            if (peer_finished) return false;
            return phase == Phase::open ? may_receive
                                        : phase == Phase::finishing || phase == Phase::lingering;
        }
        Extra& need_extra() {
            if (extra == nullptr) extra = std::make_unique<Extra>();
            return *extra;
        }
    };

    struct Acceptor {
        std::uint32_t slot = 0;
        std::uint32_t generation = 0;
        bool used = false;
        bool started = false;  // io_uring: an accept is with the kernel; epoll: watched
        bool stopping = false;
        Listener* listener = nullptr;
        Fd fd;

        Token token() const { return {Token::Kind::accept, generation, slot}; }
    };

    /// `non_blocking`: how the engine wants its descriptors.
    StreamEngine(const EngineOptions& options, Fd wake_fd, bool non_blocking);

    // The kernel side. `watch` starts receiving, or watching for the end of a connect; none of them
    // reports anything.
    virtual Result<void> watch(Connection& connection) = 0;
    virtual void watch_writable(Connection& connection) = 0;
    virtual void receiving_changed(Connection& connection) = 0;  // wants_bytes() may have changed
    virtual void unwatch(Connection& connection) = 0;  // the descriptor is about to be closed
    virtual void start_accepting(Acceptor& acceptor) = 0;
    /// True when nothing more of it will be reported.
    virtual bool stop_accepting(Acceptor& acceptor) = 0;
    /// Hands every waiting send to the kernel, or prepares it so that wait_for_events() does.
    virtual void hand_over_sends() = 0;
    virtual void wait_for_events(std::optional<MonoClock::duration> timeout) = 0;
    virtual std::size_t handle_events() = 0;
    /// There is something to do in the next turn without waiting for the kernel.
    virtual bool has_work() const = 0;

    // What the kernel side tells.
    void received(Connection& connection, std::string_view bytes);
    void finished_by_peer(Connection& connection);
    void writable(Connection& connection);
    Result<Endpoint> accept_from(Listener& listener, Fd socket);
    void accepted(Acceptor& acceptor, int fd);
    void accept_failed(Acceptor& acceptor, int error);
    void woken() { wake_pending_.store(false); }
    /// The kernel took `sent` bytes (0 too) of an entry that has more.
    void sent_short(SendQueue::Entry& entry, std::size_t sent);
    void send_failed(SendQueue::Entry& entry, int error);
    void end(Connection& connection, int error, CloseMode mode = CloseMode::graceful);
    bool may_send(const Connection& connection) const {
        return connection.phase == Phase::open || connection.phase == Phase::finishing;
    }

    const EngineOptions options_;
    EngineCounters counters_;
    SlotTable<Connection> connections_;
    SlotTable<Acceptor> acceptors_;
    SendQueue sends_;
    Fd wake_fd_;

  private:
    enum class DeadlineKind : std::uint8_t { send, linger, accept };
    struct Deadline {
        MonoTime when;
        DeadlineKind kind;
        Token token;
        friend bool operator>(const Deadline& a, const Deadline& b) { return a.when > b.when; }
    };

    Connection& connection_of(Stream& stream);
    Connection& add_connection(Stream& stream, int fd, Phase phase);
    void linger(Connection& connection);
    void settle_finished();
    std::size_t report_sent(std::size_t count);
    std::size_t report_ended();
    void run_deadlines();
    void set_deadline(MonoClock::duration from_now, DeadlineKind kind, Token token);

    const bool non_blocking_;
    std::size_t reportable_sends_ = 0;  // handed over before the last wait
    std::vector<Token> finished_;       // the peer's FIN was read in this turn
    std::vector<Token> ended_;          // on_closed() is due
    std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
    std::atomic<bool> wake_pending_{false};
};

}  // namespace clamor::reactor
