// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/counters.h"
#include "base/scheduler.h"
#include "eventsub/known_people.h"
#include "eventsub/payload.h"
#include "eventsub/registry.h"
#include "eventsub/session.h"
#include "eventsub/webhook.h"
#include "hub/gateway.h"

namespace clamor::eventsub {

/// What one shard has counted. Written on its thread, read by anyone.
struct DispatcherCounters {
    Counter sessions;       // open now
    Counter subscriptions;  // alive on this shard now
    Counter notifications;
    Counter revocations;
    Counter reconnects;  // sessions that went on over another connection
    Counter copies;      // hand-overs that did not wait for the old connection's last word
    Counter held_late;   // events that did not wait any longer for people to be looked up
    std::array<Counter, kCloseReasons> closed;  // by reason, where we were who closed
};

/// Which channels' events come to on_event(): the hub's Hub::watch and Hub::unwatch, whose calls
/// are counted. Never called from within a call of the hub's.
struct Channels {
    std::function<void(ChannelId)> watch;
    std::function<void(ChannelId)> unwatch;
};

/// One shard's EventSub: its sessions, their subscriptions by channel and by user, and what they
/// are told. An event is encoded once for each type and version that somebody wants. All calls are
/// for the shard's thread. Events wait here, in order and at most limits::kEventsHeldFor, while
/// people who are mentioned in them are looked up.
class Dispatcher final : public hub::Observer, public ShardPort {
  public:
    using Handle = std::uint64_t;

    struct Options {
        SessionOptions session{};
        std::uint64_t id_seed = 1;  ///< seeds the ids of frames; the app passes real randomness
    };
    /// What it is given outlives it. `webhooks` may be null.
    Dispatcher(Scheduler& scheduler, Registry& registry, Channels channels, WebhookSink* webhooks,
               const Options& options);
    ~Dispatcher();

    /// A client's WebSocket is open; the queries are those of its URL. The transport lives until
    /// disconnect(), which it calls once.
    struct Arrival {
        std::string_view keepalive{};
        std::string_view session{};  ///< of a reconnect URL
        std::string_view key{};
        std::string base{};  ///< the URL before its `?`, as the client sees it; empty: not known
    };
    Handle connect(Transport& transport, const Arrival& arrival);
    void on_message(Handle handle);
    void on_pong(Handle handle);
    void disconnect(Handle handle, bool network_error);

    /// The server stops: nobody here can go on with a session, so clients are to begin anew.
    void close_all();

    // hub::Observer
    void on_event(const chat::EventRef& event) override;
    void on_whisper(const hub::WhisperReceived& whisper) override;
    void on_account_changed(const chat::User& user, bool elsewhere) override;
    void on_standing_changed(ChannelId channel, UserId user) override;
    void on_followed(const hub::Followed& follow) override;
    void on_shared_chat_changed(const hub::SharedChatChanged& change) override;
    void on_token_revoked(UserId user, const std::string& token_hash) override;
    void on_shouted_out(const chat::EventRef& event) override;
    void on_raid_left(const chat::EventRef& event) override;

    // ShardPort
    bool add(const Link& link, SubscriptionRef subscription) override;
    void remove(const Link& link, const std::string& subscription_id) override;
    std::vector<MessageId> supersede(const Link& link) override;
    void go_on(const Link& link, const std::vector<MessageId>& told) override;
    void add_webhook(SubscriptionRef subscription) override;
    void remove_webhook(const std::string& subscription_id) override;
    void reconnect_all() override;

    const DispatcherCounters& counters() const { return counters_; }

