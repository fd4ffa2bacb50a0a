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
class SqlCatalog : public Catalog {
  public:
    /// `clock` tells when an account was made.
    SqlCatalog(std::unique_ptr<Database> database, WallTime (*clock)());
    ~SqlCatalog() override;

    Result<std::optional<chat::User>> find_user(std::string_view login) override;
    Result<std::optional<chat::User>> find_user(UserId id) override;
    Result<std::vector<chat::User>> find_users(std::span<const UserId> ids,
                                               std::span<const std::string> logins) override;
    Result<chat::User> ensure_user(std::string_view login) override;
    Result<void> update_user(const chat::User& user) override;
    Result<std::vector<chat::User>> list_users(UserId after, std::size_t limit) override;

    Result<std::optional<Channel>> find_channel(std::string_view login) override;
    Result<std::optional<Channel>> find_channel(ChannelId id) override;
    Result<Channel> ensure_channel(std::string_view login) override;
    Result<void> update_channel(const Channel& channel) override;
    Result<std::vector<Channel>> list_channels(ChannelId after, std::size_t limit) override;
    Result<chat::Standing> standing(ChannelId channel, UserId user) override;
    Result<std::vector<chat::Standing>> standings(ChannelId channel,
                                                  std::span<const UserId> users) override;
    Result<void> set_role(ChannelId channel, UserId user, chat::Role role) override;
    Result<void> set_subscription(ChannelId channel, UserId user, std::uint16_t tier,
                                  std::uint32_t months) override;
    Result<void> set_founder(ChannelId channel, UserId user, bool founder) override;

    Result<void> add_token(std::string_view token, const TokenRecord& record) override;
    Result<std::optional<TokenRecord>> find_token(std::string_view token, WallTime now) override;
    Result<bool> has_token(std::string_view hash, WallTime now) override;
    Result<bool> revoke_token(std::string_view token) override;
    Result<std::vector<TokenRecord>> list_tokens(UserId user) override;
    Result<void> put_grant(std::string_view hash, const TokenRecord& grant, WallTime now) override;
    Result<std::vector<TokenRecord>> list_grants(UserId user) override;
    Result<void> add_revocation(const Revocation& revocation, WallTime now) override;
    Result<bool> is_revoked(std::string_view hash) override;
    Result<std::vector<Revocation>> list_revocations(std::uint64_t after,
                                                     std::size_t limit) override;

    Result<std::vector<Emote>> emotes_for(ChannelId channel) override;
    Result<void> add_emote(const Emote& emote) override;
    Result<std::optional<Emote>> find_emote(std::string_view id) override;
    Result<bool> remove_emote(std::string_view id) override;
    Result<void> grant_emote(UserId user, std::string_view emote_id, WallTime at) override;
    Result<std::vector<std::string>> granted_emotes(UserId user) override;
    Result<std::vector<BadgeImage>> badges_for(ChannelId channel) override;
    Result<void> put_badge(const BadgeImage& badge) override;

    Result<void> apply(std::span<const Change> changes, std::span<const AuditEntry> audit) override;
    Result<std::optional<Ban>> find_ban(ChannelId channel, UserId user, WallTime now) override;
    Result<std::vector<Ban>> list_bans(ChannelId channel, WallTime now, UserId after,
                                       std::size_t limit) override;
    Result<std::vector<chat::User>> list_role(ChannelId channel, chat::Role role, UserId after,
                                              std::size_t limit) override;
    Result<std::vector<chat::User>> list_moderated(UserId moderator, UserId after,
                                                   std::size_t limit) override;
    Result<std::vector<Term>> list_terms(ChannelId channel, bool permitted,
                                         std::string_view after_id, WallTime now,
                                         std::size_t limit) override;
    Result<std::optional<Term>> find_term(ChannelId channel, std::string_view id) override;
    Result<std::optional<UnbanRequest>> find_unban_request(ChannelId channel,
                                                           std::string_view id) override;
    Result<std::vector<UnbanRequest>> list_unban_requests(ChannelId channel,
                                                          UnbanRequestStatus status, UserId user,
                                                          std::string_view after_id,
                                                          std::size_t limit) override;
    Result<ShieldMode> shield_mode(ChannelId channel) override;
    Result<std::optional<chat::SharedChat>> shared_chat(ChannelId channel) override;
    Result<std::optional<PinnedMessage>> find_pin(ChannelId channel, WallTime now) override;
    Result<AutoModSettings> automod_settings(ChannelId channel) override;
    Result<std::optional<SuspiciousUser>> find_suspicious(ChannelId channel, UserId user) override;
    Result<std::vector<AuditEntry>> list_audit(ChannelId channel, std::uint64_t before_id,
                                               std::string_view batch, std::size_t limit) override;
    Result<std::vector<AuditEntry>> list_undone(ChannelId channel, WallTime since,
                                                std::size_t limit) override;

    Result<Profile> profile(UserId user) override;
    Result<void> update_profile(UserId user, const Profile& profile) override;
    Result<bool> set_follow(ChannelId channel, UserId user, std::optional<WallTime> since) override;
    Result<std::vector<Follow>> list_followers(ChannelId channel, UserId after,
                                               std::size_t limit) override;
    Result<std::vector<Follow>> list_followed(UserId user, UserId after,
                                              std::size_t limit) override;
    Result<std::uint64_t> count_followers(ChannelId channel) override;
    Result<std::uint64_t> count_followed(UserId user) override;
    Result<void> set_block(UserId user, UserId blocked, bool on) override;
    Result<bool> has_block(UserId user, UserId blocked) override;
    Result<std::uint64_t> count_whisper(UserId from, UserId to) override;
    Result<std::vector<chat::User>> list_blocks(UserId user, UserId after,
                                                std::size_t limit) override;
    Result<void> set_extras(ChannelId channel, UserId user,
                            const chat::Standing& standing) override;

    Result<void> add_webhook(const Webhook& webhook) override;
    Result<bool> set_webhook_verified(std::string_view id) override;
    Result<bool> remove_webhook(std::string_view id) override;
    Result<std::optional<Webhook>> find_webhook(std::string_view id) override;
    Result<std::vector<Webhook>> list_webhooks(std::string_view after_id,
                                               std::size_t limit) override;

    Result<bool> hold(const Held& held, std::size_t most) override;
    Result<std::optional<Held>> find_held(ChannelId channel, MessageId id) override;
    Result<std::vector<Held>> list_held(ChannelId channel, chat::HoldStatus status, MessageId after,
                                        std::size_t limit) override;
    Result<std::optional<RaidTrip>> raid_trip(ChannelId channel) override;
    Result<std::vector<ChannelId>> channels_to_wake() override;
    Result<void> record_verdicts(std::span<const VerdictRecord> verdicts) override;
    Result<std::optional<VerdictRecord>> find_verdict(ChannelId channel,
                                                      MessageId message) override;
    Result<std::vector<VerdictRecord>> list_verdicts(ChannelId channel, MessageId after,
                                                     std::size_t limit) override;
    Result<void> forget_automod(WallTime before) override;

    Result<std::uint64_t> next_epoch() override;

  private:
    std::unique_ptr<Database> database_;
    WallTime (*const clock_)();
};

}  // namespace clamor::store
