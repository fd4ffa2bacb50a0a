// SPDX-License-Identifier: Apache-2.0
// Writes the table of fold_table.h: NFKC case folding, marks and format characters dropped, Latin
// letters in disguise by their names, letters of other scripts by ICU's confusables. Run by the
// build; its one argument is the file to write.
#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>

#include "base/check.h"
#include "text/fold_table.h"

namespace clamor::text {
namespace {

constexpr UChar32 kCodePoints = 0x110000;

/// Signs that are written for a letter, though ICU does not hold them alike.
constexpr std::pair<UChar32, char> kSigns[] = {
    {0x20AC, 'e'}, {0xA3, 'l'}, {0xA2, 'c'}, {0xA5, 'y'}, {0xA7, 's'}, {0xA1, 'i'}, {0x2020, 't'}};

struct Data {
    const icu::Normalizer2* fold = nullptr;
    const icu::Normalizer2* decompose = nullptr;
    USpoofChecker* spoof = nullptr;
    std::map<icu::UnicodeString, char> by_skeleton;
};

icu::UnicodeString skeleton(const Data& data, const icu::UnicodeString& text) {
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeString out;
    uspoof_getSkeletonUnicodeString(data.spoof, 0, text, out, &status);
    return U_SUCCESS(status) ? out : text;
}

Data open_data() {
    UErrorCode status = U_ZERO_ERROR;
    Data data;
    data.fold = icu::Normalizer2::getNFKCCasefoldInstance(status);
    data.decompose = icu::Normalizer2::getNFKDInstance(status);
    data.spoof = uspoof_open(&status);
    CLAMOR_CHECK(U_SUCCESS(status), "ICU has its data");
    // Small letters first: where a capital looks like another letter's small form, that one wins.
    for (const char base : {'a', 'A'}) {
        for (int i = 0; i < 26; ++i) {
            const icu::UnicodeString letter(static_cast<UChar>(base + i));
            data.by_skeleton.emplace(skeleton(data, letter), static_cast<char>('a' + i));
        }
    }
    return data;
}

bool dropped(UChar32 c) {
    switch (u_charType(c)) {
        case U_NON_SPACING_MARK:
        case U_ENCLOSING_MARK:
        case U_FORMAT_CHAR:
            return true;
        default:
            break;
    }
    const bool skin_tone = c >= 0x1F3FB && c <= 0x1F3FF;
    return skin_tone || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
}

/// The letters that the name of a Latin letter ends in, before "WITH": "NEGATIVE CIRCLED LATIN
/// CAPITAL LETTER B", "LATIN LETTER SMALL CAPITAL R", "LATIN SMALL LETTER O WITH STROKE".
std::string latin_by_name(UChar32 c) {
    std::array<char, 160> buffer{};
    UErrorCode status = U_ZERO_ERROR;
    u_charName(c, U_UNICODE_CHAR_NAME, buffer.data(), buffer.size(), &status);
    std::string_view name(buffer.data());
    const bool modifier = name.starts_with("MODIFIER LETTER ");
    if (!modifier && (name.find("LATIN ") == std::string_view::npos ||
                      name.find("LETTER") == std::string_view::npos))
        return {};
    if (const auto with = name.find(" WITH "); with != std::string_view::npos)
        name = name.substr(0, with);
    const std::string_view last = name.substr(name.rfind(' ') + 1);
    if (last.size() != 1 && last != "AE" && last != "OE") return {};
    std::string out;
    for (const char letter : last) {
        if (letter < 'A' || letter > 'Z') return {};
        out += static_cast<char>(letter - 'A' + 'a');
    }
    return out;
}

/// The one of a-z that is confusable with the character itself, or 0.
char confusable_of(const Data& data, UChar32 c) {
    const auto found = data.by_skeleton.find(skeleton(data, icu::UnicodeString(c)));
    if (found == data.by_skeleton.end()) return 0;
    return found->second == 'l' && u_isupper(c) ? 'i' : found->second;
}

/// The one of a-z that a character of another script looks like, or 0: as it is, as a capital (a
/// small Cyrillic letter is often one in small), or when its skeleton is a Latin letter in
/// disguise.
char look_of(const Data& data, UChar32 c) {
    if (const char same = confusable_of(data, c); same != 0) return same;
    if (const char same = confusable_of(data, u_toupper(c)); same != 0) return same;
    const icu::UnicodeString bare = skeleton(data, icu::UnicodeString(c));
    std::string letters;
    for (std::int32_t i = 0; i < bare.length(); i = bare.moveIndex32(i, 1)) {
        const UChar32 part = bare.char32At(i);
        if (dropped(part)) continue;
        if (part < 0x80 && u_isalpha(part))
            letters += static_cast<char>(u_tolower(part));
        else
            letters += latin_by_name(part).empty() ? "?" : latin_by_name(part);
    }
    return letters.size() == 1 && letters[0] != '?' ? letters[0] : '\0';
}

/// `kept` is 0 for the code point itself, so that the blocks of a script are alike.
FoldEntry entry(Fold kind, UChar32 kept = 0, char look = 0) {
    return static_cast<FoldEntry>(kind) | static_cast<FoldEntry>(kept) << 4 |
           static_cast<FoldEntry>(look) << 25;
}

FoldEntry ascii_entry(std::string_view characters) {
    FoldEntry out = static_cast<FoldEntry>(Fold::ascii);
    for (std::size_t i = 0; i < characters.size() && i < 3; ++i)
        out |= static_cast<FoldEntry>(characters[i]) << (8 + 8 * i);
    return out;
}

/// The letters and digits of ASCII in a folded and decomposed text; empty where it has any other.
std::string ascii_letters(const icu::UnicodeString& text) {
    std::string out;
    for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
        const UChar32 part = text.char32At(i);
        if (part < 0x80 && u_isalnum(part))
            out += static_cast<char>(part);
        else if (u_isalnum(part))
            return {};
    }
    return out;
}

UChar32 first_kept(const icu::UnicodeString& text, UChar32 otherwise) {
    for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1))
        if (!dropped(text.char32At(i))) return text.char32At(i);
    return otherwise;
}

