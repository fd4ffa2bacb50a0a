// SPDX-License-Identifier: Apache-2.0
#include "automod/spam.h"

#include <algorithm>
#include <bit>
#include <functional>

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "base/limits.h"

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15ull;

std::uint64_t mix(std::uint64_t x) {
    x ^= x >> 31;
    x *= kMultiplier;
    x ^= x >> 29;
    return x;
}

std::uint64_t hash_of(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

/// Counts for each of 64 bits in how many words it is set, all at once: bit k of the counts stands
/// in the k-th plane.
class BitCounts {
  public:
    void add(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d) {
        const std::uint64_t two = carry(planes_[0], a, b);
        const std::uint64_t two_more = carry(planes_[0], c, d);
        std::uint64_t four = carry(planes_[1], two, two_more);
        for (std::size_t k = 2; four != 0 && k < planes_.size(); ++k) {
            const std::uint64_t more = planes_[k] & four;
            planes_[k] ^= four;
            four = more;
        }
    }
    /// The bits that were set in more than so many words.
    std::uint64_t more_than(std::uint32_t count) const {
        std::uint64_t more = 0, same = ~std::uint64_t{0};
        for (std::size_t k = planes_.size(); k-- > 0;) {
            if ((count >> k & 1) != 0) {
                same &= planes_[k];
            } else {
                more |= same & planes_[k];
                same &= ~planes_[k];
            }
        }
        return more;
    }
    static constexpr std::size_t kWordsMax = 4095;

  private:
    /// Adds two words to a plane; the answer belongs to the next plane.
    static std::uint64_t carry(std::uint64_t& plane, std::uint64_t a, std::uint64_t b) {
        const std::uint64_t half = plane ^ a;
        const std::uint64_t over = (plane & a) | (half & b);
        plane = half ^ b;
        return over;
    }

    std::array<std::uint64_t, std::bit_width(kWordsMax)> planes_{};
};

/// Of texts in the normalised form, where words of more than one kind are apart by blanks.
bool is_word(const text::Normalised::Word& word) {
    return word.kind != text::Normalised::Kind::symbol;
}

struct Words {
    std::uint32_t all = 0;
    std::uint32_t unique = 0;
};

Words count_words(const text::Normalised& text) {
    constexpr std::size_t kSlots = 512;
    static_assert(kSlots > limits::kMessageCodePoints / 2, "a word and a blank are two");
    std::array<std::uint32_t, kSlots> seen{};
    Words words;
    for (const auto& word : text.words) {
        if (!is_word(word) || words.all == kSlots / 2) continue;
        ++words.all;
        const std::uint64_t hash = hash_of(text.of(word));
        const auto tag = static_cast<std::uint32_t>(hash >> 32 | 1);
        auto slot = static_cast<std::size_t>(hash % kSlots);
        while (seen[slot] != 0 && seen[slot] != tag) slot = (slot + 1) % kSlots;
        if (seen[slot] == 0) ++words.unique;
        seen[slot] = tag;
    }
    return words;
}

/// One rule after the other, over what they share.
class Search {
  public:
    Search(const SpamInput& input, const SpamSettings& settings, std::vector<SpamHit>& hits)
        : input_(input), settings_(settings), hits_(hits) {}

    bool on(SpamRule rule) const {
        const SpamSetting& setting = at(rule);
        return setting.on && (setting.exempt & input_.roles) == 0;
    }
    const SpamSetting& at(SpamRule rule) const { return settings_[static_cast<std::size_t>(rule)]; }

    void look_at_shape() {
        if (!on(SpamRule::capitals) && !on(SpamRule::symbols) && !on(SpamRule::zalgo) &&
            !on(SpamRule::emotes) && !on(SpamRule::length)) {
            return;
        }
        const Shape shape = shape_of(input_.text, input_.emotes);
        end_ = shape.length == 0 ? 0 : shape.length - 1;
        ratio(SpamRule::capitals, shape.capitals, shape.characters, shape.outside);
        ratio(SpamRule::symbols, shape.symbols, shape.characters, shape.characters);
        more(SpamRule::emotes, shape.emotes);
        more(SpamRule::length, shape.length);
        if (on(SpamRule::zalgo) && shape.marks > at(SpamRule::zalgo).least &&
            static_cast<float>(shape.marks_in_a_row) > at(SpamRule::zalgo).limit) {
            hits_.push_back(
                {SpamRule::zalgo, static_cast<float>(shape.marks_in_a_row), shape.marked});
        }
    }

    void look_at_words() {
        if (!on(SpamRule::repetition)) return;
        if (input_.normalised.words.size() <= at(SpamRule::repetition).least) return;
        const Words words = count_words(input_.normalised);
        if (words.all <= at(SpamRule::repetition).least) return;
        const float unique = static_cast<float>(words.unique) / static_cast<float>(words.all);
        if (unique < at(SpamRule::repetition).limit) hit(SpamRule::repetition, unique);
    }

    void look_for_links(const LinkFinder& finder, const ChannelMemory& memory, MonoTime now,
                        std::vector<text::CodePoints>& links) {
        if (!on(SpamRule::links)) return;
        links.clear();
        finder.find(input_.plain, links);
        if (links.empty() || memory.may_post_links(input_.author, now)) return;
        for (const auto& link : links)
            hits_.push_back({SpamRule::links, static_cast<float>(links.size()), link});
    }

    void look_back(ChannelMemory& memory, MonoTime now) {
        const bool repeats = on(SpamRule::repeats), lookalikes = on(SpamRule::lookalikes);
        // Those of an exempt author are not remembered either: others may say what a moderator
        // says.
        if (!repeats && !lookalikes) return;
        const std::string_view text = input_.normalised.text;
        if (text.empty()) return;
        ChannelMemory::Message message{.author = input_.author, .hash = hash_of(text), .at = now};
        const auto size = static_cast<std::uint32_t>(input_.normalised.text.size());
        if (lookalikes && size > at(SpamRule::lookalikes).least) message.sketch = sketch_of(text);
        if (repeats && size > at(SpamRule::repeats).least) count_repeats(memory, message);
        if (message.sketch != 0) count_lookalikes(memory, message);
        memory.remember(message);
    }

  private:
    void count_repeats(const ChannelMemory& memory, const ChannelMemory::Message& message) {
        std::uint32_t times = 1;
        memory.each_since(message.at - at(SpamRule::repeats).window, [&](const auto& other) {
            if (other.author == message.author && other.hash == message.hash) ++times;
            return true;
        });
        if (static_cast<float>(times) > at(SpamRule::repeats).limit)
            hit(SpamRule::repeats, static_cast<float>(times));
    }

    void count_lookalikes(const ChannelMemory& memory, const ChannelMemory::Message& message) {
        // As many authors as the limit can ask for; more do not matter.
        std::array<UserId, 64> authors{};
        std::size_t count = 0;
        const auto enough = static_cast<std::size_t>(at(SpamRule::lookalikes).limit);
        memory.each_since(message.at - at(SpamRule::lookalikes).window, [&](const auto& other) {
            if (other.sketch == 0 || other.author == message.author ||
                distance(other.sketch, message.sketch) > kAlikeBits) {
                return true;
            }
            const auto known = authors.begin() + static_cast<std::ptrdiff_t>(count);
            if (std::find(authors.begin(), known, other.author) == known)
                authors[count++] = other.author;
            return count < authors.size() && count <= enough;
        });
        // The author is one of them.
        if (count + 1 > enough) hit(SpamRule::lookalikes, static_cast<float>(count + 1));
    }

    void ratio(SpamRule rule, std::uint32_t part, std::uint32_t whole, std::uint32_t length) {
        if (!on(rule) || length <= at(rule).least || whole == 0) return;
        const float share = static_cast<float>(part) / static_cast<float>(whole);
        if (share > at(rule).limit) hit(rule, share);
    }
    void more(SpamRule rule, std::uint32_t count) {
        if (on(rule) && static_cast<float>(count) > at(rule).limit)
            hit(rule, static_cast<float>(count));
    }
    void hit(SpamRule rule, float measured) {
        const std::uint32_t all = input_.normalised.code_points;
        hits_.push_back({rule, measured, {0, all == 0 ? end_ : all - 1}});
    }

    const SpamInput& input_;
    const SpamSettings& settings_;
    std::vector<SpamHit>& hits_;
    std::uint32_t end_ = 0;
};

void see_unicode(UChar32 c, std::uint32_t position, Shape& shape, std::uint32_t& marks_now) {
    const std::uint32_t category = U_GET_GC_MASK(c);
    if ((category & (U_GC_MN_MASK | U_GC_ME_MASK)) != 0) {
        // Variation selectors choose how an emoji looks.
        if (u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR)) return;
        if (shape.marks++ == 0) shape.marked.first = position;
        shape.marked.last = position;
        shape.marks_in_a_row = std::max(shape.marks_in_a_row, ++marks_now);
        return;
    }
    marks_now = 0;
    if (u_isUWhiteSpace(c) || (category & U_GC_CF_MASK) != 0) return;
    ++shape.characters;
    if ((category & U_GC_L_MASK) != 0) {
        if ((category & (U_GC_LU_MASK | U_GC_LT_MASK)) != 0) ++shape.capitals;
    } else if (u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC) ||
               u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR)) {
        ++shape.emotes;
        --shape.characters;
    } else if ((category & (U_GC_N_MASK | U_GC_MC_MASK)) == 0) {
        ++shape.symbols;
    }
}

