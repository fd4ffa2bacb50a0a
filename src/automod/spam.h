// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "automod/channel_memory.h"
#include "automod/links.h"
#include "automod/settings.h"
#include "base/ids.h"
#include "base/time.h"
#include "text/normaliser.h"

namespace clamor::automod {

/// What a rule's numbers mean, their defaults and bounds. Where the least and the most are equal,
/// the rule has no use for the number.
struct SpamBounds {
    std::string_view name;  ///< as findings, JSON and docs/automod.md have it
    float limit, limit_least, limit_most;
    std::uint32_t least, least_least, least_most;
    std::chrono::seconds window, window_least, window_most;
    std::string_view limit_means;
    std::string_view least_means;
};
const std::array<SpamBounds, kSpamRules>& spam_table();
inline const SpamBounds& spam_bounds(SpamRule rule) {
    return spam_table()[static_cast<std::size_t>(rule)];
}

/// What one look at a text says about it; emotes are left out of all but `emotes`.
struct Shape {
    std::uint32_t length = 0;      ///< code points of the whole text
    std::uint32_t outside = 0;     ///< of it, outside of emotes
    std::uint32_t characters = 0;  ///< neither blanks nor marks nor pictures
    std::uint32_t capitals = 0;
    std::uint32_t symbols = 0;  ///< neither letters, digits, marks nor pictures
    std::uint32_t emotes = 0;   ///< and emoji
    std::uint32_t marks = 0;    ///< combining ones
    std::uint32_t marks_in_a_row = 0;
    text::CodePoints marked{};  ///< from the first mark to the last
};
Shape shape_of(std::string_view text, std::span<const text::CodePoints> emotes);

/// SimHash of the text's runs of three bytes: texts that differ little differ in few bits. 0 for a
/// text that has none.
std::uint64_t sketch_of(std::string_view normalised);
/// Sketches that differ in at most so many of 64 bits are of texts that look alike.
inline constexpr unsigned kAlikeBits = 12;
/// In how many bits they differ. Counted in pairs, fours and bytes, since std::popcount() is a call
/// into a library where the build may not assume a processor that counts by itself.
constexpr unsigned distance(std::uint64_t a, std::uint64_t b) {
    std::uint64_t bits = a ^ b;
    bits -= bits >> 1 & 0x5555'5555'5555'5555;
    bits = (bits & 0x3333'3333'3333'3333) + (bits >> 2 & 0x3333'3333'3333'3333);
    bits = (bits + (bits >> 4)) & 0x0F0F'0F0F'0F0F'0F0F;
    return static_cast<unsigned>(bits * 0x0101'0101'0101'0101 >> 56);
}

struct SpamInput {
    std::string_view text;
    std::span<const text::CodePoints> emotes;
    const text::Normalised& normalised;
    const text::Normalised& plain;
    UserId author;
    Roles roles = 0;
};

struct SpamHit {
    SpamRule rule;
    float measured;         ///< what was compared with the rule's limit
    text::CodePoints span;  ///< of the first; a rule hits once a message, links once each
};

/// Appends what the rules that are on found, and remembers the message for those that look at
/// several. `links`: scratch.
void find_spam(const SpamInput& input, const SpamSettings& settings, const LinkFinder& finder,
               ChannelMemory& memory, MonoTime now, std::vector<text::CodePoints>& links,
               std::vector<SpamHit>& hits);

}  // namespace clamor::automod
