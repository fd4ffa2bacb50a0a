// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "emotes/emote_set.h"
#include "store/catalog.h"

namespace clamor::hub {

/// What finding emotes takes to know, of those that the catalog has.
inline emotes::EmoteSet emote_set_of(const std::vector<store::Emote>& found) {
    std::vector<emotes::EmoteSet::Entry> entries;
    for (const store::Emote& emote : found) {
        entries.push_back({.id = emote.id,
                           .code = emote.code,
                           .tier_required = emote.tier_required,
                           .of_channel = static_cast<bool>(emote.channel)});
    }
    return emotes::EmoteSet(entries);
}

}  // namespace clamor::hub
