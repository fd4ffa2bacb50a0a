// SPDX-License-Identifier: Apache-2.0
#include "text/vocabulary.h"

#include <algorithm>
#include <bit>
#include <charconv>

extern "C" {
extern const char clamor_vocabulary[];
extern const char clamor_vocabulary_end[];
}

namespace clamor::text {
namespace {

std::uint64_t hash_of(std::string_view word) {
    std::uint64_t hash = Vocabulary::kHashOfNothing;
    for (const char c : word) hash = Vocabulary::hash_more(hash, c);
    return hash;
}

std::uint32_t spread(std::uint64_t hash) {
    return static_cast<std::uint32_t>((hash ^ (hash >> 29)) * 0x9E37'79B9'7F4A'7C15ull >> 32);
}

bool is_letters(std::string_view word) {
    return std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Whether each run of a letter in `word` is in `stretched`, as long or longer.
bool stretches(std::string_view word, std::string_view stretched) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < word.size() && j < stretched.size()) {
        const char letter = word[i];
        if (stretched[j] != letter) return false;
        std::size_t needed = 0;
        std::size_t there = 0;
        for (; i < word.size() && word[i] == letter; ++i) ++needed;
        for (; j < stretched.size() && stretched[j] == letter; ++j) ++there;
        if (there < needed) return false;
    }
    return i == word.size() && j == stretched.size();
}

/// The usual words first, the rude ones a little before others.
int preference(const Vocabulary::Word& word) {
    return word.cost - (word.rude ? Vocabulary::kRudeBonus : 0);
}

bool fits(std::string_view word, std::string_view pattern) {
    for (std::size_t i = 0; i < word.size(); ++i)
        if (pattern[i] != '*' && pattern[i] != word[i]) return false;
    return true;
}

}  // namespace

void Vocabulary::Table::reserve(std::size_t words) {
    slots.assign(std::bit_ceil(2 * words + 1), {});
    mask = static_cast<std::uint32_t>(slots.size() - 1);
}

void Vocabulary::Table::add(std::uint64_t hash, std::uint32_t word) {
    const std::uint32_t short_hash = spread(hash);
    std::uint32_t at = short_hash & mask;
    while (slots[at].word != 0) at = (at + 1) & mask;
    slots[at] = {short_hash, word + 1};
}

Vocabulary::Vocabulary(std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        add_line(lines.substr(0, end));
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    // The most usual words first, so that of several that fit the first is taken.
    std::ranges::stable_sort(words_, {}, &Word::cost);
    exact_.reserve(words_.size());
    squeezed_.reserve(words_.size());
    for (std::uint32_t i = 0; i < words_.size(); ++i) {
        const std::string_view word = letters(words_[i]);
        std::string squeezed(word);
        squeezed.erase(std::unique(squeezed.begin(), squeezed.end()), squeezed.end());
        exact_.add(hash_of(word), i);
        squeezed_.add(hash_of(squeezed), i);
        if (words_[i].rude) rude_by_length_[word.size()].push_back(i);
    }
}

void Vocabulary::add_line(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == 0 || blank == std::string_view::npos || blank > kLetters) return;
    const std::string_view word = line.substr(0, blank);
    std::uint8_t cost = 0;
    const auto [rest, error] =
        std::from_chars(line.data() + blank + 1, line.data() + line.size(), cost);
    if (error != std::errc{} || !is_letters(word)) return;
    const std::string_view mark(rest, static_cast<std::size_t>(line.data() + line.size() - rest));
    if (!mark.empty() && mark != " rude") return;
    words_.push_back({static_cast<std::uint32_t>(letters_.size()),
                      static_cast<std::uint8_t>(word.size()), cost, !mark.empty()});
    letters_ += word;
}

const Vocabulary& Vocabulary::builtin() {
    static const Vocabulary vocabulary(std::string_view(
        clamor_vocabulary, static_cast<std::size_t>(clamor_vocabulary_end - clamor_vocabulary)));
    return vocabulary;
}

const Vocabulary::Word* Vocabulary::find(std::string_view word) const {
    return word.size() > kLetters ? nullptr : find_hashed(hash_of(word), word);
}

const Vocabulary::Word* Vocabulary::find_hashed(std::uint64_t hash, std::string_view word) const {
    const std::uint32_t short_hash = spread(hash);
    for (std::uint32_t at = short_hash & exact_.mask; exact_.slots[at].word != 0;
         at = (at + 1) & exact_.mask) {
        if (exact_.slots[at].hash != short_hash) continue;
        const Word& found = words_[exact_.slots[at].word - 1];
        if (letters(found) == word) return &found;
    }
    return nullptr;
}

const Vocabulary::Word* Vocabulary::find_stretched(std::string_view word) const {
    std::uint64_t hash = kHashOfNothing;
    std::size_t length = 0;
    char before = 0;
    for (const char c : word) {
        if (c == before) continue;
        if (++length > kLetters) return nullptr;
        hash = hash_more(hash, c);
        before = c;
    }
    const std::uint32_t short_hash = spread(hash);
    const Word* best = nullptr;
    for (std::uint32_t at = short_hash & squeezed_.mask; squeezed_.slots[at].word != 0;
         at = (at + 1) & squeezed_.mask) {
        if (squeezed_.slots[at].hash != short_hash) continue;
        const Word& found = words_[squeezed_.slots[at].word - 1];
        const bool better = best == nullptr || preference(found) < preference(*best);
        if (better && stretches(letters(found), word)) best = &found;
    }
    return best;
}

const Vocabulary::Word* Vocabulary::find_masked(std::string_view pattern) const {
    if (pattern.size() > kLetters) return nullptr;
    for (const std::uint32_t i : rude_by_length_[pattern.size()])
        if (fits(letters(words_[i]), pattern)) return &words_[i];
    return nullptr;
}

}  // namespace clamor::text
