// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/limits.h"
#include "sim/simulation.h"

namespace clamor::sim {

using namespace std::chrono_literals;

namespace {

// Longer than anything that the hub waits for: rooms are let go after a minute, and workers may
// have been stalled.
constexpr auto kQuiet = 300s;
constexpr auto kAnswerTime = 10s;
constexpr auto kBetweenQuestions = 100ms;

}  // namespace

void Simulation::quiet_down() {
    fail_next_publish_ = false;
    timeline_.run_for(kQuiet);
    if (!cluster_.at_rest())
        checkers_.violations.add("tasks are still under way after {} s of quiet", kQuiet.count());
    if (!log_queue_.empty())
        checkers_.violations.add("the log's queue is not empty after {} s of quiet",
                                 kQuiet.count());
    checkers_.delivery.check_at_rest();
    checkers_.answers.check_at_rest();
    checkers_.hidden = checkers_.history.check_at_rest();
    checkers_.acts.check_at_rest(cluster_.now().wall, [this](ChannelId channel, UserId user) {
        return *catalog_.standing(channel, user);
    });
    check_rosters();
}

void Simulation::check_rosters() {
    Present present;
    std::map<ChannelId, std::size_t> expected;
    for (const auto& [id, session] : sessions_) {
        const auto& stays = checkers_.delivery.stays_of(id);
        for (const auto& [login, stay] : stays) {
            ++expected[stay.channel];
            auto& logins = present[login];
            if (session->identity().anonymous) continue;
            logins.insert(session->identity().user.login);
            checkers_.acts.present_at_rest(stay.channel, session->identity().user);
        }
        const std::size_t in_hub = hubs_[session->shard().value]->channels_of(session->ref());
        if (in_hub != stays.size()) {
            checkers_.violations.add("session {} is in {} channels, but its shard says {}", id,
                                     stays.size(), in_hub);
        }
    }
    std::map<ChannelId, std::size_t> rooms;
    for (std::uint16_t i = 0; i < hubs_.size(); ++i) {
        hubs_[i]->visit_rooms([&](ChannelId channel, const std::string& login,
                                  std::size_t members) {
            if (members == 0) checkers_.violations.add("the room of {} outlives its use", login);
            if (hub::owner_shard(channel, static_cast<std::uint16_t>(hubs_.size())) != ShardId(i)) {
                checkers_.violations.add("the room of {} is on shard {}", login, i);
            }
            rooms[channel] += members;
        });
    }
    std::erase_if(rooms, [](const auto& room) { return room.second == 0; });
    for (const auto& [channel, members] : expected) {
        if (rooms[channel] != members) {
            checkers_.violations.add("channel {} has {} sessions, but its room counts {}",
                                     channel.value, members, rooms[channel]);
        }
    }
    if (rooms.size() != expected.size()) {
        checkers_.violations.add("{} channels have sessions, but {} rooms have members",
                                 expected.size(), rooms.size());
    }
    check_counters();
    check_views(present);
    check_names(present);
}

void Simulation::check_counters() {
    std::uint64_t members = 0, accepted = 0, rooms = 0, hosted = 0, faults = 0;
    for (const auto& hub : hubs_) {
        members += hub->counters().members.value();
        accepted += hub->counters().messages_accepted.value();
        rooms += hub->counters().rooms.value();
        faults += hub->counters().room_faults.value();
        hub->visit_rooms([&](ChannelId, const std::string&, std::size_t) { ++hosted; });
    }
    const auto expect = [&](const char* what, std::uint64_t counted, std::uint64_t real) {
        if (counted != real)
            checkers_.violations.add("{} are counted as {} and are {}", what, counted, real);
    };
    expect("sessions", members, sessions_.size());
    expect("accepted messages", accepted, checkers_.published + checkers_.messages_lost);
    expect("rooms", rooms, hosted);
    expect("faults", faults, checkers_.faults);
}

void Simulation::check_views(const Present& present) {
    if (draw_.cluster.mailbox_max < limits::kMailboxTasks) return;  // membership may have been shed
    for (const auto& [id, session] : sessions_) {
        for (const auto& [login, stay] : checkers_.delivery.stays_of(id)) {
            const std::set<std::string>* view = session->view_of(login);
            if (view == nullptr) continue;
            std::set<std::string> others = present.at(login);
            std::set<std::string> seen = *view;
            others.erase(session->identity().user.login);
            seen.erase(session->identity().user.login);
            if (seen == others) continue;
            checkers_.violations.add("session {} sees [{}] in {}, but there are [{}]", id,
                                     fmt::join(seen, " "), login, fmt::join(others, " "));
        }
    }
}

void Simulation::check_names(const Present& present) {
    const ShardId shard(0);
    const SessionId id = ++sessions_made_;
    std::unique_ptr<Session> probe;
    cluster_.input(shard, [&] {
        probe = std::make_unique<Session>(id, hub::Identity{.user = {}, .anonymous = true},
                                          hub::Dialect{hub::Dialect::kMembership}, *hubs_[0],
                                          cluster_.shard(shard), population_, checkers_);
    });
    for (const auto& [channel, logins] : present) {
        // One after the other, or a small pool of workers is busy.
        timeline_.run_for(kBetweenQuestions);
        cluster_.input(shard, [this, &probe, channel = channel, logins = logins] {
            probe->names(channel, [this, channel, logins](const hub::NamesAnswer& answer) {
                if (std::set<std::string>(answer.names.begin(), answer.names.end()) == logins)
                    return;
                checkers_.violations.add("the names in {} are [{}], but there are [{}]", channel,
                                         fmt::join(answer.names, " "), fmt::join(logins, " "));
            });
        });
    }
    timeline_.run_for(kAnswerTime);
    checkers_.answers.check_at_rest();
    cluster_.input(shard, [&] { probe.reset(); });
    timeline_.run_for(kAnswerTime);
}

std::chrono::seconds Simulation::simulated() const {
    return std::chrono::floor<std::chrono::seconds>(cluster_.now().mono - started_at_);
}

std::string Simulation::describe() const {
    return fmt::format(
        "{} shards, mailboxes of {}, {} jobs at most, log queue of {}\n"
        "{} s simulated: {} connections, {} rooms' lives, {} messages accepted, {} refused, {} "
        "deliveries, {} faults\n"
        "{} acts published, {} denied, {} batches undone, {} put out, {} messages out of sight\n"
        "digest {:016x}",
        draw_.cluster.shards, draw_.cluster.mailbox_max, draw_.cluster.work_max, draw_.log_max,
        simulated().count(), sessions_made_, checkers_.room_lives, checkers_.published,
        checkers_.refused, checkers_.deliveries, checkers_.faults, checkers_.acts_published,
        checkers_.acts_denied, checkers_.undone, checkers_.evictions, checkers_.hidden,
        checkers_.digest);
}

}  // namespace clamor::sim
