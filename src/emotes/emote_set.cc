// SPDX-License-Identifier: Apache-2.0
#include "emotes/emote_set.h"

#include <algorithm>

namespace clamor::emotes {
namespace {

/// Code points begin at every byte that does not continue one.
std::uint32_t code_points(std::string_view text) {
    return static_cast<std::uint32_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

EmoteSet::EmoteSet(const std::vector<Emote>& emotes) {
    by_code_.reserve(emotes.size());
    for (const Emote& emote : emotes) {
        if (emote.code.empty() || emote.code.find(' ') != std::string::npos) continue;
        const auto [entry, fresh] = by_code_.try_emplace(emote.code);
        if (!fresh && (entry->second.of_channel || !emote.of_channel)) continue;
        entry->second = {emote.id, emote.tier_required, emote.of_channel};
        longest_code_ = std::max(longest_code_, emote.code.size());
    }
}

bool EmoteSet::may_use(const Entry& emote, const Access& access) {
    return emote.tier_required <= access.subscriber_tier ||
           (access.granted != nullptr && access.granted->contains(emote.id));
}

std::vector<chat::EmoteOccurrence> EmoteSet::find(std::string_view text, const Access& access) const {
    std::vector<chat::EmoteOccurrence> found;
    if (by_code_.empty()) return found;
    std::uint32_t position = 0;  // of the next word, in code points
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        const std::uint32_t length = code_points(word);
        if (!word.empty() && word.size() <= longest_code_) {
            const auto emote = by_code_.find(word);
            if (emote != by_code_.end() && length > 0 && may_use(emote->second, access)) {
                found.push_back({emote->second.id, position, position + length - 1});
            }
        }
        position += length + 1;
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return found;
}

bool emote_only(std::string_view text, const std::vector<chat::EmoteOccurrence>& occurrences) {
    std::uint32_t in_emotes = 0;
    for (const auto& emote : occurrences) in_emotes += emote.last - emote.first + 1;
    const auto blanks = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), ' '));
    return in_emotes > 0 && in_emotes + blanks == code_points(text);
}

}  // namespace clamor::emotes
