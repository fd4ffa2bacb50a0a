// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "chat/act.h"

namespace clamor::edge::irc {

/// A command typed as chat text that is an act in the channel: `/word arguments` or `.word
/// arguments` (spec twitch-chat 10). Everything else typed so is in commands.h.
struct ActCommand {
    std::string_view word;
    std::string_view usage_id;   ///< the NOTICE of a wrong or missing argument
    std::string_view arguments;  ///< as the usage shows them
    std::string_view meaning;
    /// Nothing when the arguments are wrong.
    std::optional<chat::Act> (*parse)(std::string_view arguments);
};
std::span<const ActCommand> act_commands();
/// Null for a word that is none of these; case does not matter.
const ActCommand* find_act_command(std::string_view word);

/// The first word as a login: without `@`, in lower case; the rest follows in `text`.
std::string take_login(std::string_view& text);

}  // namespace clamor::edge::irc
