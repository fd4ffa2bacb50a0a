// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "chat/act.h"
#include "chat/room.h"
#include "sim/timeline.h"
#include "store/memory_catalog.h"

namespace clamor::sim {

/// Who lives in a run: users, a few channels where much happens, with modes, roles, subscriptions,
/// followers and emotes drawn from the seed, and many channels where somebody drops in now and
/// then.
class Population {
  public:
    static constexpr std::size_t kUsers = 80;
    static constexpr std::size_t kBusyChannels = 8;
    static constexpr std::size_t kQuietChannels = 3000;

    Population(store::MemoryCatalog& catalog, Random& random);

    const std::vector<chat::User>& users() const { return users_; }
    const store::Channel& busy_channel(Random& random) const {
        return channels_[pick(random, kBusyChannels)];
    }
    const store::Channel& quiet_channel(Random& random) const {
        return channels_[kBusyChannels + pick(random, kQuietChannels)];
    }
    const std::vector<store::Channel>& channels() const { return channels_; }
    std::span<const store::Channel> busy_channels() const {
        return std::span(channels_).first(kBusyChannels);
    }
    /// Null when there is no such channel.
    const store::Channel* find(const std::string& login) const;
    bool is_verified_bot(UserId user) const;
    chat::Chatter chatter(ChannelId channel, const chat::User& user) const;
    /// What somebody might say: short, so that it often is what they said before.
    std::string text(Random& random) const;
    /// What a moderator might do; `lately`: a message that is shown there.
    chat::Act draw_act(Random& random, ChannelId channel, MessageId lately, WallTime now) const;

  private:
    void add_emote(const std::string& code, ChannelId channel, Random& random);
    void settle(const store::Channel& channel, Random& random);

    store::MemoryCatalog& catalog_;
    std::vector<chat::User> users_;
    std::vector<store::Channel> channels_;
};

}  // namespace clamor::sim
