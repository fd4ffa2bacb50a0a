// SPDX-License-Identifier: Apache-2.0
#include "twitch/values.h"

#include <algorithm>
#include <bitset>
#include <charconv>
#include <iterator>

namespace clamor::twitch {
namespace {

/// More than any text of 500 code points can hold; occurrences past it are left out.
constexpr std::size_t kOccurrencesMax = 256;
/// What the `emotes` tag may take of the line's budget, so that the tags which clients need always
/// fit.
constexpr std::size_t kEmotesTagBytes = 4096;

void append_number(std::string& out, std::uint32_t number) {
    char digits[10];
    out.append(digits, std::to_chars(digits, std::end(digits), number).ptr);
}

void append_range(std::string& out, const chat::EmoteOccurrence& occurrence) {
    append_number(out, occurrence.first);
    out += '-';
    append_number(out, occurrence.last);
}

}  // namespace

void append_emotes(std::string& out, const std::vector<chat::EmoteOccurrence>& emotes) {
    const std::size_t start = out.size();
    const std::size_t count = std::min(emotes.size(), kOccurrencesMax);
    std::bitset<kOccurrencesMax> written;
    for (std::size_t i = 0; i < count; ++i) {
        if (written[i]) continue;
        const std::size_t before = out.size();
        if (i != 0) out += '/';
        wire::irc::append_escaped_tag(out, emotes[i].emote_id);
        out += ':';
        append_range(out, emotes[i]);
        for (std::size_t j = i + 1; j < count; ++j) {
            if (written[j] || emotes[j].emote_id != emotes[i].emote_id) continue;
            written.set(j);
            out += ',';
            append_range(out, emotes[j]);
        }
        if (out.size() - start > kEmotesTagBytes) {
            out.resize(before);
            return;
        }
    }
}

std::string_view user_type(chat::AccountType type, chat::Role role) {
    switch (type) {
        case chat::AccountType::staff:
            return "staff";
        case chat::AccountType::admin:
            return "admin";
        case chat::AccountType::global_mod:
            return "global_mod";
        case chat::AccountType::ordinary:
            break;
    }
    return role == chat::Role::moderator ? "mod" : "";
}

Uuid::Uuid(const MessageId& id) {
    static constexpr char kHex[] = "0123456789abcdef";
    char* at = text_.data();
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = kHex[id.bytes[i] >> 4];
        *at++ = kHex[id.bytes[i] & 15];
    }
}

void add_badges(wire::irc::TagWriter& tags, std::string& out, std::string_view key,
                const std::vector<chat::Badge>& badges) {
    tags.add_raw(key, {});
    bool first = true;
    for (const chat::Badge& badge : badges) {
        if (!first) out += ',';
        wire::irc::append_escaped_tag(out, badge.name);
        out += '/';
        wire::irc::append_escaped_tag(out, badge.version);
        first = false;
    }
}

void add_source(wire::irc::TagWriter& tags, std::string& out, const chat::Message& message,
                std::string_view copied_notice) {
    if (!message.source) return;
    add_badges(tags, out, "source-badge-info", message.source->badge_info);
    add_badges(tags, out, "source-badges", message.source->badges);
    tags.add_raw("source-id", Uuid(message.source->message));
    if (!copied_notice.empty()) {
        tags.add("source-msg-id", copied_notice);
    } else {
        tags.add("source-only", message.source_only);
    }
    tags.add("source-room-id", message.source->broadcaster.id.value);
}

void append_text(std::string& out, std::string_view text) {
    const std::size_t start = out.size();
    out += text;
    for (std::size_t i = start; i < out.size(); ++i) {
        if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
    }
}

}  // namespace clamor::twitch
