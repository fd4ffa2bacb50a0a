// SPDX-License-Identifier: Apache-2.0
#include "automod/term_set.h"

#include <algorithm>
#include <iterator>

#include "automod/plain_text.h"
#include "base/limits.h"

namespace clamor::automod {
namespace {

struct Bytes {
    std::size_t begin, end;
};

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Where the code point in front of the byte `at` begins, which is not the first.
std::size_t before(std::string_view text, std::size_t at) {
    for (--at; at > 0 && is_continuation(text[at]); --at) {
    }
    return at;
}

/// Where the code point at the byte `at` ends.
std::size_t behind(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && is_continuation(text[at]); ++at) {
    }
    return at;
}

/// How far wildcards reach: to the next word edge on either side. Asked for places in order of
/// their ends; what was walked through once is not walked through again, however many terms are
/// found in it.
class Reach {
  public:
    explicit Reach(std::string_view text) : text_(text) {}

    std::size_t left_of(std::size_t at) {
        if (at > left_.begin && at <= left_.end) return left_.begin;
        std::size_t begin = at;
        while (!is_word_edge(text_, begin)) {
            begin = before(text_, begin);
            // From here on it is known.
            if (begin == left_.end && begin > left_.begin) {
                begin = left_.begin;
                break;
            }
        }
        left_ = {begin, at};
        return begin;
    }

    std::size_t right_of(std::size_t at) {
        if (at >= right_.begin && at < right_.end) return right_.end;
        std::size_t end = at;
        while (!is_word_edge(text_, end)) end = behind(text_, end);
        right_ = {at, end};
        return end;
    }

  private:
    std::string_view text_;
    Bytes left_{0, 0};   ///< no word edge behind its begin, up to its end
    Bytes right_{0, 0};  ///< no word edge from its begin on, before its end
};

/// Whether the term's only word, found at these bytes, is there as the term wants it; the span
/// then grows over what its wildcards stand for.
std::optional<Bytes> fit_word(const Piece& piece, std::string_view text, Bytes at, Reach& reach) {
    if (!piece.open_left && !is_word_edge(text, at.begin)) return std::nullopt;
    if (!piece.open_right && !is_word_edge(text, at.end)) return std::nullopt;
    if (piece.open_left) at.begin = reach.left_of(at.begin);
    if (piece.open_right) at.end = reach.right_of(at.end);
    return at;
}

bool nothing_but_signs(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return static_cast<unsigned char>(c) < 0x80 &&
               !is_word_character(static_cast<unsigned char>(c));
    });
}

/// Where in a word between blanks the piece of a phrase is, punctuation around it aside; what its
/// wildcards stand for is part of it.
std::optional<Bytes> fit_piece(const Piece& piece, std::string_view word) {
    for (std::size_t at = word.find(piece.text); at != std::string_view::npos;
         at = word.find(piece.text, at + 1)) {
        const std::size_t end = at + piece.text.size();
        if ((piece.open_left || nothing_but_signs(word.substr(0, at))) &&
            (piece.open_right || nothing_but_signs(word.substr(end)))) {
            return Bytes{piece.open_left ? 0 : at, piece.open_right ? word.size() : end};
        }
    }
    return std::nullopt;
}

/// The same for a phrase whose piece `key` was found at these bytes.
std::optional<Bytes> fit_phrase(const Phrase& phrase, std::size_t key, const text::Normalised& text,
                                Bytes at) {
    const auto word =
        std::ranges::upper_bound(text.words, at.begin, {}, &text::Normalised::Word::end);
    const auto index = static_cast<std::size_t>(word - text.words.begin());
    if (index < key || text.words.size() - (index - key) < phrase.size()) return std::nullopt;
    Bytes all{};
    for (std::size_t i = 0; i < phrase.size(); ++i) {
        const auto& one = text.words[index - key + i];
        const auto piece = fit_piece(phrase[i], text.of(one));
        if (!piece) return std::nullopt;
        if (i == 0) all.begin = one.begin + piece->begin;
        all.end = one.begin + piece->end;
    }
    return all;
}

std::size_t longest(const Phrase& phrase) {
    return static_cast<std::size_t>(
        std::ranges::max_element(phrase, {}, [](const Piece& piece) { return piece.text.size(); }) -
        phrase.begin());
}

}  // namespace

