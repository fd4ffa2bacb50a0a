// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "automod/levels.h"
#include "automod/settings.h"
#include "base/time.h"
#include "text/normaliser.h"

namespace clamor::automod {

class LinkFinder;
class TermSet;
struct DefaultLists;

/// A channel's settings, compiled. Immutable; any number of threads may use it. Made by
/// compile_policy() off the shard and swapped as a whole.
struct Policy {
    /// Changes with anything that is set; every finding of a term or spam rule carries it.
    std::string version;
    Settings settings;  ///< put right; without the terms that had expired
    LevelTable levels;
    std::shared_ptr<const TermSet> terms;
    std::shared_ptr<const DefaultLists> lists;  ///< shared by all policies; null: not needed
    std::shared_ptr<const LinkFinder> links;
    bool lists_act = false;    ///< some list holds or blocks by itself
    bool spam = false;         ///< some spam rule is on
    bool needs_plain = false;  ///< something looks at the text as it was typed
};

/// Why something that was set does not work; the rest of the settings does.
struct Problem {
    std::size_t term = kNoTerm;  ///< index in Settings::terms
    std::string subject;         ///< the term, or the name of the setting
    std::string what;            ///< a sentence for whoever set it
    static constexpr std::size_t kNoTerm = static_cast<std::size_t>(-1);
};

struct Compiled {
    std::shared_ptr<const Policy> policy;  ///< never null
    std::vector<Problem> problems;
};

/// May take tens of milliseconds for thousands of terms: never on a shard. A pure function; what is
/// out of bounds is put right and told of, terms that do not compile find nothing and are told of.
Compiled compile_policy(Settings settings, const text::Normaliser& normaliser, WallTime now);

/// What is wrong with a term by itself; empty: nothing. For an answer to whoever adds it.
std::string check_term(const std::string& text, const text::Normaliser& normaliser);

}  // namespace clamor::automod
