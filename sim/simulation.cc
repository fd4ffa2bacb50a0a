// SPDX-License-Identifier: Apache-2.0
#include "sim/simulation.h"

#include <algorithm>

#include "base/limits.h"
#include "sim/watched_bus.h"

namespace clamor::sim {

using namespace std::chrono_literals;

Simulation::Draw::Draw(std::uint64_t seed) : random(seed) {
    cluster.shards = static_cast<std::uint16_t>(1 + pick(random, 4));
    cluster.mailbox_max = chance(random, 4) ? 40 : limits::kMailboxTasks;
    cluster.work_max = chance(random, 4) ? 30 : limits::kWorkerQueueTasks;
    log_max = chance(random, 4) ? 50 : limits::kLogQueueMessages;
    sessions_max = 20 + pick(random, 150);
}

Simulation::Simulation(std::uint64_t seed)
    : draw_(seed),
      cluster_(timeline_, draw_.cluster, random_()),
      log_queue_(cluster_, log_, draw_.log_max, random_()),
      population_(catalog_, random_),
      checkers_(log_),
      started_at_(cluster_.now().mono) {
    catalog_.watch(checkers_);
    for (const store::Channel& channel : population_.channels())
        checkers_.rules.set_modes(channel.id, channel.modes);
    if (draw_.cluster.mailbox_max < limits::kMailboxTasks) checkers_.delivery.allow_loss();
    for (std::uint16_t i = 0; i < draw_.cluster.shards; ++i) {
        Scheduler& shard = cluster_.shard(ShardId(i));
        const hub::Services services{.make_bus =
                                         [this, &shard](bus::Receiver& receiver, Scheduler&) {
                                             return std::make_unique<WatchedBus>(
                                                 receiver, shard, population_, checkers_,
                                                 fail_next_publish_);
                                         },
                                     .workers = cluster_,
                                     .catalog = catalog_,
                                     .log = log_,
                                     .log_queue = log_queue_,
                                     .limits = limits_,
                                     .encoder = encoder_,
                                     .moderation = moderation_};
        hub::Options options;
        options.id_seed = seed;
        hubs_.push_back(std::make_unique<hub::Hub>(shard, peers_, services, options));
        peers_.push_back(hubs_.back().get());
    }
}

Simulation::~Simulation() = default;

void Simulation::run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i) {
        step();
        timeline_.run_for(pace());
        if ((i + 1) % kStepsPerRound != 0 && i + 1 != steps) continue;
        quiet_down();
        if (checkers_.violations.count() > 0) return;
    }
}

std::chrono::nanoseconds Simulation::pace() {
    if (++steps_ % 100 == 1) {
        constexpr std::chrono::nanoseconds kPaces[] = {20us, 1ms, 20ms, 300ms};
        pace_max_ = kPaces[pick(random_, std::size(kPaces))];
    }
    return up_to(random_, pace_max_);
}

void Simulation::step() {
    if (sessions_.empty() || (sessions_.size() < draw_.sessions_max && chance(random_, 8))) {
        connect();
        return;
    }
    if (chance(random_, 300)) disturb();
    if (chance(random_, 60)) bulk();
    auto& [id, session] =
        *std::next(sessions_.begin(), static_cast<std::ptrdiff_t>(pick(random_, sessions_.size())));
    // Input reaches the shard in a turn of it; by then the session may be gone.
    cluster_.input(session->shard(), [this, id = id] {
        const auto found = sessions_.find(id);
        if (found == sessions_.end()) return;
        if (chance(random_, 40)) {
            sessions_.erase(found);
            return;
        }
        for (std::uint64_t actions = chance(random_, 20) ? 30 : 1 + pick(random_, 3); actions > 0;
             --actions) {
            act(*found->second);
        }
    });
}

void Simulation::connect() {
    const ShardId shard(static_cast<std::uint16_t>(pick(random_, hubs_.size())));
    const SessionId id = ++sessions_made_;
    hub::Identity who{
        .user = {.id = {}, .login = "justinfan1", .display_name = "justinfan1", .color = ""},
        .anonymous = true};
    if (!chance(random_, 10))
        who = {.user = population_.users()[pick(random_, population_.users().size())]};
    const hub::Dialect dialect{static_cast<std::uint8_t>(pick(random_, hub::Dialect::kCount))};
    cluster_.input(shard, [this, id, who, dialect, shard] {
        sessions_.emplace(id,
                          std::make_unique<Session>(id, who, dialect, *hubs_[shard.value],
                                                    cluster_.shard(shard), population_, checkers_));
    });
}

void Simulation::act(Session& session) {
    const auto& stays = checkers_.delivery.stays_of(session.id());
    const auto own_channel = [&]() -> std::string {
        if (stays.empty()) return any_channel();
        return std::next(stays.begin(), static_cast<std::ptrdiff_t>(pick(random_, stays.size())))
            ->first;
    };
    switch (pick(random_, 18)) {
        case 0:
        case 1:
        case 2:
            session.join(any_channel());
            break;
        case 3:
            if (stays.size() > 3) session.leave(own_channel());
            break;
        case 4:
            session.leave(any_channel());
            break;
        case 5:
            session.names(own_channel());
            break;
        case 6:
            if (chance(random_, 3))
                session.set_intake(static_cast<chat::ShedClass>(pick(random_, chat::kShedClasses)));
            break;
        case 7:
            session.set_intake(chat::ShedClass::membership);
            break;
        case 8:
            session.send(any_channel(), population_.text(random_));
            break;
        case 9:
            session.send(own_channel(), population_.text(random_), session.last_seen());
            break;
        case 10:
        case 11:
            moderate(session);
            break;
        default:
            session.send(own_channel(), population_.text(random_));
            break;
    }
}

std::string Simulation::any_channel() {
    if (chance(random_, 30)) return "nosuchchannel";
    if (chance(random_, 3)) return population_.quiet_channel(random_).login;
    return population_.busy_channel(random_).login;
}

void Simulation::disturb() {
    switch (pick(random_, 6)) {
        case 0:
            log_queue_.fail_for(up_to(random_, 20s));
            break;
        case 1:
            cluster_.stall_workers_for(up_to(random_, 100s));
            break;
        case 2:
            cluster_.stall_workers_for(up_to(random_, 3s));
            break;
        default:
            fail_next_publish_ = true;
            break;
    }
}

}  // namespace clamor::sim
