// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "chat/event.h"
#include "chat/people.h"
#include "wire/irc/writer.h"

/// How single chat values are written; for the builders of this folder.
namespace clamor::twitch {

/// The 36 characters of a message's id, without an allocation.
class Uuid {
  public:
    explicit Uuid(const MessageId& id);
    operator std::string_view() const {
        return {text_.data(), text_.size()};
    }  // NOLINT(google-explicit-constructor)

  private:
    std::array<char, 36> text_;
};

void add_badges(wire::irc::TagWriter& tags, std::string& out, std::string_view key,
                const std::vector<chat::Badge>& badges);

/// The `source-` tags of what is said in a shared chat; `copied_notice` is the kind of a notice of
/// another channel.
void add_source(wire::irc::TagWriter& tags, std::string& out, const chat::Message& message,
                std::string_view copied_notice = {});

/// `id:first-last,first-last/id2:first-last`, groups in the order of their first occurrence; as
/// many of them as the line's budget has room for.
void append_emotes(std::string& out, const std::vector<chat::EmoteOccurrence>& emotes);

/// The `user-type` tag.
std::string_view user_type(chat::AccountType type, chat::Role role);

/// The marks that the recent-messages API puts on a line.
struct History {
    bool deleted = false;
};

/// A free text at the end of a line; CR, LF and NUL, which no chat value has, would become blanks.
void append_text(std::string& out, std::string_view text);

}  // namespace clamor::twitch
