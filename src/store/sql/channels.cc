// SPDX-License-Identifier: Apache-2.0
#include "store/checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

std::string select_channel(const char* condition) {
    return fmt::format(
        "SELECT {} FROM channels c JOIN users u ON u.user_id = c.channel_id WHERE {}",
        ChannelRow::kColumns, condition);
}

const std::string kByLogin = select_channel("u.login = :login");
const std::string kById = select_channel("c.channel_id = :id");
const std::string kUserByLogin =
    fmt::format("SELECT {} FROM users u WHERE u.login = :login", UserRow::kColumns);
const std::string kAfter =
    select_channel("c.channel_id > :after ORDER BY c.channel_id LIMIT :limit");

/// One participant, with what all of the session's rows say.
struct SharedChatRow {
    long long channel = 0, host = 0, created_at = 0, updated_at = 0;
    std::string session, login, display_name, host_login, host_display_name;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(login));
        statement.exchange(soci::into(display_name));
        statement.exchange(soci::into(session));
        statement.exchange(soci::into(host));
        statement.exchange(soci::into(host_login));
        statement.exchange(soci::into(host_display_name));
        statement.exchange(soci::into(created_at));
        statement.exchange(soci::into(updated_at));
    }
    chat::SharedChat value() const {
        return {.id = session,
                .host = {id_of<UserId>(host), host_login, host_display_name},
                .participants = {{id_of<UserId>(channel), login, display_name}},
                .created_at = wall_from_unix_ms(created_at),
                .updated_at = wall_from_unix_ms(updated_at)};
    }
};

const std::string kSharedChat =
    "SELECT s.channel_id, u.login, u.display_name, s.session_id, s.host_id, h.login, "
    "h.display_name, s.created_at, s.updated_at FROM shared_chats mine "
    "JOIN shared_chats s ON s.session_id = mine.session_id "
    "JOIN users u ON u.user_id = s.channel_id JOIN users h ON h.user_id = s.host_id "
    "WHERE mine.channel_id = :channel ORDER BY s.place";

}  // namespace

void ChannelRow::into(soci::statement& statement) {
    statement.exchange(soci::into(id));
    statement.exchange(soci::into(login));
    statement.exchange(soci::into(display_name));
    statement.exchange(soci::into(title));
    statement.exchange(soci::into(emote_only));
    statement.exchange(soci::into(followers_only_minutes));
    statement.exchange(soci::into(unique_chat));
    statement.exchange(soci::into(slow_seconds));
    statement.exchange(soci::into(subscribers_only));
    statement.exchange(soci::into(delay_seconds));
}

Channel ChannelRow::value() const {
    return {.id = ChannelId(static_cast<std::uint64_t>(id)),
            .login = login,
            .display_name = display_name,
            .title = title,
            .modes = {.emote_only = emote_only != 0,
                      .followers_only_minutes = followers_only_minutes,
                      .unique_chat = unique_chat != 0,
                      .slow_seconds = static_cast<std::uint32_t>(slow_seconds),
                      .subscribers_only = subscribers_only != 0,
                      .delay_seconds = static_cast<std::uint32_t>(delay_seconds)}};
}

bool channel_exists(Session& sql, ChannelId id) {
    static const std::string kExists = "SELECT 1 FROM channels WHERE channel_id = :id";
    return sql.fetch_one<NumberRow>(kExists, number(id)).has_value();
}

Result<std::optional<Channel>> SqlCatalog::find_channel(std::string_view login) {
    if (auto fine = check_login(login); !fine) return tl::unexpected(fine.error());
    return database_->run("looking up a channel",
                          [&](Session& sql) -> Result<std::optional<Channel>> {
                              return sql.fetch_one<ChannelRow>(kByLogin, std::string(login));
                          });
}

Result<std::optional<Channel>> SqlCatalog::find_channel(ChannelId id) {
    return database_->run("looking up a channel",
                          [&](Session& sql) -> Result<std::optional<Channel>> {
                              return sql.fetch_one<ChannelRow>(kById, number(id));
                          });
}

Result<Channel> SqlCatalog::ensure_channel(std::string_view login) {
    if (auto fine = check_new_login(login); !fine) return tl::unexpected(fine.error());
    const std::string name(login);
    return database_->run("making a channel", [&](Session& sql) -> Result<Channel> {
        if (auto channel = sql.fetch_one<ChannelRow>(kByLogin, name)) return *std::move(channel);
        auto user = sql.fetch_one<UserRow>(kUserByLogin, name);
        Transaction transaction(sql);
        if (!user) user = make_user(sql, name, clock_());
        const auto added = sql.change(
            "INSERT INTO channels (channel_id) VALUES (:id) ON CONFLICT (channel_id) DO NOTHING",
            number(user->id));
        transaction.commit();
        if (added == 0) return sql.fetch_one<ChannelRow>(kById, number(user->id)).value();
        return Channel{
            .id = ChannelId(user->id.value), .login = name, .display_name = user->display_name};
    });
}

Result<void> SqlCatalog::update_channel(const Channel& channel) {
    if (auto fine = check_channel(channel); !fine) return fine;
    const chat::RoomState& modes = channel.modes;
    return database_->run("changing a channel", [&](Session& sql) -> Result<void> {
        const auto changed = sql.change(
            "UPDATE channels SET title = :title, emote_only = :emote_only, "
            "followers_only_minutes = :followers, unique_chat = :unique_chat, slow_seconds = "
            ":slow, "
            "subscribers_only = :subscribers, delay_seconds = :delay WHERE channel_id = :id",
            channel.title, int{modes.emote_only}, modes.followers_only_minutes,
            int{modes.unique_chat}, static_cast<long long>(modes.slow_seconds),
            int{modes.subscribers_only}, static_cast<long long>(modes.delay_seconds),
            number(channel.id));
        if (changed == 0) return no_such_channel(channel.id);
        return {};
    });
}

Result<std::optional<chat::SharedChat>> SqlCatalog::shared_chat(ChannelId channel) {
    return database_->run(
        "looking up a shared chat", [&](Session& sql) -> Result<std::optional<chat::SharedChat>> {
            std::optional<chat::SharedChat> session;
            for (auto& row : sql.fetch_all<SharedChatRow>(kSharedChat, number(channel))) {
                if (!session) {
                    session = std::move(row);
                } else {
                    session->participants.push_back(std::move(row.participants.front()));
                }
            }
            return session;
        });
}

Result<std::vector<Channel>> SqlCatalog::list_channels(ChannelId after, std::size_t limit) {
    return database_->run("listing channels", [&](Session& sql) -> Result<std::vector<Channel>> {
        return sql.fetch_all<ChannelRow>(kAfter, number(after), static_cast<long long>(limit));
    });
}

}  // namespace clamor::store
