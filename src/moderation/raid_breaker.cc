// SPDX-License-Identifier: Apache-2.0
#include "moderation/raid_breaker.h"

#include <algorithm>
#include <bit>
#include <map>

#include "automod/spam.h"
#include "base/limits.h"

namespace clamor::moderation {
namespace {

/// So many newcomers with one pattern of name, or with one message, are no accident.
constexpr std::size_t kAlike = 3;
constexpr std::size_t kPatternMin = 3;

}  // namespace

std::string name_pattern(std::string_view login) {
    const std::size_t end = login.find_last_not_of("0123456789");
    if (end == std::string_view::npos || end + 1 == login.size() || end + 1 < kPatternMin)
        return {};
    return std::string(login.substr(0, end + 1));
}

void RaidBreaker::came(UserId user, std::string_view login, std::optional<WallTime> account_made,
                       const RaidSettings& settings, const Now& now) {
    const bool known = std::ranges::any_of(
        newcomers_, [&](const Newcomer& one) { return one.user == user; });
    if (known) return;
    if (newcomers_.size() >= static_cast<std::size_t>(limits::kNewcomersWatched))
        newcomers_.pop_front();
    newcomers_.push_back(
        {.user = user,
         .pattern = name_pattern(login),
         .young = account_made && now.wall - *account_made < settings.new_account,
         .at = now.mono});
}

void RaidBreaker::spoke(UserId user, std::uint64_t sketch) {
    for (Newcomer& one : newcomers_) {
        if (one.user == user && one.sketch == 0) one.sketch = sketch;
    }
}

std::optional<RaidAlarm> RaidBreaker::alarm(const RaidSettings& settings, MonoTime now) {
    while (!newcomers_.empty() && now - newcomers_.front().at > settings.window)
        newcomers_.pop_front();
    if (!settings.on || newcomers_.size() < settings.joins) return std::nullopt;
    std::map<std::string_view, std::size_t> patterns;
    for (const Newcomer& one : newcomers_) {
        if (!one.pattern.empty()) ++patterns[one.pattern];
    }
    const auto says_alike = [&](const Newcomer& one) {
        if (one.sketch == 0) return false;
        const auto same = std::ranges::count_if(newcomers_, [&](const Newcomer& other) {
            return other.sketch != 0 &&
                   std::popcount(one.sketch ^ other.sketch) <= automod::kAlikeBits;
        });
        return static_cast<std::size_t>(same) >= kAlike;
    };
    RaidAlarm alarm{.newcomers = newcomers_.size()};
    for (const Newcomer& one : newcomers_) {
        const bool alike_name = !one.pattern.empty() && patterns[one.pattern] >= kAlike;
        const bool alike_message = says_alike(one);
        alarm.young += one.young ? 1 : 0;
        alarm.alike_names += alike_name ? 1 : 0;
        alarm.alike_messages += alike_message ? 1 : 0;
        alarm.suspicious += one.young || alike_name || alike_message ? 1 : 0;
    }
    const float share =
        static_cast<float>(alarm.suspicious) / static_cast<float>(alarm.newcomers);
    if (share < settings.share) return std::nullopt;
    return alarm;
}

}  // namespace clamor::moderation
