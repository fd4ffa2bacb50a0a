// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/catalog.h"

/// What every catalog refuses before it looks at its data, so that all engines refuse the same.
/// Each answer is std::errc::invalid_argument and a sentence that says what is right.
namespace clamor::store {

/// Texts hold no NUL byte. `name` says in the answer which text it is.
Result<void> check_text(std::string_view name, std::string_view text);
Result<void> check_login(std::string_view login);
/// Of somebody who comes into being: not an anonymous reader's.
Result<void> check_new_login(std::string_view login);
Result<void> check_user(const chat::User& user);
Result<void> check_channel(const Channel& channel);
Result<void> check_role(ChannelId channel, UserId user, chat::Role role);
Result<void> check_subscription(std::uint16_t tier, std::uint32_t months);
Result<void> check_token_record(const TokenRecord& record);
Result<void> check_token_digest(std::string_view hash);
Result<void> check_emote(const Emote& emote);
Result<void> check_emote_id(std::string_view id);
Result<void> check_badge_name(const chat::Badge& badge);
Result<void> check_badge(const BadgeImage& badge);

/// The id of a webhook in lower case.
Result<std::string> check_webhook_id(std::string_view id);
Result<void> check_webhook(const Webhook& webhook);

/// SHA-256 of the token in lower case: all that is kept of it.
using TokenHash = std::array<std::uint8_t, 32>;
/// Tokens are 1 to 128 letters and digits; anything else is refused.
Result<TokenHash> hash_token(std::string_view token);
std::string hex_of(const TokenHash& hash);

/// The answers for what is missing or taken, the same words from every engine.
tl::unexpected<Error> no_such_user(UserId id);
tl::unexpected<Error> no_such_channel(ChannelId id);
tl::unexpected<Error> no_such_subscription(ChannelId channel, UserId user);
tl::unexpected<Error> no_such_emote(std::string_view id);
tl::unexpected<Error> code_taken(std::string_view code);
tl::unexpected<Error> login_taken(std::string_view login);
tl::unexpected<Error> webhook_exists(std::string_view id);

}  // namespace clamor::store