  private:
    /// A subscription that lives here.
    struct Subscriber {
        SubscriptionRef subscription;
        std::string envelope;   ///< `{"id":...}` as notifications have it
        Handle connection = 0;  ///< 0: a webhook
    };
    /// Webhooks are every node's, and the one where something happened posts.
    static bool told_elsewhere(const Subscriber& subscriber, bool elsewhere) {
        return elsewhere && subscriber.connection == 0;
    }
    using Subscribers = std::map<std::string, std::unique_ptr<Subscriber>>;  ///< by id
    /// A frame for a subscription that is not written yet.
    struct Frame {
        MessageId id;
        std::string head;
        std::string body;
    };
    struct Connection {
        std::unique_ptr<Session> session;
        std::string base{};
        TimerId timer{};
        Subscribers subscribers{};
        bool settled = false;  ///< the session has ended, and everything was told so
        /// It goes on with a session, and the connection before it may still be telling: frames
        /// wait, and so does the welcome. See go_on().
        bool taking_over = false;
        std::vector<Frame> waiting{};
        std::size_t waiting_bytes = 0;
        std::deque<MessageId> told{};  ///< since it was told to reconnect
    };
    struct Watched {
        chat::Person channel;
        std::vector<Subscriber*> subscribers;
    };
    /// One wish of a subscriber that is over.
    struct Revoked {
        Handle connection;
        std::string id;
        Status status;
    };
    /// Payloads of one event by type and version; empty: the event is none of the type.
    using Encoded = std::vector<std::pair<std::pair<Type, std::uint8_t>, std::string>>;

    MessageId make_id(Now now);
    Connection* find(Handle handle);
    void settle(Handle handle);
    void arm(Handle handle, Connection& connection);
    void take_in(Handle handle, Subscribers& subscribers, SubscriptionRef subscription);
    void let_go(const Subscriber& subscriber);
    void drop(Handle handle, const std::string& id);

    enum class As : std::uint8_t {
        event,
        shoutout,   ///< of the event's target by another channel
        raid_left,  ///< the raid that the event announced
    };
    void hold(chat::EventRef event, As as);
    void release_held(bool late);
    void look_up(std::vector<std::string> logins);
    void dispatch(const chat::Event& event);
    void dispatch_shoutout(const chat::Event& event);
    void dispatch_raid_left(const chat::Event& event);
    template <class Wants>
    void tell(const Watched& channel, const chat::Event& event, const chat::Person& of,
              const Wants& wants);
    const std::string& encode(Encoded& encoded, const Subscriber& subscriber,
                              const chat::Event& event, const chat::Person& channel);
    void notify(const Subscriber& subscriber, const MessageId& event, std::string_view payload);
    void write(Connection& connection, Frame frame);
    void revoke_after(const chat::Event& event);
    void revoke(const Revoked& revoked);
    void revoke_webhook(const Revoked& revoked);
    /// Asks the catalog whether they still have the right to be told, and ends them if not.
    using Suspects = std::vector<std::pair<Handle, SubscriptionRef>>;
    void check_rights(Suspects suspects);
    void check_all_rights();
    bool lives_here(Handle handle, const std::string& id);
    void settle_all();
    template <class Visit>
    void for_each_subscriber(Visit visit) {
        for (const auto& [handle, connection] : connections_) {
            for (const auto& [id, subscriber] : connection.subscribers) visit(*subscriber);
        }
        for (const auto& [id, subscriber] : webhook_subscribers_) visit(*subscriber);
    }

    Scheduler& scheduler_;
    Registry& registry_;
    const Channels channels_;
    WebhookSink* const webhooks_;
    const Options options_;
    DispatcherCounters counters_;

    std::map<Handle, Connection> connections_;
    std::map<std::pair<std::string, std::uint32_t>, Handle> by_link_;
    Subscribers webhook_subscribers_;
    std::unordered_map<ChannelId, Watched> watched_;
    std::unordered_map<UserId, std::vector<Subscriber*>> of_users_;  ///< user.* types
    Handle handles_made_ = 0;
    std::uint64_t ids_made_;

    Suspects unchecked_;  ///< came in this turn
    TimerId rights_timer_{};

    struct Held {
        chat::EventRef event;
        As as;
    };
    KnownPeople people_;
    std::deque<Held> held_;
    bool looking_up_ = false;
    std::uint64_t look_ups_ = 0;
    /// Held weakly by answers that may come when this is gone.
    std::shared_ptr<Dispatcher*> ticket_;
};

}  // namespace clamor::eventsub
