// SPDX-License-Identifier: Apache-2.0
#include "chat/shared_chat.h"

#include <array>

namespace clamor::chat {

bool is_shared(std::string_view notice_kind) {
    // Those of EventSub's `shared_chat_...` (spec helix-eventsub 12.2), by their names on IRC.
    constexpr std::array<std::string_view, 14> kShared{"announcement",
                                                       "anongiftpaidupgrade",
                                                       "anonsubgift",
                                                       "anonsubmysterygift",
                                                       "communitypayforward",
                                                       "giftpaidupgrade",
                                                       "modiversary",
                                                       "primepaidupgrade",
                                                       "raid",
                                                       "resub",
                                                       "standardpayforward",
                                                       "sub",
                                                       "subgift",
                                                       "submysterygift"};
    return std::ranges::find(kShared, notice_kind) != kShared.end();
}

}  // namespace clamor::chat
