// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"
#include "chat/act.h"
#include "moderation/automod_desk.h"
#include "store/catalog.h"
#include "store/message_log.h"

namespace clamor::moderation {

/// Who acts, from where.
struct Actor {
    chat::User user;
    std::string origin;  ///< irc, helix, api, cli, system
    std::string batch;   ///< empty: none
};

/// What the room knows that the catalog does not.
struct RoomFacts {
    std::vector<chat::EventRef> recent;  ///< its newest messages, some of which are not stored yet
    std::uint64_t viewers = 0;
    chat::Person raiding;  ///< the channel that a raid is about to go to; no id: none
    std::vector<std::pair<UserId, WallTime>> shoutouts;  ///< of the last hour, the newest last
};

/// Does what moderators ask: looks up who is concerned, asks chat::may, writes the catalog and the
/// audit log in one transaction, and tells the events to publish. Calls block: for worker threads.
/// One call for a channel at a time: the room sees to it.
class Service {
  public:
    struct Options {
        bool create_users = false;  ///< dev mode: a user comes into being when named
        std::chrono::milliseconds hold_for = limits::kHoldFor;  ///< then a held message expires
        std::chrono::milliseconds raid_countdown = limits::kRaidCountdown;  ///< then a raid leaves
        std::uint32_t vips_per_channel = limits::kVipsPerChannel;
        std::shared_ptr<const automod::Classifier> classifier{};  ///< null: none
    };
    /// Both outlive it.
    Service(store::Catalog& catalog, store::MessageLog& log, const Options& options)
        : catalog_(catalog), log_(log), options_(options), automod_(catalog, options.classifier) {}

    AutoModDesk& automod() { return automod_; }
    const AutoModDesk& automod() const { return automod_; }
    std::chrono::milliseconds hold_for() const { return options_.hold_for; }

    /// One answer for each act. Fails as a whole, with nothing done, only when a store fails.
    /// `random` seeds the ids of what is made.
    Result<std::vector<chat::ActAnswer>> perform(const store::Channel& channel, const Actor& actor,
                                                 std::span<const chat::Act> acts,
                                                 const RoomFacts& facts, WallTime now,
                                                 std::uint64_t random);
    /// The acts that were taken back at `since` or later, the newest limits::kUndoneActs, in order.
    Result<std::vector<MessageId>> undone(ChannelId channel, WallTime since);

  private:
    class Run;

    store::Catalog& catalog_;
    store::MessageLog& log_;
    const Options options_;
    AutoModDesk automod_;
};

}  // namespace clamor::moderation
