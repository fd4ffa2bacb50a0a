// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

#include "store/catalog.h"
#include "store/checks.h"

namespace clamor::store {

/// A catalog that forgets everything with the process: for tests and the simulator. It passes the
/// same contract suite as the SQL one, orders every answer by id or key, and never waits for
/// anything but its own lock.
class MemoryCatalog final : public Catalog {
  public:
    Result<std::optional<chat::User>> find_user(std::string_view login) override;
    Result<std::optional<chat::User>> find_user(UserId id) override;
    Result<chat::User> ensure_user(std::string_view login) override;
    Result<void> update_user(const chat::User& user) override;
    Result<std::vector<chat::User>> list_users(UserId after, std::size_t limit) override;

    Result<std::optional<Channel>> find_channel(std::string_view login) override;
    Result<std::optional<Channel>> find_channel(ChannelId id) override;
    Result<Channel> ensure_channel(std::string_view login) override;
    Result<void> update_channel(const Channel& channel) override;
    Result<std::vector<Channel>> list_channels(ChannelId after, std::size_t limit) override;
    Result<chat::Standing> standing(ChannelId channel, UserId user) override;
    Result<void> set_role(ChannelId channel, UserId user, chat::Role role) override;
    Result<void> set_subscription(ChannelId channel, UserId user, std::uint16_t tier,
                                  std::uint32_t months) override;

    Result<void> add_token(std::string_view token, const TokenRecord& record) override;
    Result<std::optional<TokenRecord>> find_token(std::string_view token, WallTime now) override;
    Result<bool> revoke_token(std::string_view token) override;
    Result<std::vector<TokenRecord>> list_tokens(UserId user) override;

    Result<std::vector<Emote>> emotes_for(ChannelId channel) override;
    Result<void> add_emote(const Emote& emote) override;
    Result<bool> remove_emote(std::string_view id) override;
    Result<void> grant_emote(UserId user, std::string_view emote_id, WallTime at) override;
    Result<std::vector<std::string>> granted_emotes(UserId user) override;
    Result<std::vector<BadgeImage>> badges_for(ChannelId channel) override;
    Result<void> put_badge(const BadgeImage& badge) override;

    Result<std::uint64_t> next_epoch() override;

  private:
    struct ChannelRow {
        std::string title;
        chat::RoomState modes;
    };
    struct Subscription {
        std::uint16_t tier = 0;
        std::uint32_t months = 0;
        bool founder = false;
    };
    using ChannelUser = std::pair<ChannelId, UserId>;
    using BadgeKey = std::tuple<ChannelId, std::string, std::string>;

    const chat::User& ensure_user_locked(std::string_view login);
    Channel channel_locked(ChannelId id, const ChannelRow& row) const;
    std::optional<Channel> find_channel_locked(ChannelId id) const;
    Result<void> check_known_locked(ChannelId channel, UserId user) const;

    std::mutex mutex_;
    std::map<UserId, chat::User> users_;
    std::map<std::string, UserId, std::less<>> ids_by_login_;
    std::map<ChannelId, ChannelRow> channels_;
    std::map<ChannelUser, chat::Role> roles_;
    std::map<ChannelUser, Subscription> subscriptions_;
    std::map<TokenHash, TokenRecord> tokens_;
    std::map<std::string, Emote, std::less<>> emotes_;
    std::set<std::pair<UserId, std::string>> grants_;
    std::map<BadgeKey, BadgeImage> badges_;
    std::uint64_t epoch_ = 0;
};

}  // namespace clamor::store
