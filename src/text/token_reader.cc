// SPDX-License-Identifier: Apache-2.0
#include "text/token_reader.h"

#include <algorithm>

#include "text/disguise.h"
#include "text/fold_table.h"

namespace clamor::text {
namespace {

using Kind = Normalised::Kind;

std::size_t append_utf8(char* to, char32_t c) {
    if (c < 0x80) {
        to[0] = static_cast<char>(c);
        return 1;
    }
    const auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
    if (c < 0x800) {
        to[0] = static_cast<char>(0xC0 | (c >> 6));
        to[1] = tail(0);
        return 2;
    }
    if (c < 0x10000) {
        to[0] = static_cast<char>(0xE0 | (c >> 12));
        to[1] = tail(6);
        to[2] = tail(0);
        return 3;
    }
    to[0] = static_cast<char>(0xF0 | (c >> 18));
    to[1] = tail(12);
    to[2] = tail(6);
    to[3] = tail(0);
    return 4;
}

}  // namespace

void TokenReader::put(Unit unit) {
    if (size_ < units_.size()) units_[size_++] = unit;
}

void TokenReader::add(char32_t c, std::uint32_t origin) {
    const FoldEntry entry = fold_entry(c);
    switch (fold_of(entry)) {
        case Fold::drop:
        case Fold::blank:
            return;
        case Fold::punctuation:
            put({kept_of(entry, c), origin, Unit::Kind::mark, 0});
            return;
        case Fold::ascii:
            for (FoldEntry rest = entry >> 8; rest != 0; rest >>= 8) {
                const auto character = static_cast<char32_t>(rest & 0xFF);
                put({character, origin, character <= '9' ? Unit::Kind::digit : Unit::Kind::letter,
                     0});
            }
            return;
        case Fold::letter:
            put({kept_of(entry, c), origin, Unit::Kind::other, 0});
            return;
        case Fold::look:
            put({kept_of(entry, c), origin, Unit::Kind::other, ascii_of(entry)});
            return;
        case Fold::symbol:
            put({c, origin, Unit::Kind::symbol, 0});
            return;
        case Fold::sign:
            put({c, origin, Unit::Kind::symbol, ascii_of(entry)});
            return;
        case Fold::regional:
            put({c, origin, Unit::Kind::flag, ascii_of(entry)});
            return;
    }
}

bool TokenReader::alphanumeric(std::size_t i) const {
    return i < size_ && units_[i].kind <= Unit::Kind::other;
}

bool TokenReader::between_letters(std::size_t i) const {
    const auto letter = [this](std::size_t at) {
        return at < size_ &&
               (units_[at].kind == Unit::Kind::letter || units_[at].kind == Unit::Kind::other);
    };
    return i > 0 && letter(i - 1) && letter(i + 1);
}

/// A word wholly of letters that look like Latin ones is read as Latin, unless the message is in
/// that other script. Two halves make a flag; any
/// other number of them are letters.
void TokenReader::settle_looks() {
    bool foreign = false;
    bool looks = false;
    bool latin = false;
    for (std::size_t i = 0; i < size_; ++i) {
        latin = latin || units_[i].kind == Unit::Kind::letter;
        if (units_[i].kind != Unit::Kind::other) continue;
        foreign = foreign || units_[i].look == 0;
        looks = true;
    }
    if (foreign)
        ++foreign_;
    else if (looks && !latin)
        ++looks_;
    foreign = foreign || (!mode_.looks_are_letters && !latin);
    for (std::size_t i = 0; i < size_;) {
        Unit& unit = units_[i];
        if (unit.kind == Unit::Kind::other && !foreign) {
            unit.c = static_cast<unsigned char>(unit.look);
            unit.kind = Unit::Kind::letter;
        }
        if (unit.kind != Unit::Kind::flag) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < size_ && units_[end].kind == Unit::Kind::flag) ++end;
        if (end - i != 2) {
            for (std::size_t k = i; k < end; ++k)
                units_[k] = {static_cast<unsigned char>(units_[k].look), units_[k].origin,
                             Unit::Kind::letter, 0};
        }
        i = end;
    }
}

/// Signs beside letters are letters ("€ach"), and an apostrophe between two is nothing ("don't").
void TokenReader::settle_signs() {
    const auto letter = [this](std::size_t i) {
        return i < size_ && units_[i].kind == Unit::Kind::letter;
    };
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        Unit unit = units_[i];
        if (unit.kind == Unit::Kind::mark && unit.c == '\'' && between_letters(i)) continue;
        const bool beside =
            letter(i + 1) || (kept > 0 && units_[kept - 1].kind == Unit::Kind::letter);
        if (unit.kind == Unit::Kind::symbol && unit.look != 0 && beside)
            unit = {static_cast<unsigned char>(unit.look), unit.origin, Unit::Kind::letter, 0};
        units_[kept++] = unit;
    }
    size_ = kept;
}

