// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "hub/member.h"

namespace clamor::edge::irc {

/// Keeps the replies of one connection in the order of its requests: dank-twitch-irc takes a reply
/// that overtakes an earlier one for the earlier one's failure. A request whose answer comes later
/// takes a place; what is said meanwhile waits behind it. Owned by a session, on its shard; its
/// owner bounds it by asking places().
class ReplyQueue {
  public:
    /// The next place, named by the id that the answer will carry.
    hub::RequestId open();
    /// Fills a place. False when it was filled before: that answer is late, and goes out of order.
    bool fill(hub::RequestId place, std::string_view lines);
    /// Lines for now: behind all places that are taken.
    void say(std::string_view lines);

    /// Takes all lines that may go out now, in order; empty when the first place still waits.
    std::string take_ready();

    /// Whether take_ready() has taken the lines of this place.
    bool taken(hub::RequestId place) const { return place - first_id_ >= places_.size() - head_; }

    bool empty() const { return head_ == places_.size(); }
    std::size_t places() const { return places_.size() - head_; }

  private:
    struct Place {
        bool filled = false;
        std::string lines;
    };

    std::vector<Place> places_;  ///< those before head_ are done
    std::size_t head_ = 0;
    hub::RequestId first_id_ = 1;  ///< of places_[head_]
};

}  // namespace clamor::edge::irc
