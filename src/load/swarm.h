// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "load/participants.h"
#include "load/poisson.h"

namespace clamor::load {

struct SwarmOptions {
    std::vector<Target> targets;  ///< one, or the nodes of one chat, which are taken in turn
    Dialect dialect = Dialect::irc;
    std::vector<std::string> channels;
    std::string name_prefix = "load";  ///< of the senders' logins
    std::string token;              ///< of the senders, where a development login is not possible
    std::size_t opening_max = 256;  ///< connections that are opened at the same time
    std::uint64_t seed = 1;
};

/// Thousands of chatters on one thread: viewers that check what they get, and senders in turn, each
/// slow enough for the server's limit. The owner drives it by step(); nothing happens in between.
/// Connections are kept until it is destroyed.
class Swarm {
  public:
    Swarm(reactor::Engine& engine, SwarmOptions options);
    ~Swarm();

    /// `count` viewers of channels[first_channel, +channels_each). They are opened by later steps,
    /// as fast as `opening_max` allows.
    void add_viewers(std::size_t count, std::size_t first_channel, std::size_t channels_each,
                     bool checked = true);
    /// Senders for so many messages a second in channels[0, channel_count): each speaks in a few
    /// channels only, and so seldom that chance does not bring anybody over the server's limit. For
    /// one swarm once.
    void add_senders(double per_second, std::size_t channel_count);

    bool is_settled() const { return waiting_.empty() && ledger_.settled == opened_; }

    /// Begins a new window: checks and tally are empty again.
    void begin_window();
    /// From now on messages are due, each in one of the channels[0, channel_count) by chance.
    void start_traffic(double per_second, std::size_t channel_count);
    void stop_traffic() { arrivals_.reset(); }
    /// Sends what is due, opens what may be opened, waits for the network at most until `until`,
    /// handles what came.
    void step(MonoTime until);

    /// Checked deliveries that the window's messages must lead to, refused ones taken as not sent.
    std::uint64_t deliveries_due() const;
    std::uint64_t unanswered() const;
    /// Ends the window: everything that is on its way gets `patience` since the last arrival.
    void drain(MonoClock::duration patience);

    const Ledger& ledger() const { return ledger_; }
    const Tally& tally() const { return *ledger_.tally; }
    std::size_t viewers() const { return viewers_.size(); }
    std::size_t senders() const { return senders_.size(); }
    std::uint64_t viewer_bytes() const;
    /// The latencies since the last call; the first call starts it.
    std::unique_ptr<LatencyHistogram> take_recent();
    /// Time spent with handling what arrived, in all: near the passed time, the swarm itself is
    /// what is measured.
    MonoClock::duration busy() const { return busy_; }

  private:
    void send_next(MonoTime now);
    void open_waiting(MonoTime now);
    Profile sender_profile(std::size_t index) const;
    const Target& target_of(std::size_t index) const {
        return options_.targets[index % options_.targets.size()];
    }
    std::size_t next_sender_of(std::size_t channel);

    reactor::Engine& engine_;
    const SwarmOptions options_;
    wire::ws::Workspace workspace_;
    Ledger ledger_;
    std::deque<Viewer> viewers_;
    std::deque<Sender> senders_;
    std::deque<Participant*> waiting_;  // to be opened
    std::size_t opened_ = 0;
    std::vector<std::uint32_t> audience_;  // checked viewers by channel

    std::optional<PoissonArrivals> arrivals_;
    std::mt19937_64 random_;
    std::size_t traffic_channels_ = 1;
    std::vector<std::uint32_t>
        next_in_group_;  // the senders are groups; a group takes turns in its channels
    std::size_t group_size_ = 0;
    std::uint32_t run_ = 0;
    MonoClock::duration busy_{};
};

}  // namespace clamor::load
