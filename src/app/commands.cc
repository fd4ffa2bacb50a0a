// SPDX-License-Identifier: Apache-2.0
#include "app/commands.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/message_json.h"
#include "store/fact_changes.h"
#include "store/history_reader.h"

namespace clamor::app {

namespace {

constexpr std::size_t kListPage = 500;

Result<store::Channel> existing_channel(store::Catalog& catalog, const std::string& login) {
    auto found = catalog.find_channel(login);
    if (!found) return tl::unexpected(found.error());
    if (!*found) {
        return fail(
            std::errc::invalid_argument,
            "there is no channel '" + login + "'; `clamor channel add " + login + "` makes one");
    }
    return **found;
}

void print(std::ostream& out, const chat::User& user) {
    out << fmt::format("{}\t{}\t{}\t{}{}\n", user.id.value, user.login, user.display_name,
                       user.color.empty() ? "no colour" : user.color,
                       user.verified_bot ? "\tverified bot" : "");
}

void print(std::ostream& out, const store::Channel& channel) {
    const auto& modes = channel.modes;
    std::vector<std::string> on;
    if (modes.slow_seconds != 0) on.push_back(fmt::format("slow {}", modes.slow_seconds));
    if (modes.emote_only) on.emplace_back("emote-only");
    if (modes.subscribers_only) on.emplace_back("subscribers-only");
    if (modes.unique_chat) on.emplace_back("unique-chat");
    out << fmt::format("{}\t{}\t{}\t{}\n", channel.id.value, channel.login, channel.title,
                       fmt::join(on, ", "));
}

/// For store::SetFacts.
Result<bool> written(const Result<void>& done) {
    if (!done) return tl::unexpected(done.error());
    return true;
}

/// Whether it was done is all that is told.
Result<void> only_done(const Result<bool>& changed) {
    if (!changed) return tl::unexpected(changed.error());
    return {};
}

store::Source by_command(WallTime now) {
    return {.at = now, .origin = "cli"};
}

Result<void> change(const UserCommand& command, chat::User user, store::Catalog& catalog) {
    if (command.display_name) user.display_name = *command.display_name;
    if (command.color) user.color = *command.color;
    if (command.verified_bot) user.verified_bot = *command.verified_bot;
    if (const auto changed = catalog.update_user(user); !changed || !command.created_at)
        return changed;
    auto profile = catalog.profile(user.id);
    if (!profile) return tl::unexpected(profile.error());
    profile->created_at = *command.created_at;
    return catalog.update_profile(user.id, *profile);
}

Result<void> apply(const UserCommand& command, const chat::User& user, store::Catalog& catalog,
                   WallTime now) {
    return only_done(store::change_account(
        catalog, user, by_command(now),
        [&](const chat::User& before) { return written(change(command, before, catalog)); }));
}

Result<void> apply(const ChannelCommand& command, const store::Channel& channel,
                   store::Catalog& catalog, WallTime now) {
    return only_done(
        store::change_channel(catalog, channel, by_command(now), [&](store::Channel wanted) {
            if (command.title) wanted.title = *command.title;
            if (command.slow_seconds) wanted.modes.slow_seconds = *command.slow_seconds;
            if (command.emote_only) wanted.modes.emote_only = *command.emote_only;
            if (command.subscribers_only) wanted.modes.subscribers_only = *command.subscribers_only;
            if (command.unique_chat) wanted.modes.unique_chat = *command.unique_chat;
            return written(catalog.update_channel(wanted));
        }));
}

Result<void> change_standing(const ChannelCommand& command, ChannelId channel, UserId user,
                             store::Catalog& catalog) {
    if (command.action == ChannelCommand::Action::role)
        return catalog.set_role(channel, user, command.role);
    const auto changed = catalog.set_subscription(channel, user, command.tier,
                                                  command.tier == 0 ? 0 : command.months);
    if (!changed || !command.founder) return changed;
    return catalog.set_founder(channel, user, *command.founder);
}

Result<void> list_users(store::Catalog& catalog, std::ostream& out) {
    UserId after;
    while (true) {
        const auto page = catalog.list_users(after, kListPage);
        if (!page) return tl::unexpected(page.error());
        if (page->empty()) return {};
        for (const auto& user : *page) print(out, user);
        after = page->back().id;
    }
}

Result<void> list_channels(store::Catalog& catalog, std::ostream& out) {
    ChannelId after;
    while (true) {
        const auto page = catalog.list_channels(after, kListPage);
        if (!page) return tl::unexpected(page.error());
        if (page->empty()) return {};
        for (const auto& channel : *page) print(out, channel);
        after = page->back().id;
    }
}

}  // namespace

Result<chat::User> existing_user(store::Catalog& catalog, const std::string& login) {
    auto found = catalog.find_user(login);
    if (!found) return tl::unexpected(found.error());
    if (!*found) {
        return fail(std::errc::invalid_argument,
                    "there is no user '" + login + "'; `clamor user add " + login + "` makes one");
    }
    return **found;
}

Result<void> run_user(const UserCommand& command, store::Catalog& catalog, WallTime now,
                      std::ostream& out) {
    if (command.action == UserCommand::Action::list) return list_users(catalog, out);
    if (command.action == UserCommand::Action::add) {
        if (const auto made = catalog.ensure_user(command.login); !made)
            return tl::unexpected(made.error());
    }
    auto user = existing_user(catalog, command.login);
    if (!user) return tl::unexpected(user.error());
    if (command.action != UserCommand::Action::show) {
        if (const auto changed = apply(command, *user, catalog, now); !changed) return changed;
        user = existing_user(catalog, command.login);
        if (!user) return tl::unexpected(user.error());
    }
    print(out, *user);
    return {};
}

Result<void> run_channel(const ChannelCommand& command, store::Catalog& catalog, WallTime now,
                         std::ostream& out) {
    using Action = ChannelCommand::Action;
    if (command.action == Action::list) return list_channels(catalog, out);
    if (command.action == Action::add) {
        if (const auto made = catalog.ensure_channel(command.login); !made)
            return tl::unexpected(made.error());
    }
    auto channel = existing_channel(catalog, command.login);
    if (!channel) return tl::unexpected(channel.error());
    if (command.action == Action::role || command.action == Action::subscriber) {
        const auto user = existing_user(catalog, command.user);
        if (!user) return tl::unexpected(user.error());
        return only_done(store::change_standing(
            catalog, channel->id, user->id, by_command(now), [&](const chat::Standing&) {
                return written(change_standing(command, channel->id, user->id, catalog));
            }));
    }
    if (command.action != Action::show) {
        if (const auto changed = apply(command, *channel, catalog, now); !changed) return changed;
        channel = existing_channel(catalog, command.login);
        if (!channel) return tl::unexpected(channel.error());
    }
    print(out, *channel);
    return {};
}

Result<void> run_export(const ExportCommand& command, store::Catalog& catalog,
                        store::MessageLog& log, unsigned regions, std::ostream& out,
                        const std::function<void(const ExportProgress&)>& progress) {
    const auto channel = existing_channel(catalog, command.channel);
    if (!channel) return tl::unexpected(channel.error());
    const auto ends = log.last_of_regions(channel->id);
    if (!ends) return tl::unexpected(ends.error());
    WallTime end{};
    for (const store::LastMessage& last : *ends) end = std::max(end, last.sent_at);
    store::HistoryReader history(log, channel->id, regions);
    WallTime begin{};
    ExportProgress so_far;
    while (true) {
        const auto stored = history.next();
        if (!stored) return tl::unexpected(stored.error());
        if (!*stored) break;
        const auto message = api::read_message(**stored);
        if (!message) return tl::unexpected(message.error());
        auto line = api::message_json(**stored, *message);
        // Who runs the server sees what viewers do not.
        if (chat::for_moderators_only(*message)) line["restricted"] = true;
        out << line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
        if (so_far.messages++ == 0) begin = (*stored)->sent_at;
        so_far.done = std::chrono::floor<std::chrono::seconds>((*stored)->sent_at - begin);
        // Beside a running server more may be said meanwhile.
        so_far.whole = std::max(std::chrono::floor<std::chrono::seconds>(end - begin), so_far.done);
        progress(so_far);
    }
    if (!out.flush()) return fail(std::errc::io_error, "the output could not be written");
    return {};
}

}  // namespace clamor::app
