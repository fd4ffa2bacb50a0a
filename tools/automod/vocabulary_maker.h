// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <unordered_set>

#include "dataset.h"

namespace clamor::automod_tools {

/// The text of src/text/vocabulary.txt: the words of the training lines with their cost, the rude
/// ones among them by the lexicon and by how often they stand in toxic lines.
std::string make_vocabulary(std::span<const Source> train, const std::string& lexicon_folder);

/// The words that are left out of the hostility of a message: forms of a few swear words that are
/// no names for people, by the lexicon's canonical forms.
std::unordered_set<std::string> profanity(const std::string& lexicon_folder);

}  // namespace clamor::automod_tools
