// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "bus/redis/link_impl.h"

/// What is asked once and answered soon, or not at all: windows of accounts, and who is where.
namespace clamor::bus::redis {

void Link::Impl::ask(const std::string& key, std::string Server::*script,
                     std::vector<std::string> arguments, Asked::Done done) {
    Server* const server = server_of(slot_of(key));
    if (stopped_ || server == nullptr || !server->ready() ||
        server->commands->unanswered() >= limits::kRedisUnanswered)
        return done(nullptr);
    const std::uint64_t asked = ++last_asked_;
    asked_.emplace(asked, Asked{.at = now(), .done = std::move(done)});
    std::vector<std::string_view> command{"HGETALL", key};
    if (script != nullptr) command = {"EVALSHA", server->*script, "1", key};
    command.insert(command.end(), arguments.begin(), arguments.end());
    server->commands->ask(command, [this, asked, server](const Reply& reply) {
        auto waiting = asked_.extract(asked);
        if (waiting.empty()) return;  // nobody waits any more
        waiting.mapped().done(reply.is_error() ? nullptr : &reply);
        if (reply.is_error()) failed(*server, reply.text());
    });
}

/// Whoever asked before waits no longer.
void Link::Impl::end_asked(MonoTime asked_before) {
    while (!asked_.empty() && asked_.begin()->second.at <= asked_before) {
        auto overdue = asked_.extract(asked_.begin());
        overdue.mapped().done(nullptr);
    }
}

void Link::Impl::ask_window(const std::string& name, limits::Window window,
                            std::optional<std::uint64_t> at, WindowDone done) {
    counters.windows_asked.add();
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(window.length).count();
    // Windows of one account with different sizes are different ones.
    ask(fmt::format("clamor:{{{}}}:{}:{}", name, window.count, window.length.count()),
        &Server::window_sha,
        {std::to_string(window.count), std::to_string(microseconds),
         fmt::format("{}:{}", node_field_, last_asked_ + 1),
         at ? std::to_string(*at) : std::string()},
        [this, done = std::move(done)](const Reply* reply) {
            if (reply == nullptr || reply->size() != 3) {
                counters.windows_unasked.add();
                return done(std::nullopt);
            }
            done(WindowAnswer{.allowed = (*reply)[0].number() == 1,
                              .remaining = static_cast<std::uint32_t>((*reply)[1].number()),
                              .retry_after = std::chrono::milliseconds((*reply)[2].number())});
        });
}

/// Of a hash of who is there, as the script would answer it: it may not run in another region.
std::vector<std::string> Link::Impl::holding(const Reply& hash) const {
    const std::int64_t wall = unix_ms(home_->now().wall);
    std::vector<std::string> others;
    for (std::size_t i = 1; i < hash.size(); i += 2) {
        const std::string_view field = hash[i].text();
        const std::size_t blank = field.find(' ');
        std::int64_t until = 0;
        std::from_chars(field.data(), field.data() + field.size(), until);
        if (blank != std::string_view::npos && until > wall)
            others.emplace_back(field.substr(blank + 1));
    }
    return others;
}

void Link::Impl::ask_report(ChannelId channel, std::optional<std::string> here, ReportDone done) {
    const std::string key = fmt::format("clamor:{{{}}}:present", channel.value);
    if (options.follows) {
        ask(key, nullptr, {}, [this, done = std::move(done)](const Reply* reply) {
            reply == nullptr ? done(std::nullopt) : done(holding(*reply));
        });
        return;
    }
    const auto kept = here ? std::chrono::milliseconds(limits::kPresenceKept).count() : 0;
    ask(key, &Server::presence_sha,
        {node_field_, here ? *std::move(here) : std::string(), std::to_string(kept)},
        [done = std::move(done)](const Reply* reply) {
            if (reply == nullptr) return done(std::nullopt);
            std::vector<std::string> others;
            for (std::size_t i = 0; i < reply->size(); ++i) others.emplace_back((*reply)[i].text());
            done(std::move(others));
        });
}

}  // namespace clamor::bus::redis
