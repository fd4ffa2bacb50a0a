// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <unordered_map>

namespace clamor::edge::net {

/// How many connections each client address has on this node. Touched once when a connection comes
/// and once when it goes, by any shard.
class AddressCounts {
  public:
    explicit AddressCounts(std::size_t max_per_address) : max_(max_per_address) {}

    /// False when the address is at its bound; nothing is counted then.
    bool enter(const std::string& address);
    void leave(const std::string& address);

  private:
    struct Stripe {
        std::mutex mutex;
        std::unordered_map<std::string, std::size_t> counts;
    };
    Stripe& stripe(const std::string& address) {
        return stripes_[std::hash<std::string>()(address) % stripes_.size()];
    }

    const std::size_t max_;
    std::array<Stripe, 16> stripes_;
};

}  // namespace clamor::edge::net
