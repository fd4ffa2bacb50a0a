// SPDX-License-Identifier: Apache-2.0
#include "sim/client.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace clamor::sim {

Connection::Connection(ClientId client, hub::Identity identity, Node& node, ShardId shard,
                       const Population& population, ClientCheckers& checkers)
    : client_(client),
      identity_(std::move(identity)),
      node_(node),
      shard_(shard),
      population_(population),
      checkers_(checkers),
      id_(++checkers.connections),
      ref_(node.hub(shard).add(*this)) {}

void Connection::leave() {
    node_.hub(shard_).remove(ref_);
    checkers_.answers.gone(id_);
}

void Connection::leave_for_good() {
    for (const auto& [login, channel] : channels_) checkers_.continuity.ends(client_, channel.id);
    leave();
}

hub::RequestId Connection::ask(Kind kind) {
    checkers_.answers.asked(id_, ++requests_, kind);
    return requests_;
}

void Connection::join(const std::string& login) {
    if (channels_.contains(login)) return;
    for (const auto& [request, asked] : joining_) {
        if (asked == login) return;
    }
    const hub::RequestId request = ask(Kind::join);
    joining_[request] = login;
    std::vector<Position> had;
    const ChannelId channel = population_.find(login)->id;
    if (checkers_.continuity.follows(client_, channel))
        had.push_back(checkers_.continuity.newest(client_, channel));
    node_.hub(shard_).join(ref_, request, login, std::move(had));
}

void Connection::say(const std::string& login, std::string text, MessageId reply_to) {
    const hub::RequestId request = ask(Kind::send);
    sent_to_[request] = population_.find(login)->id;
    const std::string nonce = std::to_string(id_) + ":" + std::to_string(request);
    checkers_.continuity.says(client_, nonce);
    node_.hub(shard_).send(ref_, request,
                           {.channel_login = login,
                            .text = std::move(text),
                            .action = false,
                            .client_nonce = nonce,
                            .reply_parent = reply_to});
}

void Connection::act(const std::string& login, chat::Act act) {
    node_.hub(shard_).act(ref_, ask(Kind::act), login, std::move(act));
}

const hub::Joined* Connection::joined(const std::string& login) const {
    const auto found = channels_.find(login);
    return found == channels_.end() ? nullptr : &found->second.joined;
}

void Connection::on_join_answer(hub::RequestId request, hub::JoinAnswer answer) {
    checkers_.answers.answered(id_, request, Kind::join, false);
    const std::string login = joining_.extract(request).mapped();
    const auto* joined = std::get_if<hub::Joined>(&answer);
    if (joined == nullptr) {
        if (std::get<hub::JoinRefusal>(answer) != hub::JoinRefusal::banned) return;
        banned_from_.insert(login);
        checkers_.continuity.ends(client_, population_.find(login)->id);
        return;
    }
    banned_from_.erase(login);
    Channel& channel = channels_[login];
    channel.id = joined->channel;
    channel.joined = *joined;
    ContinuityChecker& checker = checkers_.continuity;
    const bool follows = checker.follows(client_, channel.id);
    const Position after = follows ? checker.newest(client_, channel.id) : Position{};
    // Another history, of which it knows nothing: it would read the newest messages.
    const bool ahead = after > joined->last;
    if (ahead) ++checkers_.ahead;
    if (!follows || ahead) checker.begins(client_, channel.id, joined->last);
    checker.connects(client_, channel.id, node_.id());
    if (!follows || after >= joined->last) return;
    ++checkers_.resumed;
    channel.catching_up = true;
    missed_[++requests_] = {.login = login, .after = after, .upto = joined->last};
    checker.not_given(client_, channel.id, after, joined->last);
    node_.hub(shard_).catch_up(ref_, requests_, channel.id,
                               {{.after = after, .upto = joined->last}});
}

void Connection::on_caught_up(hub::RequestId request, std::vector<hub::CaughtUp> answers) {
    const hub::CaughtUp& answer = answers.front();  // there is one region
    const Missed missed = missed_.extract(request).mapped();
    const auto found = channels_.find(missed.login);
    if (found == channels_.end()) return;  // banned meanwhile
    Channel& channel = found->second;
    ContinuityChecker& checker = checkers_.continuity;
    checker.not_given(client_, channel.id, missed.after, missed.upto);
    if (answer.older > 0)
        checker.announced(client_, channel.id, missed.after, answer.first, answer.older);
    for (const chat::EventRef& event : answer.events) {
        const auto* message = std::get_if<chat::Message>(&event->body);
        if (message == nullptr || !chat::for_moderators_only(*message)) show(*event);
    }
    if (answer.unread > 0 || answer.perhaps) {
        checker.announced(client_, channel.id, answer.unread_after, answer.unread_before,
                          std::max<std::uint64_t>(answer.unread, 1));
    }
    channel.catching_up = false;
    for (const chat::Event& event : std::exchange(channel.waiting, {})) show(event);
}

void Connection::deliver(const Frame& frame) {
    std::string_view bytes = frame.bytes();
    bytes.remove_prefix(1);
    while (!bytes.empty()) {
        const auto event = take_event(bytes, dialect());
        CLAMOR_CHECK(event.has_value(), "a frame of the simulation's encoder can be read");
        take(*event);
    }
}

void Connection::take(const chat::Event& event) {
    if (std::holds_alternative<chat::MembershipChanged>(event.body)) return;
    const auto found = channels_.find(event.channel_login);
    if (found != channels_.end() && found->second.catching_up) {
        found->second.waiting.push_back(event);
    } else {
        show(event);
    }
}

void Connection::show(const chat::Event& event) {
    ++checkers_.shown;
    checkers_.note(id_);
    checkers_.note(event.position.sequence);
    checkers_.continuity.shown(client_, event);
    if (const auto* message = std::get_if<chat::Message>(&event.body)) last_seen_ = message->id;
}

void Connection::on_skipped(ChannelId channel, const hub::Skipped& skipped) {
    checkers_.continuity.announced(
        client_, channel,
        {.epoch = skipped.first.epoch,
         .sequence = skipped.first.sequence > 0 ? skipped.first.sequence - 1 : 0},
        {.epoch = skipped.last.epoch, .sequence = skipped.last.sequence + 1},
        std::accumulate(skipped.by_class.begin(), skipped.by_class.end(), std::uint64_t{0}));
}

void Connection::on_send_answer(hub::RequestId request, hub::SendAnswer answer) {
    checkers_.note(request + (answer.index() << 32));
    const bool interim = std::holds_alternative<hub::NotStoredYet>(answer);
    checkers_.answers.answered(id_, request, Kind::send, interim);
    if (const auto* stored = std::get_if<hub::Stored>(&answer)) {
        ++checkers_.echoed;
        checkers_.continuity.echoed(client_, sent_to_[request], stored->id, stored->position);
    } else if (!interim) {
        ++checkers_.refused;
    }
    if (!interim) sent_to_.erase(request);
}

void Connection::on_act_answer(hub::RequestId request, hub::ActAnswer) {
    checkers_.answers.answered(id_, request, Kind::act, false);
}

void Connection::ask_names(const std::string& login) {
    names_.clear();
    node_.hub(shard_).names(ref_, ask(Kind::names), login);
}

void Connection::on_names_answer(hub::RequestId request, hub::NamesAnswer answer) {
    checkers_.answers.answered(id_, request, Kind::names, false);
    names_ = std::move(answer.names);
}

void Connection::on_evicted(ChannelId channel, const std::string& login) {
    channels_.erase(login);
    checkers_.continuity.ends(client_, channel);
}

}  // namespace clamor::sim
