// SPDX-License-Identifier: Apache-2.0
#include "sim/delivery_checker.h"

#include <algorithm>

namespace clamor::sim {

void DeliveryChecker::published(ChannelId channel, Position position, MessageId id, SessionId by,
                                Kind kind) {
    auto& said = published_[channel];
    if (position.sequence != said.size() + 1) {
        violations_.add("channel {}: position {} was given after {}", channel.value,
                        position.sequence, said.size());
        return;
    }
    said.push_back({id, by, kind});
}

void DeliveryChecker::join_asked(SessionId session, hub::RequestId request,
                                 const std::string& login) {
    sessions_[session].joining.push_back({request, login, false});
}

void DeliveryChecker::join_answered(SessionId session, hub::RequestId request,
                                    const hub::JoinAnswer& answer) {
    auto& joining = sessions_[session].joining;
    const auto asked = std::find_if(joining.begin(), joining.end(),
                                    [&](const Joining& j) { return j.request == request; });
    if (asked == joining.end()) return;  // the answer checker's subject
    const Joining was = *asked;
    joining.erase(asked);
    const auto* joined = std::get_if<hub::Joined>(&answer);
    if (joined == nullptr || was.cancelled) return;
    if (joined->login != was.login) {
        violations_.add("session {} asked to join {} and joined {}", session, was.login,
                        joined->login);
    }
    sessions_[session].stays.try_emplace(was.login, Stay{.channel = joined->channel,
                                                         .last_seen = published_in(joined->channel),
                                                         .missing = 0,
                                                         .skipped = 0,
                                                         .told_of_ban = false});
}

void DeliveryChecker::left(SessionId session, const std::string& login, bool was_there) {
    Session& who = sessions_[session];
    bool expected = who.stays.erase(login) > 0;
    for (Joining& joining : who.joining) {
        if (joining.login != login) continue;
        joining.cancelled = true;
        expected = true;
    }
    if (expected != was_there) {
        violations_.add("session {} leaves {}: the hub says {}, but it was {}", session, login,
                        was_there, expected);
    }
}

void DeliveryChecker::gone(SessionId session) {
    sessions_.erase(session);
}

void DeliveryChecker::evicted(SessionId session, const std::string& login) {
    auto& stays = sessions_[session].stays;
    const auto stay = stays.find(login);
    if (stay == stays.end()) {
        violations_.add("session {} is put out of {}, in which it is not", session, login);
        return;
    }
    if (!stay->second.told_of_ban)
        violations_.add("session {} is put out of {} before it was told of a ban", session, login);
    stays.erase(stay);
}

void DeliveryChecker::told_of_ban(SessionId session, ChannelId channel) {
    if (Stay* stay = stay_in(session, channel)) stay->told_of_ban = true;
}

DeliveryChecker::Stay* DeliveryChecker::stay_in(SessionId session, ChannelId channel) {
    for (auto& [login, stay] : sessions_[session].stays) {
        if (stay.channel == channel) return &stay;
    }
    return nullptr;
}

void DeliveryChecker::delivered(SessionId session, ChannelId channel, Position position,
                                MessageId id) {
    const auto& said = published_[channel];
    if (position.sequence == 0 || position.sequence > said.size() ||
        said[position.sequence - 1].id != id) {
        violations_.add("session {} got {} as number {} of channel {}, which it is not", session,
                        id.to_string(), position.sequence, channel.value);
        return;
    }
    if (said[position.sequence - 1].kind == Kind::for_moderators) {
        violations_.add("session {} got message {} of channel {}, which is for moderators", session,
                        position.sequence, channel.value);
    }
    if (said[position.sequence - 1].by == session) {
        violations_.add("session {} got its own message {} of channel {}", session,
                        position.sequence, channel.value);
    }
    Stay* stay = stay_in(session, channel);
    if (stay == nullptr) {
        violations_.add("session {} got message {} of channel {}, in which it is not", session,
                        position.sequence, channel.value);
        return;
    }
    std::uint64_t& newest = sessions_[session].newest[channel];
    if (position.sequence <= newest) {
        violations_.add("session {} got message {} of channel {} after message {}", session,
                        position.sequence, channel.value, newest);
    }
    // What was said before the stay began may still come, and is then what counting begins with.
    if (newest < position.sequence && position.sequence <= stay->last_seen)
        stay->last_seen = position.sequence;
    newest = std::max(newest, position.sequence);
    count_missing(session, *stay, position.sequence);
    stay->last_seen = std::max(stay->last_seen, position.sequence);
}

void DeliveryChecker::delivered_other(SessionId session, ChannelId channel) {
    if (stay_in(session, channel) == nullptr) {
        violations_.add("session {} got an event of channel {}, in which it is not", session,
                        channel.value);
    }
}

void DeliveryChecker::skipped(SessionId session, ChannelId channel, std::uint64_t messages) {
    Stay* stay = stay_in(session, channel);
    if (stay == nullptr) {
        violations_.add("session {} is told that it skipped {} in channel {}, in which it is not",
                        session, messages, channel.value);
        return;
    }
    stay->skipped += messages;
}

void DeliveryChecker::count_missing(SessionId session, Stay& stay, std::uint64_t before) {
    const auto& said = published_[stay.channel];
    for (std::uint64_t sequence = stay.last_seen + 1; sequence < before; ++sequence) {
        const Said& missed = said[sequence - 1];
        if (missed.kind == Kind::act) {
            violations_.add("session {} was not told of act {} of channel {}", session, sequence,
                            stay.channel.value);
        }
        if (missed.kind == Kind::message && missed.by != session) ++stay.missing;
    }
    if (!loss_allowed_) check_told(session, stay, before);
}

void DeliveryChecker::check_told(SessionId session, Stay& stay, std::uint64_t before) {
    if (stay.missing <= stay.skipped) return;
    violations_.add(
        "session {} misses {} messages of channel {} before number {} and was told of {}", session,
        stay.missing, stay.channel.value, before, stay.skipped);
    stay.missing = stay.skipped;
}

void DeliveryChecker::check_at_rest() {
    for (auto& [session, who] : sessions_) {
        for (auto& [login, stay] : who.stays) {
            const std::uint64_t all = published_in(stay.channel);
            count_missing(session, stay, all + 1);
            check_told(session, stay, all + 1);
            stay.last_seen = all;
        }
    }
}

const std::map<std::string, DeliveryChecker::Stay>& DeliveryChecker::stays_of(
    SessionId session) const {
    static const std::map<std::string, Stay> kNone;
    const auto found = sessions_.find(session);
    return found == sessions_.end() ? kNone : found->second.stays;
}

std::uint64_t DeliveryChecker::published_in(ChannelId channel) const {
    const auto found = published_.find(channel);
    return found == published_.end() ? 0 : found->second.size();
}

}  // namespace clamor::sim
