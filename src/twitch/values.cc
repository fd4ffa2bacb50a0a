// SPDX-License-Identifier: Apache-2.0
#include "twitch/values.h"

namespace clamor::twitch {

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

void append_text(std::string& out, std::string_view text) {
    const std::size_t start = out.size();
    out += text;
    for (std::size_t i = start; i < out.size(); ++i) {
        if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
    }
}

}  // namespace clamor::twitch
