// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <vector>

#include <sys/epoll.h>

#include "reactor/stream_engine.h"

namespace clamor::reactor {

/// The engine that works everywhere: edge-triggered epoll, one receive buffer for all streams,
/// sends straight from the caller's bytes. EPOLLOUT is asked for only after a short send.
class EpollEngine final : public StreamEngine {
  public:
    static Result<std::unique_ptr<EpollEngine>> create(const EngineOptions& options);

    std::string_view name() const override { return "epoll"; }
    void flush() override { hand_over_sends(); }

  private:
    static constexpr std::size_t kReceiveBytes = 64 * 1024;
    static constexpr std::size_t kEventsPerWait = 1024;
    static constexpr int kReadsPerTurn = 8;      // of one stream; the rest comes in the next turn
    static constexpr int kAcceptsPerTurn = 256;  // of one listener

    EpollEngine(const EngineOptions& options, Fd wake_fd, Fd epoll_fd);

    Result<void> watch(Connection& connection) override;
    void watch_writable(Connection& connection) override;
    void receiving_changed(Connection& connection) override;
    void unwatch(Connection&) override {}  // closing the descriptor takes it out of the epoll set
    void start_accepting(Acceptor& acceptor) override;
    bool stop_accepting(Acceptor&) override { return true; }
    void hand_over_sends() override;
    void wait_for_events(std::optional<MonoClock::duration> timeout) override;
    std::size_t handle_events() override;
    bool has_work() const override { return !readable_.empty(); }

    void handle_stream_event(Connection& connection, std::uint32_t events);
    void read(Connection& connection, bool until_end);
    void accept(Acceptor& acceptor);
    void send_now(SendQueue::Entry& entry);
    bool control(int operation, int fd, std::uint32_t events, Token token);

    Fd epoll_fd_;
    std::unique_ptr<char[]> buffer_;
    std::array<epoll_event, kEventsPerWait> events_;
    std::size_t event_count_ = 0;
    std::vector<Token> readable_;  // were not read to the end
};

}  // namespace clamor::reactor
