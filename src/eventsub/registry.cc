// SPDX-License-Identifier: Apache-2.0
#include "eventsub/registry.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/log.h"
#include "eventsub/kept_webhook.h"
#include "eventsub/rights.h"

namespace clamor::eventsub {
namespace {

constexpr std::size_t kPageSize = 100;
constexpr std::size_t kSessionIdCharacters = 32;
constexpr std::string_view kNoSession =
    "websocket transport session does not exist or has already disconnected";

tl::unexpected<Failure> refuse(int status, std::string_view message) {
    return tl::unexpected(Failure{status, std::string(message)});
}

Totals totals_of(const std::vector<SubscriptionRef>& subscriptions) {
    Totals totals;
    for (const auto& subscription : subscriptions) {
        ++totals.total;
        if (!ended(subscription->status)) totals.total_cost += subscription->cost;
    }
    return totals;
}

/// 409: the same events would come twice to the same place.
bool same_wish(const Subscription& a, const Subscription& b) {
    if (a.type != b.type || a.version != b.version || a.condition != b.condition) return false;
    if (a.is_webhook() != b.is_webhook()) return false;
    if (a.is_webhook()) {
        return std::get<WebhookTransport>(a.transport).callback ==
               std::get<WebhookTransport>(b.transport).callback;
    }
    return std::get<WebSocketTransport>(a.transport).session_id ==
           std::get<WebSocketTransport>(b.transport).session_id;
}

bool names(const Condition& condition, UserId user) {
    return user && std::ranges::find(condition.ids, user) != condition.ids.end();
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Where a subscription stands in lists, the same on every node.
using ListPlace = std::pair<std::int64_t, std::string>;

ListPlace place_of(const Subscription& subscription) {
    return {unix_ms(subscription.created_at), subscription.id};
}

std::string cursor_of(const ListPlace& place) {
    return std::to_string(place.first) + '.' + place.second;
}

std::optional<ListPlace> parse_cursor(std::string_view text) {
    const auto dot = text.find('.');
    const auto time = parse_number(text.substr(0, dot));
    if (dot == std::string_view::npos || !time) return std::nullopt;
    return ListPlace(static_cast<std::int64_t>(*time), text.substr(dot + 1));
}

nlohmann::ordered_json list_json(const std::vector<Subscription>& subscriptions) {
    auto data = nlohmann::ordered_json::array();
    for (const auto& subscription : subscriptions)
        data.push_back(to_json(subscription, Place::rest));
    return data;
}

}  // namespace

nlohmann::ordered_json to_json(const Created& created) {
    return {{"data", list_json({created.subscription})},
            {"total", created.totals.total},
            {"total_cost", created.totals.total_cost},
            {"max_total_cost", limits::kSubscriptionCostMax}};
}

nlohmann::ordered_json to_json(const Page& page) {
    auto pagination = nlohmann::ordered_json::object();
    if (!page.cursor.empty()) pagination["cursor"] = page.cursor;
    return {{"total", page.totals.total},
            {"data", list_json(page.subscriptions)},
            {"total_cost", page.totals.total_cost},
            {"max_total_cost", limits::kSubscriptionCostMax},
            {"pagination", std::move(pagination)}};
}

Registry::Registry(Executor& workers, store::Catalog& catalog, Options options)
    : workers_(workers), catalog_(catalog), options_(std::move(options)) {
    CLAMOR_CHECK(options_.random != nullptr, "ids need randomness");
}

Registry::~Registry() = default;

void Registry::attach(Scheduler& scheduler, ShardPort& shard) {
    const std::lock_guard lock(mutex_);
    const std::size_t index = scheduler.shard().value;
    if (shards_.size() <= index) shards_.resize(index + 1);
    shards_[index] = {&scheduler, &shard};
}

void Registry::post(ShardId shard, std::function<void(ShardPort&)> what) {
    const Shard& at = shards_[shard.value];
    at.scheduler->post_to(shard, Priority::control,
                          [port = at.port, what = std::move(what)] { what(*port); });
}

ShardId Registry::home_of(const Subscription& webhook) const {
    const UserId id = webhook.channel.id ? webhook.channel.id : webhook.condition[Field::user];
    return ShardId(static_cast<std::uint16_t>((std::hash<UserId>()(id) >> 16) % shards_.size()));
}

std::string Registry::random_text(std::size_t characters) {
    static constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    while (text.size() < characters) {
        std::uint64_t bits = options_.random();
        for (int i = 0; i < 10 && text.size() < characters; ++i, bits >>= 6)
            text += kAlphabet[bits & 63];
    }
    return text;
}

Result<void> Registry::restore_webhooks(WallTime now) {
    const auto taken = take_webhooks(now);
    if (!taken) return tl::unexpected(taken.error());
    return {};
}

Result<std::set<std::string>> Registry::take_webhooks(WallTime now) {
    constexpr std::size_t kAtOnce = 500;
    std::vector<store::Webhook> all;
    for (std::string after;;) {
        auto page = catalog_.list_webhooks(after, kAtOnce);
        if (!page) return tl::unexpected(page.error());
        const bool last = page->size() < kAtOnce;
        if (!last) after = page->back().id;
        std::ranges::move(*page, std::back_inserter(all));
        if (last) break;
    }
    std::set<std::string> ids;
    for (const store::Webhook& one : all) {
        if (auto taken = take_webhook(one, now); !taken) return tl::unexpected(taken.error());
        ids.insert(one.id);
    }
    return ids;
}

Result<void> Registry::take_webhook(const store::Webhook& kept, WallTime now) {
    const auto known = [&]() -> SubscriptionRef {
        const std::lock_guard lock(mutex_);
        const auto number = by_id_.find(kept.id);
        return number == by_id_.end() ? nullptr : records_.find(number->second)->second;
    }();
    SubscriptionRef webhook = known;
    if (!known) {
        auto found = subscription_of(kept, catalog_);
        if (!found) return tl::unexpected(found.error());
        if (!*found) {
            const auto removed = catalog_.remove_webhook(kept.id);
            if (!removed) return tl::unexpected(removed.error());
            return {};
        }
        webhook = std::make_shared<const Subscription>(**std::move(found));
        const std::lock_guard lock(mutex_);
        const std::uint64_t number = ++made_;
        if (!by_id_.emplace(kept.id, number).second) return {};  // another worker was quicker
        records_.emplace(number, webhook);
        by_account_[{webhook->owner, webhook->client_id}].insert(number);
        kept_.insert(kept.id);
    } else if (known->status == Status::enabled) {
        if (!kept.verified) note_webhook(known);
        return {};
    } else if (ended(known->status)) {
        return {};
    } else if (kept.verified) {
        auto changed = std::make_shared<Subscription>(*known);
        changed->status = Status::enabled;
        webhook = std::move(changed);
        const std::lock_guard lock(mutex_);
        const auto number = by_id_.find(kept.id);
        if (number == by_id_.end()) return {};
        SubscriptionRef& record = records_.find(number->second)->second;
        if (record != known) return {};
        record = webhook;
    }
    if (webhook->status == Status::enabled) {
        post(home_of(*webhook), [webhook](ShardPort& shard) { shard.add_webhook(webhook); });
    } else if (!has_nodes() || webhook->created_at + limits::kWebhooksLookedAt <= now) {
        ask(webhook);
    }
    return {};
}

void Registry::ask(const SubscriptionRef& webhook) {
    const auto here = [this, webhook] {
        post(home_of(*webhook), [webhook](ShardPort& shard) { shard.add_webhook(webhook); });
    };
    if (!has_nodes()) return here();
    // When nobody knows whose turn it is, the next look decides.
    options_.nodes.claim(webhook->id, [here](std::optional<bool> granted) {
        if (granted.value_or(false)) here();
    });
}

void Registry::webhook_changed(const std::string& id, std::string_view status_name, WallTime now) {
    if (status_name.empty()) return forget_webhook(id);
    const auto status = parse_status(status_name);
    if (status && ended(*status)) {
        SubscriptionRef over;
        {
            const std::lock_guard lock(mutex_);
            const auto number = by_id_.find(id);
            if (number == by_id_.end()) return;
            const auto record = records_.find(number->second);
            if (ended(record->second->status)) return;
            finish(record, *status, now);
            over = record->second;
        }
        return post(home_of(*over), [id](ShardPort& shard) { shard.remove_webhook(id); });
    }
    // With a full queue of the workers it is left to the next look.
    workers_.post([this, id, now] {
        const auto kept = catalog_.find_webhook(id);
        if (kept && !*kept) return;
        const auto taken = kept ? take_webhook(**kept, now) : tl::unexpected(kept.error());
        if (!taken) {
            log::warn("a webhook of another node could not be read",
                      {{"error", taken.error().to_string()}});
        }
    });
}

void Registry::forget_webhook(const std::string& id) {
    SubscriptionRef gone;
    {
        const std::lock_guard lock(mutex_);
        const auto number = by_id_.find(id);
        if (number == by_id_.end()) return;
        const auto record = records_.find(number->second);
        gone = record->second;
        forget(record);
    }
    if (!ended(gone->status))
        post(home_of(*gone), [id](ShardPort& shard) { shard.remove_webhook(id); });
}

void Registry::look_at_webhooks(WallTime now) {
    workers_.post([this, now] {
        const auto kept = [this] {
            const std::lock_guard lock(mutex_);
            return kept_;
        };
        const auto before = kept();
        const auto there = take_webhooks(now);
        if (!there) {
            log::warn("webhooks could not be looked at", {{"error", there.error().to_string()}});
            return;
        }
        // What ended here meanwhile is no longer among those that are kept.
        const auto since = kept();
        for (const std::string& id : before) {
            if (since.contains(id) && !there->contains(id)) forget_webhook(id);
        }
    });
}

// REST.

void Registry::create(CreateRequest request, Caller caller, WallTime now,
                      std::function<void(CreateAnswer)> done) {
    // The executor takes the task or leaves it: the answer must be at hand in both cases.
    const auto shared = std::make_shared<std::function<void(CreateAnswer)>>(std::move(done));
    const bool posted = workers_.post([this, request = std::move(request),
                                       caller = std::move(caller), now, shared] {
        auto checked = check_request(request, caller, catalog_, options_, now);
        if (!checked) return (*shared)(tl::unexpected(std::move(checked.error())));
        Link link;
        tl::expected<Created, Failure> created;
        {
            const std::lock_guard lock(mutex_);
            created = insert(*std::move(checked), link, now);
        }
        if (!created) {
            if (created.error().status == 429) ++refused_at_bounds_;
            return (*shared)(std::move(created));
        }
        if (created->subscription.is_webhook()) {
            const auto kept = catalog_.add_webhook(record_of(created->subscription));
            if (!kept) {
                log::error("a webhook could not be kept", {{"error", kept.error().to_string()}});
                const std::lock_guard lock(mutex_);
                forget(records_.find(by_id_.at(created->subscription.id)));
                return (*shared)(refuse(500, "the server could not keep this; try again"));
            }
            {
                const std::lock_guard lock(mutex_);
                kept_.insert(created->subscription.id);
            }
            tell_nodes(created->subscription.id, name_of(created->subscription.status));
        }
        hand_over(*std::move(created), link, now, std::move(*shared));
    });
    if (!posted) (*shared)(refuse(503, "the server is busy; try again"));
}

tl::expected<Created, Failure> Registry::insert(Subscription made, Link& link, WallTime now) {
    forget_old(now);
    std::optional<Sessions::iterator> session;
    if (!made.is_webhook()) {
        auto found = session_for(made);
        if (!found) return tl::unexpected(std::move(found.error()));
        session = *found;
        auto& transport = std::get<WebSocketTransport>(made.transport);
        transport.connected_at = (*session)->second.connected_at;
    }
    if (auto no = refusal(made)) return tl::unexpected(*std::move(no));
    made.id = MessageId::from_random(options_.random(), options_.random()).to_string();
    const std::uint64_t number = ++made_;
    const Account account{made.owner, made.client_id};
    if (session) {
        Session& of = (*session)->second;
        of.user = made.owner;
        of.client_id = made.client_id;
        of.subscriptions.insert(number);
        link = {(*session)->first, of.connection};
    }
    records_.emplace(number, std::make_shared<const Subscription>(made));
    by_id_.emplace(made.id, number);
    by_account_[account].insert(number);
    std::vector<SubscriptionRef> live;
    for (auto& one : of_account(account)) {
        if (!ended(one->status)) live.push_back(std::move(one));
    }
    return Created{std::move(made), totals_of(live)};
}

tl::expected<Registry::Sessions::iterator, Failure> Registry::session_for(
    const Subscription& made) {
    const auto session = sessions_.find(std::get<WebSocketTransport>(made.transport).session_id);
    if (session == sessions_.end()) return refuse(400, kNoSession);
    const Session& of = session->second;
    if (!of.user) {
        std::size_t others = 0;
        for (const auto& [id, other] : sessions_)
            others += other.user == made.owner && other.client_id == made.client_id ? 1 : 0;
        if (others >= limits::kEventSubSessionsPerUser)
            return refuse(429, "number of websocket transports limit exceeded");
    } else if (of.user != made.owner || of.client_id != made.client_id) {
        return refuse(400,
                      "websocket transport cannot have subscriptions created by different users");
    }
    if (of.subscriptions.size() >= options_.per_session)
        return refuse(429, "number of subscriptions per websocket transport limit exceeded");
    return session;
}

std::optional<Failure> Registry::refusal(const Subscription& made) const {
    std::uint64_t cost = made.cost;
    std::size_t webhooks = made.is_webhook() ? 1 : 0;
    for (const auto& other : of_account({made.owner, made.client_id})) {
        if (ended(other->status)) continue;
        if (same_wish(*other, made)) return Failure{409, "subscription already exists"};
        cost += other->cost;
        webhooks += other->is_webhook() ? 1 : 0;
    }
    if (cost > limits::kSubscriptionCostMax)
        return Failure{429, "maximum total cost of subscriptions exceeded"};
    if (made.is_webhook() && webhooks > limits::kWebhooksPerClient)
        return Failure{429, "number of webhook subscriptions limit exceeded"};
    return std::nullopt;
}

void Registry::hand_over(Created created, const Link& link, WallTime now,
                         std::function<void(CreateAnswer)> done) {
    auto subscription = std::make_shared<const Subscription>(created.subscription);
    const ShardId home = [&] {
        if (created.subscription.is_webhook()) return home_of(created.subscription);
        const std::lock_guard lock(mutex_);
        const auto session = sessions_.find(link.session);
        return session == sessions_.end() ? ShardId{} : session->second.shard;
    }();
    post(home, [this, created = std::move(created), subscription = std::move(subscription), link,
                now, done = std::move(done)](ShardPort& shard) mutable {
        if (subscription->is_webhook()) {
            shard.add_webhook(subscription);
            return done(std::move(created));
        }
        if (shard.add(link, subscription)) return done(std::move(created));
        bool moved = false;
        {
            const std::lock_guard lock(mutex_);
            const auto session = sessions_.find(link.session);
            moved = session != sessions_.end() && session->second.connection != link.connection;
        }
        // Whoever took the session over took this subscription over with it.
        if (moved) return done(std::move(created));
        set_status(subscription->id, Status::websocket_disconnected, now);
        done(refuse(400, kNoSession));
    });
}

std::optional<Failure> Registry::remove(const std::string& id, const Caller& caller) {
    SubscriptionRef removed;
    {
        const std::lock_guard lock(mutex_);
        const auto number = by_id_.find(id);
        if (number == by_id_.end()) return Failure{404, "subscription not found"};
        removed = records_.find(number->second)->second;
    }
    if (removed->owner != caller.user || removed->client_id != caller.client_id)
        return Failure{404, "subscription not found"};
    if (removed->is_webhook()) {
        if (const auto gone = catalog_.remove_webhook(id); !gone) {
            log::error("a webhook could not be removed", {{"error", gone.error().to_string()}});
            return Failure{500, "the server could not remove this; try again"};
        }
        tell_nodes(id, {});
    }
    Link link;
    ShardId home;
    {
        const std::lock_guard lock(mutex_);
        const auto number = by_id_.find(id);
        if (number == by_id_.end()) return Failure{404, "subscription not found"};
        const auto record = records_.find(number->second);
        removed = record->second;
        if (!removed->is_webhook()) {
            link.session = std::get<WebSocketTransport>(removed->transport).session_id;
            if (const auto session = sessions_.find(link.session); session != sessions_.end()) {
                session->second.subscriptions.erase(record->first);
                link.connection = session->second.connection;
                home = session->second.shard;
            }
        }
        forget(record);
    }
    if (ended(removed->status)) return std::nullopt;
    if (removed->is_webhook()) {
        post(home_of(*removed), [id](ShardPort& shard) { shard.remove_webhook(id); });
    } else {
        post(home, [link, id](ShardPort& shard) { shard.remove(link, id); });
    }
    return std::nullopt;
}

tl::expected<Page, Failure> Registry::list(const ListQuery& query, const Caller& caller,
                                           WallTime now) {
    const auto given = std::ranges::count_if(
        std::initializer_list<const std::string*>{&query.status, &query.type, &query.user_id,
                                                  &query.subscription_id},
        [](const std::string* filter) { return !filter->empty(); });
    if (given > 1) return refuse(400, "give one of status, type, user_id and subscription_id");
    const auto status = parse_status(query.status);
    if (!query.status.empty() && !status) return refuse(400, "there is no such status");
    const auto user = parse_number(query.user_id);
    if (!query.user_id.empty() && !user) return refuse(400, "user_id is not an id");
    const auto after = parse_cursor(query.after);
    if (!query.after.empty() && !after)
        return refuse(400, "The cursor in the after query parameter is not valid");

    const auto matches = [&](const Subscription& subscription) {
        if (status) return subscription.status == *status;
        if (!query.type.empty()) return subscription.info().name == query.type;
        if (user) return names(subscription.condition, UserId(*user));
        return query.subscription_id.empty() || subscription.id == query.subscription_id;
    };
    const std::lock_guard lock(mutex_);
    forget_old(now);
    Page page;
    const auto numbers = by_account_.find({caller.user, caller.client_id});
    if (numbers == by_account_.end()) return page;
    std::vector<std::pair<ListPlace, const Subscription*>> found;
    for (const std::uint64_t number : numbers->second) {
        const Subscription& one = *records_.find(number)->second;
        if (!ended(one.status)) page.totals.total_cost += one.cost;
        if (matches(one)) found.emplace_back(place_of(one), &one);
    }
    page.totals.total = found.size();
    std::ranges::sort(found);
    for (const auto& [place, one] : found) {
        if (after && place <= *after) continue;
        if (page.subscriptions.size() == kPageSize) {
            page.cursor = cursor_of(place_of(page.subscriptions.back()));
            break;
        }
        page.subscriptions.push_back(*one);
    }
    return page;
}

// Sessions.

Link Registry::open_session(ShardId shard, WallTime now) {
    const std::lock_guard lock(mutex_);
    std::string id = random_text(kSessionIdCharacters);
    sessions_.emplace(id, Session{.shard = shard, .connected_at = now});
    return {std::move(id), 1};
}

void Registry::reconnect_all() {
    for (std::size_t i = 0; i < shards_.size(); ++i)
        post(ShardId(static_cast<std::uint16_t>(i)),
             [](ShardPort& shard) { shard.reconnect_all(); });
}

std::string Registry::start_reconnect(const Link& link, const std::string& base) {
    const std::lock_guard lock(mutex_);
    const auto session = sessions_.find(link.session);
    if (session == sessions_.end()) return {};
    session->second.key = random_text(kSessionIdCharacters);
    return (base.empty() ? options_.reconnect_base() : base) + "?session=" + link.session +
           "&key=" + session->second.key;
}

std::optional<Registry::Adopted> Registry::adopt_session(const std::string& id,
                                                         std::string_view key, ShardId shard) {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return std::nullopt;
    Session& session = found->second;
    if (session.key.empty() || session.key != key) return std::nullopt;
    session.key.clear();
    Adopted adopted{.link = {id, session.connection + 1},
                    .before = {id, session.connection},
                    .before_shard = session.shard,
                    .connected_at = session.connected_at,
                    .subscriptions = {}};
    ++session.connection;
    session.shard = shard;
    for (const std::uint64_t number : session.subscriptions)
        adopted.subscriptions.push_back(records_.find(number)->second);
    return adopted;
}

void Registry::take_over(const Adopted& adopted, ShardId shard) {
    // A room tells the old shard of everything that happened before it heard of the new one. By
    // way of every shard, and so of every room's, the last word comes after all of that.
    const auto left = std::make_shared<std::atomic<std::size_t>>(shards_.size());
    const auto last_word = [this, before = adopted.before, link = adopted.link,
                            shard](ShardPort& old) {
        post(shard,
             [link, told = old.supersede(before)](ShardPort& port) { port.go_on(link, told); });
    };
    for (std::size_t i = 0; i < shards_.size(); ++i) {
        post(ShardId(static_cast<std::uint16_t>(i)),
             [this, left, last_word, old = adopted.before_shard](ShardPort&) {
                 if (--*left == 0) post(old, last_word);
             });
    }
}

void Registry::close_session(const Link& link, Status status, WallTime now) {
    const std::lock_guard lock(mutex_);
    const auto session = sessions_.find(link.session);
    if (session == sessions_.end() || session->second.connection != link.connection) return;
    const auto subscriptions = std::exchange(session->second.subscriptions, {});
    sessions_.erase(session);
    for (const std::uint64_t number : subscriptions) finish(records_.find(number), status, now);
}

SubscriptionRef Registry::set_status(const std::string& id, Status status, WallTime now,
                                     LastWord last_word) {
    const std::lock_guard lock(mutex_);
    const auto number = by_id_.find(id);
    if (number == by_id_.end()) return nullptr;
    const auto record = records_.find(number->second);
    if (eventsub::ended(record->second->status)) return nullptr;
    if (eventsub::ended(status)) {
        if (const auto* socket = std::get_if<WebSocketTransport>(&record->second->transport)) {
            if (const auto session = sessions_.find(socket->session_id); session != sessions_.end())
                session->second.subscriptions.erase(record->first);
        }
        finish(record, status, now);
    } else {
        auto changed = std::make_shared<Subscription>(*record->second);
        changed->status = status;
        record->second = std::move(changed);
    }
    const SubscriptionRef changed = records_.find(number->second)->second;
    if (changed->is_webhook()) note_webhook(changed, std::move(last_word));
    return changed;
}

void Registry::note_webhook(const SubscriptionRef& webhook, LastWord last_word) {
    const auto say = [this, webhook, last_word = std::move(last_word)] {
        if (!last_word) return;
        post(home_of(*webhook), [webhook, last_word](ShardPort&) { last_word(webhook); });
    };
    const bool queued = workers_.post([this, webhook, say] {
        const auto noted = ended(webhook->status) ? catalog_.remove_webhook(webhook->id)
                                                  : catalog_.set_webhook_verified(webhook->id);
        if (!noted) {
            log::warn("what became of a webhook could not be written down",
                      {{"error", noted.error().to_string()}});
        }
        // Of several nodes that end it one finds it there.
        if (noted && !*noted) return;
        tell_nodes(webhook->id, name_of(webhook->status));
        say();
    });
    if (queued) return;
    // After the next start it is looked at again.
    log::warn("what became of a webhook could not be written down: too busy");
    say();
}

void Registry::finish(Records::iterator record, Status status, WallTime now) {
    auto over = std::make_shared<Subscription>(*record->second);
    over->status = status;
    kept_.erase(over->id);
    if (auto* socket = std::get_if<WebSocketTransport>(&over->transport))
        socket->disconnected_at = now;
    record->second = std::move(over);
    ended_.emplace_back(now, record->first);
}

void Registry::forget(Records::iterator record) {
    const Account account{record->second->owner, record->second->client_id};
    kept_.erase(record->second->id);
    by_id_.erase(record->second->id);
    const auto numbers = by_account_.find(account);
    numbers->second.erase(record->first);
    if (numbers->second.empty()) by_account_.erase(numbers);
    records_.erase(record);
}

void Registry::forget_old(WallTime now) {
    while (!ended_.empty() && (ended_.size() > limits::kEndedSubscriptions ||
                               ended_.front().first + limits::kEndedSubscriptionsFor <= now)) {
        // A client may have deleted it meanwhile.
        const auto record = records_.find(ended_.front().second);
        if (record != records_.end()) forget(record);
        ended_.pop_front();
    }
}

std::vector<SubscriptionRef> Registry::of_account(const Account& account) const {
    std::vector<SubscriptionRef> subscriptions;
    const auto numbers = by_account_.find(account);
    if (numbers == by_account_.end()) return subscriptions;
    for (const std::uint64_t number : numbers->second)
        subscriptions.push_back(records_.find(number)->second);
    return subscriptions;
}

std::size_t Registry::open_sessions() const {
    const std::lock_guard lock(mutex_);
    return sessions_.size();
}

std::size_t Registry::live_subscriptions() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        records_, [](const auto& record) { return !eventsub::ended(record.second->status); }));
}

}  // namespace clamor::eventsub
