// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/scheduler.h"
#include "store/catalog.h"

namespace clamor::hub {

/// Channel logins to ids, remembered by one shard and asked from the catalog on a worker otherwise.
/// Answers to one login come in the order of the questions. Bounded by the channels that exist.
class Directory {
  public:
    enum class Outcome : std::uint8_t { found, unknown, busy };
    using Answer = std::function<void(Outcome, ChannelId)>;

    /// With `create`, a channel comes into being when it is named (dev mode).
    Directory(Scheduler& scheduler, Executor& workers, store::Catalog& catalog, bool create)
        : scheduler_(scheduler), workers_(workers), catalog_(catalog), create_(create) {}

    /// Answers at once when the login is known, else later on this shard.
    void find(const std::string& login, Answer answer);
    /// The id when the login is known here, else none.
    ChannelId known(const std::string& login) const {
        const auto found = known_.find(login);
        return found == known_.end() ? ChannelId{} : found->second;
    }

  private:
    void ask(const std::string& login);
    void answered(const std::string& login, Outcome outcome, ChannelId channel);

    Scheduler& scheduler_;
    Executor& workers_;
    store::Catalog& catalog_;
    const bool create_;
    std::unordered_map<std::string, ChannelId> known_;
    std::unordered_map<std::string, std::vector<Answer>> waiting_;
};

}  // namespace clamor::hub