bool TokenReader::is_link() const {
    for (std::size_t i = 0; i + 2 < size_; ++i) {
        if (units_[i].c == ':' && units_[i + 1].c == '/' && units_[i + 2].c == '/') return true;
        if (units_[i].c != '.' || i < 2 || !alphanumeric(i - 1) || !alphanumeric(i - 2)) continue;
        std::array<char, 8> domain{};
        std::size_t length = 0;
        std::size_t at = i + 1;
        for (; at < size_ && length < domain.size() && units_[at].kind == Unit::Kind::letter; ++at)
            domain[length++] = static_cast<char>(units_[at].c);
        const bool ends = at == size_ || units_[at].c == '/';
        if (ends && is_top_level_domain({domain.data(), length})) return true;
    }
    return false;
}

/// Where the name ends that begins at this `@`; `at` where there is none.
std::size_t TokenReader::mention_end(std::size_t at) const {
    std::size_t end = at + 1;
    while (end < size_ && (units_[end].kind == Unit::Kind::letter ||
                           units_[end].kind == Unit::Kind::digit || units_[end].c == '_'))
        ++end;
    return end == at + 1 ? at : end;
}

void TokenReader::finish() {
    if (size_ == 0) return;
    settle_looks();
    settle_signs();
    // "a-b-c d-e-f": a row of letters does not go on in the next token.
    std::size_t letters = 0;
    for (std::size_t i = 0; i < size_; ++i) letters += alphanumeric(i) ? 1 : 0;
    if (letters > 1) writer_.finish_row();
    read({0, size_}, is_link() ? Kind::link : Kind::word);
    if (letters > 1) writer_.finish_row();
    clear();
}

/// Cuts at signs and at marks that never stand for a letter.
void TokenReader::read(Range range, Kind kind) {
    bool chunk_may_begin = true;
    for (std::size_t i = range.begin; i < range.end;) {
        const Unit& unit = units_[i];
        if (unit.kind == Unit::Kind::symbol || unit.kind == Unit::Kind::flag) {
            const std::size_t length = unit.kind == Unit::Kind::flag ? 2 : 1;
            write_symbols({i, i + length});
            i += length;
            chunk_may_begin = true;
            continue;
        }
        if (unit.c == '@' && chunk_may_begin && kind == Kind::word) {
            const std::size_t end = mention_end(i);
            if (end != i) {
                const Accept accept = mode_.digits_are_letters ? Accept::usual : Accept::rude;
                if (!write_mapped({i, end}, accept)) write_letters({i + 1, end}, Kind::mention);
                i = end;
                chunk_may_begin = false;
                continue;
            }
        }
        const auto in_chunk = [&](std::size_t at) {
            return kind == Kind::link ? alphanumeric(at)
                                      : alphanumeric(at) || (units_[at].kind == Unit::Kind::mark &&
                                                             may_be_in_word(units_[at].c));
        };
        std::size_t end = i;
        while (end < range.end && in_chunk(end)) ++end;
        if (end == i) {
            chunk_may_begin = true;
            ++i;
        } else {
            if (kind == Kind::link)
                write_letters({i, end}, kind);
            else
                read_chunk({i, end});
            i = end;
        }
    }
}

void TokenReader::read_chunk(Range chunk) {
    Range core = chunk;
    while (core.size() > 0 && !alphanumeric(core.begin)) ++core.begin;
    while (core.size() > 0 && !alphanumeric(core.end - 1)) --core.end;
    if (core.size() == 0) {
        if (chunk.size() >= 3) write_mapped(chunk, Accept::rude);
        return;
    }
    if (mode_.digits_are_letters && write_disguised(chunk)) return;
    Range wide = core;
    while (wide.begin > chunk.begin && may_be_at_end(units_[wide.begin - 1].c)) --wide.begin;
    while (wide.end < chunk.end && may_be_at_end(units_[wide.end].c)) ++wide.end;

    bool plain = true;
    for (std::size_t i = core.begin; i < core.end; ++i)
        plain =
            plain && (units_[i].kind == Unit::Kind::letter || units_[i].kind == Unit::Kind::other);
    if (wide.size() != core.size()) {
        std::array<char, Vocabulary::kLetters> letters;
        bool known = plain && core.size() > 1 && core.size() <= letters.size();
        for (std::size_t i = core.begin; known && i < core.end; ++i)
            letters[i - core.begin] = static_cast<char>(units_[i].c);
        known = known && vocabulary_.find({letters.data(), core.size()}) != nullptr;
        if (!known && (write_mapped(wide, Accept::rude) || write_masked(wide))) return;
    }
    if (plain) {
        write_letters(core, Kind::word);
        return;
    }
    if (write_mapped(core, Accept::rude) || write_masked(core) || write_joined(core)) return;
    for (std::size_t i = core.begin; i < core.end;) {
        std::size_t end = i;
        while (end < core.end &&
               (alphanumeric(end) || (between_letters(end) && letters_for(units_[end].c) != "")))
            ++end;
        if (end > i) read_part({i, end});
        i = std::max(end, i + 1);
    }
}

