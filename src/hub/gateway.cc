// SPDX-License-Identifier: Apache-2.0
#include "hub/gateway.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "chat/anonymous.h"
#include "hub/emote_sets.h"
#include "hub/gateway_posting.h"
#include "text/message.h"

namespace clamor::hub {

namespace {

std::vector<UserId> targets_of(const ActAnswers& answers) {
    std::vector<UserId> targets;
    for (const chat::ActAnswer& answer : answers) {
        const auto* what = std::get_if<chat::Done>(&answer);
        if (what == nullptr) continue;
        for (const auto& event : what->events) {
            const auto* act = std::get_if<chat::Moderation>(&event);
            if (act != nullptr && act->target.id) targets.push_back(act->target.id);
        }
    }
    return targets;
}

std::vector<MessageId> undone_of(const ActAnswers& answers) {
    std::vector<MessageId> undone;
    for (const chat::ActAnswer& answer : answers) {
        if (const auto* what = std::get_if<chat::Done>(&answer))
            undone.insert(undone.end(), what->undone.begin(), what->undone.end());
    }
    return undone;
}

}  // namespace

/// Posting is for every thread; its clock is only for the first shard's.
Scheduler& HubGateway::scheduler() const {
    return hubs_.front()->impl_->scheduler();
}

void HubGateway::act(ActRequest request, std::function<void(ActAnswers)> done) {
    const ChannelId channel = request.channel;
    const auto tell = [this, channel, done = std::move(done)](ActAnswers answers) {
        // A bulk is shown bit by bit, and is to hold on other nodes as soon as it does here.
        const news::StandingChanged changed{channel, targets_of(answers)};
        if (changed.users.size() > limits::kActEventsAtOnce) tell_nodes(changed);
        const news::ActsUndone undone{channel, undone_of(answers)};
        if (!undone.acts.empty()) tell_nodes(undone);
        done(std::move(answers));
    };
    on_owner(channel, [request = std::move(request), tell](auto& hub) mutable {
        hub.perform(std::move(request), tell);
    });
}

void HubGateway::send(RemoteMessage message, std::function<void(SendAnswer)> done) {
    const ChannelId channel = message.channel;
    on_owner(channel, [message = std::move(message), done = std::move(done)](auto& hub) mutable {
        hub.send_remote(std::move(message), std::move(done));
    });
}

void HubGateway::chatters(ChannelId channel, std::function<void(std::vector<chat::Person>)> done) {
    on_owner(channel,
             [channel, done = std::move(done)](auto& hub) { hub.host().chatters(channel, done); });
}

Result<std::optional<chat::User>> HubGateway::find_user(const chat::Target& target) {
    if (target.id) return catalog_.find_user(target.id);
    if (!text::is_valid_login(target.login)) return std::optional<chat::User>();
    auto found = catalog_.find_user(target.login);
    if (!found || *found || !create_ || chat::is_anonymous_login(target.login)) return found;
    auto made = catalog_.ensure_user(target.login);
    if (!made) return tl::unexpected(made.error());
    return std::optional(*std::move(made));
}

void HubGateway::whisper(Whisper whisper, std::function<void(WhisperAnswer)> done) {
    // The limits are the first shard's, and so is the clock.
    scheduler().post_to(
        ShardId(0), Priority::control,
        [this, whisper = std::move(whisper), done = std::move(done)]() mutable {
            const auto refuse = [this, done](WhisperAnswer why) {
                whispers_refused_.add();
                done(why);
            };
            count_whisper(
                whisper.from.id, whisper_limits_.per_second,
                [this, refuse, whisper = std::move(whisper), done](bool in_second) mutable {
                    if (!in_second) return refuse(WhisperAnswer::too_fast_second);
                    const UserId from = whisper.from.id;
                    count_whisper(
                        from, whisper_limits_.per_minute,
                        [this, refuse, whisper = std::move(whisper), done](bool in_minute) mutable {
                            if (!in_minute) return refuse(WhisperAnswer::too_fast_minute);
                            look_up_and_deliver(std::move(whisper), done);
                        });
                });
        });
}

/// On the first shard; over all nodes where they can be asked.
void HubGateway::count_whisper(UserId from, const limits::Window& window,
                               std::function<void(bool)> allowed) {
    const auto here = [this, from, window, allowed] {
        allowed(whispers_.check(from, window, scheduler().now().mono).allowed);
    };
    if (shared_limits_ == nullptr) return here();
    shared_limits_->check(SharedLimits::Act::whisper, from, window,
                          [this, here, allowed](std::optional<chat::LimitAnswer> answer) {
                              scheduler().post_to(ShardId(0), Priority::control,
                                                  [here, allowed, answer] {
                                                      answer ? allowed(answer->allowed) : here();
                                                  });
                          });
}

void HubGateway::look_up_and_deliver(Whisper whisper, std::function<void(WhisperAnswer)> done) {
    const bool queued = workers_.post([this, whisper = std::move(whisper), done] {
        auto recipient = find_recipient(whisper);
        scheduler().post_to(ShardId(0), Priority::control,
                            [this, whisper, recipient = std::move(recipient), done] {
                                deliver_whisper(whisper, recipient, done);
                            });
    });
    if (!queued) done(WhisperAnswer::busy);
}

HubGateway::Recipient HubGateway::find_recipient(const Whisper& whisper) {
    auto to = find_user(whisper.to);
    if (!to) {
        log::warn("a whisper could not be delivered", {{"error", to.error().to_string()}});
        return {.refused = WhisperAnswer::busy};
    }
    if (!*to) return {.refused = WhisperAnswer::unknown_user};
    if ((*to)->id == whisper.from.id) return {.refused = WhisperAnswer::to_self};
    const auto blocked = catalog_.has_block((*to)->id, whisper.from.id);
    if (!blocked) return {.refused = WhisperAnswer::busy};
    return {.user = **std::move(to),
            .blocks_sender = *blocked,
            .emotes = emotes_in(whisper.text, whisper.from.id)};
}

std::vector<chat::EmoteOccurrence> HubGateway::emotes_in(const std::string& text, UserId from) {
    const auto global = catalog_.emotes_for(ChannelId{});
    auto granted = catalog_.granted_emotes(from);
    if (!global || !granted) return {};
    return emote_set_of(*global).find(text, {.granted = *std::move(granted)});
}

void HubGateway::deliver_whisper(const Whisper& whisper, const Recipient& to,
                                 const std::function<void(WhisperAnswer)>& done) {
    if (to.refused) return done(*to.refused);
    if (!whisper_contacts_.allow(whisper.from.id, to.user.id, scheduler().now().mono)) {
        whispers_refused_.add();
        return done(WhisperAnswer::too_many_recipients);
    }
    // Behind the whisper itself, where it goes to sessions of this shard.
    const auto sent = [this, done](WhisperAnswer answer) {
        scheduler().post_to(ShardId(0), Priority::control, [done, answer] { done(answer); });
    };
    if (to.blocks_sender) return sent(WhisperAnswer::sent);
    const bool queued = workers_.post([this, whisper, to, sent] {
        const auto number = catalog_.count_whisper(whisper.from.id, to.user.id);
        if (!number) {
            log::warn("a whisper could not be delivered", {{"error", number.error().to_string()}});
            return sent(WhisperAnswer::busy);
        }
        tell_nodes(news::Whispered{.from = whisper.from.id,
                                   .to = to.user.id,
                                   .number = *number,
                                   .action = whisper.action,
                                   .text = whisper.text});
        on_all([received = WhisperReceived{.from = whisper.from,
                                           .to = to.user,
                                           .number = *number,
                                           .text = whisper.text,
                                           .action = whisper.action,
                                           .emotes = to.emotes}](auto& hub) {
            hub.whisper(received);
        });
        sent(WhisperAnswer::sent);
    });
    if (!queued) sent(WhisperAnswer::busy);
}

void HubGateway::set_color(UserId user, std::string color, std::function<void(bool)> done) {
    const bool queued =
        workers_.post([this, user, color = std::move(color), done = std::move(done)] {
            auto found = catalog_.find_user(user);
            bool written = found && *found;
            if (written) {
                (*found)->color = color;
                written = catalog_.update_user(**found).has_value();
            }
            // Before the answer: what is said after it has the new colour.
            if (written) {
                on_all([changed = **found](auto& hub) { hub.account_changed(changed, false); });
                tell_nodes(news::AccountChanged{user});
            }
            scheduler().post_to(ShardId(0), Priority::control, [done, written] { done(written); });
        });
    if (!queued) done(false);
}

void HubGateway::set_block(UserId user, chat::Target target, bool on,
                           std::function<void(BlockAnswer)> done) {
    const bool queued = workers_.post([this, user, target = std::move(target), on, done] {
        BlockAnswer answer = BlockAnswer::done;
        const auto other = find_user(target);
        if (!other) {
            answer = BlockAnswer::busy;
        } else if (!*other) {
            answer = BlockAnswer::unknown_user;
        } else if ((*other)->id == user) {
            answer = BlockAnswer::to_self;
        } else if (!catalog_.set_block(user, (*other)->id, on)) {
            answer = BlockAnswer::busy;
        }
        scheduler().post_to(ShardId(0), Priority::control, [done, answer] { done(answer); });
    });
    if (!queued) done(BlockAnswer::busy);
}

void HubGateway::list_role(std::string channel_login, chat::Role role,
                           std::function<void(std::optional<std::vector<std::string>>)> done) {
    const bool queued = workers_.post([this, login = std::move(channel_login), role, done] {
        std::optional<std::vector<std::string>> logins;
        const auto channel = catalog_.find_channel(login);
        if (channel && *channel) {
            const auto users = catalog_.list_role((*channel)->id, role, {}, limits::kRoleListMax);
            if (users) {
                logins.emplace();
                for (const chat::User& user : *users) logins->push_back(user.login);
            }
        }
        scheduler().post_to(
            ShardId(0), Priority::control,
            [done, logins = std::move(logins)]() mutable { done(std::move(logins)); });
    });
    if (!queued) done(std::nullopt);
}

void HubGateway::announce(ChannelId channel, chat::UserNotice notice,
                          std::function<void(bool)> done) {
    const UserId author = notice.anonymous ? UserId() : notice.message.author_id;
    on_owner(channel, [channel, author, notice = std::move(notice),
                       done = std::move(done)](auto& hub) mutable {
        hub.host().announce(channel, author, std::move(notice), std::move(done));
    });
}

void HubGateway::account_changed(UserId user) {
    spread_account(user, false);
    tell_nodes(news::AccountChanged{user});
}

void HubGateway::standing_changed(ChannelId channel, UserId user) {
    take(news::StandingChanged{channel, {user}});
    tell_nodes(news::StandingChanged{channel, {user}});
}

void HubGateway::channel_changed(ChannelId channel) {
    take(news::ChannelChanged{channel});
    tell_nodes(news::ChannelChanged{channel});
}

void HubGateway::wake_rooms() {
    workers_.post([this] {
        const auto channels = catalog_.channels_to_wake();
        if (!channels) {
            log::warn("rooms where something waits could not be looked for",
                      {{"error", channels.error().to_string()}});
            return;
        }
        for (const ChannelId channel : *channels)
            on_owner(channel, [channel](auto& hub) { hub.host().wake(channel); });
    });
}

void HubGateway::use_classifier(const std::shared_ptr<const automod::Classifier>& classifier) {
    on_all([classifier](auto& hub) { hub.host().use(classifier); });
}

void HubGateway::followed(Followed follow) {
    tell_nodes(news::FollowedChannel{follow.channel, follow.follower.id, follow.at});
    on_all([follow = std::move(follow)](auto& hub) { hub.followed(follow); });
}

std::vector<ChannelId> SharedChatChanged::channels() const {
    std::vector<ChannelId> all;
    for (const chat::Person& one : after.participants) all.emplace_back(one.id.value);
    for (const chat::Person& one : before.participants) {
        if (!after.has(ChannelId(one.id.value))) all.emplace_back(one.id.value);
    }
    return all;
}

void HubGateway::shared_chat_changed(SharedChatChanged change) {
    tell_nodes(news::SharedChatChange{change.before, change.after});
    spread_shared_chat(std::move(change));
}

void HubGateway::token_revoked(UserId user, const std::string& token_hash) {
    take(news::TokenRevoked{user, token_hash});
    tell_nodes(news::TokenRevoked{user, token_hash});
}

void HubGateway::token_expired(UserId user, const std::string& token_hash) {
    on_all([user, token_hash](auto& hub) { hub.end_sessions(user, token_hash); });
}

}  // namespace clamor::hub
