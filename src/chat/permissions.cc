// SPDX-License-Identifier: Apache-2.0
#include "chat/permissions.h"

#include <array>
#include <type_traits>

namespace clamor::chat {
namespace {

constexpr std::array kPermissions = {
    Permission{"ban", Rank::moderator, true, "ban somebody or time them out"},
    Permission{"unban", Rank::moderator, true, "lift a ban or a timeout"},
    Permission{"delete_message", Rank::moderator, true, "delete a message"},
    Permission{"clear", Rank::moderator, true, "clear the chat"},
    Permission{"change_modes", Rank::moderator, true, "change the room's modes"},
    Permission{"give_role", Rank::broadcaster, true, "make somebody a moderator or a VIP"},
    Permission{"take_role", Rank::broadcaster, true, "take the role of a moderator or VIP away"},
    Permission{"announce", Rank::moderator, true, "make an announcement"},
    Permission{"warn", Rank::moderator, true, "warn somebody, who then has to acknowledge it"},
    Permission{"acknowledge_warning", Rank::viewer, true, "acknowledge one's own warning"},
    Permission{"suspect", Rank::moderator, true, "monitor or restrict somebody, or end that"},
    Permission{"shield", Rank::moderator, true, "switch shield mode"},
    Permission{"raid", Rank::broadcaster, false, "start a raid"},
    Permission{"cancel_raid", Rank::broadcaster, false, "cancel a raid"},
    Permission{"shoutout", Rank::moderator, true, "give another channel a shoutout"},
    Permission{"pin", Rank::moderator, true, "pin a message"},
    Permission{"unpin", Rank::moderator, true, "take a pinned message down"},
    Permission{"add_term", Rank::moderator, true, "add a blocked or permitted term"},
    Permission{"remove_term", Rank::moderator, true, "remove a blocked or permitted term"},
    Permission{"request_unban", Rank::viewer, true, "ask for one's own unban"},
    Permission{"resolve_unban", Rank::moderator, true, "approve or deny an unban request"},
    Permission{"decide_held", Rank::moderator, true,
               "approve or deny a message that AutoMod holds"},
    Permission{"change_automod", Rank::moderator, true, "change what AutoMod does"},
    Permission{"permit", Rank::moderator, true,
               "let somebody's links, or a phrase once, pass AutoMod"},
    Permission{"note_trip", Rank::broadcaster, false, "note what the raid breaker does"},
    Permission{"extend_trip", Rank::moderator, true, "give the raid breaker more time"},
    Permission{"undo", Rank::moderator, true, "take a batch of acts back"},
};
static_assert(kPermissions.size() == std::variant_size_v<Act>);

}  // namespace

std::span<const Permission> permissions() {
    return kPermissions;
}

const Permission& permission_of(const Act& act) {
    return kPermissions[act.index()];
}

bool may(const Chatter& actor, const Act& act) {
    const Permission& permission = permission_of(act);
    const Rank rank = rank_of(actor);
    if (rank != Rank::staff) return rank >= permission.least;
    return permission.staff || actor.standing.role == Role::broadcaster;
}

std::optional<Denial> protection(const Chatter& actor, const Chatter& target) {
    if (actor.user.id == target.user.id) return Denial::self;
    const Rank rank = rank_of(actor);
    if (rank == Rank::staff) return std::nullopt;
    if (target.user.type != AccountType::ordinary) return Denial::staff;
    if (target.standing.role == Role::broadcaster) return Denial::broadcaster;
    if (target.standing.role == Role::moderator && rank < Rank::broadcaster)
        return Denial::moderator;
    return std::nullopt;
}

}  // namespace clamor::chat
