// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/simulation.h"

/// What moderators do in a run, and what others try.
namespace clamor::sim {

namespace {

constexpr std::size_t kBatchesKept = 12;

chat::ModesPatch draw_modes(Random& random) {
    constexpr std::uint32_t kSlow[] = {0, 0, 0, 1, 5, 30};
    chat::ModesPatch patch;
    if (chance(random, 2)) patch.slow_seconds = kSlow[pick(random, std::size(kSlow))];
    if (chance(random, 4)) patch.emote_only = chance(random, 4);
    if (chance(random, 4)) patch.subscribers_only = chance(random, 4);
    if (chance(random, 4)) patch.followers_only_minutes = chance(random, 4) ? 10 : -1;
    return patch;
}

}  // namespace

void Simulation::moderate(Session& session) {
    std::string login = any_channel();
    if (!session.identity().anonymous && !chance(random_, 4)) {
        const UserId user = session.identity().user.id;
        for (const store::Channel& channel : population_.busy_channels()) {
            const auto standing = catalog_.standing(channel.id, user);
            if (standing->role >= chat::Role::moderator) login = channel.login;
        }
    }
    const store::Channel* channel = population_.find(login);
    session.act(login,
                draw_act(channel == nullptr ? ChannelId() : channel->id, session.last_seen()));
}

chat::Act Simulation::draw_act(ChannelId channel, MessageId lately) {
    using namespace chat::act;
    const auto anybody = [this]() -> chat::Target {
        const chat::User& user = population_.users()[pick(random_, population_.users().size())];
        if (chance(random_, 50)) return {.id = {}, .login = "nosuchuser"};
        return chance(random_, 2) ? chat::Target{.id = user.id, .login = {}}
                                  : chat::Target{.id = {}, .login = user.login};
    };
    const auto role = [this] {
        return chance(random_, 3) ? chat::Role::vip : chat::Role::moderator;
    };
    switch (pick(random_, 24)) {
        case 0:
        case 1:
            return Ban{.target = anybody()};
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
        case 7:
            return Ban{.target = anybody(),
                       .seconds = static_cast<std::uint32_t>(
                           1 + pick(random_, chance(random_, 10) ? 1000 : 20))};
        case 8:
        case 9:
        case 10:
        case 11:
        case 12: {
            const auto bans = catalog_.list_bans(channel, cluster_.now().wall, {}, 100);
            if (!bans || bans->empty()) return Unban{.target = anybody()};
            return Unban{.target = {.id = (*bans)[pick(random_, bans->size())].user, .login = {}},
                         .timeout_only = chance(random_, 4)};
        }
        case 13:
        case 14:
        case 15:
            return DeleteMessage{lately};
        case 16:
            if (chance(random_, 3)) return ClearChat{};
            return DeleteMessage{lately};
        case 17:
        case 18:
            return ChangeModes{draw_modes(random_)};
        case 19:
        case 20:
            return GiveRole{.target = anybody(), .role = role()};
        case 21:
            return TakeRole{.target = anybody(), .role = role()};
        case 22:
            return Suspect{.target = anybody(), .suspicion = chat::Suspicion::restricted};
        default:
            return Suspect{.target = anybody(),
                           .suspicion = chance(random_, 3) ? chat::Suspicion::monitored
                                                           : chat::Suspicion::none};
    }
}

void Simulation::bulk() {
    const store::Channel& channel = population_.busy_channel(random_);
    hub::ActRequest request{
        .channel = channel.id, .actor = {}, .origin = "api", .batch = {}, .acts = {}};
    const auto moderators = catalog_.list_role(channel.id, chat::Role::moderator, {}, 100);
    if (chance(random_, 10)) {
        request.actor = population_.users()[pick(random_, population_.users().size())];
    } else if (chance(random_, 2) || moderators->empty()) {
        request.actor = **catalog_.find_user(UserId(channel.id.value));
    } else {
        request.actor = (*moderators)[pick(random_, moderators->size())];
    }
    if (!batches_.empty() && chance(random_, 3)) {
        const auto& [of, batch] = batches_[pick(random_, batches_.size())];
        request.channel = of;
        request.acts.emplace_back(chat::act::Undo{batch});
    } else {
        MessageId lately;
        for (std::uint64_t left = chance(random_, 4) ? 100 + pick(random_, 400)
                                                     : 1 + pick(random_, 10);
             left > 0; --left) {
            if (!sessions_.empty()) {
                const auto session =
                    std::next(sessions_.begin(),
                              static_cast<std::ptrdiff_t>(pick(random_, sessions_.size())));
                lately = session->second->last_seen();
            }
            request.acts.push_back(draw_act(channel.id, lately));
        }
        if (!chance(random_, 4)) {
            request.batch = fmt::format("batch {}", bulks_);
            batches_.emplace_back(channel.id, request.batch);
            if (batches_.size() > kBatchesKept) batches_.erase(batches_.begin());
        }
    }
    ask(std::move(request));
}

void Simulation::ask(hub::ActRequest request) {
    using Kind = AnswerChecker::Kind;
    const hub::RequestId number = ++bulks_;
    const MonoTime asked_at = cluster_.now().mono;
    const chat::Role role = catalog_.standing(request.channel, request.actor.id)->role;
    checkers_.answers.asked(kNoSession, number, Kind::act);
    gateway_.act(request, [this, request, number, asked_at, role](const hub::ActAnswers& answers) {
        checkers_.answers.answered(kNoSession, number, Kind::act, false);
        if (answers.size() != request.acts.size()) {
            checkers_.violations.add("{} acts got {} answers", request.acts.size(), answers.size());
            return;
        }
        const bool same_role =
            checkers_.rules.role_changed_at(request.channel, request.actor.id) < asked_at;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            checkers_.note(answers[i].index());
            checkers_.acts.answered(request.actor.login,
                                    same_role ? std::optional(role) : std::nullopt, request.acts[i],
                                    answers[i]);
            const auto* done = std::get_if<chat::Done>(&answers[i]);
            if (done == nullptr) {
                ++checkers_.acts_denied;
                continue;
            }
            if (std::holds_alternative<chat::act::Undo>(request.acts[i])) ++checkers_.undone;
            for (const auto& event : done->events) {
                if (const auto* act = std::get_if<chat::Moderation>(&event))
                    checkers_.rules.seen(request.channel, *act);
            }
        }
    });
}

}  // namespace clamor::sim
