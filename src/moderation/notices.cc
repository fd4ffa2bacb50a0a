// SPDX-License-Identifier: Apache-2.0
#include "moderation/notices.h"

#include <fmt/format.h>

namespace clamor::moderation {

chat::UserNotice raid_notice(const chat::Chatter& from, std::uint64_t viewers,
                             std::string_view profile_image_url) {
    chat::UserNotice notice;
    chat::set_author(notice.message, from);
    notice.kind = "raid";
    notice.system_text =
        fmt::format("{} raiders from {} have joined!", viewers, from.user.display_name);
    notice.parameters = {{"displayName", from.user.display_name},
                         {"login", from.user.login},
                         {"profileImageURL", std::string(profile_image_url)},
                         {"viewerCount", std::to_string(viewers)}};
    return notice;
}

}  // namespace clamor::moderation
