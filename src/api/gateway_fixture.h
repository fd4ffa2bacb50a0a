// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "hub/gateway.h"
#include "moderation/service.h"
#include "store/catalog.h"
#include "store/message_log.h"

namespace clamor::api {

/// A live chat without rooms: it writes down what it is asked, and answers later. Acts are done by
/// the real moderation service, unless `denial` says that they are not.
class GatewayFake final : public hub::Gateway {
  public:
    GatewayFake(store::Catalog& catalog, store::MessageLog& log)
        : catalog_(catalog), service_(catalog, log, {}) {}

    void give_answers() {
        while (!answers_.empty()) {
            auto answers = std::exchange(answers_, {});
            for (auto& answer : answers) answer();
        }
    }

    void act(hub::ActRequest request, std::function<void(hub::ActAnswers)> done) override {
        acts.push_back(request);
        hub::ActAnswers given;
        if (denial) {
            given.assign(request.acts.size(), *denial);
        } else {
            const auto channel = catalog_.find_channel(request.channel).value().value();
            const moderation::Actor actor{request.actor, request.origin, request.batch};
            const moderation::RoomFacts facts;
            given =
                service_.perform(channel, actor, request.acts, facts, now.wall, ++random_).value();
        }
        later([given = std::move(given), done = std::move(done)] { done(given); });
    }
    void send(hub::RemoteMessage message, std::function<void(hub::SendAnswer)> done) override {
        messages.push_back(std::move(message));
        later([answer = send_answer, done = std::move(done)] { done(answer); });
    }
    void chatters(ChannelId, std::function<void(std::vector<chat::Person>)> done) override {
        later([people = present, done = std::move(done)] { done(people); });
    }
    void whisper(hub::Whisper whisper, std::function<void(hub::WhisperAnswer)> done) override {
        whispers.push_back(std::move(whisper));
        later([answer = whisper_answer, done = std::move(done)] { done(answer); });
    }
    void set_color(UserId user, std::string color, std::function<void(bool)> done) override {
        colors.emplace_back(user, std::move(color));
        later([done = std::move(done)] { done(true); });
    }
    void set_block(UserId user, chat::Target target, bool on,
                   std::function<void(hub::BlockAnswer)> done) override {
        auto answer = hub::BlockAnswer::done;
        if (target.id == user) {
            answer = hub::BlockAnswer::to_self;
        } else if (!catalog_.set_block(user, target.id, on)) {
            answer = hub::BlockAnswer::unknown_user;
        }
        later([answer, done = std::move(done)] { done(answer); });
    }
    void list_role(std::string, chat::Role,
                   std::function<void(std::optional<std::vector<std::string>>)> done) override {
        later([done = std::move(done)] { done(std::vector<std::string>{}); });
    }
    void announce(ChannelId channel, chat::UserNotice notice,
                  std::function<void(bool)> done) override {
        announced.emplace_back(channel, std::move(notice));
        later([done = std::move(done)] { done(true); });
    }
    void account_changed(UserId user) override { changed_accounts.push_back(user); }
    void standing_changed(ChannelId channel, UserId user) override {
        changed_standings.emplace_back(channel, user);
    }
    void channel_changed(ChannelId channel) override { changed_channels.push_back(channel); }
    void followed(hub::Followed follow) override { follows.push_back(std::move(follow)); }
    void shared_chat_changed(hub::SharedChatChanged change) override {
        shared_chats.push_back(std::move(change));
    }
    void token_revoked(UserId user, const std::string& token_hash) override {
        revoked.emplace_back(user, token_hash);
    }
    void token_expired(UserId user, const std::string& token_hash) override {
        expired.emplace_back(user, token_hash);
    }

    Now now{.mono = MonoTime(std::chrono::hours(1)), .wall = wall_from_unix_ms(1'700'000'000'000)};
    std::optional<chat::Denied> denial;
    hub::SendAnswer send_answer = hub::Stored{};
    hub::WhisperAnswer whisper_answer = hub::WhisperAnswer::sent;
    std::vector<chat::Person> present;

    std::vector<hub::ActRequest> acts;
    std::vector<hub::RemoteMessage> messages;
    std::vector<hub::Whisper> whispers;
    std::vector<std::pair<UserId, std::string>> colors;
    std::vector<std::pair<ChannelId, chat::UserNotice>> announced;
    std::vector<UserId> changed_accounts;
    std::vector<std::pair<ChannelId, UserId>> changed_standings;
    std::vector<ChannelId> changed_channels;
    std::vector<hub::Followed> follows;
    std::vector<hub::SharedChatChanged> shared_chats;
    std::vector<std::pair<UserId, std::string>> revoked;
    std::vector<std::pair<UserId, std::string>> expired;

  private:
    void later(std::function<void()> answer) { answers_.push_back(std::move(answer)); }

    store::Catalog& catalog_;
    moderation::Service service_;
    std::vector<std::function<void()>> answers_;
    std::uint64_t random_ = 0;
};

}  // namespace clamor::api
