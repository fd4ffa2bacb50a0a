// SPDX-License-Identifier: Apache-2.0
#include "chat/event.h"

namespace clamor::chat {

ShedClass shed_class(const Event& event) {
    const auto* message = std::get_if<Message>(&event.body);
    if (message == nullptr) return ShedClass::membership;
    const bool staff =
        message->author_role == Role::broadcaster || message->author_role == Role::moderator;
    return staff ? ShedClass::staff : ShedClass::message;
}

}  // namespace clamor::chat
