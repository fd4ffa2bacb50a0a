// SPDX-License-Identifier: Apache-2.0
#include "api/helix/message_object.h"

#include <nlohmann/json.hpp>

#include "text/utf8.h"

namespace clamor::api::helix {

namespace {

Json fragment(std::string_view type, std::string_view text) {
    return {{"type", type},
            {"text", text},
            {"cheermote", nullptr},
            {"emote", nullptr},
            {"mention", nullptr}};
}

}  // namespace

Json message_object(const chat::Message& message) {
    const std::string_view inner = message.text;
    const std::string_view before = message.action ? "\x01"
                                                     "ACTION "
                                                   : "";
    const std::string_view after = message.action ? "\x01" : "";
    Json fragments = Json::array();
    std::string plain(before);
    std::size_t at = 0;
    const auto flush = [&] {
        if (!plain.empty()) fragments.push_back(fragment("text", plain));
        plain.clear();
    };
    for (const auto& emote : message.emotes) {
        const auto first = text::byte_offset(inner, emote.first);
        const auto end = text::byte_offset(inner, std::size_t{emote.last} + 1);
        if (first < at || end <= first) continue;
        plain += inner.substr(at, first - at);
        flush();
        Json found = fragment("emote", inner.substr(first, end - first));
        found["emote"] = {{"id", emote.emote_id},
                          {"emote_set_id", "0"},
                          {"owner_id", "0"},
                          {"format", Json::array({"static"})}};
        fragments.push_back(std::move(found));
        at = end;
    }
    plain += inner.substr(at);
    plain += after;
    flush();
    return {{"text", std::string(before) + message.text + std::string(after)},
            {"fragments", std::move(fragments)}};
}

}  // namespace clamor::api::helix
