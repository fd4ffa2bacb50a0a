// SPDX-License-Identifier: Apache-2.0
#include "auth/key_ring.h"

#include <utility>

#include "base/log.h"

namespace clamor::auth {

namespace {

/// Also when the clock was set back.
bool is_past(std::optional<WallTime> since, std::chrono::milliseconds interval, WallTime now) {
    return !since || now < *since || now - *since >= interval;
}

}  // namespace

KeyRing::KeyRing(std::vector<Key> files, Fetch fetch)
    : files_(std::move(files)), fetch_(std::move(fetch)) {}

std::vector<Key> KeyRing::find(const std::string& id, WallTime now) {
    auto keys = held(id);
    if (!keys.empty() || !fetch_ || !may_fetch(now)) return keys;
    fetch(now);
    return held(id);
}

void KeyRing::refresh_when_due(WallTime now) {
    if (!fetch_ || !may_fetch(now)) return;
    {
        const std::lock_guard lock(mutex_);
        if (!is_past(fetched_at_, limits::kJwksFresh, now)) return;
    }
    fetch(now);
}

KeyRing::Counters KeyRing::counters() const {
    const std::lock_guard lock(mutex_);
    auto counters = counters_;
    counters.keys = files_.size() + fetched_.size();
    return counters;
}

std::vector<Key> KeyRing::held(const std::string& id) const {
    std::vector<Key> keys;
    const auto add = [&](const std::vector<Key>& from) {
        for (const Key& key : from) {
            if (id.empty() || key.id() == id) keys.push_back(key);
        }
    };
    add(files_);
    const std::lock_guard lock(mutex_);
    add(fetched_);
    return keys;
}

bool KeyRing::may_fetch(WallTime now) const {
    const std::lock_guard lock(mutex_);
    return is_past(tried_at_, limits::kJwksRetry, now);
}

bool KeyRing::has_fetched() const {
    const std::lock_guard lock(mutex_);
    return fetched_at_.has_value();
}

void KeyRing::fetch(WallTime now) {
    std::unique_lock alone(fetching_, std::try_to_lock);
    // Before the first set is there nobody can go on without it.
    if (!alone.owns_lock() && !has_fetched()) alone.lock();
    if (!alone.owns_lock() || !may_fetch(now)) return;
    const auto text = fetch_();
    auto keys = text ? parse_jwks(*text) : Result<std::vector<Key>>(tl::unexpected(text.error()));
    if (keys && keys->empty())
        keys = fail(std::errc::invalid_argument, "the set has no key for signatures");
    const std::lock_guard lock(mutex_);
    tried_at_ = now;
    ++counters_.fetches;
    if (!keys) {
        ++counters_.failures;
        log::warn("the JWK set could not be fetched; the keys of the last time stay",
                  {{"error", keys.error().to_string()}, {"keys", fetched_.size()}});
        return;
    }
    fetched_ = *std::move(keys);
    fetched_at_ = now;
}

}  // namespace clamor::auth
