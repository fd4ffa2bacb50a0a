// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.h"
#include "base/limits.h"
#include "base/scheduler.h"
#include "chat/rate_limiter.h"
#include "edge/irc/authenticator.h"
#include "edge/irc/reply_queue.h"
#include "edge/transport.h"
#include "hub/account_limits.h"
#include "hub/gateway.h"
#include "hub/hub.h"
#include "hub/shared_limits.h"
#include "twitch/notices.h"

namespace clamor::edge::irc {

/// Input held while a login or a full reply queue is waited for: what a transport may still have in
/// hand when it is asked to stop receiving. More closes the connection.
inline constexpr std::size_t kHeldInputBytes = 2 * limits::kWebSocketMessageBytes;
/// Where nobody knows whether any were.
inline constexpr const char* kPerhapsSkipped =
    "Messages may have been lost here; the history has what is known of.";

struct Options {
    std::chrono::seconds registration_timeout = limits::kRegistrationTimeout;
    std::chrono::seconds ping_after_silence = limits::kPingAfterSilence;
    std::chrono::seconds pong_timeout = limits::kPongTimeout;
    std::size_t rooms_max = limits::kRoomsPerConnection;       ///< verified bots have no limit
    std::size_t outbox_soft_bytes = limits::kOutboxSoftBytes;  ///< above: sheds by class
    std::size_t outbox_hard_bytes = limits::kOutboxHardBytes;  ///< above: closed as slow
    std::chrono::seconds outbox_age = limits::kOutboxAge;      ///< older: closed as slow
    limits::Window joins = limits::kJoins;
    limits::Window joins_verified_bot = limits::kJoinsVerifiedBot;
    bool limit_logins = true;  ///< not in development mode, where anybody may be anybody
    limits::Window logins = limits::kLogins;
    limits::Window logins_verified_bot = limits::kLoginsVerifiedBot;
};

/// Limits of accounts over all their connections, which the shards of a node share.
struct AccountWindows {
    hub::AccountLimits joins;
    hub::AccountLimits logins;
};

/// What one shard's sessions have counted. Written on its thread, read by anyone.
struct SessionCounters {
    Counter lines;           // taken from clients
    Counter bad_lines;       // without a command, or with an impossible one
    Counter overlong_lines;  // skipped
    Counter unknown_commands;
    Counter logins;
    Counter logins_anonymous;
    Counter logins_failed;
    Counter logins_rate_limited;
    Counter joins_rate_limited;  // channels of JOIN lines that were ignored
    Counter receiving_paused;    // times a client was not read from, since its replies were waiting
    std::array<Counter, kCloseReasons> closed;  // by reason, where the session was who closed
};

/// What the sessions of a shard share. All of it outlives them.
struct Shard {
    hub::Hub& hub;
    hub::Gateway& gateway;
    Scheduler& scheduler;
    const hub::Encoder& encoder;
    Authenticator& authenticator;
    AccountWindows& accounts;
    hub::SharedLimits* shared_limits = nullptr;  ///< null: this node is alone
    SessionCounters& counters;
    Options options;
};

/// One connection that speaks Twitch's IRC: registration, commands, and replies in the order of the
/// requests. Owned by its transport, on one shard. What it holds is bounded:
/// limits::kPendingRepliesMax waiting replies (at the bound it stops receiving), kHeldInputBytes of
/// input, Options::rooms_max rooms.
class IrcSession final : public hub::Member {
  public:
    IrcSession(const Shard& shard, Transport& transport);
    ~IrcSession();
    IrcSession(const IrcSession&) = delete;
    IrcSession& operator=(const IrcSession&) = delete;

    /// A line without its end, CR, LF and NUL. False once the session has ended: the rest of the
    /// input is of no use.
    bool on_line(std::string_view line);
    /// The transport skipped lines that were longer than the limits. False as above.
    bool on_overlong_lines(std::size_t count);
    /// The connection is gone: nothing is written any more. Not needed before destruction.
    void on_transport_closed();

    /// Asks a client with the commands capability to connect again; whoever shuts down closes it
    /// some time later.
    void start_reconnect();
    /// Leaves the hub and closes the transport. No effect when closed before. Not to be called from
    /// within a hub's call.
    void close(CloseReason reason);

    bool logged_in() const { return stage_ == Stage::logged_in; }
    bool closed() const { return stage_ == Stage::closed; }

    // hub::Member
    const hub::Identity& identity() const override { return identity_; }
    hub::Dialect dialect() const override { return dialect_; }
    chat::ShedClass intake() const override;
    void deliver(const Frame& frame) override;
    void on_skipped(ChannelId channel, const hub::Skipped& skipped) override;
    void on_join_answer(hub::RequestId request, hub::JoinAnswer answer) override;
    void on_send_answer(hub::RequestId request, hub::SendAnswer answer) override;
    void on_names_answer(hub::RequestId request, hub::NamesAnswer answer) override;
    void on_caught_up(hub::RequestId request, std::vector<hub::CaughtUp> missed) override;
    void on_act_answer(hub::RequestId request, hub::ActAnswer answer) override;
    void on_self_changed(ChannelId channel, const std::string& login,
                         const chat::Chatter& self) override;
    void on_evicted(ChannelId channel, const std::string& login) override;
    void on_whisper(const hub::WhisperReceived& whisper) override;
    void on_account_changed(const chat::User& user) override;
    void on_token_revoked() override;

  private:
    friend struct Handlers;  ///< the functions behind the command table (commands.h)

