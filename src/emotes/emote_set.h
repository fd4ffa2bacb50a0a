// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chat/event.h"

namespace clamor::emotes {

/// Which emotes somebody may use in one channel.
struct Access {
    std::uint16_t tier = 0;            ///< of the subscription to the channel; 0: not subscribed
    std::vector<std::string> granted;  ///< ids given to the user one by one: few
};

/// The global emotes and those of one channel, by code. Immutable once built; any number of threads
/// may read it.
class EmoteSet {
  public:
    /// What finding an emote takes to know; images and dates are the catalog's.
    struct Entry {
        std::string id;
        std::string code;  ///< the word that it is written as; codes with a blank never match
        std::uint16_t tier_required = 0;  ///< subscriber tier 1, 2, 3; 0: free for all
        bool of_channel = false;          ///< wins over a global one with the same code
    };

    EmoteSet() = default;
    explicit EmoteSet(const std::vector<Entry>& entries);

    /// The emotes in a text that the author may use, in order of position. Words are separated by
    /// blanks only; indexes are code points, both inclusive. For an action, give the inner text. A
    /// text that is not valid UTF-8 is harmless.
    std::vector<chat::EmoteOccurrence> find(std::string_view text, const Access& access) const;

    std::size_t size() const { return by_code_.size(); }
    friend bool operator==(const EmoteSet&, const EmoteSet&) = default;

  private:
    struct Emote {
        std::string id;
        std::uint16_t tier_required = 0;
        bool of_channel = false;
        friend bool operator==(const Emote&, const Emote&) = default;
    };
    struct CodeHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view code) const {
            return std::hash<std::string_view>{}(code);
        }
    };

    static bool may_use(const Emote& emote, const Access& access);

    std::unordered_map<std::string, Emote, CodeHash, std::equal_to<>> by_code_;
    std::size_t longest_code_ = 0;
};

/// True when there is an emote and nothing else but blanks; the occurrences are those found in this
/// text.
bool emote_only(std::string_view text, const std::vector<chat::EmoteOccurrence>& occurrences);

}  // namespace clamor::emotes
