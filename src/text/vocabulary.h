// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clamor::text {

/// The words by which the normaliser decides what a disguised word is: whether "goood" is "good"
/// and "f*ck" a curse. Only a-z, at most kLetters of them.
class Vocabulary {
  public:
    static constexpr std::size_t kLetters = 20;
    /// Of two words that a disguise may stand for, a rude one is taken though it costs so much
    /// more.
    static constexpr int kRudeBonus = 4;

    struct Word {
        std::uint32_t offset;
        std::uint8_t length;
        std::uint8_t cost;  ///< -4 log2 of its share of all words
        bool rude;
    };

    /// One word a line: `word cost`, or `word cost rude`. Lines of any other form are left out.
    explicit Vocabulary(std::string_view lines);
    /// The one made by `script/automod-train`, in src/text/vocabulary.txt.
    static const Vocabulary& builtin();

    const Word* find(std::string_view word) const;
    /// The word of which this is a stretched form ("fuuuck"); of several, the most usual.
    const Word* find_stretched(std::string_view word) const;
    /// The most usual rude word with any letter for each `*`.
    const Word* find_masked(std::string_view pattern) const;

    std::string_view letters(const Word& word) const {
        return std::string_view(letters_).substr(word.offset, word.length);
    }
    std::size_t size() const { return words_.size(); }

    /// `find` for texts that share their beginning: the hash of a text and one letter more.
    static constexpr std::uint64_t kHashOfNothing = 0x9E37'79B9'7F4A'7C15ull;
    static std::uint64_t hash_more(std::uint64_t hash, char letter) {
        return (hash ^ static_cast<unsigned char>(letter)) * 0x0000'0100'0000'01B3ull;
    }
    const Word* find_hashed(std::uint64_t hash, std::string_view word) const;

  private:
    /// Open addressing; words of the same hash stand one behind the other.
    struct Table {
        struct Slot {
            std::uint32_t hash = 0;
            std::uint32_t word = 0;  ///< its index and 1; 0 is an empty slot
        };
        std::vector<Slot> slots;
        std::uint32_t mask = 0;

        void reserve(std::size_t words);
        void add(std::uint64_t hash, std::uint32_t word);
    };

    void add_line(std::string_view line);

    std::string letters_;
    std::vector<Word> words_;
    Table exact_;
    Table squeezed_;
    std::array<std::vector<std::uint32_t>, kLetters + 1> rude_by_length_;  ///< the most usual first
};

}  // namespace clamor::text
