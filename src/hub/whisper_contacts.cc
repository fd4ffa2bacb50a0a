// SPDX-License-Identifier: Apache-2.0
#include "hub/whisper_contacts.h"

#include <algorithm>

namespace clamor::hub {

WhisperContacts::Contacts& WhisperContacts::contacts_of(UserId from, MonoTime now) {
    if (contacts_.size() >= sweep_at_) {
        std::erase_if(contacts_, [&](const auto& entry) {
            return std::ranges::none_of(
                entry.second, [&](const Contact& contact) { return fresh(contact, now); });
        });
        sweep_at_ = std::max<std::size_t>(1024, 2 * contacts_.size());
    }
    Contacts& contacts = contacts_[from];
    std::erase_if(contacts, [&](const Contact& contact) { return !fresh(contact, now); });
    return contacts;
}

void WhisperContacts::note(UserId from, UserId to, MonoTime now) {
    Contacts& contacts = contacts_of(from, now);
    const auto known = std::ranges::find(contacts, to, &Contact::user);
    if (known != contacts.end()) {
        known->last = now;
    } else {
        contacts.push_back({to, now});
    }
}

bool WhisperContacts::allow(UserId from, UserId to, MonoTime now) {
    Contacts& contacts = contacts_of(from, now);
    const auto known = std::ranges::find(contacts, to, &Contact::user);
    if (known != contacts.end()) {
        known->last = now;
        return true;
    }
    if (wrote_to(to, from, now)) return true;
    if (contacts.size() >= recipients_.count) return false;
    contacts.push_back({to, now});
    return true;
}

bool WhisperContacts::wrote_to(UserId from, UserId to, MonoTime now) const {
    const auto found = contacts_.find(from);
    return found != contacts_.end() &&
           std::ranges::any_of(found->second, [&](const Contact& contact) {
               return contact.user == to && fresh(contact, now);
           });
}

}  // namespace clamor::hub
