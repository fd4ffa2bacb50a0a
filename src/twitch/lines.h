// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "chat/people.h"
#include "chat/room.h"

/// Twitch's line dialect of chat values: pure functions that append whole lines, each ended by CR
/// LF (spec twitch-chat). `channel` and `login` are without '#' and in lower case. No argument can
/// break out of its place: tag values are escaped, and CR, LF and NUL in a free text become blanks.
/// `tags` is the capability twitch.tv/tags.
namespace clamor::twitch {

/// Client libraries dispatch on this name; it is not a setting.
inline constexpr std::string_view kServer = "tmi.twitch.tv";
inline constexpr std::string_view kCapabilities =
    "twitch.tv/commands twitch.tv/membership twitch.tv/tags";
/// IRCv3's budget for the tags of a line, '@' and the blank behind them included.
inline constexpr std::size_t kTagsBytesOut = 8191;
/// What a 353 line may take, CR LF included, and stay below the 512 bytes of the old protocol.
inline constexpr std::size_t kNamesLineBytes = 510;

/// 001 to 376, without anything between them.
void append_welcome(std::string& out, std::string_view login);
void append_global_user_state(std::string& out, const chat::User& user, bool tags);

/// What an echo adds to a USERSTATE: which message it acknowledges.
struct Echo {
    MessageId id;
    std::string_view client_nonce;  ///< empty: none
};
void append_user_state(std::string& out, std::string_view channel, const chat::Chatter& self,
                       bool tags, const Echo* echo = nullptr);
/// All modes, as at a join.
void append_room_state(std::string& out, std::string_view channel, ChannelId id,
                       const chat::RoomState& modes, bool tags);

void append_join(std::string& out, std::string_view login, std::string_view channel);
void append_part(std::string& out, std::string_view login, std::string_view channel);
/// 353 in as many lines as needed, the others first and `login` last, then 366.
void append_names(std::string& out, std::string_view login, std::string_view channel,
                  const std::vector<std::string>& others);

/// `target` is `*` or a channel with its '#'; `about` becomes the `target-user-id` tag.
void append_notice(std::string& out, std::string_view target, std::string_view msg_id,
                   std::string_view text, bool tags, UserId about = {});
/// A whisper as its recipient gets it (spec twitch-chat 9.3).
struct Whisper {
    const chat::User& from;
    const chat::User& to;
    std::uint64_t number;  ///< the `message-id` tag
    std::string_view text;
    bool action;
    const std::vector<chat::EmoteOccurrence>& emotes;
};
void append_whisper(std::string& out, const Whisper& whisper, bool tags);
/// On target `*` and without tags, as login failures have it.
void append_bare_notice(std::string& out, std::string_view text);

void append_ping(std::string& out);
/// The answer to a PING without argument: it has no prefix.
void append_bare_pong(std::string& out);
void append_pong(std::string& out, std::string_view argument);

void append_unknown_command(std::string& out, std::string_view nick, std::string_view command);
void append_missing_parameters(std::string& out, std::string_view nick, std::string_view command);
/// `:tmi.twitch.tv CAP * LS :list` and its like.
void append_cap(std::string& out, std::string_view subcommand, std::string_view list);
void append_invalid_cap(std::string& out, std::string_view nick, std::string_view subcommand);
void append_reconnect(std::string& out);

}  // namespace clamor::twitch