    enum class Stage : std::uint8_t { registering, authenticating, logged_in, closed };

    struct Registration {
        std::optional<std::string> pass;
        std::string nick;  ///< empty: none yet
    };
    /// What was asked of the hub, until it is answered.
    struct Question {
        enum class Kind : std::uint8_t { join, send, names, act, other } kind;
        bool parted = false;  ///< PART came before the answer to the JOIN
        bool late = false;    ///< its place was released by NotStoredYet
        std::string channel;
        std::string client_nonce;
        std::unique_ptr<chat::Act> act;  ///< what was asked for
        std::vector<Position> after{};   ///< of a JOIN: what the client has of the channel
        hub::RequestId catch_up = 0;     ///< and the place of what it missed; 0: none
    };
    struct Skipped {
        std::map<ChannelId, hub::Skipped> channels;
        TimerId timer;
    };

    // Input and its order (session.cc).
    void note_input();
    void run_line(std::string_view line);
    bool must_hold() const;
    /// The line waits behind what is under way.
    bool must_hold(std::string_view line) const { return must_hold() && !gathers(line); }
    void hold(std::string_view line);
    void run_held_lines();
    void resume_when_possible();

    // Output (session.cc). say() keeps the order of replies, write() does not wait for anything.
    void say(std::string_view lines);
    void say_notice(std::string_view channel, const twitch::Notice& notice);
    void answer(hub::RequestId place, std::string_view lines);
    void flush_replies();
    void write(std::string_view lines);
    std::string notice_lines(std::string_view channel, const twitch::Notice& notice) const;
    std::string_view nick() const;
    bool tags() const { return dialect_.has(hub::Dialect::kTags); }
    bool commands() const { return dialect_.has(hub::Dialect::kCommands); }
    bool membership() const { return dialect_.has(hub::Dialect::kMembership); }
    bool numbered() const { return dialect_.has(hub::Dialect::kSequence); }

    // Life and time (session.cc).
    void arm_timer(MonoTime when);
    void on_timer();
    void end();
    void close_when_turn_ends(CloseReason reason);
    void close_doomed();
    void at_end_of_turn(void (IrcSession::*what)());
    const std::shared_ptr<IrcSession*>& ticket();
    bool outbox_over_hard(const Outbox& outbox) const;
    void tell_skipped();
    Outbox outbox() const;

    // registration.cc
    void try_login();
    void on_login_answer(const LoginAnswer& answer);
    void on_login_counted(const hub::Identity& identity, bool allowed);
    void log_in(hub::Identity identity);
    void fail_login(LoginFailure failure);

    // channels.cc
    struct Wish {
        std::string channel;
        std::string after;
    };
    using JoinLimits = std::vector<chat::LimitAnswer>;  ///< by wish
    void count_joins(std::vector<Wish> wishes);
    bool gathers(std::string_view line) const;
    void ask_joins();
    chat::LimitAnswer count_join_here();
    void join_allowed(const std::vector<Wish>& wishes, const JoinLimits& limits);
    void join_one(std::string name, std::string_view after);
    struct Missed;
    struct JoinedAt;
    static Missed missed_of(const std::vector<Position>& had, const hub::Joined& joined);
    static JoinedAt began_at(const Missed& missed);
    void catch_up(const Question& join, const hub::Joined& joined, const Missed& missed);
    void release_frames();
    /// `at`: the newest event before what follows.
    std::string join_block(const hub::Joined& joined, const JoinedAt& at) const;

    // moderation.cc
    void answer_later(hub::RequestId place, const twitch::Notice& notice);
    /// For answers of the gateway, which come on any shard: `told` makes a notice of one.
    template <class Told>
    auto on_own_shard(hub::RequestId place, Told told);

    hub::RequestId ask(Question::Kind kind, std::string channel, std::string client_nonce = {});
    std::optional<Question> take_question(hub::RequestId request);

    const Shard& shard_;
    Transport& transport_;
    std::unique_ptr<Registration> registration_ =
        std::make_unique<Registration>();  ///< until login
    hub::Identity identity_;
    hub::MemberRef ref_;
    hub::Dialect dialect_;
    Stage stage_ = Stage::registering;
    bool receiving_ = true;
    bool pinged_ = false;    ///< and no input since
    bool counting_ = false;  ///< joins are counted over all nodes; input waits
    bool resuming_ = false;  ///< run_held_lines() is going to run at the end of the turn
    std::uint8_t overlong_lines_ = 0;
    std::optional<CloseReason> doom_;

    ReplyQueue replies_;
    std::map<hub::RequestId, Question> questions_;
    std::size_t late_ = 0;  ///< questions that are late
    std::string held_;      ///< lines, each ended by LF
    std::map<std::string, ChannelId, std::less<>> rooms_;
    std::size_t joins_asked_ = 0;
    std::vector<Wish> gathered_;       ///< of this turn, to be counted over all nodes at its end
    chat::SlidingWindow join_window_;  ///< of an anonymous session
    std::unique_ptr<Skipped> skipped_;
    // While what the client missed is read. They count as part of the outbox.
    hub::RequestId holds_frames_until_ = 0;  ///< the place of the last catch-up; 0: not held
    std::vector<Frame> held_frames_;
    std::size_t held_frames_bytes_ = 0;
    MonoTime held_frames_since_{};

    TimerId timer_;
    MonoTime last_input_{};
    std::shared_ptr<IrcSession*>
        ticket_;  ///< held weakly by whatever may run after this session is gone
};

}  // namespace clamor::edge::irc
