// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/counters.h"
#include "load/chat_client.h"
#include "load/delivery_check.h"
#include "load/stamp.h"

namespace clamor::load {

/// What was sent and what came back in one measured window.
struct Tally {
    std::uint32_t run = 0;  ///< Stamp::run of the window
    std::vector<std::vector<std::uint32_t>>
        senders;  ///< by channel and message number: who sent it
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;  ///< different messages, summed over the viewers that are checked
    std::uint64_t delivered_unchecked = 0;  ///< to viewers that came in the middle
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    std::vector<OrderOfAll> orders;  ///< by channel
    std::uint64_t other_order = 0;   ///< checked viewers, by channel, that saw another order
    std::uint64_t strays = 0;        ///< messages of an earlier window
    std::map<std::string, std::uint64_t> refused;  ///< by the msg-id of the NOTICE
    std::uint64_t echoed = 0;
    MonoClock::duration silence_max{};  ///< the longest time between two arrivals at one viewer
    LatencyHistogram latency;           ///< of checked deliveries
    LatencyHistogram echo;              ///< from sending to USERSTATE: until the message is durable
};

/// What all participants of a swarm report to. `tally` is never null and changes from window to
/// window.
struct Ledger {
    std::unique_ptr<Tally> tally = std::make_unique<Tally>();
    std::size_t ready = 0;      ///< became ready, in all
    std::size_t gone = 0;       ///< connections that ended, in all
    std::size_t settled = 0;    ///< opened ones that became ready, or ended before
    std::string first_failure;  ///< why the first of them ended
    LatencyHistogram join;      ///< from open() to ready
    std::unique_ptr<LatencyHistogram>
        recent;  ///< checked deliveries since somebody replaced it; null: not wanted
};

/// Reports the milestones of a connection.
class Participant : public ChatClient {
  public:
    Participant(reactor::Engine& engine, const Target& target, wire::ws::Workspace& workspace,
                Profile profile, Ledger& ledger)
        : ChatClient(engine, target, workspace, std::move(profile)), ledger_(ledger) {}

    Result<void> start(MonoTime now) {
        opened_at_ = now;
        return open();
    }

  protected:
    Ledger& ledger_;

  private:
    void on_ready() override;
    void on_gone(std::string_view why) override;

    MonoTime opened_at_;
    bool settled_ = false;
};

/// Receives, and checks what it receives against the stamps.
class Viewer final : public Participant {
  public:
    /// The viewer's channels are those with the indexes `first_channel` and on, as many as the
    /// profile has. One that is not `checked` came in the middle of the traffic: what it missed is
    /// no loss.
    Viewer(reactor::Engine& engine, const Target& target, wire::ws::Workspace& workspace,
           Profile profile, Ledger& ledger, std::uint32_t first_channel, bool checked);

    bool is_checked() const { return !checks_.empty(); }
    /// Forgets the last window.
    void begin_window(MonoTime now);
    /// Tells the tally of a silence that has lasted until now, when the traffic ends.
    void end_window(MonoTime now);

  private:
    void on_line(std::string_view line) override;
    void record(const Stamp& stamp);

    std::uint32_t first_channel_;
    std::vector<DeliveryCheck> checks_;
    std::vector<bool> astray_;  // by channel: saw another order, and was counted
    MonoTime heard_at_;
};

/// Sends, and takes note of echoes and refusals.
class Sender final : public Participant {
  public:
    using Participant::Participant;

    void send(std::string_view channel, std::string_view text, MonoTime now);
    /// Messages whose echo or refusal has not come.
    std::size_t unanswered() const { return sent_at_.size(); }
    void begin_window() { sent_at_.clear(); }

  private:
    void on_line(std::string_view line) override;

    std::deque<MonoTime> sent_at_;  // echoes and refusals come in the order of the messages
};

}  // namespace clamor::load