TermSet::TermSet(const std::vector<Term>& terms, const text::Normaliser& normaliser,
                 std::vector<Refused>& refused) {
    std::size_t bytes = 0;
    expires_.reserve(terms.size());
    kinds_.reserve(terms.size());
    for (const Term& term : terms) {
        const std::size_t index = expires_.size();
        expires_.push_back(term.expires_at.value_or(WallTime::max()));
        kinds_.push_back(term.permitted ? Kind::permitted : Kind::blocked);
        any_permitted_ = any_permitted_ || term.permitted;
        bytes += term.text.size();
        if (index >= limits::kTermsMax || bytes > limits::kTermBytesMax) {
            refused.push_back({index, "the channel has too many terms (" +
                                          std::to_string(limits::kTermsMax) + ", and " +
                                          std::to_string(limits::kTermBytesMax / 1024) +
                                          " KiB in all)"});
            bytes -= term.text.size();
            continue;
        }
        const auto parsed = parse_term(term.text, normaliser);
        if (!parsed) {
            refused.push_back({index, parsed.error()});
        } else if (!parsed->pattern.empty()) {
            const auto added = patterns_.add(parsed->pattern, static_cast<std::uint32_t>(index));
            if (!added) refused.push_back({index, added.error()});
        } else {
            add(*parsed, static_cast<std::uint32_t>(index));
        }
    }
    std::vector<std::string> keys;
    keys.reserve(phrases_.size() + patterns_.atoms().size());
    for (const Entry& entry : phrases_) keys.push_back(entry.phrase[entry.key].text);
    std::ranges::copy(patterns_.atoms(), std::back_inserter(keys));
    matcher_ = ByteMatcher(keys);
    if (!patterns_.compile())
        refused.push_back({terms.size(), "the regular expressions together are too large"});
}

void TermSet::add(const ParsedTerm& parsed, std::uint32_t term) {
    const auto entry = [&](const Phrase& phrase, unsigned forms) {
        phrases_.push_back({phrase, term, static_cast<std::uint32_t>(longest(phrase)), forms});
    };
    if (parsed.plain == parsed.normalised) {
        entry(parsed.plain, kPlain | kNormalised);
        return;
    }
    entry(parsed.plain, kPlain);
    if (!parsed.normalised.empty()) entry(parsed.normalised, kNormalised);
}

void TermSet::find(Kind kind, const text::Normalised& normalised, const text::Normalised* plain,
                   WallTime now, Scratch& scratch, TermHits& hits) const {
    if (kind == Kind::permitted && !any_permitted_) return;
    Search search{kind, now, scratch, hits};
    find_in(normalised, plain == nullptr ? kPlain | kNormalised : kNormalised, search);
    if (plain != nullptr) find_in(*plain, kPlain, search);
}

void TermSet::find_in(const text::Normalised& text, unsigned forms, Search& search) const {
    if (search.stopped || text.text.empty()) return;
    Reach reach(text.text);
    search.patterns.begin();
    matcher_.scan(text.text, [&](std::uint32_t key, std::size_t end) {
        if (key >= phrases_.size()) {
            const auto atom = static_cast<std::uint32_t>(key - phrases_.size());
            patterns_.see_atom(atom, text.text, search.patterns);
            return true;
        }
        const Entry& entry = phrases_[key];
        if ((entry.forms & forms) == 0 || !wanted(entry.term, search)) return true;
        const Bytes found{end - entry.phrase[entry.key].text.size(), end};
        const auto bytes = entry.phrase.size() == 1
                               ? fit_word(entry.phrase[0], text.text, found, reach)
                               : fit_phrase(entry.phrase, entry.key, text, found);
        if (!bytes) return true;
        search.stopped =
            search.hits.on_hit({entry.term, span_of(text, bytes->begin, bytes->end)}) ==
            TermHits::Next::stop;
        return !search.stopped;
    });
    if (search.stopped) return;
    patterns_.finish(text.text, search.patterns);
    for (const std::uint32_t number : search.patterns.numbers()) {
        if (!wanted(number, search)) continue;
        auto next = TermHits::Next::more;
        patterns_.places(number, text.text, [&](std::size_t begin, std::size_t end) {
            next = search.hits.on_hit({number, span_of(text, begin, end)});
            return next == TermHits::Next::more;
        });
        search.stopped = next == TermHits::Next::stop;
        if (search.stopped) return;
    }
}

}  // namespace clamor::automod
