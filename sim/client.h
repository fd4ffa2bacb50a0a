// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/answer_checker.h"
#include "sim/continuity_checker.h"
#include "sim/node.h"
#include "sim/population.h"

namespace clamor::sim {

/// What the clients of several nodes are held against.
struct ClientCheckers {
    Violations& violations;
    ContinuityChecker& continuity;
    AnswerChecker answers{violations};
    SessionId connections = 0;
    std::uint64_t shown = 0;
    std::uint64_t echoed = 0;
    std::uint64_t refused = 0;
    std::uint64_t resumed = 0;
    std::uint64_t ahead = 0;  ///< came back to a node that did not get as far in time
    std::uint64_t digest = 14695981039346656037ull;

    void note(std::uint64_t what) { digest = (digest ^ what) * 1099511628211ull; }
};

/// One connection of a client to a node, as the session of a client that asked for clamor.dev/seq:
/// it comes back behind the position that it has, and what comes meanwhile waits until what it
/// missed is there. Lives on the node's shard; on_shard() calls only there.
class Connection final : public hub::Member {
  public:
    Connection(ClientId client, hub::Identity identity, Node& node, ShardId shard,
               const Population& population, ClientCheckers& checkers);
    void leave();
    /// And its client does not come back.
    void leave_for_good();
    /// The node has crashed.
    void abandon() { checkers_.answers.gone(id_); }

    ShardId shard() const { return shard_; }
    void join(const std::string& login);
    void say(const std::string& login, std::string text, MessageId reply_to);
    void act(const std::string& login, chat::Act act);
    /// The newest message that it was shown.
    MessageId last_seen() const { return last_seen_; }
    bool in(const std::string& login) const { return channels_.contains(login); }
    /// What it was told at the join; null: it is not in the channel.
    const hub::Joined* joined(const std::string& login) const;
    bool refused(const std::string& login) const { return banned_from_.contains(login); }
    void ask_names(const std::string& login);
    const std::vector<std::string>& names() const { return names_; }

    // hub::Member
    const hub::Identity& identity() const override { return identity_; }
    hub::Dialect dialect() const override {
        return {static_cast<std::uint8_t>(hub::Dialect::kTags | hub::Dialect::kMembership)};
    }
    chat::ShedClass intake() const override { return chat::ShedClass::membership; }
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
    struct Channel {
        ChannelId id;
        bool catching_up = false;
        std::vector<chat::Event> waiting{};
        hub::Joined joined{};
    };
    struct Missed {
        std::string login;
        Position after;
        Position upto;
    };
    using Kind = AnswerChecker::Kind;

    hub::RequestId ask(Kind kind);
    void take(const chat::Event& event);
    void show(const chat::Event& event);

    const ClientId client_;
    const hub::Identity identity_;
    Node& node_;
    const ShardId shard_;
    const Population& population_;
    ClientCheckers& checkers_;
    const SessionId id_;
    hub::MemberRef ref_;
    hub::RequestId requests_ = 0;
    MessageId last_seen_;
    std::map<std::string, Channel> channels_;
    std::map<hub::RequestId, std::string> joining_;
    std::map<hub::RequestId, ChannelId> sent_to_;
    std::map<hub::RequestId, Missed> missed_;
    std::set<std::string> banned_from_;
    std::vector<std::string> names_;
};

}  // namespace clamor::sim
