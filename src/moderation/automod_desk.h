// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "automod/classifier.h"
#include "automod/moderator.h"
#include "automod/policy.h"
#include "base/result.h"
#include "moderation/automod_rules.h"
#include "store/catalog.h"
#include "text/normaliser.h"

namespace clamor::moderation {

/// What a room judges by. Immutable.
struct RoomPolicy {
    std::shared_ptr<const automod::Policy> policy;  ///< never null
    bool ask_model = true;
    RaidSettings raid{};
};
using RoomPolicyRef = std::shared_ptr<const RoomPolicy>;

/// AutoMod for those who are no room: compiles what a channel has set, and judges texts that are
/// not being said. Calls block; for worker threads, any number of them.
class AutoModDesk {
  public:
    /// `classifier` may be null: then the levels do nothing.
    AutoModDesk(store::Catalog& catalog, std::shared_ptr<const automod::Classifier> classifier);

    const text::Normaliser& normaliser() const { return normaliser_; }
    std::shared_ptr<const automod::Classifier> classifier() const;
    /// From the next judgement on; rooms are told by whoever calls.
    void use(std::shared_ptr<const automod::Classifier> classifier);

    /// Of the channel as it is in the catalog now; never null. Channels that have set nothing have
    /// one together.
    Result<RoomPolicyRef> policy_of(ChannelId channel, WallTime now) const;
    /// What the channel would have with these settings: its terms, and their levels and rules.
    Result<AutoModRules> rules_of(ChannelId channel, const store::AutoModSettings& settings,
                                  WallTime now) const;
    /// What would be wrong with a document of rules; empty: nothing.
    std::string fault_in_rules(const store::AutoModSettings& settings) const;

    /// Each text by itself, as if somebody without any role said it.
    Result<std::vector<automod::Verdict>> judge(ChannelId channel,
                                                std::span<const std::string> texts,
                                                const Now& now) const;

    /// Whoever has it may look back over the log, which takes memory and time; false: somebody else
    /// has it.
    std::unique_lock<std::mutex> try_look_back() const {
        return std::unique_lock(looking_back_, std::try_to_lock);
    }

  private:
    store::Catalog& catalog_;
    const text::Normaliser normaliser_{};
    const RoomPolicyRef nothing_set_;
    mutable std::mutex looking_back_;
    mutable std::mutex mutex_;  ///< over classifier_
    std::shared_ptr<const automod::Classifier> classifier_;
};

/// As AutoMod takes it.
automod::Term compiled_term(const store::Term& term);

}  // namespace clamor::moderation
