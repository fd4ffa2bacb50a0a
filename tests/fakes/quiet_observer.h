// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hub/gateway.h"

namespace clamor::fakes {

/// Writes down nothing of what it is told; tests override what they look at.
class QuietObserver : public hub::Observer {
  public:
    void on_event(const chat::EventRef&) override {}
    void on_whisper(const hub::WhisperReceived&) override {}
    void on_account_changed(const chat::User&, bool) override {}
    void on_standing_changed(ChannelId, UserId) override {}
    void on_followed(const hub::Followed&) override {}
    void on_shared_chat_changed(const hub::SharedChatChanged&) override {}
    void on_token_revoked(UserId, const std::string&) override {}
    void on_shouted_out(const chat::EventRef&) override {}
    void on_raid_left(const chat::EventRef&) override {}
};

}  // namespace clamor::fakes
