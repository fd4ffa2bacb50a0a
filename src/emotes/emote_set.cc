// SPDX-License-Identifier: Apache-2.0
#include "emotes/emote_set.h"

#include <algorithm>

#include "text/utf8.h"

namespace clamor::emotes {
EmoteSet::EmoteSet(const std::vector<Entry>& entries) {
    by_code_.reserve(entries.size());
    for (const Entry& entry : entries) {
        if (entry.code.empty() || entry.code.find(' ') != std::string::npos) continue;
        const auto [emote, fresh] = by_code_.try_emplace(entry.code);
        if (!fresh && (emote->second.of_channel || !entry.of_channel)) continue;
        emote->second = {entry.id, entry.tier_required, entry.of_channel};
        longest_code_ = std::max(longest_code_, entry.code.size());
    }
}

bool EmoteSet::may_use(const Emote& emote, const Access& access) {
    return emote.tier_required <= access.tier ||
           std::find(access.granted.begin(), access.granted.end(), emote.id) !=
               access.granted.end();
}

std::vector<chat::EmoteOccurrence> EmoteSet::find(std::string_view text,
                                                  const Access& access) const {
    std::vector<chat::EmoteOccurrence> found;
    if (by_code_.empty()) return found;
    std::uint32_t position = 0;  // of the next word, in code points
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        const auto length = static_cast<std::uint32_t>(text::count_code_points(word));
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
    std::size_t in_emotes = 0;
    for (const auto& emote : occurrences) in_emotes += emote.last - emote.first + 1;
    const auto blanks = static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
    return in_emotes > 0 && in_emotes + blanks == text::count_code_points(text);
}

}  // namespace clamor::emotes
