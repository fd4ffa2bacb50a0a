// SPDX-License-Identifier: Apache-2.0
#include "app/redis_adapters.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace clamor::app {

namespace {

/// As in docs/protocol/bus.md.
std::string window_name(hub::SharedLimits::Act act, UserId user) {
    using Act = hub::SharedLimits::Act;
    std::string name = "u" + std::to_string(user.value);
    switch (act) {
        case Act::message:
            break;
        case Act::join:
            return name + ":join";
        case Act::login:
            return name + ":login";
        case Act::whisper:
            return name + ":whisper";
    }
    return name;
}

}  // namespace

void RedisLimits::check(Act act, UserId user, const limits::Window& window, Done done) {
    link_.check_window(window_name(act, user), window, std::nullopt,
                       [done = std::move(done)](std::optional<bus::redis::WindowAnswer> answer) {
                           if (!answer) return done(std::nullopt);
                           done(chat::LimitAnswer{.allowed = answer->allowed,
                                                  .remaining = answer->remaining,
                                                  .retry_after = answer->retry_after});
                       });
}

namespace {

/// What the others say, taken together.
std::function<void(std::optional<std::vector<std::string>>)> together(
    hub::SharedPresence::Done done) {
    return [done = std::move(done)](std::optional<std::vector<std::string>> others) {
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
    };
}

}  // namespace

void RedisPresence::report(ChannelId channel, const hub::Present& here, Done done) {
    link_.report(channel, here.sessions > 0 ? hub::encode_present(here) : std::string(),
                 together(std::move(done)));
}

void RedisPresence::ask(ChannelId channel, Done done) {
    link_.report(channel, std::nullopt, together(std::move(done)));
}

void claim_webhook(bus::redis::Link& link, const std::string& id,
                   std::function<void(std::optional<bool>)> done) {
    link.check_window("webhook:" + id, {.count = 1, .length = limits::kWebhooksLookedAt},
                      std::nullopt,
                      [done = std::move(done)](std::optional<bus::redis::WindowAnswer> answer) {
                          if (!answer) return done(std::nullopt);
                          done(answer->allowed);
                      });
}

}  // namespace clamor::app
