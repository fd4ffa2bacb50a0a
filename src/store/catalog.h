// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "chat/event.h"
#include "chat/people.h"
#include "store/automod_store.h"
#include "store/moderation_store.h"
#include "store/webhook_store.h"

/// The relational data of the server, as ports. Calls block and are for worker threads; every call
/// is safe from any thread. Logins are given in lower case and valid ([a-z0-9_]{1,25}); anything
/// else is std::errc::invalid_argument. Changing what does not exist is
/// std::errc::no_such_file_or_directory. A catalog that is away: is_busy(). Lists are in ascending
/// order of id or key.
namespace clamor::store {

/// Whether an error says that the catalog is away or has too much to do: nothing is wrong with what
/// was asked, and nothing of it was done by half.
bool is_busy(const std::error_code& code);

/// So many of a channel's first subscribers are its founders, for as long as their subscription
/// lasts.
inline constexpr std::size_t kFoundersPerChannel = 10;

class UserStore {
  public:
    virtual ~UserStore() = default;
    virtual Result<std::optional<chat::User>> find_user(std::string_view login) = 0;
    virtual Result<std::optional<chat::User>> find_user(UserId id) = 0;
    /// Those that exist, by id; at most 100 are asked for.
    virtual Result<std::vector<chat::User>> find_users(std::span<const UserId> ids,
                                                       std::span<const std::string> logins) = 0;
    /// Finds the user or makes one, with the display name that is the login; see check_new_login.
    virtual Result<chat::User> ensure_user(std::string_view login) = 0;
    /// Fails with file_exists when another account has the login.
    virtual Result<void> update_user(const chat::User& user) = 0;
    virtual Result<std::vector<chat::User>> list_users(UserId after, std::size_t limit) = 0;
};

struct Channel {
    ChannelId id{};  ///< the broadcaster's user id
    std::string login{};
    std::string display_name{};
    std::string title{};
    chat::RoomState modes{};
};

class ChannelStore {
  public:
    virtual ~ChannelStore() = default;
    virtual Result<std::optional<Channel>> find_channel(std::string_view login) = 0;
    virtual Result<std::optional<Channel>> find_channel(ChannelId id) = 0;
    /// Makes the broadcaster's account, too, where there is none: as ensure_user.
    virtual Result<Channel> ensure_channel(std::string_view login) = 0;
    /// Writes title and modes; login and display name are the broadcaster's: update_user.
    virtual Result<void> update_channel(const Channel& channel) = 0;
    virtual Result<std::vector<Channel>> list_channels(ChannelId after, std::size_t limit) = 0;

    /// All facts of a user in a channel; the broadcaster's role follows from the ids. Bans that
    /// have ended are not told apart from those that have not: Standing::banned does. `has_spoken`
    /// is left false: the message log knows it.
    virtual Result<chat::Standing> standing(ChannelId channel, UserId user) = 0;
    /// The same of several, at most 100, in their order.
    virtual Result<std::vector<chat::Standing>> standings(ChannelId channel,
                                                          std::span<const UserId> users) = 0;
    /// The broadcaster's role can be neither given nor taken.
    virtual Result<void> set_role(ChannelId channel, UserId user, chat::Role role) = 0;
    /// Tier 0 ends the subscription.
    virtual Result<void> set_subscription(ChannelId channel, UserId user, std::uint16_t tier,
                                          std::uint32_t months) = 0;
    /// Overrules the order of subscriptions, by which kFoundersPerChannel are founders, until the
    /// subscription ends. Who has none cannot be one: no_such_file_or_directory.
    virtual Result<void> set_founder(ChannelId channel, UserId user, bool founder) = 0;
};

/// A token as it is kept: its SHA-256, never itself.
struct TokenRecord {
    UserId user{};  ///< none for an app token
    std::string client_id{};
    std::vector<std::string> scopes{};
    WallTime created_at{};
    std::optional<WallTime> expires_at{};
    std::string label{};
};

/// A token that is refused although it looks good, and whose sessions end.
struct Revocation {
    std::uint64_t number = 0;  ///< given by the store, ascending
    std::string hash{};        ///< SHA-256 of the token: 64 hexadecimal digits in lower case
    UserId user{};             ///< whose sessions it concerns; none: an app token
    WallTime until{};          ///< when it may be forgotten: the token has expired by then
    friend bool operator==(const Revocation&, const Revocation&) = default;
};

class TokenStore {
  public:
    virtual ~TokenStore() = default;
    /// Keeps the hash of `token` (letters and digits, compared without regard to case; anything
    /// else is invalid_argument). Fails with file_exists when it is known.
    virtual Result<void> add_token(std::string_view token, const TokenRecord& record) = 0;
    /// Nothing when unknown, revoked or expired at `now`.
    virtual Result<std::optional<TokenRecord>> find_token(std::string_view token, WallTime now) = 0;
    /// Whether the token with this hash (hexadecimal) is known and not expired at `now`.
    virtual Result<bool> has_token(std::string_view hash, WallTime now) = 0;
    /// False when there was none.
    virtual Result<bool> revoke_token(std::string_view token) = 0;
    /// The oldest first, expired ones too.
    virtual Result<std::vector<TokenRecord>> list_tokens(UserId user) = 0;

