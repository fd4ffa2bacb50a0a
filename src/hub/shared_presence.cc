// SPDX-License-Identifier: Apache-2.0
#include "hub/shared_presence.h"

#include <charconv>

#include <fmt/format.h>

namespace clamor::hub {

namespace {

/// Takes a number and the character behind it off the text.
bool take_number(std::string_view& text, std::uint64_t& number, char behind) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto size = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || size == text.size() || *end != behind) return false;
    text.remove_prefix(size + 1);
    return true;
}

}  // namespace

std::string encode_present(const Present& present) {
    std::string text = fmt::format("{} {}\n", present.sessions, present.users);
    for (const Present::Chatter& chatter : present.chatters) {
        text += fmt::format("{} {} {} {}\n", chatter.person.id.value, chatter.moderates ? 1 : 0,
                            chatter.person.login, chatter.person.display_name);
    }
    return text;
}

std::optional<Present> decode_present(std::string_view text) {
    Present present;
    if (!take_number(text, present.sessions, ' ') || !take_number(text, present.users, '\n'))
        return std::nullopt;
    while (!text.empty()) {
        Present::Chatter chatter;
        std::uint64_t moderates = 0;
        if (!take_number(text, chatter.person.id.value, ' ') ||
            !take_number(text, moderates, ' ') || moderates > 1)
            return std::nullopt;
        const auto blank = text.find(' ');
        const auto end = text.find('\n');
        if (blank == std::string_view::npos || end == std::string_view::npos || blank > end)
            return std::nullopt;
        chatter.moderates = moderates == 1;
        chatter.person.login = text.substr(0, blank);
        chatter.person.display_name = text.substr(blank + 1, end - blank - 1);
        present.chatters.push_back(std::move(chatter));
        text.remove_prefix(end + 1);
    }
    return present;
}

}  // namespace clamor::hub
