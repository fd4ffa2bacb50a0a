// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

#include "base/ids.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/scheduler.h"
#include "base/time.h"
#include "eventsub/subscription.h"
#include "store/catalog.h"

namespace clamor::eventsub {

/// Who asks: what the token says.
struct Caller {
    UserId user{};  ///< none: an app token
    std::string client_id{};
    std::vector<std::string> scopes{};
    std::string token_hash{};  ///< as in Gateway::token_revoked; ends the subscriptions with it
    std::optional<WallTime> token_expires_at{};
};

/// The body of a create request, as it was sent; missing texts are empty.
struct CreateRequest {
    std::string type{};
    std::string version{};
    std::map<std::string, std::string> condition{};
    std::string method{};  ///< of the transport: websocket or webhook
    std::string session_id{};
    std::string callback{};
    std::string secret{};
};

/// At most one of the first four is looked at.
struct ListQuery {
    std::string status{};
    std::string type{};
    std::string user_id{};
    std::string subscription_id{};
    std::string after{};  ///< a page's cursor
};

/// An answer that is an error: a status of HTTP and its message.
struct Failure {
    int status = 400;
    std::string message{};
};

struct Totals {
    std::uint64_t total = 0;
    std::uint64_t total_cost = 0;
};
struct Created {
    Subscription subscription;
    Totals totals;
};
struct Page {
    std::vector<Subscription> subscriptions;
    Totals totals;
    std::string cursor;  ///< empty: the last page
};
/// The bodies of the answers to create (202) and list (200).
nlohmann::ordered_json to_json(const Created& created);
nlohmann::ordered_json to_json(const Page& page);

using SubscriptionRef = std::shared_ptr<const Subscription>;

/// One connection of a session: a session that was told to reconnect has two for a while.
struct Link {
    std::string session;
    std::uint32_t connection = 0;
    friend bool operator==(const Link&, const Link&) = default;
};

/// One shard as the registry reaches it; all calls come on the shard's thread.
class ShardPort {
  public:
    /// False when the connection is gone.
    virtual bool add(const Link& link, SubscriptionRef subscription) = 0;
    virtual void remove(const Link& link, const std::string& subscription_id) = 0;
    /// Another connection goes on with the session: this one tells nothing any more. Gives the ids
    /// of what it told since it was told to reconnect.
    virtual std::vector<MessageId> supersede(const Link& link) = 0;
    /// The connection is the only one of its session now; `told` was told over the one before it.
    virtual void go_on(const Link& link, const std::vector<MessageId>& told) = 0;
    /// A webhook's subscription lives on this shard from now on; its callback is asked first,
    /// unless the status says that it has agreed.
    virtual void add_webhook(SubscriptionRef subscription) = 0;
    virtual void remove_webhook(const std::string& subscription_id) = 0;
    /// Tells every session of the shard to connect again at its own URL.
    virtual void reconnect_all() = 0;

  protected:
    ~ShardPort() = default;
};

/// All sessions and subscriptions of a node: who has which, where a session lives, and what became
/// of those that ended. One for all shards; every call is safe from any thread, and but for those
/// that say so none waits but for its lock. Webhooks that live are in the catalog, too. Bounds:
/// limits::kSubscriptionsPerSession, kEventSubSessionsPerUser, kSubscriptionCostMax,
/// kWebhooksPerClient, and kEndedSubscriptions of those that are over.
///
/// Several nodes know each webhook, by their news and by looking at the catalog. Its callback is
/// told of an event by the node that published it, is asked by the node that made the subscription
/// (later by the one whose `claim` is granted), and told of its end by the node that takes it out
/// of the catalog.
class Registry {
  public:
    /// Where there are other nodes; both null: there are none. Called on any thread.
    struct Nodes {
        /// Tells them what has become of a webhook: a status's name, or nothing when it is deleted.
        std::function<void(const std::string& id, std::string_view status)> tell{};
        /// Whether this node is the first to want this within limits::kWebhooksLookedAt; nothing
        /// when they cannot be asked. `done` comes on any thread.
        std::function<void(const std::string& id, std::function<void(std::optional<bool>)> done)>
            claim{};
    };
    struct Options {
        /// Random bits that nobody can guess; called with the lock held.
        std::function<std::uint64_t()> random;
        /// The address before `?` in reconnect URLs of clients that did not say how they came here;
        /// called with the lock held.
        std::function<std::string()> reconnect_base = [] { return "ws://localhost/ws"; };
        bool webhooks = false;             ///< else the method is refused
        bool plain_http_webhooks = false;  ///< callbacks may be http:// ones
        bool private_callbacks = false;    ///< and at addresses that are not public
        std::size_t per_session = limits::kSubscriptionsPerSession;
        Nodes nodes{};
    };
    /// What it is given outlives it.
    Registry(Executor& workers, store::Catalog& catalog, Options options);
    ~Registry();

    /// For each shard once, before the first request.
    void attach(Scheduler& scheduler, ShardPort& shard);
    /// Takes the webhooks that the catalog has up again; once, when all shards are attached.
    /// Blocks.
    Result<void> restore_webhooks(WallTime now);

    // For what other nodes do to webhooks; any thread.

