// SPDX-License-Identifier: Apache-2.0
#include "store/checks.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <openssl/sha.h>

#include "base/limits.h"
#include "chat/anonymous.h"

namespace clamor::store {
namespace {

constexpr std::size_t kTokenBytes = 128;
constexpr std::size_t kEmoteCodePoints = 50;
constexpr std::size_t kShownBytes = 40;

tl::unexpected<Error> refuse(std::string why) {
    return fail(std::errc::invalid_argument, std::move(why));
}

/// Foreign text for an error message: short and in printable ASCII.
std::string shown(std::string_view text) {
    std::string out(text.substr(0, kShownBytes));
    std::ranges::replace_if(
        out, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return text.size() > kShownBytes ? out + "..." : out;
}

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_hex(char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9');
}

Result<void> check_urls(std::string_view x1, std::string_view x2, std::string_view x4) {
    if (x1.empty()) return refuse("the image URL must not be empty");
    for (const std::string_view url : {x1, x2, x4}) {
        if (auto fine = check_text("image URL", url); !fine) return fine;
    }
    return {};
}

}  // namespace

// No SQL engine but SQLite keeps a NUL in a text.
Result<void> check_text(std::string_view name, std::string_view text) {
    if (text.find('\0') != std::string_view::npos) {
        return refuse(fmt::format("the {} must not hold a NUL byte", name));
    }
    return {};
}

Result<void> check_login(std::string_view login) {
    const bool valid =
        !login.empty() && login.size() <= limits::kLoginBytes &&
        std::ranges::all_of(login, [](char c) { return is_lower_or_digit(c) || c == '_'; });
    if (!valid) {
        return refuse(fmt::format("'{}' is no login: a login is 1 to {} of a-z, 0-9 and _",
                                  shown(login), limits::kLoginBytes));
    }
    return {};
}

Result<void> check_new_login(std::string_view login) {
    if (auto fine = check_login(login); !fine) return fine;
    if (chat::is_anonymous_login(login)) {
        return refuse(fmt::format(
            "'{}' is an anonymous reader's login: somebody's is not 'justinfan' and digits",
            shown(login)));
    }
    return {};
}

Result<void> check_user(const chat::User& user) {
    if (auto fine = check_login(user.login); !fine) return fine;
    if (user.display_name.empty()) return refuse("the display name must not be empty");
    if (auto fine = check_text("display name", user.display_name); !fine) return fine;
    const std::string_view color = user.color;
    const bool valid = color.empty() || (color.size() == 7 && color.front() == '#' &&
                                         std::ranges::all_of(color.substr(1), is_hex));
    if (!valid)
        return refuse(fmt::format("'{}' is no colour: it is #RRGGBB or empty", shown(color)));
    return {};
}

Result<void> check_channel(const Channel& channel) {
    return check_text("title", channel.title);
}

Result<void> check_role(ChannelId channel, UserId user, chat::Role role) {
    if (role == chat::Role::broadcaster || user.value == channel.value) {
        return refuse(
            "the broadcaster's role follows from the channel and cannot be given or taken");
    }
    return {};
}

Result<void> check_subscription(std::uint16_t tier, std::uint32_t months) {
    if (tier > 3) return refuse("a subscription tier is 1, 2 or 3, or 0 to end it");
    if (tier != 0 && months == 0) return refuse("a subscription counts at least one month");
    return {};
}

Result<void> check_token_record(const TokenRecord& record) {
    for (const std::string& scope : record.scopes) {
        const bool valid = !scope.empty() && std::ranges::all_of(scope, [](char c) {
            return is_lower_or_digit(c) || c == ':' || c == '_';
        });
        if (!valid)
            return refuse(
                fmt::format("'{}' is no scope: a scope is of a-z, 0-9, : and _", shown(scope)));
    }
    if (auto fine = check_text("client id", record.client_id); !fine) return fine;
    return check_text("label", record.label);
}

Result<void> check_token_digest(std::string_view hash) {
    const bool valid =
        hash.size() == 2 * sizeof(TokenHash) && std::ranges::all_of(hash, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        });
    if (!valid) return refuse("a token's hash is 64 hexadecimal digits in lower case");
    return {};
}

Result<void> check_emote_id(std::string_view id) {
    if (!MessageId::parse(id)) {
        return refuse(fmt::format("'{}' is no emote id: it is a UUID of 36 characters", shown(id)));
    }
    return {};
}

Result<void> check_emote(const Emote& emote) {
    if (auto fine = check_emote_id(emote.id); !fine) return fine;
    const auto code_points = std::ranges::count_if(
        emote.code, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    const bool printable =
        std::ranges::none_of(emote.code, [](char c) { return (c >= 0 && c <= ' ') || c == 0x7f; });
    if (code_points < 1 || static_cast<std::size_t>(code_points) > kEmoteCodePoints || !printable) {
        return refuse(fmt::format("'{}' is no emote code: it is 1 to {} characters without spaces",
                                  shown(emote.code), kEmoteCodePoints));
    }
    if (emote.tier_required > 3)
        return refuse("an emote's tier is 1, 2 or 3, or 0 when it is free");
    if (emote.type == EmoteType::global && emote.channel)
        return refuse("a global emote belongs to no channel");
    if (emote.type == EmoteType::channel && !emote.channel)
        return refuse("a channel emote needs its channel");
    return check_urls(emote.image_url, emote.image_url_2x, emote.image_url_4x);
}

Result<void> check_badge_name(const chat::Badge& badge) {
    for (const std::string_view part :
         {std::string_view(badge.name), std::string_view(badge.version)}) {
        const bool valid = !part.empty() && std::ranges::all_of(part, [](char c) {
            return is_lower_or_digit(c) || c == '-' || c == '_';
        });
        if (!valid) {
            return refuse(
                fmt::format("'{}' is no part of a badge: name and version are of a-z, 0-9, - and _",
                            shown(part)));
        }
    }
    return {};
}

Result<void> check_badge(const BadgeImage& badge) {
    if (auto fine = check_badge_name(badge.badge); !fine) return fine;
    if (auto fine = check_text("title", badge.title); !fine) return fine;
    return check_urls(badge.image_url, badge.image_url_2x, badge.image_url_4x);
}

std::string hex_of(const TokenHash& hash) {
    return fmt::format("{:02x}", fmt::join(hash, ""));
}

Result<std::string> check_webhook_id(std::string_view id) {
    const auto parsed = MessageId::parse(id);
    if (!parsed) {
        return refuse(
            fmt::format("'{}' is no webhook's id: it is a UUID of 36 characters", shown(id)));
    }
    return parsed->to_string();
}

Result<void> check_webhook(const Webhook& webhook) {
    if (auto id = check_webhook_id(webhook.id); !id) return tl::unexpected(id.error());
    const std::pair<std::string_view, std::string_view> texts[] = {
        {"type", webhook.type},           {"condition", webhook.condition},
        {"callback", webhook.callback},   {"secret", webhook.secret},
        {"client id", webhook.client_id}, {"token's hash", webhook.token_hash}};
    for (const auto& [name, text] : texts) {
        if (auto fine = check_text(name, text); !fine) return fine;
    }
    return {};
}

Result<TokenHash> hash_token(std::string_view token) {
    std::string lower(token.substr(0, kTokenBytes + 1));
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    if (lower.empty() || lower.size() > kTokenBytes ||
        !std::ranges::all_of(lower, is_lower_or_digit)) {
        return refuse(fmt::format("a token is 1 to {} letters and digits", kTokenBytes));
    }
    TokenHash hash;
    SHA256(reinterpret_cast<const unsigned char*>(lower.data()), lower.size(), hash.data());
    return hash;
}

bool is_busy(const std::error_code& code) {
    return code == std::errc::device_or_resource_busy ||
           code == std::errc::resource_unavailable_try_again || code == std::errc::timed_out;
}

tl::unexpected<Error> no_such_user(UserId id) {
    return fail(std::errc::no_such_file_or_directory,
                fmt::format("there is no user with the id {}", id.value));
}

tl::unexpected<Error> no_such_channel(ChannelId id) {
    return fail(std::errc::no_such_file_or_directory,
                fmt::format("there is no channel with the id {}", id.value));
}

tl::unexpected<Error> no_such_subscription(ChannelId channel, UserId user) {
    return fail(
        std::errc::no_such_file_or_directory,
        fmt::format("the user with the id {} does not subscribe to the channel with the id {}",
                    user.value, channel.value));
}

tl::unexpected<Error> no_such_emote(std::string_view id) {
    return fail(std::errc::no_such_file_or_directory,
                fmt::format("there is no emote with the id {}", id));
}

tl::unexpected<Error> code_taken(std::string_view code) {
    return fail(std::errc::file_exists,
                fmt::format("an emote with the code '{}' or the same id exists", code));
}

tl::unexpected<Error> login_taken(std::string_view login) {
    return fail(std::errc::file_exists, fmt::format("the login '{}' is taken", login));
}

tl::unexpected<Error> webhook_exists(std::string_view id) {
    return fail(std::errc::file_exists, fmt::format("a webhook with the id '{}' exists", id));
}

}  // namespace clamor::store