/// In a message of disguised words: the whole chunk as a usual word, marks at its ends included,
/// but for those that end a sentence.
bool TokenReader::write_disguised(Range chunk) {
    while (true) {
        if (write_mapped(chunk, Accept::usual)) return true;
        if (chunk.size() < 2) return false;
        const Unit& last = units_[chunk.end - 1];
        if (last.kind != Unit::Kind::mark || may_be_at_end(last.c)) return false;
        --chunk.end;
    }
}

void TokenReader::read_part(Range part) {
    std::size_t letters = 0;
    std::size_t inside = 0;
    for (std::size_t i = part.begin; i < part.end; ++i) {
        const bool letter =
            units_[i].kind == Unit::Kind::letter || units_[i].kind == Unit::Kind::other;
        letters += letter ? 1 : 0;
        if (letter || i == part.begin) continue;
        std::size_t next = i;
        while (next < part.end && units_[next].kind == Unit::Kind::digit) ++next;
        if (next < part.end && units_[i - 1].kind == Unit::Kind::letter) ++inside;
    }
    const std::size_t disguises = part.size() - letters;
    if (disguises == 0) {
        write_letters(part, Kind::word);
        return;
    }
    if (mode_.digits_are_letters || letters > 0) {
        const bool surely = inside > 0 || (mode_.digits_are_letters && letters > 0);
        const bool likely = mode_.digits_are_letters || disguises >= 2;
        if (surely ? write_mapped(part, Accept::any) : likely && write_mapped(part, Accept::usual))
            return;
    }
    write_interior(part);
}

/// Reads all of the range as letters, and writes it where that gives a known word.
bool TokenReader::write_mapped(Range range, Accept accept) {
    constexpr std::size_t kChoices = 3;
    if (range.size() > 2 * Vocabulary::kLetters) return false;
    std::array<char, 2 * Vocabulary::kLetters> letters;
    std::array<std::size_t, kChoices> choice_at;
    std::size_t choices = 0;
    bool any_letter = false;
    for (std::size_t i = range.begin; i < range.end; ++i) {
        const Unit& unit = units_[i];
        char& letter = letters[i - range.begin];
        if (unit.kind == Unit::Kind::letter) {
            letter = static_cast<char>(unit.c);
            any_letter = true;
            continue;
        }
        const std::string_view readings = letters_for(unit.c);
        if (readings.empty() || unit.kind == Unit::Kind::other) return false;
        any_letter = any_letter || unit.kind == Unit::Kind::mark;
        letter = readings[0];
        if (readings.size() > 1 && choices < kChoices) choice_at[choices++] = i - range.begin;
    }
    if (!any_letter && !mode_.digits_are_letters) return false;
    const std::string_view text(letters.data(), range.size());
    const Vocabulary::Word* best = nullptr;
    for (std::size_t variant = 0; variant < (std::size_t{1} << choices); ++variant) {
        for (std::size_t k = 0; k < choices; ++k) {
            const std::string_view readings = letters_for(units_[range.begin + choice_at[k]].c);
            letters[choice_at[k]] = readings[(variant >> k) & 1];
        }
        const Vocabulary::Word* word = vocabulary_.find(text);
        if (word == nullptr) word = vocabulary_.find_stretched(text);
        if (word == nullptr) continue;
        if (accept == Accept::rude && !word->rude) continue;
        if (accept == Accept::usual && !word->rude && word->cost > kUsualCost) continue;
        if (best == nullptr || word->cost < best->cost) best = word;
    }
    if (best == nullptr) return false;
    if (any_letter) ++disguised_;
    write_word(*best, range);
    return true;
}

