// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "chat/event.h"
#include "eventsub/types.h"
#include "hub/gateway.h"
#include "hub/member.h"
#include "store/catalog.h"

/// chat::Event as EventSub tells it (spec helix-eventsub 12): pure functions, the other encoding of
/// what src/twitch writes as lines.
namespace clamor::eventsub {

/// Who is meant by a login, as far as that is known without waiting.
class Names {
  public:
    virtual const chat::Person* find(std::string_view login) const = 0;

  protected:
    ~Names() = default;
};

/// The `event` object for a subscription type; nothing when it does not tell of such an event.
/// `broadcaster` is the event's channel.
std::optional<nlohmann::ordered_json> payload(Type type, std::uint8_t version,
                                              const chat::Event& event,
                                              const chat::Person& broadcaster, const Names& names);

nlohmann::ordered_json follow_payload(const hub::Followed& follow, const chat::Person& broadcaster);
/// channel.shared_chat.begin, .update and .end; `broadcaster` is the channel that is told.
nlohmann::ordered_json shared_chat_payload(Type type, const chat::SharedChat& session,
                                           const chat::Person& broadcaster);
/// channel.suspicious_user.message: what somebody said whom moderators watch. `status` as they put
/// it: monitored or restricted.
nlohmann::ordered_json suspicious_message_payload(const chat::Message& message,
                                                  chat::Suspicion status,
                                                  const chat::Person& broadcaster,
                                                  const Names& names);
nlohmann::ordered_json whisper_payload(const hub::WhisperReceived& whisper);
nlohmann::ordered_json user_update_payload(const chat::User& user, const store::Profile& profile,
                                           bool with_email);

/// The logins behind `@` in the words of an event, in lower case: whom payload() asks for.
std::vector<std::string> mentioned_logins(const chat::Event& event);

}  // namespace clamor::eventsub
