// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "base/log.h"
#include "hub/gateway.h"
#include "hub/gateway_posting.h"

/// What nodes tell each other, on a channel of the bus that nobody chats in.
namespace clamor::hub {

namespace {

constexpr ChannelId kNodes{};
constexpr std::chrono::seconds kUnreadableSaidEvery{60};

}  // namespace

void HubGateway::join_nodes(
    const std::function<std::unique_ptr<bus::Bus>(bus::Receiver&, Scheduler&)>& make_bus,
    SharedLimits& limits, NewsListener listener) {
    shared_limits_ = &limits;
    listener_ = std::move(listener);
    to_nodes_ = make_bus(from_nodes_, scheduler());
    to_nodes_->subscribe(kNodes, bus::kNewest);
}

void HubGateway::tell_nodes(const news::News& what) {
    if (!to_nodes_) return;
    scheduler().post_to(ShardId(0), Priority::control,
                        [this, bytes = news::encode(what)] { to_nodes_->publish(kNodes, bytes); });
}

void HubGateway::node_lost() {
    on_all([](auto& hub) { hub.host().reread_rooms(); });
}

void HubGateway::FromNodes::on_received(const bus::Received& received) {
    if (received.published_here) return;  // done already
    const auto news = news::decode(received.bytes);
    if (!news) return gateway_.news_are_unreadable(news.error());
    std::visit([this](const auto& what) { gateway_.take(what); }, *news);
}

/// As much as there is of it, it is told once a minute.
void HubGateway::news_are_unreadable(const Error& error) {
    news_unreadable_.add();
    const MonoTime now = scheduler().now().mono;
    if (unreadable_said_at_ != MonoTime() && now - unreadable_said_at_ < kUnreadableSaidEvery)
        return;
    unreadable_said_at_ = now;
    log::error("what a node tells cannot be read",
               {{"error", error.to_string()}, {"so_many", news_unreadable_.value()}});
}

void HubGateway::FromNodes::on_gap(ChannelId, Position after, Position before) {
    if (gateway_.listener_.missed) gateway_.listener_.missed();
    gateway_.on_all([](auto& hub) { hub.host().reread_rooms(); });
    if (before.epoch != after.epoch) return;
    log::warn("news of other nodes were missed; what they were about is read from the catalog",
              {{"news", before.sequence - after.sequence - 1}});
}

void HubGateway::spread_account(UserId user, bool elsewhere) {
    workers_.post([this, user, elsewhere] {
        const auto found = catalog_.find_user(user);
        if (!found || !*found) return;
        on_all(
            [changed = **found, elsewhere](auto& hub) { hub.account_changed(changed, elsewhere); });
    });
}

void HubGateway::spread_shared_chat(SharedChatChanged change) {
    for (const ChannelId channel : change.channels()) take(news::ChannelChanged{channel});
    on_all([change = std::move(change)](auto& hub) { hub.shared_chat_changed(change); });
}

void HubGateway::take(const news::SharedChatChange& what) {
    spread_shared_chat({.before = what.before, .after = what.after, .elsewhere = true});
}

void HubGateway::take(const news::AccountChanged& what) {
    spread_account(what.user, true);
}

void HubGateway::take(const news::WebhookChanged& what) {
    if (listener_.webhook_changed) listener_.webhook_changed(what);
}

void HubGateway::take(const news::ActsUndone& what) {
    on_owner(what.channel, [what](auto& hub) { hub.host().acts_undone(what.channel, what.acts); });
}

void HubGateway::take(const news::StandingChanged& what) {
    on_owner(what.channel, [what](auto& hub) {
        for (const UserId user : what.users) hub.host().standing_changed(what.channel, user);
    });
    on_all([what](auto& hub) {
        for (const UserId user : what.users) hub.standing_changed(what.channel, user);
    });
}

void HubGateway::take(const news::ChannelChanged& what) {
    on_owner(what.channel,
             [channel = what.channel](auto& hub) { hub.host().channel_changed(channel); });
}

void HubGateway::take(const news::FollowedChannel& what) {
    workers_.post([this, what] {
        const auto follower = catalog_.find_user(what.follower);
        if (!follower || !*follower) return;
        on_all([follow = Followed{.channel = what.channel,
                                  .follower = chat::person_of(**follower),
                                  .at = what.at,
                                  .elsewhere = true}](auto& hub) { hub.followed(follow); });
    });
}

void HubGateway::take(const news::TokenRevoked& what) {
    on_all([user = what.user, hash = what.hash](auto& hub) { hub.token_revoked(user, hash); });
}

void HubGateway::take(const news::Whispered& what) {
    whisper_contacts_.note(what.from, what.to, scheduler().now().mono);
    workers_.post([this, what] {
        auto from = catalog_.find_user(what.from);
        auto to = catalog_.find_user(what.to);
        if (!from || !*from || !to || !*to) return;
        on_all(
            [received = WhisperReceived{.from = **std::move(from),
                                        .to = **std::move(to),
                                        .number = what.number,
                                        .text = what.text,
                                        .action = what.action,
                                        .emotes = emotes_in(what.text, what.from),
                                        .elsewhere = true}](auto& hub) { hub.whisper(received); });
    });
}

}  // namespace clamor::hub