FoldEntry entry_for(const Data& data, UChar32 c) {
    if (c < 0x80) {
        if (u_isalnum(c)) {
            const char folded = static_cast<char>(u_tolower(c));
            return ascii_entry(std::string_view(&folded, 1));
        }
        return entry(c <= ' ' || c == 0x7F ? Fold::blank : Fold::punctuation);
    }
    if (c == 0x2800) return entry(Fold::blank);  // a Braille cell without dots
    if (c == 0xFFFD) return entry(Fold::punctuation);
    if (c == 0x2019 || c == 0x2018 || c == 0x02BC || c == 0xFF07)
        return entry(Fold::punctuation, '\'');
    if (dropped(c)) return entry(Fold::drop);
    if (u_isUWhiteSpace(c) || u_charType(c) == U_CONTROL_CHAR) return entry(Fold::blank);
    if (c >= 0x1F1E6 && c <= 0x1F1FF)
        return entry(Fold::regional, 0, static_cast<char>('a' + (c - 0x1F1E6)));

    for (const auto& [sign, letter] : kSigns)
        if (c == sign) return entry(Fold::sign, 0, letter);

    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeString folded = data.fold->normalize(icu::UnicodeString(c), status);
    const bool hangul =
        u_hasBinaryProperty(c, UCHAR_ALPHABETIC) &&
        u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE) != U_HST_NOT_APPLICABLE;
    const icu::UnicodeString bare = hangul ? folded : data.decompose->normalize(folded, status);
    if (std::string letters = ascii_letters(bare); !letters.empty()) return ascii_entry(letters);
    if (const int digit = u_charDigitValue(c); digit >= 0) {
        const char character = static_cast<char>('0' + digit);
        return ascii_entry(std::string_view(&character, 1));
    }
    if (std::string letters = latin_by_name(c); !letters.empty()) return ascii_entry(letters);

    const UChar32 kept = first_kept(bare, c);
    if (kept < 0x80 && u_ispunct(kept)) return entry(Fold::punctuation, kept);
    switch (u_charType(c)) {
        case U_UPPERCASE_LETTER:
        case U_LOWERCASE_LETTER:
        case U_TITLECASE_LETTER:
        case U_MODIFIER_LETTER:
        case U_OTHER_LETTER:
        case U_LETTER_NUMBER:
        case U_OTHER_NUMBER:
        case U_COMBINING_SPACING_MARK: {
            char look = look_of(data, c);
            if (look == 0 && kept != c) look = look_of(data, kept);
            const UChar32 other = kept == c ? 0 : kept;
            return look != 0 ? entry(Fold::look, other, look) : entry(Fold::letter, other);
        }
        case U_MATH_SYMBOL:
        case U_CURRENCY_SYMBOL:
        case U_MODIFIER_SYMBOL:
        case U_OTHER_SYMBOL: {
            const char look = look_of(data, c);
            return look != 0 ? entry(Fold::sign, 0, look) : entry(Fold::symbol);
        }
        case U_UNASSIGNED:
        case U_PRIVATE_USE_CHAR:
        case U_SURROGATE:
            return entry(Fold::symbol);
        default:
            return entry(Fold::punctuation);
    }
}

void write_table(std::FILE* out) {
    const Data data = open_data();
    constexpr UChar32 kBlock = 1 << kFoldBlockBits;
    std::map<std::vector<FoldEntry>, std::size_t> known;
    std::vector<std::size_t> blocks;
    std::fputs(
        "#include \"text/fold_table.h\"\nnamespace clamor::text {\n"
        "const FoldEntry kFoldEntries[] = {\n",
        out);
    for (UChar32 from = 0; from < kCodePoints; from += kBlock) {
        std::vector<FoldEntry> block;
        for (UChar32 c = from; c < from + kBlock; ++c) block.push_back(entry_for(data, c));
        const auto [found, is_new] = known.emplace(block, known.size());
        blocks.push_back(found->second);
        if (!is_new) continue;
        for (const FoldEntry value : block) std::fprintf(out, "%uu,", value);
        std::fputc('\n', out);
    }
    std::fputs("};\nconst std::uint16_t kFoldBlocks[] = {\n", out);
    for (const std::size_t block : blocks) std::fprintf(out, "%zu,", block);
    std::fputs("\n};\n}  // namespace clamor::text\n", out);
    uspoof_close(data.spoof);
}

}  // namespace
}  // namespace clamor::text

int main(int argc, char** argv) {
    CLAMOR_CHECK(argc == 2, "one argument: the file to write");
    std::FILE* out = std::fopen(argv[1], "w");
    CLAMOR_CHECK(out != nullptr, "the file can be written");
    clamor::text::write_table(out);
    return std::fclose(out) == 0 ? 0 : 1;
}
