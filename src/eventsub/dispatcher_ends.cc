// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/log.h"
#include "eventsub/dispatcher.h"
#include "eventsub/parts.h"
#include "eventsub/rights.h"

/// How subscriptions lose their right, and what they are told then.
namespace clamor::eventsub {
namespace {

using chat::ModAction;

/// What the end of the subscriptions of a channel is when a moderator did this.
std::optional<Status> revocation(const Subscription& subscription, const chat::Moderation& act) {
    const Audience audience = subscription.info().audience;
    if (audience == Audience::reader && act.action == ModAction::ban &&
        subscription.condition[Field::user] == act.target.id)
        return Status::chat_user_banned;
    // Bans and timeouts take the role away, too.
    const bool demotes = act.action == ModAction::ban || act.action == ModAction::timeout ||
                         act.action == ModAction::unmod;
    if (audience == Audience::moderator && demotes &&
        subscription.condition[Field::moderator] == act.target.id)
        return Status::moderator_removed;
    return std::nullopt;
}

}  // namespace

void Dispatcher::revoke_after(const chat::Event& event) {
    const auto found = watched_.find(event.channel);
    if (found == watched_.end()) return;
    std::vector<Revoked> revoked;
    for (const Subscriber* subscriber : found->second.subscribers) {
        const Subscription& subscription = *subscriber->subscription;
        if (const auto status = revocation(subscription, std::get<chat::Moderation>(event.body)))
            revoked.push_back({subscriber->connection, subscription.id, *status});
    }
    for (const Revoked& one : revoked) revoke(one);
}

void Dispatcher::revoke(const Revoked& revoked) {
    drop(revoked.connection, revoked.id);
    if (revoked.connection == 0) return revoke_webhook(revoked);
    const Now now = scheduler_.now();
    const auto over = registry_.set_status(revoked.id, revoked.status, now.wall);
    if (!over) return;
    counters_.revocations.add();
    const std::string subscription = dump(to_json(*over, Place::notification));
    const MessageId id = make_id(now);
    std::string frame = fmt::format(
        "{{\"metadata\":{{\"message_id\":\"{}\",\"message_type\":\"revocation\","
        "\"message_timestamp\":\"{}\",\"subscription_type\":\"{}\",\"subscription_version\":"
        "\"{}\"}},\"payload\":{{\"subscription\":{}}}}}",
        id.to_string(), rfc3339(now.wall), over->info().name, over->version, subscription);
    if (Connection* connection = find(revoked.connection))
        write(*connection, {id, std::move(frame), {}});
}

/// Every node may find that it is over; one of them tells its callback.
void Dispatcher::revoke_webhook(const Revoked& revoked) {
    webhooks_->forget(revoked.id);
    const std::weak_ptr<Dispatcher*> ticket = ticket_;
    registry_.set_status(revoked.id, revoked.status, scheduler_.now().wall,
                         [this, ticket](const SubscriptionRef& over) {
                             if (ticket.expired()) return;
                             counters_.revocations.add();
                             webhooks_->revoke(over, make_id(scheduler_.now()),
                                               "{\"subscription\":" +
                                                   dump(to_json(*over, Place::notification)) + "}");
                         });
}

bool Dispatcher::lives_here(Handle handle, const std::string& id) {
    if (handle == 0) return webhook_subscribers_.contains(id);
    const Connection* connection = find(handle);
    return connection != nullptr && connection->subscribers.contains(id);
}

void Dispatcher::check_rights(Suspects suspects) {
    if (suspects.empty()) return;
    const std::weak_ptr<Dispatcher*> ticket = ticket_;
    const auto ended = [this](const std::vector<Revoked>& revoked) {
        for (const Revoked& one : revoked) {
            // It may have ended meanwhile, or live on another shard, which looks for itself.
            if (lives_here(one.connection, one.id)) revoke(one);
        }
        settle_all();
    };
    // With a full queue of the workers it is left to the next regular look.
    registry_.workers().post([ticket, ended, suspects = std::move(suspects), now = scheduler_.now(),
                              home = scheduler_.shard(), &catalog = registry_.catalog(),
                              &scheduler = scheduler_] {
        std::vector<Revoked> revoked;
        for (const auto& [handle, subscription] : suspects) {
            const auto lost = lost_right(*subscription, catalog, now.wall);
            if (!lost) {
                log::warn("the rights of subscriptions could not be checked",
                          {{"error", lost.error().to_string()}});
                break;
            }
            if (*lost) revoked.push_back({handle, subscription->id, **lost});
        }
        if (revoked.empty()) return;
        scheduler.post_to(home, Priority::control, [ticket, ended, revoked = std::move(revoked)] {
            if (!ticket.expired()) ended(revoked);
        });
    });
}

void Dispatcher::check_all_rights() {
    rights_timer_ = {};
    Suspects all;
    for_each_subscriber([&](const Subscriber& subscriber) {
        all.emplace_back(subscriber.connection, subscriber.subscription);
    });
    if (all.empty()) return;
    rights_timer_ = scheduler_.call_at(scheduler_.now().mono + limits::kRightsChecked,
                                       [this] { check_all_rights(); });
    // In pieces, so that workers have time for others.
    constexpr std::size_t kAtOnce = 500;
    for (std::size_t i = 0; i < all.size(); i += kAtOnce) {
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(i);
        const auto count = std::min(kAtOnce, all.size() - i);
        check_rights({first, first + static_cast<std::ptrdiff_t>(count)});
    }
}

void Dispatcher::on_standing_changed(ChannelId channel, UserId user) {
    const auto found = watched_.find(channel);
    if (found == watched_.end()) return;
    Suspects suspects;
    for (const Subscriber* subscriber : found->second.subscribers) {
        const Condition& condition = subscriber->subscription->condition;
        if (condition[Field::moderator] == user || condition[Field::user] == user)
            suspects.emplace_back(subscriber->connection, subscriber->subscription);
    }
    check_rights(std::move(suspects));
}

void Dispatcher::on_token_revoked(UserId user, const std::string& token_hash) {
    std::vector<Revoked> revoked;
    Suspects suspects;
    for_each_subscriber([&](const Subscriber& subscriber) {
        const Subscription& subscription = *subscriber.subscription;
        // Those of app tokens rest on what users granted with tokens of theirs.
        if (!subscription.owner)
            suspects.emplace_back(subscriber.connection, subscriber.subscription);
        if (subscription.owner != user) return;
        // Without the token's hash nobody can say that it is another one.
        if (!subscription.token_hash.empty() && subscription.token_hash != token_hash) return;
        revoked.push_back({subscriber.connection, subscription.id, Status::authorization_revoked});
    });
    for (const Revoked& one : revoked) revoke(one);
    settle_all();
    check_rights(std::move(suspects));
}

}  // namespace clamor::eventsub
