// SPDX-License-Identifier: Apache-2.0
#include "automod/pattern_set.h"

#include <algorithm>

#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <re2/set.h>

#include "base/limits.h"

namespace clamor::automod {
namespace {

/// Shorter literals are in too many messages to keep a pattern out of the way.
constexpr int kAtomBytes = 3;
/// A pattern that any of so many literals may begin is not kept out of the way by them.
constexpr std::size_t kAtomsMax = 32;

re2::RE2::Options options_with(std::size_t memory) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(false);
    options.set_max_mem(static_cast<std::int64_t>(memory));
    return options;
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Any text that the pattern matches has at least one of these in it; none: nothing is known.
std::vector<std::string> atoms_of(const std::string& pattern) {
    re2::FilteredRE2 filter(kAtomBytes);
    int id = 0;
    if (filter.Add(pattern, options_with(limits::kPatternMemory), &id) != re2::RE2::NoError)
        return {};
    std::vector<std::string> atoms;
    filter.Compile(&atoms);
    // Other scripts fold case in more than one way, RE2's and ICU's.
    if (atoms.size() > kAtomsMax || !std::ranges::all_of(atoms, is_ascii)) return {};
    return atoms;
}

std::string describe(const re2::RE2& expression) {
    switch (expression.error_code()) {
        case re2::RE2::ErrorPatternTooLarge:
            return "the regular expression is too large";
        case re2::RE2::ErrorRepeatSize:
        case re2::RE2::ErrorRepeatOp:
            return "the regular expression repeats too often or nothing: " + expression.error_arg();
        case re2::RE2::ErrorBadPerlOp:
        case re2::RE2::ErrorBadEscape:
            return "regular expressions have no " + expression.error_arg() +
                   " here (RE2's syntax, without look-around and back references)";
        default:
            return "the regular expression cannot be read: " + expression.error();
    }
}

}  // namespace

struct PatternSet::Together {
    explicit Together(const re2::RE2::Options& options) : set(options, re2::RE2::UNANCHORED) {}
    re2::RE2::Set set;
};

PatternSet::PatternSet() = default;
PatternSet::~PatternSet() = default;

tl::expected<void, std::string> PatternSet::add(std::string_view pattern, std::uint32_t number) {
    const auto refuse = [](std::string why) { return tl::unexpected<std::string>(std::move(why)); };
    if (patterns_.size() >= limits::kPatternsMax) {
        return refuse("there are more than " + std::to_string(limits::kPatternsMax) +
                      " regular expressions");
    }
    const std::string text(pattern);
    auto expression = std::make_unique<re2::RE2>(text, options_with(limits::kPatternMemory));
    if (!expression->ok()) return refuse(describe(*expression));
    if (expression->ProgramSize() > limits::kPatternInstructions)
        return refuse("the regular expression is too large");
    if (re2::RE2::PartialMatch("", *expression))
        return refuse("the regular expression matches an empty text, and so every message");
    const auto index = static_cast<std::uint32_t>(patterns_.size());
    std::vector<std::string> atoms = atoms_of(text);
    if (atoms.empty()) ungated_.push_back(index);
    for (std::string& atom : atoms) {
        atoms_.push_back(std::move(atom));
        atom_patterns_.push_back(index);
    }
    patterns_.push_back({number, std::move(expression)});
    return {};
}

bool PatternSet::compile() {
    if (ungated_.empty()) return true;
    together_ = std::make_unique<Together>(options_with(limits::kPatternSetMemory));
    for (const std::uint32_t index : ungated_) {
        std::string error;
        if (together_->set.Add(patterns_[index].expression->pattern(), &error) < 0) return false;
    }
    return together_->set.Compile();
}

void PatternSet::see_atom(std::uint32_t atom, std::string_view text, Finds& finds) const {
    if (!finds.any_tried_) finds.tried_.assign(patterns_.size(), false);
    finds.any_tried_ = true;
    const std::uint32_t index = atom_patterns_[atom];
    if (finds.tried_[index]) return;
    finds.tried_[index] = true;
    try_pattern(index, text, finds);
}

void PatternSet::finish(std::string_view text, Finds& finds) const {
    if (!together_) return;
    const re2::StringPiece piece(text.data(), text.size());
    re2::RE2::Set::ErrorInfo error{};
    if (!together_->set.Match(piece, nullptr, &error) && error.kind == re2::RE2::Set::kNoError) {
        return;
    }
    // Something is there, or there was too little memory to tell: each for itself says what.
    for (const std::uint32_t index : ungated_) try_pattern(index, text, finds);
}

void PatternSet::try_pattern(std::uint32_t index, std::string_view text, Finds& finds) const {
    const Pattern& pattern = patterns_[index];
    if (re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern.expression))
        finds.numbers_.push_back(pattern.number);
}

std::optional<PatternSet::Place> PatternSet::next_place(std::uint32_t number, std::string_view text,
                                                        std::size_t from) const {
    const auto pattern = std::ranges::find(patterns_, number, &Pattern::number);
    if (pattern == patterns_.end()) return std::nullopt;
    const re2::StringPiece piece(text.data(), text.size());
    while (from <= text.size()) {
        re2::StringPiece match;
        if (!pattern->expression->Match(piece, from, text.size(), re2::RE2::UNANCHORED, &match, 1))
            return std::nullopt;
        const auto begin = static_cast<std::size_t>(match.data() - text.data());
        if (!match.empty()) return Place{begin, begin + match.size()};
        from = std::max(begin, from) + 1;
    }
    return std::nullopt;
}

}  // namespace clamor::automod
