// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/frame.h"
#include "base/ids.h"
#include "chat/act.h"
#include "chat/event.h"
#include "chat/people.h"
#include "chat/room.h"
#include "hub/dialect.h"

namespace clamor::hub {

/// A number that a session gives to a question, so that it knows the answer again.
using RequestId = std::uint32_t;

/// A connection's session from anywhere; it is dereferenced only on its own shard, where a dead one
/// is recognised by its generation.
struct MemberRef {
    ShardId shard;
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;
    friend bool operator==(const MemberRef&, const MemberRef&) = default;
};

/// Who speaks through a session.
struct Identity {
    chat::User user;             ///< for anonymous sessions only login and display name
    bool anonymous = false;      ///< reads only
    bool may_write = true;       ///< the token's scope chat:edit
    bool may_read = true;        ///< the token's scope chat:read
    bool may_moderate = true;    ///< the token's scope channel:moderate
    bool may_whisper = true;     ///< the token's scope whispers:edit
    bool hears_whispers = true;  ///< the token's scope whispers:read
    std::uint64_t token = 0;     ///< token_fingerprint() of the token's hash; 0: none
};

/// What a session keeps of its token, to be found when it is revoked: the first 64 bits of its
/// SHA-256, given in hexadecimal digits.
std::uint64_t token_fingerprint(std::string_view hash_hex);

struct Joined {
    ChannelId channel;
    Position last;                   ///< of the newest event: what follows is delivered
    std::vector<Position> beside{};  ///< the same of other regions
    std::string login;
    chat::RoomState modes;
    chat::Chatter self;  ///< without meaning for anonymous sessions
    std::vector<std::string>
        names;  ///< logins of the others present, where the dialect has membership
};
enum class JoinRefusal : std::uint8_t { no_such_channel, banned, too_many_channels, busy };
using JoinAnswer = std::variant<Joined, JoinRefusal>;

/// The message is durable: what the sender's echo says.
struct Stored {
    MessageId id;
    Position position;
    chat::Chatter self;
    std::vector<Position> beside{};  ///< as an event has it
};
/// The message went out but is not stored yet (disk full or slow). A Stored with the same request
/// follows later.
struct NotStoredYet {
    MessageId id;
};
enum class SendRefusal : std::uint8_t { no_such_channel, no_permission, busy };
using SendAnswer = std::variant<Stored, NotStoredYet, chat::Refused, chat::Dropped, SendRefusal>;

/// An act that a session asked for.
enum class ActRefusal : std::uint8_t { no_such_channel, no_permission, busy };
using ActAnswer = std::variant<chat::ActAnswer, ActRefusal>;

/// A whisper as its recipient's connections get it.
struct WhisperReceived {
    chat::User from;
    chat::User to;
    std::uint64_t number = 0;  ///< among those between the two, from 1: the `message-id` tag
    std::string text;
    bool action = false;
    std::vector<chat::EmoteOccurrence> emotes;
    bool elsewhere = false;  ///< as in chat::Event
};

/// Events of a channel that a session was not given, from `first` to `last`.
struct Skipped {
    std::array<std::uint32_t, chat::kShedClasses> by_class{};
    Position first;
    Position last;
    /// Nobody knows whether it was any at all: only who counts positions needs to hear of it.
    bool perhaps = false;

    void add(chat::ShedClass shed_class, Position position);
    void add(const Skipped& later);
    friend bool operator==(const Skipped&, const Skipped&) = default;
};

/// What a session missed while it was away: the channel's events between two positions of a region,
/// as far as they are shown still.
struct CaughtUp {
    std::vector<chat::EventRef> events;  ///< in order
    Position after{};                    ///< what was asked for
    /// How many there were before `first`, the first of those that were read.
    std::uint64_t older = 0;
    Position first;
    /// How many of the others the log could not give; all of them lie between these two.
    std::uint64_t unread = 0;
    /// Redis has begun an epoch between these two: nobody knows whether it lost any before.
    bool perhaps = false;
    Position unread_after;
    Position unread_before;
};

struct NamesAnswer {
    std::string login;
    std::vector<std::string> names;
};

struct SendRequest {
    std::string channel_login;
    std::string text;  ///< cleaned and cut (text/clean.h)
    bool action = false;
    std::string client_nonce;
    MessageId reply_parent;    ///< none: no reply
    std::uint32_t bits = 0;    ///< cheered with it; only the operator's platform says so
    bool source_only = false;  ///< as in chat::Message
};

/// A session as the hub sees it. Lives on one shard; the hub calls it there only, and never after
/// remove(). A member must not call the hub back from intake(), deliver() or on_skipped().
class Member {
  public:
    virtual const Identity& identity() const = 0;
    virtual Dialect dialect() const = 0;

    /// The last class that this connection takes now: ShedClass::membership (all) unless its outbox
    /// is over the soft threshold. Called once per flush.
    virtual chat::ShedClass intake() const = 0;
    /// Queues a frame behind what was queued before.
    virtual void deliver(const Frame& frame) = 0;
    /// Events that were not delivered, since the connection or the server is slow.
    virtual void on_skipped(ChannelId channel, const Skipped& skipped) = 0;

    virtual void on_join_answer(RequestId request, JoinAnswer answer) = 0;
    virtual void on_send_answer(RequestId request, SendAnswer answer) = 0;
    virtual void on_names_answer(RequestId request, NamesAnswer answer) = 0;
    virtual void on_caught_up(RequestId request, std::vector<CaughtUp> answer) = 0;
    virtual void on_act_answer(RequestId request, ActAnswer answer) = 0;

    /// What the channel says of this session's user has changed: role, badges, colour.
    virtual void on_self_changed(ChannelId channel, const std::string& login,
                                 const chat::Chatter& self) = 0;
    /// Banned for good: the session is not in the channel any more.
    virtual void on_evicted(ChannelId channel, const std::string& login) = 0;
    virtual void on_whisper(const WhisperReceived& whisper) = 0;
    /// The account's facts have changed; identity() may be answered anew.
    virtual void on_account_changed(const chat::User& user) = 0;
    /// The session's token is not valid any more: it ends, from a later task.
    virtual void on_token_revoked() = 0;

  protected:
    ~Member() = default;
};

}  // namespace clamor::hub
