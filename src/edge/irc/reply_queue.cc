// SPDX-License-Identifier: Apache-2.0
#include "edge/irc/reply_queue.h"

#include "base/check.h"

namespace clamor::edge::irc {

hub::RequestId ReplyQueue::open() {
    places_.emplace_back();
    return first_id_ + static_cast<hub::RequestId>(places() - 1);
}

bool ReplyQueue::fill(hub::RequestId place, std::string_view lines) {
    const auto ahead =
        static_cast<hub::RequestId>(place - first_id_);  // wraps for those that are gone
    if (ahead >= places()) return false;
    Place& waiting = places_[head_ + ahead];
    if (waiting.filled) return false;
    waiting.filled = true;
    waiting.lines.append(lines);
    return true;
}

void ReplyQueue::say(std::string_view lines) {
    if (empty() || !places_.back().filled) {
        const hub::RequestId place = open();
        CLAMOR_CHECK(fill(place, lines), "a place just opened is not filled");
    } else {
        places_.back().lines.append(lines);
    }
}

std::string ReplyQueue::take_ready() {
    std::string ready;
    while (!empty() && places_[head_].filled) {
        if (ready.empty()) {
            ready = std::move(places_[head_].lines);
        } else {
            ready.append(places_[head_].lines);
            places_[head_].lines = std::string();
        }
        ++head_;
        ++first_id_;
    }
    if (empty()) {
        places_ = {};
        head_ = 0;
    } else if (head_ > places_.size() / 2) {
        places_.erase(places_.begin(), places_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
    return ready;
}

}  // namespace clamor::edge::irc
