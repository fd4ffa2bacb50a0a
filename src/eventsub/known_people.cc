// SPDX-License-Identifier: Apache-2.0
#include "eventsub/known_people.h"

#include "base/limits.h"

namespace clamor::eventsub {

const chat::Person* KnownPeople::find(std::string_view login) const {
    const auto found = people_.find(std::string(login));
    return found == people_.end() || !found->second.id ? nullptr : &found->second;
}

void KnownPeople::put(const chat::Person& person) {
    if (!person.id || person.login.empty()) return;
    make_room();
    people_.insert_or_assign(person.login, person);
}

void KnownPeople::put_nobody(const std::string& login) {
    make_room();
    people_.insert_or_assign(login, chat::Person{});
}

void KnownPeople::learn(const chat::Event& event) {
    if (const auto* message = std::get_if<chat::Message>(&event.body)) {
        put({message->author_id, message->author_login, message->author_display_name});
    } else if (const auto* act = std::get_if<chat::Moderation>(&event.body)) {
        put(act->moderator);
        put(act->target);
    } else if (const auto* notice = std::get_if<chat::UserNotice>(&event.body)) {
        const chat::Message& of = notice->message;
        if (!notice->anonymous) put({of.author_id, of.author_login, of.author_display_name});
    } else if (const auto* held = std::get_if<chat::HeldMessage>(&event.body)) {
        const chat::Message& of = held->message;
        put({of.author_id, of.author_login, of.author_display_name});
    }
}

void KnownPeople::make_room() {
    if (people_.size() >= limits::kPeopleKnown) people_.clear();
}

}  // namespace clamor::eventsub
