// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "automod/classifier.h"
#include "base/counters.h"
#include "base/ids.h"
#include "base/scheduler.h"
#include "bus/bus.h"
#include "chat/act.h"
#include "chat/event.h"
#include "chat/shared_chat.h"
#include "hub/account_limits.h"
#include "hub/member.h"
#include "hub/node_news.h"
#include "hub/shared_limits.h"
#include "hub/whisper_contacts.h"
#include "store/catalog.h"

namespace clamor::hub {

class Hub;

/// Acts of one actor in one channel, done in order and, where they change the catalog, in one
/// transaction for all of them.
struct ActRequest {
    ChannelId channel{};
    chat::User actor{};
    std::string origin{};  ///< irc, helix, api, cli, system: for the audit log
    std::string batch{};   ///< names them together, for undo; empty: none
    std::vector<chat::Act> acts{};
};
/// One answer for each act, in their order.
using ActAnswers = std::vector<chat::ActAnswer>;

/// A message from somebody who has no connection here (REST). It goes to all connections of the
/// author, too.
struct RemoteMessage {
    ChannelId channel{};
    chat::User author{};
    std::string text{};  ///< cleaned and cut
    bool action = false;
    MessageId reply_parent{};
    std::uint32_t bits = 0;    ///< cheered with it
    bool source_only = false;  ///< as in chat::Message
};

enum class WhisperAnswer : std::uint8_t {
    sent,  ///< also when the recipient is not connected or blocks the sender
    unknown_user,
    to_self,
    refused,          ///< the recipient's settings
    too_fast_second,  ///< spec twitch-chat 11.2
    too_fast_minute,
    too_many_recipients,
    busy,
};
struct Whisper {
    chat::User from{};
    chat::Target to{};
    std::string text{};
    bool action = false;
};

/// Somebody follows a channel from now on.
struct Followed {
    ChannelId channel{};
    chat::Person follower{};
    WallTime at{};
    bool elsewhere = false;  ///< as in chat::Event
};

/// A shared chat began, has other participants, or is over.
struct SharedChatChanged {
    chat::SharedChat before{};  ///< without participants: it begins
    chat::SharedChat after{};   ///< without participants: it is over
    bool elsewhere = false;     ///< as in chat::Event

    /// All whom it concerns.
    std::vector<ChannelId> channels() const;
};

enum class BlockAnswer : std::uint8_t { done, unknown_user, to_self, busy };

/// The live chat for those who are not a session: REST, EventSub, the command line. Any thread may
/// call; `done` is called exactly once, later, on a shard.
class Gateway {
  public:
    virtual ~Gateway() = default;

    virtual void act(ActRequest request, std::function<void(ActAnswers)> done) = 0;
    virtual void send(RemoteMessage message, std::function<void(SendAnswer)> done) = 0;
    /// The logged-in users who are in the channel, by id.
    virtual void chatters(ChannelId channel,
                          std::function<void(std::vector<chat::Person>)> done) = 0;
    virtual void whisper(Whisper whisper, std::function<void(WhisperAnswer)> done) = 0;
    /// Writes the colour down and tells everybody concerned; false: busy.
    virtual void set_color(UserId user, std::string color, std::function<void(bool)> done) = 0;
    virtual void set_block(UserId user, chat::Target target, bool on,
                           std::function<void(BlockAnswer)> done) = 0;
    /// Logins of the moderators or the VIPs; none when the server is busy or the channel unknown.
    virtual void list_role(std::string channel_login, chat::Role role,
                           std::function<void(std::optional<std::vector<std::string>>)> done) = 0;
    /// Something that the operator's platform announces; author facts of the notice's message
    /// (badges, role, colour) are filled in here, as are its id and time. False: busy.
    virtual void announce(ChannelId channel, chat::UserNotice notice,
                          std::function<void(bool)> done) = 0;

