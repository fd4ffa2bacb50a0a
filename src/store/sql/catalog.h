// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "store/catalog.h"

namespace clamor::store {

class Database;

/// The catalog in a relational database, in the SQL that all engines share; an engine's opener
/// hands it a Database whose schema is up to date. Every text is bound as a parameter. Errors of
/// the engine arrive as its code, with what was being done; a change that failed left nothing
/// behind.
class SqlCatalog final : public Catalog {
  public:
    explicit SqlCatalog(std::unique_ptr<Database> database);
    ~SqlCatalog() override;

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
    std::unique_ptr<Database> database_;
};

}  // namespace clamor::store