/// Reads marks as any letter, and writes the range where that gives a rude word.
bool TokenReader::write_masked(Range range) {
    if (range.size() < 3 || range.size() > Vocabulary::kLetters) return false;
    std::array<char, Vocabulary::kLetters> pattern;
    std::size_t letters = 0;
    std::size_t separators = 0;
    std::size_t stars = 0;
    for (std::size_t i = range.begin; i < range.end; ++i) {
        const Unit& unit = units_[i];
        if (unit.kind == Unit::Kind::letter)
            ++letters;
        else if (unit.kind != Unit::Kind::mark)
            return false;
        else if (is_separator(unit.c))
            ++separators;
        else if (unit.c == '*')
            ++stars;
        pattern[i - range.begin] =
            unit.kind == Unit::Kind::letter ? static_cast<char>(unit.c) : '*';
    }
    const std::size_t marks = range.size() - letters;
    if (letters == 0 || marks == 0) return false;
    if (separators > 0 && (marks > 1 || letters < 3)) return false;
    if (marks > letters && stars < marks) return false;
    const auto* word = vocabulary_.find_masked({pattern.data(), range.size()});
    if (word == nullptr) return false;
    write_word(*word, range);
    return true;
}

/// Leaves marks out, and writes the range where that gives a rude word of parts that are no words.
bool TokenReader::write_joined(Range range) {
    std::array<char, 2 * Vocabulary::kLetters> letters;
    std::size_t size = 0;
    std::size_t part = 0;
    bool strange_part = false;
    bool long_part = false;
    for (std::size_t i = range.begin; i <= range.end; ++i) {
        const bool letter = i < range.end && units_[i].kind == Unit::Kind::letter;
        if (letter) {
            if (size == letters.size()) return false;
            letters[size++] = static_cast<char>(units_[i].c);
            continue;
        }
        if (i < range.end && units_[i].kind != Unit::Kind::mark) return false;
        const std::string_view text(letters.data() + part, size - part);
        long_part = long_part || text.size() > 1;
        strange_part = strange_part || (!text.empty() && vocabulary_.find(text) == nullptr);
        part = size;
    }
    if (!long_part || !strange_part) return false;
    const std::string_view text(letters.data(), size);
    const Vocabulary::Word* word = vocabulary_.find(text);
    if (word == nullptr) word = vocabulary_.find_stretched(text);
    if (word == nullptr || !word->rude) return false;
    write_word(*word, range);
    return true;
}

/// A word that we don't know: one digit or sign between two letters is read as a letter.
void TokenReader::write_interior(Range part) {
    for (std::size_t i = part.begin; i < part.end; ++i) {
        const std::string_view readings = letters_for(units_[i].c);
        if (units_[i].kind == Unit::Kind::letter || readings.empty()) continue;
        if (i == part.begin || i + 1 == part.end || !between_letters(i)) continue;
        units_[i].c = static_cast<unsigned char>(readings[0]);
        // The kind stays until the next has been looked at, so that no letter is made beside one.
    }
    write_letters(part, Kind::word);
}

void TokenReader::write_letters(Range range, Kind kind) {
    std::array<char, 4 * kLettersMax> bytes;
    std::array<std::uint32_t, 4 * kLettersMax> origin;
    std::size_t size = 0;
    bool ascii = true;
    bool doubled = false;
    for (std::size_t i = range.begin; i < range.end; ++i) {
        const Unit& unit = units_[i];
        doubled = doubled || (i > range.begin && units_[i - 1].c == unit.c);
        ascii = ascii && unit.c < 0x80;
        const std::size_t length = append_utf8(bytes.data() + size, unit.c);
        std::fill_n(origin.begin() + static_cast<std::ptrdiff_t>(size), length, unit.origin);
        size += length;
    }
    const std::string_view text(bytes.data(), size);
    if (ascii)
        writer_.add_word(text, std::span(origin).first(size), doubled, kind);
    else
        writer_.add_bytes(text, std::span(origin).first(size), kind);
}

void TokenReader::write_symbols(Range range) {
    std::array<char, 8> bytes;
    std::size_t size = 0;
    for (std::size_t i = range.begin; i < range.end; ++i)
        size += append_utf8(bytes.data() + size, units_[i].c);
    writer_.add_symbol({bytes.data(), size},
                       {units_[range.begin].origin, units_[range.end - 1].origin});
}

void TokenReader::write_word(const Vocabulary::Word& word, Range range) {
    std::array<std::uint32_t, Vocabulary::kLetters> origin;
    const std::string_view letters = vocabulary_.letters(word);
    for (std::size_t i = 0; i < letters.size(); ++i)
        origin[i] = units_[range.begin + std::min(i, range.size() - 1)].origin;
    origin[letters.size() - 1] = units_[range.end - 1].origin;
    writer_.add_word(letters, std::span(origin).first(letters.size()), false);
}

}  // namespace clamor::text
