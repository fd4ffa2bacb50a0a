// SPDX-License-Identifier: Apache-2.0
#include "sim/session.h"

#include <utility>

#include "sim/wire.h"

namespace clamor::sim {

using Kind = AnswerChecker::Kind;

Session::Session(SessionId id, hub::Identity identity, hub::Dialect dialect, hub::Hub& hub,
                 const Scheduler& clock, const Population& population, Checkers& checkers)
    : id_(id),
      identity_(std::move(identity)),
      dialect_(dialect),
      hub_(hub),
      clock_(clock),
      population_(population),
      checkers_(checkers),
      ref_(hub.add(*this)) {}

Session::~Session() {
    hub_.remove(ref_);
    checkers_.delivery.gone(id_);
    checkers_.answers.gone(id_);
}

void Session::join(const std::string& login) {
    const hub::RequestId request = ++requests_;
    checkers_.answers.asked(id_, request, Kind::join);
    checkers_.delivery.join_asked(id_, request, login);
    const store::Channel* channel = population_.find(login);
    const bool known = channel != nullptr && !identity_.anonymous;
    joins_[request] = {login,
                       known ? checkers_.rules.ban_for_good(channel->id, identity_.user.id) : 0};
    hub_.join(ref_, request, login);
}

void Session::leave(const std::string& login) {
    checkers_.delivery.left(id_, login, hub_.leave(ref_, login));
    views_.erase(login);
}

void Session::send(const std::string& login, std::string text, MessageId reply_to) {
    const hub::RequestId request = ++requests_;
    checkers_.answers.asked(id_, request, Kind::send);
    sent_to_[request] = login;
    if (const store::Channel* channel = population_.find(login);
        channel != nullptr && !identity_.anonymous) {
        checkers_.rules.asked(population_.chatter(channel->id, identity_.user), clock_.now().mono);
    }
    hub_.send(ref_, request,
              {.channel_login = login,
               .text = std::move(text),
               .action = false,
               .client_nonce = nonce(request),
               .reply_parent = reply_to});
}

void Session::act(const std::string& login, chat::Act act) {
    const hub::RequestId request = ++requests_;
    checkers_.answers.asked(id_, request, Kind::act);
    if (const store::Channel* channel = population_.find(login);
        channel != nullptr && !identity_.anonymous) {
        acts_.emplace(
            request,
            AskedAct{.channel = channel->id,
                     .act = act,
                     .role = population_.chatter(channel->id, identity_.user).standing.role,
                     .at = clock_.now().mono});
    }
    hub_.act(ref_, request, login, std::move(act));
}

void Session::names(const std::string& login, std::function<void(const hub::NamesAnswer&)> check) {
    const hub::RequestId request = ++requests_;
    checkers_.answers.asked(id_, request, Kind::names);
    if (check) names_checks_[request] = std::move(check);
    hub_.names(ref_, request, login);
}

const std::set<std::string>* Session::view_of(const std::string& login) const {
    const auto view = views_.find(login);
    return view != views_.end() && view->second.complete ? &view->second.others : nullptr;
}

void Session::deliver(const Frame& frame) {
    std::string_view bytes = frame.bytes();
    if (bytes.size() < 2 || bytes.front() != static_cast<char>(dialect_.bits)) {
        checkers_.violations.add("session {} got a frame that is empty or of another dialect", id_);
        return;
    }
    bytes.remove_prefix(1);
    while (!bytes.empty()) {
        const auto event = take_event(bytes, dialect_);
        if (!event) {
            checkers_.violations.add("session {} got a frame that it cannot read: {}", id_,
                                     event.error().to_string());
            return;
        }
        take(*event);
    }
}

void Session::take(const chat::Event& event) {
    ++checkers_.deliveries;
    checkers_.note(id_);
    checkers_.note(event.position.sequence);
    checkers_.note(static_cast<std::uint64_t>(clock_.now().mono.time_since_epoch().count()));
    if (const auto* message = std::get_if<chat::Message>(&event.body)) {
        checkers_.delivery.delivered(id_, event.channel, event.position, message->id);
        last_seen_ = message->id;
        return;
    }
    if (const auto* act = std::get_if<chat::Moderation>(&event.body)) {
        checkers_.delivery.delivered(id_, event.channel, event.position, act->id);
        const bool own_ban = act->action == chat::ModAction::ban && !identity_.anonymous &&
                             act->target.id == identity_.user.id;
        if (own_ban) checkers_.delivery.told_of_ban(id_, event.channel);
        return;
    }
    checkers_.delivery.delivered_other(id_, event.channel);
    const auto view = views_.find(event.channel_login);
    if (view == views_.end()) return;
    const auto& changed = std::get<chat::MembershipChanged>(event.body);
    for (const auto& login : changed.joined) view->second.others.insert(login);
    for (const auto& login : changed.parted) view->second.others.erase(login);
}

void Session::on_skipped(ChannelId channel, const hub::Skipped& skipped) {
    const auto& by_class = skipped.by_class;
    std::uint64_t messages = 0;
    for (std::size_t i = 0; i < by_class.size(); ++i) {
        if (by_class[i] > 0 && static_cast<chat::ShedClass>(i) <= intake_ &&
            !checkers_.delivery.loss_allowed()) {
            checkers_.violations.add("session {} skips class {}, which it takes", id_, i);
        }
        if (i != static_cast<std::size_t>(chat::ShedClass::membership)) messages += by_class[i];
    }
    checkers_.delivery.skipped(id_, channel, messages);
    if (by_class[static_cast<std::size_t>(chat::ShedClass::membership)] == 0) return;
    for (const auto& [login, stay] : checkers_.delivery.stays_of(id_)) {
        const auto view = views_.find(login);
        if (stay.channel == channel && view != views_.end()) view->second.complete = false;
    }
}

void Session::on_join_answer(hub::RequestId request, hub::JoinAnswer answer) {
    checkers_.note(request);
    checkers_.answers.answered(id_, request, Kind::join, false);
    checkers_.delivery.join_answered(id_, request, answer);
    const auto asked = joins_.extract(request);
    if (!asked.empty() && !identity_.anonymous)
        check_join(asked.mapped().first, asked.mapped().second, answer);
    const auto* joined = std::get_if<hub::Joined>(&answer);
    if (joined == nullptr || !checkers_.delivery.stays_of(id_).contains(joined->login)) return;
    if (!dialect_.has(hub::Dialect::kMembership)) return;
    views_.try_emplace(joined->login, View{.others = {joined->names.begin(), joined->names.end()},
                                           .complete = true});
}

void Session::on_send_answer(hub::RequestId request, hub::SendAnswer answer) {
    checkers_.note(request + (answer.index() << 32));
    checkers_.answers.answered(id_, request, Kind::send,
                               std::holds_alternative<hub::NotStoredYet>(answer));
    const store::Channel* channel = population_.find(sent_to_[request]);
    if (const auto* stored = std::get_if<hub::Stored>(&answer)) {
        checkers_.history.echoed(channel != nullptr ? channel->id : ChannelId{}, stored->id,
                                 nonce(request));
    } else if (const auto* refused = std::get_if<chat::Refused>(&answer);
               refused != nullptr && channel != nullptr) {
        ++checkers_.refused;
        checkers_.rules.refused(channel->id, population_.chatter(channel->id, identity_.user),
                                *refused, clock_.now());
    }
    if (!std::holds_alternative<hub::NotStoredYet>(answer)) sent_to_.erase(request);
}

void Session::check_join(const std::string& login, std::uint64_t ban,
                         const hub::JoinAnswer& answer) {
    const store::Channel* channel = population_.find(login);
    if (channel == nullptr) return;
    const auto* refusal = std::get_if<hub::JoinRefusal>(&answer);
    if (refusal != nullptr && *refusal == hub::JoinRefusal::banned) {
        checkers_.rules.join_refused(channel->id, population_.chatter(channel->id, identity_.user),
                                     clock_.now());
    }
    const bool held =
        ban != 0 && checkers_.rules.ban_for_good(channel->id, identity_.user.id) == ban;
    if (held && refusal == nullptr) {
        checkers_.violations.add("session {} got into {}, from which its user is banned", id_,
                                 login);
    }
}

void Session::on_act_answer(hub::RequestId request, hub::ActAnswer answer) {
    checkers_.note(request + (answer.index() << 32));
    checkers_.answers.answered(id_, request, Kind::act, false);
    const auto asked = acts_.extract(request);
    const auto* told = std::get_if<chat::ActAnswer>(&answer);
    if (told == nullptr) return;
    if (asked.empty()) {
        checkers_.violations.add("session {} was heard with an act that is not its own", id_);
        return;
    }
    checkers_.note(told->index());
    if (std::holds_alternative<chat::Denied>(*told)) ++checkers_.acts_denied;
    const AskedAct& act = asked.mapped();
    const bool same_role = checkers_.rules.role_changed_at(act.channel, identity_.user.id) < act.at;
    checkers_.acts.answered(identity_.user.login,
                            same_role ? std::optional(act.role) : std::nullopt, act.act, *told);
    if (const auto* done = std::get_if<chat::Done>(told)) {
        for (const auto& event : done->events) {
            if (const auto* moderation = std::get_if<chat::Moderation>(&event))
                checkers_.rules.seen(act.channel, *moderation);
        }
    }
}

void Session::on_evicted(ChannelId channel, const std::string& login) {
    ++checkers_.evictions;
    checkers_.note(id_);
    checkers_.acts.evicted(channel, identity_.user.id);
    checkers_.delivery.evicted(id_, login);
    views_.erase(login);
}

void Session::on_caught_up(hub::RequestId, std::vector<hub::CaughtUp>) {}

void Session::on_names_answer(hub::RequestId request, hub::NamesAnswer answer) {
    checkers_.answers.answered(id_, request, Kind::names, false);
    const auto check = names_checks_.extract(request);
    if (!check.empty()) check.mapped()(answer);
}

}  // namespace clamor::sim
