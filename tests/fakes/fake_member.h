// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "hub/member.h"

namespace clamor::fakes {

/// Writes an event as one short line, so that a test reads what a member got: `tags|text` for a
/// message.
class PlainEncoder final : public hub::Encoder {
  public:
    void append_lines(std::string& out, const chat::Event& event,
                      hub::Dialect dialect) const override {
        ++encoded;
        if (const auto* message = std::get_if<chat::Message>(&event.body)) {
            out += (dialect.has(hub::Dialect::kTags) ? "@" : "") + message->author_login + ": " +
                   message->text + "\n";
        } else if (const auto* act = std::get_if<chat::Moderation>(&event.body)) {
            out += std::string(chat::name_of(act->action)) + " " + act->target.login + "\n";
        } else if (const auto* notice = std::get_if<chat::UserNotice>(&event.body)) {
            out += notice->kind + "|" + notice->message.text + "\n";
        } else if (std::holds_alternative<chat::HeldMessage>(event.body)) {
            out += "held\n";
        } else if (dialect.has(hub::Dialect::kMembership)) {
            const auto& changed = std::get<chat::MembershipChanged>(event.body);
            for (const auto& login : changed.joined) out += "+" + login + "\n";
            for (const auto& login : changed.parted) out += "-" + login + "\n";
        }
    }
    Frame seal(std::string_view lines, hub::Dialect dialect) const override {
        ++sealed;
        return Frame::concat(dialect.has(hub::Dialect::kWebSocket) ? "ws " : "", lines);
    }

    mutable int encoded = 0;
    mutable int sealed = 0;
};

/// Remembers everything that the hub tells it.
class FakeMember final : public hub::Member {
  public:
    explicit FakeMember(hub::Identity who = {.user = {}, .anonymous = true},
                        std::uint8_t dialect_bits = 0)
        : identity_(std::move(who)) {
        dialect_.bits = dialect_bits;
    }

    const hub::Identity& identity() const override { return identity_; }
    hub::Dialect dialect() const override { return dialect_; }
    chat::ShedClass intake() const override { return takes; }
    void deliver(const Frame& frame) override { frames.emplace_back(frame.bytes()); }
    void on_skipped(ChannelId, const hub::Skipped& events) override {
        for (std::size_t i = 0; i < events.by_class.size(); ++i) skipped[i] += events.by_class[i];
        skipped_first = events.first;
        skipped_last = events.last;
        skipped_perhaps = events.perhaps;
    }
    void on_join_answer(hub::RequestId request, hub::JoinAnswer answer) override {
        joins.emplace(request, std::move(answer));
    }
    void on_send_answer(hub::RequestId request, hub::SendAnswer answer) override {
        sends.emplace(request, std::move(answer));
    }
    void on_caught_up(hub::RequestId request, std::vector<hub::CaughtUp> answer) override {
        caught_up.emplace(request, std::move(answer.front()));
    }
    void on_names_answer(hub::RequestId request, hub::NamesAnswer answer) override {
        names.emplace(request, std::move(answer));
    }
    void on_act_answer(hub::RequestId request, hub::ActAnswer answer) override {
        acts.emplace(request, std::move(answer));
        frames_at_act = frames.size();
    }
    void on_self_changed(ChannelId, const std::string&, const chat::Chatter& self) override {
        selves.push_back(self);
    }
    void on_evicted(ChannelId, const std::string& login) override { evicted.push_back(login); }
    void on_whisper(const hub::WhisperReceived& whisper) override {
        whispers.push_back(whisper.text);
    }
    void on_account_changed(const chat::User& user) override { identity_.user = user; }
    void on_token_revoked() override { token_revoked = true; }

    /// All that arrived, in one string.
    std::string text() const {
        std::string all;
        for (const std::string& frame : frames) all += frame;
        return all;
    }
    template <class Answer>
    bool answered(hub::RequestId request) const {
        const auto found = sends.find(request);
        return found != sends.end() && std::holds_alternative<Answer>(found->second);
    }

    std::vector<std::string> frames;
    std::array<std::uint32_t, chat::kShedClasses> skipped{};
    Position skipped_first;
    Position skipped_last;
    bool skipped_perhaps = false;
    std::multimap<hub::RequestId, hub::JoinAnswer> joins;
    std::multimap<hub::RequestId, hub::SendAnswer> sends;
    std::multimap<hub::RequestId, hub::NamesAnswer> names;
    std::multimap<hub::RequestId, hub::CaughtUp> caught_up;
    std::multimap<hub::RequestId, hub::ActAnswer> acts;
    std::size_t frames_at_act = 0;  ///< that had arrived when the last act was answered
    std::vector<chat::Chatter> selves;
    std::vector<std::string> evicted;
    std::vector<std::string> whispers;
    bool token_revoked = false;
    chat::ShedClass takes = chat::ShedClass::membership;

  private:
    hub::Identity identity_;
    hub::Dialect dialect_;
};

}  // namespace clamor::fakes
