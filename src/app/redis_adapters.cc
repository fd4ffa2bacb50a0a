// SPDX-License-Identifier: Apache-2.0
#include "app/redis_adapters.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace clamor::app {

void RedisLimits::check(UserId user, const limits::Window& window, Done done) {
    link_.check_window("u" + std::to_string(user.value), window, std::nullopt,
                       [done = std::move(done)](std::optional<bus::redis::WindowAnswer> answer) {
                           if (!answer) return done(std::nullopt);
                           done(chat::LimitAnswer{.allowed = answer->allowed,
                                                  .remaining = answer->remaining,
                                                  .retry_after = answer->retry_after});
                       });
}

void RedisPresence::report(ChannelId channel, const hub::Present& here, Done done) {
    link_.report(channel, here.sessions > 0 ? hub::encode_present(here) : std::string(),
                 [done = std::move(done)](std::optional<std::vector<std::string>> others) {
                     if (!others) return done(std::nullopt);
                     hub::Present all;
                     for (const std::string& said : *others) {
                         auto present = hub::decode_present(said);
                         if (!present) continue;  // another version's
                         all.sessions += present->sessions;
                         all.users += present->users;
                         std::ranges::move(present->chatters, std::back_inserter(all.chatters));
                     }
                     done(std::move(all));
                 });
}

}  // namespace clamor::app
