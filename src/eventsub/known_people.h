// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "chat/event.h"
#include "eventsub/payload.h"

namespace clamor::eventsub {

/// Whom a shard has seen or looked up, by login, and which logins nobody has. Forgets everything
/// when it is at its bound, limits::kPeopleKnown.
class KnownPeople final : public Names {
  public:
    const chat::Person* find(std::string_view login) const override;
    /// Whether looking this login up would tell nothing new.
    bool knows(const std::string& login) const { return people_.contains(login); }
    void put(const chat::Person& person);
    void put_nobody(const std::string& login);
    /// Those whom an event names.
    void learn(const chat::Event& event);

  private:
    void make_room();

    std::unordered_map<std::string, chat::Person> people_;
};

}  // namespace clamor::eventsub
