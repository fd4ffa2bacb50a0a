// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/simulation.h"

/// What moderators do in a run, and what others try.
namespace clamor::sim {

namespace {

constexpr std::size_t kBatchesKept = 12;

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
    session.act(login, population_.draw_act(random_, channel == nullptr ? ChannelId() : channel->id,
                                            session.last_seen(), cluster_.now().wall));
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
            request.acts.push_back(
                population_.draw_act(random_, channel.id, lately, cluster_.now().wall));
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