    /// The catalog has new facts of an account, or of what it is in a channel: rooms and sessions
    /// take them over.
    virtual void account_changed(UserId user) = 0;
    virtual void standing_changed(ChannelId channel, UserId user) = 0;
    /// The channel's modes or emotes have changed in the catalog.
    virtual void channel_changed(ChannelId channel) = 0;
    /// The catalog says since now that somebody follows: whoever wrote it calls this once.
    virtual void followed(Followed follow) = 0;
    /// The catalog has it since now: whoever wrote it calls this once. Rooms take it over.
    virtual void shared_chat_changed(SharedChatChanged change) = 0;
    /// Closes all sessions that logged in with a token that has this hash.
    virtual void token_revoked(UserId user, const std::string& token_hash) = 0;
    /// The same for one that has come to its end. EventSub's subscriptions stay, as Twitch has it:
    /// they were granted once, and whoever made them goes on with a newer token.
    virtual void token_expired(UserId user, const std::string& token_hash) = 0;
};

/// Who is told of what happens, besides the members: one for each shard. All calls come on the
/// shard's thread and must not call the hub back.
class Observer {
  public:
    /// An event of a channel that is watched here, in the channel's order.
    virtual void on_event(const chat::EventRef& event) = 0;
    /// A whisper was delivered; on every shard.
    virtual void on_whisper(const WhisperReceived& whisper) = 0;
    /// See Gateway; on every shard. `elsewhere`: as in chat::Event.
    virtual void on_account_changed(const chat::User& user, bool elsewhere) = 0;
    virtual void on_standing_changed(ChannelId channel, UserId user) = 0;
    virtual void on_followed(const Followed& follow) = 0;
    virtual void on_shared_chat_changed(const SharedChatChanged& change) = 0;
    virtual void on_token_revoked(UserId user, const std::string& token_hash) = 0;
    /// Another channel, the event's, shouted out the one that is watched here, its target.
    virtual void on_shouted_out(const chat::EventRef& event) = 0;
    /// The raid of a channel that is watched here has left for its target: the act that began it,
    /// with the number of those who go along.
    virtual void on_raid_left(const chat::EventRef& event) = 0;

  protected:
    ~Observer() = default;
};

/// How much an account may whisper.
struct WhisperLimits {
    limits::Window per_second = limits::kWhispersPerSecond;
    limits::Window per_minute = limits::kWhispersPerMinute;
    limits::Window recipients = limits::kWhisperRecipientsPerDay;  ///< who did not write first
};

/// What of the other nodes' news is for others than the hubs; called on the first shard.
struct NewsListener {
    std::function<void(const news::WebhookChanged&)> webhook_changed{};
    /// News were missed: what they were about is in the catalog.
    std::function<void()> missed{};
};

/// The gateway to the hubs of this node.
class HubGateway final : public Gateway {
  public:
    /// `hubs`, by shard, are filled before the first call. All of it outlives the gateway.
    /// `create`: dev mode.
    HubGateway(const std::vector<Hub*>& hubs, Executor& workers, store::Catalog& catalog,
               bool create, const WhisperLimits& whispers = {})
        : hubs_(hubs),
          workers_(workers),
          catalog_(catalog),
          create_(create),
          whisper_limits_(whispers),
          whisper_contacts_(whispers.recipients) {}

    void act(ActRequest request, std::function<void(ActAnswers)> done) override;
    void send(RemoteMessage message, std::function<void(SendAnswer)> done) override;
    void chatters(ChannelId channel, std::function<void(std::vector<chat::Person>)> done) override;
    void whisper(Whisper whisper, std::function<void(WhisperAnswer)> done) override;
    void set_color(UserId user, std::string color, std::function<void(bool)> done) override;
    void set_block(UserId user, chat::Target target, bool on,
                   std::function<void(BlockAnswer)> done) override;
    void list_role(std::string channel_login, chat::Role role,
                   std::function<void(std::optional<std::vector<std::string>>)> done) override;
    void announce(ChannelId channel, chat::UserNotice notice,
                  std::function<void(bool)> done) override;
    void account_changed(UserId user) override;
    void standing_changed(ChannelId channel, UserId user) override;
    void channel_changed(ChannelId channel) override;
    void followed(Followed follow) override;
    void shared_chat_changed(SharedChatChanged change) override;
    void token_revoked(UserId user, const std::string& token_hash) override;
    void token_expired(UserId user, const std::string& token_hash) override;

