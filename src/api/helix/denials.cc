// SPDX-License-Identifier: Apache-2.0
#include "api/helix/denials.h"

#include <variant>

#include <fmt/format.h>

namespace clamor::api::helix {

namespace {

using chat::Denial;
using chat::Denied;
namespace act = chat::act;

constexpr std::string_view kHeldNotFound =
    "The message specified in the msg_id field was not found or has expired.";
constexpr auto kNotModerator =
    "The user in moderator_id is not one of the broadcaster's moderators.";

bool protects(Denial why) {
    return why == Denial::self || why == Denial::broadcaster || why == Denial::moderator ||
           why == Denial::staff;
}

/// What is the same whatever was asked.
Refusal in_general(const Denied& denied) {
    switch (denied.why) {
        case Denial::no_permission:
            return {403, kNotModerator};
        case Denial::unknown_user:
            return {404, "The user specified was not found."};
        case Denial::self:
            return {400, "The action may not be applied to oneself."};
        case Denial::broadcaster:
        case Denial::moderator:
        case Denial::staff:
            return {400, "The action may not be applied to the user specified."};
        case Denial::already_banned:
            return {400, "The user specified in the user_id field is already banned."};
        case Denial::not_banned:
        case Denial::not_timed_out:
        case Denial::banned_for_good:
            return {400, "The user in the user_id query parameter is not banned."};
        case Denial::target_banned:
            return {400, "user is banned"};
        case Denial::already_moderator:
            return {400, "user is already a mod"};
        case Denial::not_moderator:
            return {400, "user is not a mod"};
        case Denial::already_vip:
            return {422, "The user is already a VIP of the channel."};
        case Denial::not_vip:
            return {422, "The user is not a VIP of the channel."};
        case Denial::is_moderator:
            return {422, "The user is a moderator; a moderator cannot be a VIP."};
        case Denial::no_such_message:
            return {404, "The message specified was not found in the channel."};
        case Denial::message_of_broadcaster:
            return {400, "You cannot delete the broadcaster's messages."};
        case Denial::message_of_moderator:
            return {400, "You cannot delete messages from another moderator."};
        case Denial::message_too_old:
            return {404, "The message specified was created more than 6 hours ago."};
        case Denial::duration_out_of_range:
            return {400,
                    fmt::format("The duration must be in the range 1 through {}.", denied.number)};
        case Denial::already_so:
            return {400, "It is so already."};
        case Denial::not_warned:
            return {400, "There is no warning to acknowledge."};
        case Denial::already_raiding:
            return {409, "The broadcaster is already in the process of raiding another channel."};
        case Denial::no_raid:
            return {404, "The broadcaster has no raid in progress to cancel."};
        case Denial::cooldown:
            return {429, fmt::format("It is too early to do this again: wait {} seconds.",
                                     denied.number)};
        case Denial::too_many_role_changes:
            return {429, fmt::format("The channel has changed too many roles: wait {} seconds.",
                                     denied.number)};
        case Denial::too_many_vips:
            return {409, fmt::format("The channel has no VIP slots left: it may have {} VIPs.",
                                     denied.number)};
        case Denial::already_pinned:
            return {409, "The message is already pinned."};
        case Denial::not_pinned:
            return {404, "The message specified is not pinned."};
        case Denial::unknown_term:
            return {404, "The term specified in id was not found."};
        case Denial::unknown_request:
            return {404, "The unban request specified in unban_request_id was not found."};
        case Denial::already_decided:
            return {400, "The unban request has been decided already."};
        case Denial::already_requested:
            return {400, "There is an unban request of this user already."};
        case Denial::nothing_to_undo:
            return {404, "There is nothing to undo under this batch."};
        case Denial::no_trip:
            return {404, "The raid breaker has not tripped."};
        case Denial::bad_term:
            return {400, fmt::format("This cannot be used: {}.", denied.text)};
        case Denial::too_many_terms:
            return {400, fmt::format("A channel has at most {} terms.", denied.number)};
        case Denial::expired:
            return {404, std::string(kHeldNotFound)};
        case Denial::bad_text:
            return {400, fmt::format("The text must have 1 to {} characters.", denied.number)};
        case Denial::busy:
            return {503, std::string(kBusy)};
    }
    return {400, "The action was refused."};
}

struct Words {
    const Denied& denied;

    Refusal operator()(const act::Ban&) const {
        if (protects(denied.why))
            return {400, "The user specified in the user_id field may not be banned."};
        if (denied.why == Denial::unknown_user)
            return {400, "The user specified in the user_id field was not found."};
        return in_general(denied);
    }
    Refusal operator()(const act::Unban&) const {
        if (protects(denied.why) || denied.why == Denial::unknown_user)
            return {400, "The user in the user_id query parameter is not banned."};
        return in_general(denied);
    }
    Refusal operator()(const act::ChangeModes&) const {
        if (denied.why == Denial::duration_out_of_range)
            return {400,
                    fmt::format("The value must be in the range 0 through {}.", denied.number)};
        return in_general(denied);
    }
    Refusal operator()(const act::GiveRole&) const {
        if (denied.why == Denial::broadcaster || denied.why == Denial::self)
            return {400, "The broadcaster cannot be given a role in their own channel."};
        return about_role();
    }
    Refusal operator()(const act::TakeRole&) const { return about_role(); }
    Refusal operator()(const act::Warn&) const {
        if (protects(denied.why))
            return {400, "The user specified in the user_id field may not be warned."};
        if (denied.why == Denial::unknown_user)
            return {400, "The user specified in the user_id field was not found."};
        return in_general(denied);
    }
    Refusal operator()(const act::Suspect&) const {
        if (protects(denied.why)) {
            return {400,
                    "The user specified in the user_id field may not be marked as suspicious."};
        }
        return in_general(denied);
    }
    Refusal operator()(const act::Shield&) const {
        if (denied.why == Denial::no_permission) {
            return {403,
                    "Requester does not have permissions to change the channel's Shield Mode."};
        }
        return in_general(denied);
    }
    Refusal operator()(const act::Raid&) const {
        if (denied.why == Denial::self || denied.why == Denial::broadcaster) {
            return {400,
                    "The IDs in from_broadcaster_id and to_broadcaster_id cannot be the same."};
        }
        return in_general(denied);
    }
    Refusal operator()(const act::Shoutout&) const {
        if (denied.why == Denial::self || denied.why == Denial::broadcaster)
            return {400, "The broadcaster may not give themselves a Shoutout."};
        return in_general(denied);
    }
    Refusal operator()(const act::DecideHeld&) const {
        if (denied.why == Denial::no_such_message) return {404, std::string(kHeldNotFound)};
        if (denied.why == Denial::already_decided)
            return {400, "The message specified in the msg_id field has been decided already."};
        if (denied.why == Denial::no_permission) {
            return {403,
                    "The user in user_id is not one of the moderators of the channel that the "
                    "message was sent to."};
        }
        return in_general(denied);
    }
    template <class Other>
    Refusal operator()(const Other&) const {
        return in_general(denied);
    }

  private:
    /// Only the broadcaster gives roles.
    Refusal about_role() const {
        if (denied.why == Denial::no_permission) {
            return {401,
                    "The ID in broadcaster_id must match the user ID found in the request's OAuth "
                    "token."};
        }
        return in_general(denied);
    }
};

}  // namespace

Refusal refusal_of(const chat::Act& act, const chat::Denied& denied) {
    return std::visit(Words{denied}, act);
}

}  // namespace clamor::api::helix