    /// Keeps what a signed token, by its hash as in Revocation, lets its client do, until it
    /// expires or is revoked; the same token once more changes nothing. Forgets those that have
    /// expired at `now`.
    virtual Result<void> put_grant(std::string_view hash, const TokenRecord& grant,
                                   WallTime now) = 0;
    /// By their time, the oldest first; perhaps expired ones, too.
    virtual Result<std::vector<TokenRecord>> list_grants(UserId user) = 0;

    /// Keeps it, with a number of the store's, and ends its grant; once more changes nothing.
    /// Forgets those whose `until` is not after `now`.
    virtual Result<void> add_revocation(const Revocation& revocation, WallTime now) = 0;
    virtual Result<bool> is_revoked(std::string_view hash) = 0;
    /// By number, those above `after`: how servers learn what others on this catalog revoked.
    virtual Result<std::vector<Revocation>> list_revocations(std::uint64_t after,
                                                             std::size_t limit) = 0;
};

enum class EmoteType : std::uint8_t { global, channel, bits };

struct Emote {
    std::string id{};  ///< UUID text
    std::string code{};
    EmoteType type = EmoteType::global;
    ChannelId channel{};              ///< none for global ones
    std::uint16_t tier_required = 0;  ///< 1, 2, 3; 0: free for all
    std::string image_url{};
    std::string image_url_2x{};
    std::string image_url_4x{};
    WallTime created_at{};
};

/// The picture of a badge version; `channel` none: valid everywhere.
struct BadgeImage {
    ChannelId channel{};
    chat::Badge badge{};
    std::string title{};
    std::string image_url{};
    std::string image_url_2x{};
    std::string image_url_4x{};
};

class EmoteStore {
  public:
    virtual ~EmoteStore() = default;
    /// Global emotes and the channel's own, by code.
    virtual Result<std::vector<Emote>> emotes_for(ChannelId channel) = 0;
    virtual Result<std::optional<Emote>> find_emote(std::string_view id) = 0;
    /// Fails with file_exists when the code is taken.
    virtual Result<void> add_emote(const Emote& emote) = 0;
    virtual Result<bool> remove_emote(std::string_view id) = 0;
    virtual Result<void> grant_emote(UserId user, std::string_view emote_id, WallTime at) = 0;
    /// Ids of the emotes granted to a user one by one.
    virtual Result<std::vector<std::string>> granted_emotes(UserId user) = 0;
    /// Those valid everywhere, then the channel's own.
    virtual Result<std::vector<BadgeImage>> badges_for(ChannelId channel) = 0;
    /// Adds the badge version or replaces its picture.
    virtual Result<void> put_badge(const BadgeImage& badge) = 0;
};

/// All of it, as one engine provides it.
class Catalog : public UserStore,
                public ChannelStore,
                public TokenStore,
                public EmoteStore,
                public ModerationStore,
                public PeopleStore,
                public WebhookStore,
                public AutoModStore {
  public:
    /// Counts the starts of this data folder; every call gives the next number. The epoch of the
    /// local bus.
    virtual Result<std::uint64_t> next_epoch() = 0;
};

}  // namespace clamor::store
