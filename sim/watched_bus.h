// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/scheduler.h"
#include "bus/local_bus.h"
#include "sim/checkers.h"
#include "sim/population.h"

namespace clamor::sim {

/// The local bus of one shard under the checkers' eyes: what passes here was accepted by a room.
/// When told so it fails as a bug in a room would: by an exception, before anything was published.
class WatchedBus final : public bus::Bus {
  public:
    WatchedBus(bus::Receiver& receiver, const Scheduler& shard, const Population& population,
               Checkers& checkers, bool& fail_next)
        : watch_(receiver, checkers),
          bus_(watch_, kEpoch),
          shard_(shard),
          population_(population),
          checkers_(checkers),
          fail_next_(fail_next) {}

    void subscribe(ChannelId channel, Position last, std::span<const Position>) override {
        ++checkers_.room_lives;
        bus_.subscribe(channel, last);
    }
    void unsubscribe(ChannelId channel) override { bus_.unsubscribe(channel); }
    void publish(ChannelId channel, std::string_view bytes) override;

  private:
    static constexpr std::uint64_t kEpoch = 7;

    void see(ChannelId channel, const chat::Message& message);
    [[noreturn]] void lose(ChannelId channel, const chat::Event& event);

    /// Sees each message with its position before the room does.
    class Watch final : public bus::Receiver {
      public:
        Watch(bus::Receiver& to, Checkers& checkers) : to_(to), checkers_(checkers) {}
        void on_received(const bus::Received& message) override;
        void on_subscribed(ChannelId channel) override { to_.on_subscribed(channel); }
        void on_gap(ChannelId channel, Position after, Position before) override {
            to_.on_gap(channel, after, before);
        }

      private:
        bus::Receiver& to_;
        Checkers& checkers_;
    };

    Watch watch_;
    bus::LocalBus bus_;
    const Scheduler& shard_;
    const Population& population_;
    Checkers& checkers_;
    bool& fail_next_;
};

}  // namespace clamor::sim