/// Counts of ASCII characters, three in one number, so that a character costs one addition.
class AsciiCounts {
  public:
    void see(unsigned char c) { counts_ += kCounts[c]; }
    void add_to(Shape& shape) const {
        shape.characters += part(0);
        shape.capitals += part(1);
        shape.symbols += part(2);
    }

  private:
    static constexpr unsigned kBits = 20;
    static_assert(limits::kMessageCodePoints < 1u << kBits);
    static constexpr std::uint64_t kCharacter = 1;
    static constexpr std::uint64_t kCapital = kCharacter | std::uint64_t{1} << kBits;
    static constexpr std::uint64_t kSymbol = kCharacter | std::uint64_t{1} << (2 * kBits);
    static constexpr std::array<std::uint64_t, 0x80> kCounts = [] {
        std::array<std::uint64_t, 0x80> counts{};
        counts.fill(kSymbol);
        counts[' '] = counts['\t'] = 0;
        for (std::size_t c = '0'; c <= '9'; ++c) counts[c] = kCharacter;
        for (std::size_t c = 'a'; c <= 'z'; ++c) counts[c] = kCharacter;
        for (std::size_t c = 'A'; c <= 'Z'; ++c) counts[c] = kCapital;
        return counts;
    }();

    std::uint32_t part(unsigned index) const {
        return static_cast<std::uint32_t>(counts_ >> (index * kBits) & ((1u << kBits) - 1));
    }