    /// As Nodes::tell of another node.
    void webhook_changed(const std::string& id, std::string_view status, WallTime now);
    /// Compares with the catalog, on a worker: news may have been missed, and a node that was to
    /// ask a callback may have died.
    void look_at_webhooks(WallTime now);

    // For REST.

    /// Answers exactly once, from a worker or a shard, when the session's shard has taken the
    /// subscription over: what happens after the answer is told.
    using CreateAnswer = tl::expected<Created, Failure>;
    void create(CreateRequest request, Caller caller, WallTime now,
                std::function<void(CreateAnswer)> done);
    /// Nothing when it is gone now, else what to answer. Blocks: for workers.
    std::optional<Failure> remove(const std::string& id, const Caller& caller);
    tl::expected<Page, Failure> list(const ListQuery& query, const Caller& caller, WallTime now);

    /// Tells every session of the node to connect again.
    void reconnect_all();

    // For shards.

    Link open_session(ShardId shard, WallTime now);
    /// The URL with which the session goes on elsewhere; valid until it is used. `base` is what is
    /// before its `?`; empty: that of the options.
    std::string start_reconnect(const Link& link, const std::string& base);
    struct Adopted {
        Link link;
        Link before;
        ShardId before_shard;
        WallTime connected_at{};
        std::vector<SubscriptionRef> subscriptions;
    };
    /// A connection came to a reconnect URL: it is the session's from now on. Nothing when there is
    /// no such session or it was not told to reconnect.
    std::optional<Adopted> adopt_session(const std::string& session, std::string_view key,
                                         ShardId shard);
    /// The adopted session's subscriptions are in force on `shard`: supersede() on the old shard
    /// once it has everything that was sent to it before, then go_on() on the new one.
    void take_over(const Adopted& adopted, ShardId shard);
    /// The connection is gone. Ends the subscriptions unless another one goes on with the session.
    void close_session(const Link& link, Status status, WallTime now);
    /// A subscription ended, or a webhook is verified. Nothing when it is over already. `last_word`
    /// is called, on a webhook's shard, where this node is the one that ended it.
    using LastWord = std::function<void(const SubscriptionRef& over)>;
    SubscriptionRef set_status(const std::string& id, Status status, WallTime now,
                               LastWord last_word = {});

    std::size_t open_sessions() const;
    std::size_t live_subscriptions() const;
    /// Creates that were refused for one of the bounds.
    std::uint64_t refused_at_bounds() const { return refused_at_bounds_; }

    Executor& workers() { return workers_; }
    store::Catalog& catalog() { return catalog_; }

  private:
    struct Shard {
        Scheduler* scheduler;
        ShardPort* port;
    };
    struct Session {
        ShardId shard;
        std::uint32_t connection = 1;
        WallTime connected_at{};
        UserId user{};  ///< none until the first subscription
        std::string client_id{};
        std::string key{};                        ///< of the reconnect URL; empty: none given out
        std::set<std::uint64_t> subscriptions{};  ///< that live
    };
    using Sessions = std::unordered_map<std::string, Session>;
    using Records = std::map<std::uint64_t, SubscriptionRef>;
    using Account = std::pair<UserId, std::string>;  ///< a user (or none) of a client

    // With the lock held.
    tl::expected<Created, Failure> insert(Subscription made, Link& link, WallTime now);
    tl::expected<Sessions::iterator, Failure> session_for(const Subscription& made);
    std::optional<Failure> refusal(const Subscription& made) const;
    void finish(Records::iterator record, Status status, WallTime now);
    void forget(Records::iterator record);
    void forget_old(WallTime now);
    std::vector<SubscriptionRef> of_account(const Account& account) const;
    std::string random_text(std::size_t characters);

    void hand_over(Created created, const Link& link, WallTime now,
                   std::function<void(CreateAnswer)> done);
    ShardId home_of(const Subscription& webhook) const;
    void post(ShardId shard, std::function<void(ShardPort&)> what);
    /// Writes down what became of a webhook, on a worker.
    void note_webhook(const SubscriptionRef& webhook, LastWord last_word = {});
    /// What the catalog says of one, or of all, whose ids it gives. Block.
    Result<void> take_webhook(const store::Webhook& kept, WallTime now);
    Result<std::set<std::string>> take_webhooks(WallTime now);
    /// Its callback is asked.
    void ask(const SubscriptionRef& webhook);
    void forget_webhook(const std::string& id);
    bool has_nodes() const { return static_cast<bool>(options_.nodes.tell); }
    void tell_nodes(const std::string& id, std::string_view status) const {
        if (options_.nodes.tell) options_.nodes.tell(id, status);
    }

    Executor& workers_;
    store::Catalog& catalog_;
    const Options options_;
    std::vector<Shard> shards_;  ///< by ShardId; not changed once the shards turn

    mutable std::mutex mutex_;
    Sessions sessions_;
    Records records_;  ///< in the order of creation
    std::unordered_map<std::string, std::uint64_t> by_id_;
    std::map<Account, std::set<std::uint64_t>> by_account_;
    std::deque<std::pair<WallTime, std::uint64_t>> ended_;
    std::set<std::string> kept_;  ///< webhooks of which the catalog knows
    std::uint64_t made_ = 0;
    std::atomic<std::uint64_t> refused_at_bounds_{0};
};

}  // namespace clamor::eventsub
