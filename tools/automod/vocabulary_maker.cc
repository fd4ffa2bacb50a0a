// SPDX-License-Identifier: Apache-2.0
#include "vocabulary_maker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>
#include <unordered_map>
#include <vector>

#include "text/normaliser.h"
#include "text/vocabulary.h"

namespace clamor::automod_tools {
namespace {

struct Count {
    std::size_t toxic = 0;
    std::size_t other = 0;
    std::size_t all() const { return toxic + other; }
};

bool is_plain(std::string_view word) {
    return !word.empty() && word.size() <= text::Vocabulary::kLetters &&
           std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
}

bool is_stretched(std::string_view word) {
    for (std::size_t i = 2; i < word.size(); ++i)
        if (word[i] == word[i - 1] && word[i] == word[i - 2]) return true;
    return false;
}

std::string squeezed(std::string word) {
    word.erase(std::unique(word.begin(), word.end()), word.end());
    return word;
}

std::vector<std::string> split(const std::string& line, char at) {
    std::vector<std::string> parts;
    std::istringstream in(line);
    for (std::string part; std::getline(in, part, at);) parts.push_back(part);
    return parts;
}

std::map<std::string, Count> count_words(std::span<const Source> train) {
    const text::Vocabulary nothing("");
    const text::Normaliser normaliser(nothing);
    text::Normalised message;
    std::map<std::string, Count> counts;
    for (const Source& source : train) {
        for (const Line& line : source.lines) {
            normaliser.normalise(line.text, {}, message);
            for (const auto& word : message.words) {
                const std::string_view letters = message.of(word);
                if (word.kind != text::Normalised::Kind::word || !is_plain(letters)) continue;
                Count& count = counts[std::string(letters)];
                ++(line.toxic ? count.toxic : count.other);
            }
        }
    }
    return counts;
}

/// Short strings come by chance, so they must come often to be words.
bool is_usual(const std::string& word, std::size_t count) {
    constexpr std::string_view kSingle = "aiunr";
    switch (word.size()) {
        case 1:
            return kSingle.find(word[0]) != std::string_view::npos;
        case 2:
            return count >= 300;
        case 3:
            return count >= 30;
        default:
            return count >= 4;
    }
}

std::unordered_map<std::string, double> severities(const std::string& lexicon_folder) {
    std::unordered_map<std::string, double> out;
    std::istringstream in(read_file(lexicon_folder + "/terms.tsv"));
    for (std::string line; std::getline(in, line);) {
        const auto parts = split(line, '\t');
        if (parts.size() == 3 && parts[2].size() >= 3 && is_plain(parts[2]))
            out[parts[2]] = std::atof(parts[1].c_str());
    }
    return out;
}

}  // namespace

std::string make_vocabulary(std::span<const Source> train, const std::string& lexicon_folder) {
    std::map<std::string, Count> counts = count_words(train);
    const auto lexicon = severities(lexicon_folder);
    std::size_t total = 0;
    std::unordered_map<std::string, std::size_t> best;
    for (const auto& [word, count] : counts) {
        total += count.all();
        std::size_t& most = best[squeezed(word)];
        most = std::max(most, count.all());
    }
    for (const auto& [word, severity] : lexicon) counts.try_emplace(word);

    std::ostringstream out;
    for (const auto& [word, count] : counts) {
        const auto listed = lexicon.find(word);
        const bool in_lexicon = listed != lexicon.end();
        const double toxic_share = static_cast<double>(count.toxic) /
                                   static_cast<double>(std::max<std::size_t>(count.all(), 1));
        const bool rude =
            in_lexicon && (count.all() >= 4 ? toxic_share >= 0.6 : listed->second >= 2);
        if (is_stretched(word) || (!rude && !is_usual(word, count.all()))) continue;
        // "soo" is not a word of its own but a stretched one.
        if (!rude && squeezed(word) != word && best[squeezed(word)] > 60 * count.all()) continue;
        const double share =
            static_cast<double>(std::max<std::size_t>(count.all(), 1)) / static_cast<double>(total);
        const int cost = std::clamp(static_cast<int>(std::lround(-4 * std::log2(share))), 1, 88);
        out << word << ' ' << cost << (rude ? " rude" : "") << '\n';
    }
    return out.str();
}

std::unordered_set<std::string> profanity(const std::string& lexicon_folder) {
    static constexpr std::array<std::string_view, 6> kForms{"fuck", "shit", "damn",
                                                            "piss", "crap", "hell"};
    static constexpr std::array<std::string_view, 9> kPeople{
        "er", "ers", "head", "heads", "face", "faces", "tard", "hole", "boy"};
    const auto known = [](const std::string& form) {
        return std::ranges::find(kForms, form) != kForms.end();
    };
    std::unordered_set<std::string> out{
        "ass",    "hell",     "damn", "dammit", "damned", "goddamn", "crap",   "crappy",
        "wtf",    "wth",      "omfg", "lmfao",  "af",     "tf",      "piss",   "pissed",
        "fuck",   "fucks",    "fkn",  "fucked", "fuckin", "fucking", "fck",    "fk",
        "shitty", "freaking", "bs",   "suck",   "sucks",  "sucked",  "screwed"};
    std::istringstream in(read_file(lexicon_folder + "/surge_profanity_en.csv"));
    for (std::string line; std::getline(in, line);) {
        const auto parts = split(line, ',');
        if (parts.size() < 4 || !is_plain(parts[0]) || !known(parts[1])) continue;
        if (!parts[2].empty() && !known(parts[2])) continue;
        const bool person = std::ranges::any_of(
            kPeople, [&](std::string_view ending) { return parts[0].ends_with(ending); });
        if (!person && parts[0].find("you") == std::string::npos) out.insert(parts[0]);
    }
    return out;
}

}  // namespace clamor::automod_tools