    std::uint64_t counts_ = 0;
};

}  // namespace

const std::array<SpamBounds, kSpamRules>& spam_table() {
    constexpr float kMessage = limits::kMessageCodePoints;
    static constexpr std::array<SpamBounds, kSpamRules> kTable{{
        {"capitals", 0.7f, 0.3f, 1, 10, 4, 500, 0s, 0s, 0s,
         "share of capitals among the characters",
         "code points that the message must have more than"},
        {"repetition", 0.3f, 0.05f, 0.9f, 5, 2, 100, 0s, 0s, 0s, "share of unique words",
         "words that the message must have more than"},
        {"links", 0, 0, 0, 0, 0, 0, 0s, 0s, 0s, "", ""},
        {"symbols", 0.5f, 0.1f, 1, 10, 4, 500, 0s, 0s, 0s, "share of symbols among the characters",
         "characters that the message must have more than"},
        {"zalgo", 3, 1, 50, 5, 1, 500, 0s, 0s, 0s, "combining marks on one character",
         "combining marks that the message must have more than"},
        {"emotes", 15, 1, 250, 0, 0, 0, 0s, 0s, 0s, "emotes and emoji", ""},
        {"length", 400, 20, kMessage, 0, 0, 0, 0s, 0s, 0s, "code points", ""},
        {"repeats", 2, 1, 20, 3, 1, 500, 60s, 5s, 600s, "times that somebody says the same",
         "bytes that the normalised message must have more than"},
        {"lookalikes", 4, 2, 50, 20, 10, 500, 20s, 5s, 120s, "people who say nearly the same",
         "bytes that the normalised message must have more than"},
    }};
    return kTable;
}

