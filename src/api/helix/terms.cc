// SPDX-License-Identifier: Apache-2.0
#include "api/helix/terms.h"

#include <algorithm>

#include "text/message.h"

namespace clamor::api::helix {

namespace {

/// Letters and digits, and every byte of a character beyond ASCII.
bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool found(std::string_view text, std::string_view term) {
    const bool open_start = term.starts_with('*');
    if (open_start) term.remove_prefix(1);
    const bool open_end = term.ends_with('*');
    if (open_end) term.remove_suffix(1);
    if (term.empty()) return false;
    for (auto at = text.find(term); at != std::string_view::npos; at = text.find(term, at + 1)) {
        const auto end = at + term.size();
        const bool starts = open_start || at == 0 || !in_word(text[at - 1]) || !in_word(term[0]);
        const bool ends =
            open_end || end == text.size() || !in_word(text[end]) || !in_word(term.back());
        if (starts && ends) return true;
    }
    return false;
}

}  // namespace

TermMatcher::TermMatcher(std::vector<std::string> terms) : terms_(std::move(terms)) {
    for (auto& term : terms_) term = text::fold_ascii(term);
}

bool TermMatcher::matches(std::string_view text) const {
    const auto lower = text::fold_ascii(text);
    return std::ranges::any_of(terms_, [&](const auto& term) { return found(lower, term); });
}

}  // namespace clamor::api::helix
