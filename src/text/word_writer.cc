// SPDX-License-Identifier: Apache-2.0
#include "text/word_writer.h"

#include <algorithm>
#include <utility>

namespace clamor::text {
namespace {

constexpr std::size_t kRowMin = 3;
/// What a letter that belongs to no word costs beside Vocabulary::Word::cost: more than any word.
constexpr std::uint32_t kStrayLetterCost = 90;

bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

}  // namespace

void WordWriter::append(std::string_view bytes, std::span<const std::uint32_t> origin,
                        Normalised::Kind kind) {
    if (!out_.text.empty()) {
        out_.text.push_back(' ');
        out_.origin.push_back(origin.front());
    }
    const auto begin = static_cast<std::uint32_t>(out_.text.size());
    out_.text.append(bytes);
    out_.origin.insert(out_.origin.end(), origin.begin(), origin.end());
    out_.words.push_back({begin, static_cast<std::uint32_t>(out_.text.size()),
                          CodePoints{origin.front(), origin.back()}, kind});
}

void WordWriter::add_word(std::string_view letters, std::span<const std::uint32_t> origin,
                          bool doubled, Normalised::Kind kind) {
    if (letters.size() == 1 && kind == Normalised::Kind::word && is_letter(letters[0])) {
        append(letters, origin, kind);
        ++row_;
        return;
    }
    if (row_ != 0) finish_row();
    if (doubled && kind == Normalised::Kind::word && vocabulary_.find(letters) == nullptr)
        add_stretched(letters, origin);
    else
        append(letters, origin, kind);
}

void WordWriter::add_bytes(std::string_view bytes, std::span<const std::uint32_t> origin,
                           Normalised::Kind kind) {
    if (row_ != 0) finish_row();
    append(bytes, origin, kind);
}

void WordWriter::add_symbol(std::string_view bytes, CodePoints origin) {
    if (row_ != 0) finish_row();
    if (!out_.words.empty() && out_.words.back().kind == Normalised::Kind::symbol &&
        out_.of(out_.words.back()) == bytes) {
        out_.words.back().origin.last = origin.last;
        return;
    }
    std::array<std::uint32_t, 8> origins;
    origins.fill(origin.first);
    append(bytes, std::span(origins).first(bytes.size()), Normalised::Kind::symbol);
    out_.words.back().origin = origin;
}

/// Takes the vocabulary's word, or else one letter for each run of three and more.
void WordWriter::add_stretched(std::string_view letters, std::span<const std::uint32_t> origin) {
    std::array<char, kLettersMax> kept;
    std::array<std::uint32_t, kLettersMax> from;
    const Vocabulary::Word* word = vocabulary_.find_stretched(letters);
    const std::string_view wanted = word != nullptr ? vocabulary_.letters(*word) : "";
    std::size_t size = 0;
    for (std::size_t i = 0; i < letters.size();) {
        std::size_t run = i;
        while (run < letters.size() && letters[run] == letters[i]) ++run;
        std::size_t keep = run - i < 3 || !is_letter(letters[i]) ? run - i : 1;
        if (word != nullptr) {
            keep = 0;
            while (size + keep < wanted.size() && wanted[size + keep] == letters[i]) ++keep;
        }
        for (std::size_t k = 0; k < keep; ++k) {
            kept[size] = letters[i];
            from[size++] = origin[i + k];
        }
        i = run;
    }
    append(std::string_view(kept.data(), size), std::span(from).first(size),
           Normalised::Kind::word);
    out_.words.back().origin.last = origin.back();
}

void WordWriter::finish_row() {
    const std::size_t count = std::exchange(row_, 0);
    if (count < kRowMin) return;
    std::array<char, kLettersMax> letters;
    std::array<std::uint32_t, kLettersMax> origin;
    const std::size_t first = out_.words.size() - count;
    std::uint32_t narrowest = ~0u;
    for (std::size_t i = 0; i < count; ++i) {
        const Normalised::Word& word = out_.words[first + i];
        letters[i] = out_.text[word.begin];
        origin[i] = word.origin.first;
        if (i > 0) narrowest = std::min(narrowest, origin[i] - origin[i - 1]);
    }
    const std::uint32_t begin = out_.words[first].begin;
    out_.text.resize(begin == 0 ? 0 : begin - 1);
    out_.origin.resize(out_.text.size());
    out_.words.resize(first);

    // Where some gaps are wider, those are the ends of words.
    std::size_t from = 0;
    for (std::size_t i = 1; i <= count; ++i) {
        if (i < count && origin[i] - origin[i - 1] == narrowest) continue;
        join(std::string_view(letters.data() + from, i - from),
             std::span(origin).subspan(from, i - from));
        from = i;
    }
}

void WordWriter::join(std::string_view letters, std::span<const std::uint32_t> origin) {
    if (letters.size() == 1 || vocabulary_.find(letters) != nullptr)
        append(letters, origin, Normalised::Kind::word);
    else if (letters.size() >= kRowMin && vocabulary_.find_stretched(letters) != nullptr)
        add_stretched(letters, origin);
    else
        split(letters, origin);
}

/// Cuts a row of letters into the likeliest words. Letters that belong to none stay together.
void WordWriter::split(std::string_view letters, std::span<const std::uint32_t> origin) {
    struct Best {
        std::uint32_t cost;
        std::uint16_t length;  ///< of the word that ends here
        bool stray;
    };
    std::array<Best, kLettersMax + 1> best;
    const std::size_t size = letters.size();
    for (std::size_t end = 0; end <= size; ++end) best[end] = {end == 0 ? 0 : ~0u, 0, false};
    for (std::size_t at = 0; at < size; ++at) {
        const std::uint32_t cost = best[at].cost;
        if (cost + kStrayLetterCost < best[at + 1].cost)
            best[at + 1] = {cost + kStrayLetterCost, 1, true};
        std::uint64_t hash = Vocabulary::kHashOfNothing;
        const std::size_t longest = std::min(Vocabulary::kLetters, size - at);
        for (std::size_t length = 1; length <= longest; ++length) {
            hash = Vocabulary::hash_more(hash, letters[at + length - 1]);
            const auto* word = vocabulary_.find_hashed(hash, letters.substr(at, length));
            if (word == nullptr || cost + word->cost >= best[at + length].cost) continue;
            best[at + length] = {cost + word->cost, static_cast<std::uint16_t>(length), false};
        }
    }
    std::array<std::uint16_t, kLettersMax> ends;
    std::size_t words = 0;
    bool strays = false;
    for (std::size_t end = size; end > 0;) {
        ends[words++] = static_cast<std::uint16_t>(end);
        strays = strays || best[end].stray;
        while (best[end].stray && best[end - 1].stray) --end;
        end -= best[end].length;
    }
    if (strays && size <= Vocabulary::kLetters) {
        append(letters, origin, Normalised::Kind::word);  // a name, or a word that we don't know
        return;
    }
    std::size_t from = 0;
    while (words > 0) {
        const std::size_t end = ends[--words];
        append(letters.substr(from, end - from), origin.subspan(from, end - from),
               Normalised::Kind::word);
        from = end;
    }
}

}  // namespace clamor::text
