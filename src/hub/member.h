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
    chat::User user;         ///< for anonymous sessions only login and display name
    bool anonymous = false;  ///< reads only
    bool may_write = true;   ///< the token's scope chat:edit
    bool may_read = true;    ///< the token's scope chat:read
};

struct Joined {
    ChannelId channel;
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
    chat::Chatter self;
};
/// The message went out but is not stored yet (disk full or slow). A Stored with the same request
/// follows later.
struct NotStoredYet {
    MessageId id;
};
enum class SendRefusal : std::uint8_t { no_such_channel, no_permission, busy };
using SendAnswer = std::variant<Stored, NotStoredYet, chat::Refused, chat::Dropped, SendRefusal>;

struct NamesAnswer {
    std::string login;
    std::vector<std::string> names;
};

struct SendRequest {
    std::string channel_login;
    std::string text;  ///< cleaned and cut (text/clean.h)
    bool action = false;
    std::string client_nonce;
    MessageId reply_parent;  ///< none: no reply
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
    /// Events that were not delivered since the connection is slow, by class.
    virtual void on_skipped(ChannelId channel,
                            const std::array<std::uint32_t, chat::kShedClasses>& by_class) = 0;

    virtual void on_join_answer(RequestId request, JoinAnswer answer) = 0;
    virtual void on_send_answer(RequestId request, SendAnswer answer) = 0;
    virtual void on_names_answer(RequestId request, NamesAnswer answer) = 0;

  protected:
    ~Member() = default;
};

}  // namespace clamor::hub