    /// From now on the other nodes are told, too, and tell us. On the first shard, before anything
    /// is asked; `make_bus` as in Services.
    void join_nodes(
        const std::function<std::unique_ptr<bus::Bus>(bus::Receiver&, Scheduler&)>& make_bus,
        SharedLimits& limits, NewsListener listener = {});
    /// Any thread; nothing where this node is alone.
    void tell_nodes(const news::News& what);

    /// Another node was lost: what it has changed in the catalog it may not have told. Any thread.
    void node_lost();

    /// Brings the rooms to life where messages are held or the raid breaker acts, so that they
    /// expire and it ends. Once, at the start.
    void wake_rooms();
    /// AutoMod's classifier from now on, in all rooms.
    void use_classifier(const std::shared_ptr<const automod::Classifier>& classifier);

    /// Whispers over the limits of their sender.
    const Counter& whispers_refused() const { return whispers_refused_; }
    /// What came as another node's news and is none.
    const Counter& news_unreadable() const { return news_unreadable_; }

  private:
    /// Runs `run` with the hub of the shard that owns the channel, on that shard.
    template <class Run>
    void on_owner(ChannelId channel, Run run);
    /// The same on every shard.
    template <class Run>
    void on_all(Run run);
    Result<std::optional<chat::User>> find_user(const chat::Target& target);
    struct Recipient {
        std::optional<WhisperAnswer> refused{};
        chat::User user{};
        bool blocks_sender = false;
        std::vector<chat::EmoteOccurrence> emotes{};  ///< in what is whispered
    };
    void count_whisper(UserId from, const limits::Window& window,
                       std::function<void(bool)> allowed);
    void look_up_and_deliver(Whisper whisper, std::function<void(WhisperAnswer)> done);
    Recipient find_recipient(const Whisper& whisper);
    /// The global emotes in a whisper.
    std::vector<chat::EmoteOccurrence> emotes_in(const std::string& text, UserId from);
    void deliver_whisper(const Whisper& whisper, const Recipient& to,
                         const std::function<void(WhisperAnswer)>& done);

    Scheduler& scheduler() const;

    /// What the other nodes tell.
    class FromNodes final : public bus::Receiver {
      public:
        explicit FromNodes(HubGateway& gateway) : gateway_(gateway) {}
        void on_received(const bus::Received& received) override;
        void on_subscribed(ChannelId) override {}
        void on_gap(ChannelId, Position, Position) override;

      private:
        HubGateway& gateway_;
    };
    void news_are_unreadable(const Error& error);
    void spread_account(UserId user, bool elsewhere);
    void spread_shared_chat(SharedChatChanged change);
    void take(const news::AccountChanged& what);
    void take(const news::StandingChanged& what);
    void take(const news::ChannelChanged& what);
    void take(const news::FollowedChannel& what);
    void take(const news::SharedChatChange& what);
    void take(const news::TokenRevoked& what);
    void take(const news::Whispered& what);
    void take(const news::WebhookChanged& what);
    void take(const news::ActsUndone& what);

    const std::vector<Hub*>& hubs_;
    Executor& workers_;
    store::Catalog& catalog_;
    const bool create_;
    const WhisperLimits whisper_limits_;
    AccountLimits whispers_;
    // Of the first shard's thread.
    WhisperContacts whisper_contacts_;
    Counter whispers_refused_;
    Counter news_unreadable_;
    MonoTime unreadable_said_at_{};
    FromNodes from_nodes_{*this};
    NewsListener listener_;
    SharedLimits* shared_limits_ = nullptr;  // null: this node is alone
    std::unique_ptr<bus::Bus> to_nodes_;     // of the first shard; null: this node is alone
};

}  // namespace clamor::hub
