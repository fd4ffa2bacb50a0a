// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "automod/verdict.h"
#include "base/time.h"

/// What a channel sets: plain values as they are stored and edited. docs/automod.md is the manual.
namespace clamor::automod {

/// What an author is in the channel, any number of these at once.
using Roles = std::uint8_t;
namespace role {
inline constexpr Roles kSubscriber = 1;
inline constexpr Roles kVip = 2;
inline constexpr Roles kModerator = 4;
inline constexpr Roles kBroadcaster = 8;
inline constexpr Roles kStaff = 16;
inline constexpr Roles kVerifiedBot = 32;
inline constexpr Roles kRegular = 64;  ///< speaks here often; whoever asks AutoMod says who is
/// Pass AutoMod whatever is set.
inline constexpr Roles kAlwaysExempt = kModerator | kBroadcaster | kStaff;
}  // namespace role

/// A word, phrase or regular expression, as docs/automod.md writes them: `word`, `pre*`, `*fix`,
/// `*part*`, `two words`, `/regular expression/`.
struct Term {
    std::string id;
    std::string text;
    bool permitted = false;         ///< lets pass what is found inside it
    bool is_private = false;        ///< its text is for moderators alone
    bool shadow = false;            ///< recorded, not acted on
    Action action = Action::block;  ///< hold or block
    std::optional<WallTime> expires_at{};
    friend bool operator==(const Term&, const Term&) = default;
};

enum class SpamRule : std::uint8_t {
    capitals,
    repetition,
    links,
    symbols,
    zalgo,
    emotes,
    length,
    repeats,
    lookalikes,
};
inline constexpr int kSpamRules = 9;

/// One rule. What `limit`, `least` and `window` mean, and their bounds, is in spam_table().
struct SpamSetting {
    bool on = false;
    bool shadow = false;
    Action action = Action::hold;
    Roles exempt = 0;
    float limit = 0;
    std::uint32_t least = 0;
    std::chrono::seconds window{0};
    friend bool operator==(const SpamSetting&, const SpamSetting&) = default;
};
using SpamSettings = std::array<SpamSetting, kSpamRules>;

/// Word lists that come with clamor (lists/README.md).
enum class List : std::uint8_t { identity, sexual, profanity, aggression, bullying, fraud };
inline constexpr int kLists = 6;
struct ListSetting {
    bool on = false;
    bool shadow = false;
    Action action = Action::hold;
    friend bool operator==(const ListSetting&, const ListSetting&) = default;
};

/// As store::AutoModSettings: an overall level, or the categories' own.
struct Levels {
    std::optional<std::uint8_t> overall = 0;
    std::array<std::uint8_t, kCategories> categories{};
    friend bool operator==(const Levels&, const Levels&) = default;
};

/// A logistic layer over the classifier's frozen scores: sigmoid(slope * logit(score) + offset).
struct Calibration {
    float slope = 1;
    float offset = 0;
    friend bool operator==(const Calibration&, const Calibration&) = default;
};

SpamSettings default_spam();

struct Settings {
    Levels levels;
    bool classifier_shadow =
        false;         ///< the classifier's and the model's findings are only recorded
    Roles exempt = 0;  ///< from everything, beside role::kAlwaysExempt
    std::vector<Term> terms;
    SpamSettings spam = default_spam();
    std::vector<std::string> allowed_links;  ///< `example.org`: it and what is below it
    std::array<ListSetting, kLists> lists{};
    Calibration calibration;
};

}  // namespace clamor::automod