SpamSettings default_spam() {
    SpamSettings settings;
    for (std::size_t i = 0; i < settings.size(); ++i) {
        settings[i].limit = spam_table()[i].limit;
        settings[i].least = spam_table()[i].least;
        settings[i].window = spam_table()[i].window;
    }
    return settings;
}

Shape shape_of(std::string_view text, std::span<const text::CodePoints> emotes) {
    Shape shape;
    AsciiCounts ascii;
    shape.emotes = static_cast<std::uint32_t>(emotes.size());
    const auto length = static_cast<std::int32_t>(text.size());
    std::uint32_t marks_now = 0;
    std::size_t next = 0;
    for (std::int32_t at = 0; at < length; ++shape.length) {
        UChar32 c = static_cast<unsigned char>(text[static_cast<std::size_t>(at)]);
        if (c < 0x80) {
            ++at;
        } else {
            U8_NEXT_OR_FFFD(text.data(), at, length, c);
        }
        while (next < emotes.size() && emotes[next].last < shape.length) ++next;
        if (next < emotes.size() && emotes[next].first <= shape.length) continue;
        ++shape.outside;
        if (c < 0x80) {
            marks_now = 0;
            ascii.see(static_cast<unsigned char>(c));
        } else {
            see_unicode(c, shape.length, shape, marks_now);
        }
    }
    ascii.add_to(shape);
    return shape;
}

std::uint64_t sketch_of(std::string_view text) {
    if (text.size() < 3) return 0;
    text = text.substr(0, BitCounts::kWordsMax);
    const std::size_t runs = text.size() - 2;
    const auto byte_at = [&](std::size_t i) -> std::uint64_t {
        return static_cast<unsigned char>(text[i]);
    };
    const auto hash_at = [&](std::size_t i) -> std::uint64_t {
        if (i >= runs) return 0;
        const std::uint64_t run = byte_at(i) | byte_at(i + 1) << 8 | byte_at(i + 2) << 16;
        return mix((run + 1) * kMultiplier);
    };
    BitCounts counts;
    for (std::size_t i = 0; i < runs; i += 4)
        counts.add(hash_at(i), hash_at(i + 1), hash_at(i + 2), hash_at(i + 3));
    const std::uint64_t sketch = counts.more_than(static_cast<std::uint32_t>(runs / 2));
    return sketch == 0 ? 1 : sketch;
}

void find_spam(const SpamInput& input, const SpamSettings& settings, const LinkFinder& finder,
               ChannelMemory& memory, MonoTime now, std::vector<text::CodePoints>& links,
               std::vector<SpamHit>& hits) {
    Search search(input, settings, hits);
    search.look_at_shape();
    search.look_at_words();
    search.look_for_links(finder, memory, now, links);
    search.look_back(memory, now);
}

}  // namespace clamor::automod
