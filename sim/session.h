// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "hub/hub.h"
#include "sim/checkers.h"
#include "sim/population.h"

namespace clamor::sim {

/// A connection as the hub sees it: asks what it is told to ask, and takes every answer and frame
/// to the checkers.
class Session final : public hub::Member {
  public:
    Session(SessionId id, hub::Identity identity, hub::Dialect dialect, hub::Hub& hub,
            const Scheduler& clock, const Population& population, Checkers& checkers);
    /// Leaves the hub.
    ~Session();

    SessionId id() const { return id_; }
    ShardId shard() const { return clock_.shard(); }
    hub::MemberRef ref() const { return ref_; }

    void join(const std::string& login);
    void leave(const std::string& login);
    void send(const std::string& login, std::string text, MessageId reply_to = {});
    void act(const std::string& login, chat::Act act);
    /// `check` is given the answer.
    void names(const std::string& login, std::function<void(const hub::NamesAnswer&)> check = {});
    void set_intake(chat::ShedClass last) { intake_ = last; }
    /// The newest message that it saw, for a reply.
    MessageId last_seen() const { return last_seen_; }
    /// Who it thinks is in a channel besides itself; nothing where it cannot know all.
    const std::set<std::string>* view_of(const std::string& login) const;

    // hub::Member
    const hub::Identity& identity() const override { return identity_; }
    hub::Dialect dialect() const override { return dialect_; }
    chat::ShedClass intake() const override { return intake_; }
    void deliver(const Frame& frame) override;
    void on_skipped(ChannelId channel, const hub::Skipped& skipped) override;
    void on_join_answer(hub::RequestId request, hub::JoinAnswer answer) override;
    void on_send_answer(hub::RequestId request, hub::SendAnswer answer) override;
    void on_caught_up(hub::RequestId request, std::vector<hub::CaughtUp> answer) override;
    void on_names_answer(hub::RequestId request, hub::NamesAnswer answer) override;
    void on_act_answer(hub::RequestId request, hub::ActAnswer answer) override;
    void on_self_changed(ChannelId, const std::string&, const chat::Chatter&) override {}
    void on_evicted(ChannelId channel, const std::string& login) override;
    void on_whisper(const hub::WhisperReceived&) override {}
    void on_account_changed(const chat::User&) override {}
    void on_token_revoked() override {}

  private:
    struct AskedAct {
        ChannelId channel;
        chat::Act act;
        chat::Role role;
        MonoTime at;
    };

    std::string nonce(hub::RequestId request) const {
        return std::to_string(id_) + ":" + std::to_string(request);
    }
    void take(const chat::Event& event);
    void check_join(const std::string& login, std::uint64_t ban, const hub::JoinAnswer& answer);

    const SessionId id_;
    const hub::Identity identity_;
    const hub::Dialect dialect_;
    hub::Hub& hub_;
    const Scheduler& clock_;
    const Population& population_;
    Checkers& checkers_;
    hub::MemberRef ref_;
    hub::RequestId requests_ = 0;
    chat::ShedClass intake_ = chat::ShedClass::membership;
    MessageId last_seen_;
    std::map<hub::RequestId, std::string> sent_to_;
    /// A join, and the ban for good that held when it was asked for; 0: none did.
    std::map<hub::RequestId, std::pair<std::string, std::uint64_t>> joins_;
    std::map<hub::RequestId, AskedAct> acts_;
    std::map<hub::RequestId, std::function<void(const hub::NamesAnswer&)>> names_checks_;
    struct View {
        std::set<std::string> others;
        bool complete = true;
    };
    std::map<std::string, View> views_;
};

}  // namespace clamor::sim
