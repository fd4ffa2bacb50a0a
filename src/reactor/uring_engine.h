// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <sys/socket.h>

#include "reactor/stream_engine.h"
#include "reactor/uring_ring.h"

namespace clamor::reactor {

/// The engine over io_uring. Multishot accepts and receives take a provided buffer only while bytes
/// are handled, so an idle connection holds none. The sends of a turn go in one submission; they
/// neither wait in the kernel (MSG_DONTWAIT) nor post a completion when they succeed: what posted
/// none after the submission was sent.
///
/// Operations name their descriptor only within hand_over_sends() and are submitted before a
/// callback can run, so a descriptor that was closed and given out anew is never mistaken;
/// completions carry slot and generation.
class UringEngine final : public StreamEngine {
  public:
    /// Makes the ring and tries everything that the engine needs; the error says what is missing.
    static Result<std::unique_ptr<UringEngine>> create(const EngineOptions& options);

    std::string_view name() const override { return "io_uring"; }
    void flush() override;

  private:
    UringEngine(const EngineOptions& options, Fd wake_fd, std::unique_ptr<UringRing> ring);

    Result<void> watch(Connection& connection) override;
    void watch_writable(Connection& connection) override;
    void receiving_changed(Connection& connection) override;
    void unwatch(Connection& connection) override;
    void start_accepting(Acceptor& acceptor) override;
    bool stop_accepting(Acceptor& acceptor) override;
    void hand_over_sends() override;
    void wait_for_events(std::optional<MonoClock::duration> timeout) override;
    std::size_t handle_events() override;
    bool has_work() const override { return !resumed_.empty(); }

    void prepare_cancels();
    void prepare_receives();
    void prepare_watches();
    void prepare_accepts();
    void prepare_send(SendQueue::Entry& entry);
    void submit();
    MonoClock::duration gather_time();
    void handle(const UringRing::Completion& completion);
    void handle_accept(const UringRing::Completion& completion, Token token);
    void handle_receive(const UringRing::Completion& completion, Token token);
    void handle_send(const UringRing::Completion& completion, Token token);
    void handle_writable(Token token);
    std::size_t deliver_held();

    std::unique_ptr<UringRing> ring_;
    std::vector<msghdr> messages_;  // by place in the submission queue
    bool sends_queued_ = false;     // the submission queue holds sends
    bool wake_watched_ = false;
    // How much is received: counted over kRateWindow, to know what gathering would bring.
    MonoTime rate_since_{};
    std::uint64_t receives_before_ = 0;
    std::uint64_t bytes_before_ = 0;
    MonoClock::duration gather_{};
    // What the next hand-over prepares.
    std::vector<std::uint64_t> cancels_;  // tokens of operations
    std::vector<Token> receives_;
    std::vector<Token> watches_;
    std::vector<Token> accepts_;
    std::vector<Token> resumed_;  // have held bytes to deliver
};

/// Asks the kernel whether io_uring works here with everything that UringEngine needs. The error
/// says what does not.
Result<void> probe_io_uring();

}  // namespace clamor::reactor
