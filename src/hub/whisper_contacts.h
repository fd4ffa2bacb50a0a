// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "base/time.h"

namespace clamor::hub {

/// Whom each account has whispered with of late: a bound on new recipients keeps spammers from
/// whispering to everybody (spec twitch-chat 11.2). Those who wrote first are no new recipients.
/// One thread. Holds so many people for each account at most, and forgets accounts that have been
/// silent for so long.
class WhisperContacts {
  public:
    explicit WhisperContacts(limits::Window recipients) : recipients_(recipients) {}

    /// Counts a whisper; false, and counts nothing, when `to` would be one new person too many.
    bool allow(UserId from, UserId to, MonoTime now);
    /// A whisper that another node has allowed.
    void note(UserId from, UserId to, MonoTime now);
    std::size_t remembered() const { return contacts_.size(); }

  private:
    struct Contact {
        UserId user;
        MonoTime last;
    };
    using Contacts = std::vector<Contact>;
    bool fresh(const Contact& contact, MonoTime now) const {
        return now - contact.last < recipients_.length;
    }
    Contacts& contacts_of(UserId from, MonoTime now);
    bool wrote_to(UserId from, UserId to, MonoTime now) const;

    const limits::Window recipients_;
    std::unordered_map<UserId, Contacts> contacts_;
    std::size_t sweep_at_ = 1024;
};

}  // namespace clamor::hub
