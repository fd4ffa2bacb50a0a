// SPDX-License-Identifier: Apache-2.0
#include "automod/raid_breaker.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <unordered_set>

#include "automod/spam.h"

namespace clamor::automod {
namespace {

/// A share says nothing of a few.
constexpr std::size_t kSharedByMin = 10;
/// Shorter first messages ("hi") are alike whoever writes them.
constexpr std::size_t kFirstMessageBytes = 12;
/// How much of a new window goes into what the channel is used to.
constexpr double kUsualShare = 0.2;

constexpr std::array<std::string_view, kRaidSigns> kSignNames{
    "join_rate", "young_accounts", "alike_names", "alike_first_messages"};
constexpr std::array<std::string_view, kMeasures> kMeasureNames{
    "shield", "followers_only", "slow_mode", "unique_chat", "automod_level"};

/// What is left of a name when the digits are gone and the underscores at its ends: bots are
/// numbered.
std::uint64_t name_hash(std::string_view login) {
    std::string stem;
    bool numbered = false;
    for (const char c : login) {
        if (c >= '0' && c <= '9') {
            numbered = true;
        } else if (c != '_') {
            stem += c;
        }
    }
    if (!numbered || stem.size() < 4) return 0;
    return std::hash<std::string>{}(stem) | 1;
}

template <class Enum, std::size_t kCount>
std::optional<Enum> by_name(const std::array<std::string_view, kCount>& names,
                            std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name_of(RaidSign sign) {
    return kSignNames[static_cast<std::size_t>(sign)];
}
std::string_view name_of(Measure measure) {
    return kMeasureNames[static_cast<std::size_t>(measure)];
}

std::optional<RaidSign> parse_raid_sign(std::string_view name) {
    return by_name<RaidSign>(kSignNames, name);
}
std::optional<Measure> parse_measure(std::string_view name) {
    return by_name<Measure>(kMeasureNames, name);
}

std::int64_t ChannelState::value(Measure measure) const {
    switch (measure) {
        case Measure::shield:
            return shield ? 1 : 0;
        case Measure::followers_only:
            return followers_only;
        case Measure::slow_mode:
            return slow_mode;
        case Measure::unique_chat:
            return unique_chat;
        case Measure::automod_level:
            return automod_level;
    }
    return 0;
}

bool RaidBreaker::Arrivals::add(const Came& one) {
    if (!users_.insert(one.user).second) return false;
    if (all_.size() == kJoins) forget_oldest();
    all_.push_back(one);
    young_ += one.young ? 1 : 0;
    if (one.name == 0) return true;
    const std::uint32_t alike = ++names_[one.name];
    crowds_.resize(std::max<std::size_t>(crowds_.size(), alike + 1));
    --crowds_[alike - 1];
    ++crowds_[alike];
    most_alike_ = std::max(most_alike_, alike);
    return true;
}

void RaidBreaker::Arrivals::forget_before(MonoTime time) {
    while (!all_.empty() && all_.front().at < time) forget_oldest();
}

void RaidBreaker::Arrivals::forget_oldest() {
    const Came one = all_.front();
    all_.pop_front();
    users_.erase(one.user);
    young_ -= one.young ? 1 : 0;
    if (one.name == 0) return;
    const auto name = names_.find(one.name);
    const std::uint32_t alike = name->second--;
    if (alike == 1) names_.erase(name);
    --crowds_[alike];
    ++crowds_[alike - 1];
    if (crowds_[most_alike_] == 0) --most_alike_;
}

std::optional<Trip> RaidBreaker::joined(const Join& join, const ChannelState& state,
                                        const Now& now) {
    forget(now.mono);
    const bool young = join.created_at && now.wall - *join.created_at < options_.young;
    // Who comes and goes is one newcomer.
    if (!came_.add({join.user, name_hash(join.login), young, now.mono})) return std::nullopt;
    ++in_window_;
    return consider(state, now);
}

std::optional<Trip> RaidBreaker::spoke_first(UserId user, std::string_view normalised,
                                             const ChannelState& state, const Now& now) {
    forget(now.mono);
    if (normalised.size() < kFirstMessageBytes) return std::nullopt;
    if (spoke_.size() == kFirstMessages) spoke_.pop_front();
    spoke_.push_back({user, sketch_of(normalised), now.mono});
    return consider(state, now);
}

void RaidBreaker::forget(MonoTime now) {
    came_.forget_before(now - options_.window);
    while (!spoke_.empty() && spoke_.front().at < now - options_.window) spoke_.pop_front();
    if (window_began_ == MonoTime{}) window_began_ = now;
    // A raid must not become what the channel is used to.
    while (now - window_began_ >= options_.window) {
        if (!trip_) {
            usual_ = measured_ ? usual_ + kUsualShare * (in_window_ - usual_) : in_window_;
            measured_ = true;
        }
        in_window_ = 0;
        const auto behind = now - window_began_;
        // Long silence is many empty windows; a hundred are as good as all of them.
        if (behind > 100 * options_.window) {
            usual_ = 0;
            window_began_ = now;
        } else {
            window_began_ += options_.window;
        }
    }
}

std::vector<Trip::Sign> RaidBreaker::signs() const {
    std::vector<Trip::Sign> found;
    const auto came = static_cast<float>(came_.size());
    const float joins_limit =
        std::max(static_cast<float>(options_.joins), options_.times * static_cast<float>(usual_));
    if (came >= joins_limit) found.push_back({RaidSign::join_rate, came, joins_limit});
    if (came_.size() >= kSharedByMin) {
        const float share = static_cast<float>(came_.young()) / came;
        if (share >= options_.young_share)
            found.push_back({RaidSign::young_accounts, share, options_.young_share});
    }
    if (came_.most_alike() >= options_.alike_names) {
        found.push_back({RaidSign::alike_names, static_cast<float>(came_.most_alike()),
                         static_cast<float>(options_.alike_names)});
    }
    if (!spoke_.empty()) {
        std::unordered_set<UserId> alike;
        for (const Spoke& one : spoke_) {
            if (distance(one.sketch, spoke_.back().sketch) <= kAlikeBits) alike.insert(one.user);
        }
        if (alike.size() >= options_.alike_messages) {
            found.push_back({RaidSign::alike_first_messages, static_cast<float>(alike.size()),
                             static_cast<float>(options_.alike_messages)});
        }
    }
    return found;
}

std::optional<Trip> RaidBreaker::consider(const ChannelState& state, const Now& now) {
    if (trip_ || now.mono < rests_until_) return std::nullopt;
    // The commonest case, a quiet channel, costs no search.
    if (came_.size() < std::min<std::size_t>(kSharedByMin, options_.alike_names) &&
        spoke_.size() < options_.alike_messages) {
        return std::nullopt;
    }
    auto found = signs();
    if (static_cast<int>(found.size()) < options_.signs) return std::nullopt;
    trip_ = Trip{.at = now.wall,
                 .until = now.mono + options_.countdown,
                 .signs = std::move(found),
                 .changes = changes_for(state),
                 .newcomers = newcomers()};
    return trip_;
}

std::vector<Change> RaidBreaker::changes_for(const ChannelState& state) const {
    std::vector<Change> changes;
    const auto tighten = [&](Measure measure, std::optional<std::int64_t> to) {
        const std::int64_t from = state.value(measure);
        if (to && *to > from) changes.push_back({measure, from, *to});
    };
    tighten(Measure::shield, 1);
    tighten(Measure::followers_only, options_.followers_only);
    tighten(Measure::slow_mode, options_.slow_mode);
    tighten(Measure::unique_chat, options_.unique_chat);
    tighten(Measure::automod_level, options_.automod_level);
    return changes;
}

std::vector<UserId> RaidBreaker::newcomers() const {
    std::vector<UserId> users;
    std::unordered_set<UserId> known;
    const auto add = [&](UserId user) {
        if (users.size() < kNewcomers && known.insert(user).second) users.push_back(user);
    };
    for (auto one = spoke_.rbegin(); one != spoke_.rend(); ++one) add(one->user);
    for (auto one = came_.all().rbegin(); one != came_.all().rend(); ++one) add(one->user);
    return users;
}

void RaidBreaker::extend_to(MonoTime until) {
    if (trip_) trip_->until = until;
}

std::vector<Change> RaidBreaker::revert(const ChannelState& state, MonoTime now) {
    std::vector<Change> changes;
    if (!trip_) return changes;
    for (auto done = trip_->changes.rbegin(); done != trip_->changes.rend(); ++done) {
        if (state.value(done->measure) == done->after)
            changes.push_back({done->measure, done->after, done->before});
    }
    trip_.reset();
    came_.clear();
    spoke_.clear();
    in_window_ = 0;
    window_began_ = now;
    rests_until_ = now + options_.rest;
    return changes;
}

}  // namespace clamor::automod
