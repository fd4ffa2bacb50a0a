// SPDX-License-Identifier: Apache-2.0
#include "sim/nodes.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bus/redis/envelope.h"

namespace clamor::sim {

using namespace std::chrono_literals;

namespace {

constexpr auto kQuiet = 100s;  // rooms without members are let go after a minute
constexpr auto kAnswerTime = 15s;
constexpr auto kMissedAfter = limits::kPresenceKept + limits::kNodeMissed * limits::kPresenceEvery;
constexpr std::size_t kBatchesKept = 12;

constexpr std::chrono::milliseconds kSkewMax{1000};

std::chrono::milliseconds draw_skew(Random& random) {
    return std::chrono::milliseconds(pick(random, 2 * kSkewMax.count())) - kSkewMax;
}

/// Sees what gets a place in the streams of channels.
RedisServer::Watch watch_places(ContinuityChecker& checker) {
    return [&checker](const std::string& stream, Position id, const std::string& text) {
        constexpr std::string_view kStart = "clamor:{";
        ChannelId channel;
        const char* const digits = stream.data() + kStart.size();
        std::from_chars(digits, stream.data() + stream.size(), channel.value);
        const auto envelope = bus::redis::decode_envelope(text);
        if (!channel || !envelope) return;  // what nodes tell each other, and the probe
        if (const auto event = chat::decode_event(envelope->bytes)) checker.placed(id, *event);
    };
}

}  // namespace

Result<void> SharedCatalog::apply(std::span<const store::Change> changes,
                                  std::span<const store::AuditEntry> audit) {
    auto applied = MemoryCatalog::apply(changes, audit);
    if (!applied || checker_ == nullptr) return applied;
    for (const store::Change& change : changes) {
        if (const auto* put = std::get_if<store::change::PutBan>(&change))
            checker_->ban_changed(put->ban.channel, put->ban.user, put->ban.expires_at);
        if (const auto* removal = std::get_if<store::change::RemoveBan>(&change))
            checker_->ban_changed(removal->channel, removal->user, {});
    }
    return applied;
}

NodesSimulation::NodesSimulation(std::uint64_t seed)
    : random_(seed),
      population_(catalog_, random_),
      redis_(timeline_, draw_skew(random_), watch_places(checker_)),
      network_(timeline_, redis_, random_()),
      checkers_{.violations = violations_, .continuity = checker_},
      started_at_(timeline_.now().mono) {
    watching_ = &checker_;
    if (chance(random_, 3)) stream_entries_ = 5 + pick(random_, 100);
    nodes_.resize(2 + pick(random_, 3));
    starts_at_.resize(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) start_node(i);
    const std::size_t clients = 12 + pick(random_, 25);
    for (ClientId id = 1; id <= clients; ++id) {
        hub::Identity who{
            .user = {.id = {}, .login = "justinfan1", .display_name = "justinfan1", .color = ""},
            .anonymous = true};
        if (!chance(random_, 6))
            who = {.user = population_.users()[pick(random_, population_.users().size())]};
        Client client{.id = id, .identity = who, .channels = {}};
        for (std::size_t i = 0; i < kChannels; ++i) {
            if (i == id % kChannels || chance(random_, 3))
                client.channels.push_back(population_.busy_channels()[i].login);
        }
        clients_.push_back(std::move(client));
    }
}

NodesSimulation::~NodesSimulation() = default;

void NodesSimulation::start_node(std::size_t place) {
    Node::Options options;
    options.cluster.shards = static_cast<std::uint16_t>(1 + pick(random_, 3));
    options.cluster.skew = draw_skew(random_);
    options.stream_entries = stream_entries_;
    options.seed = random_();
    nodes_[place] = std::make_unique<Node>(
        CommonGround{timeline_, catalog_, log_, network_, checker_}, ++nodes_made_, options);
}

void NodesSimulation::crash(std::size_t place) {
    ++crashes_;
    for (Client& client : clients_) {
        if (client.node != place) continue;
        if (client.connection) client.connection->abandon();
        client.connection.reset();
        client.node = kAway;
        ++client.life;
    }
    early_ += nodes_[place]->link().counters().early.value();
    nodes_[place].reset();
    misses_at_.push_back(timeline_.now().mono + kMissedAfter);
    starts_at_[place] = timeline_.now().mono + up_to(random_, 20s);
}

/// The others find that a node which has crashed is in their list no more.
void NodesSimulation::miss_node() {
    misses_at_.pop_front();
    for (const auto& node : nodes_) {
        if (node) node->gateway().node_lost();
    }
}

std::optional<std::size_t> NodesSimulation::any_node() {
    const std::size_t place = pick(random_, nodes_.size());
    if (nodes_[place]) return place;
    return std::nullopt;
}

void NodesSimulation::connect(Client& client) {
    const auto place = any_node();
    if (!place) return;
    Node& node = *nodes_[*place];
    client.node = *place;
    client.shard = ShardId(static_cast<std::uint16_t>(pick(random_, node.shards())));
    ++client.life;
    node.cluster().input(client.shard, [this, &client, &node, life = client.life] {
        if (client.life != life) return;
        client.connection = std::make_unique<Connection>(client.id, client.identity, node,
                                                         client.shard, population_, checkers_);
        for (const std::string& login : client.channels) client.connection->join(login);
    });
}

template <class Run>
void NodesSimulation::on_shard(Client& client, Run run) {
    nodes_[client.node]->cluster().input(client.shard, [&client, run, life = client.life] {
        if (client.life == life && client.connection) run();
    });
}

void NodesSimulation::run(std::uint64_t steps) {
    for (std::uint64_t i = 0; i < steps; ++i) {
        step();
        if (++steps_ % 100 == 1) {
            constexpr std::chrono::nanoseconds kPaces[] = {100us, 2ms, 20ms, 200ms};
            pace_max_ = kPaces[pick(random_, std::size(kPaces))];
        }
        timeline_.run_for(up_to(random_, pace_max_));
        if ((i + 1) % kStepsPerRound != 0 && i + 1 != steps) continue;
        quiet_down();
        if (violations_.count() > 0) return;
    }
}

void NodesSimulation::step() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (!nodes_[i] && timeline_.now().mono >= starts_at_[i]) start_node(i);
    }
    while (!misses_at_.empty() && timeline_.now().mono >= misses_at_.front()) miss_node();
    if (failover_ && timeline_.now().mono >= failover_->first) {
        ++failovers_;
        // Longer than a second: an epoch that is lost within the second in which it began is not
        // promised to be left out (ADR 13, "Epochs").
        network_.restart(1s + up_to(random_, 1s), std::exchange(failover_, std::nullopt)->second);
    }
    if (chance(random_, 60)) disturb();
    if (chance(random_, 80)) bulk();
    Client& client = clients_[pick(random_, clients_.size())];
    if (client.node == kAway) {
        if (chance(random_, 2)) connect(client);
        return;
    }
    on_shard(client, [this, &client] {
        if (chance(random_, 60)) {
            client.connection->leave();
            client.connection.reset();
            client.node = kAway;
            ++client.life;
            return;
        }
        for (std::uint64_t left = chance(random_, 20) ? 15 : 1 + pick(random_, 2); left > 0; --left)
            act(client);
    });
}

void NodesSimulation::act(Client& client) {
    const std::string& login = client.channels[pick(random_, client.channels.size())];
    if (!client.connection->in(login)) return client.connection->join(login);
    const MessageId lately = client.connection->last_seen();
    switch (pick(random_, 8)) {
        case 0:
            return client.connection->say(login, population_.text(random_), lately);
        case 1:
        case 2:
            return moderate(client, login);
        default:
            return client.connection->say(login, population_.text(random_), {});
    }
}

void NodesSimulation::moderate(Client& client, const std::string& login) {
    if (client.identity.anonymous) return;
    client.connection->act(
        login, population_.draw_act(random_, population_.find(login)->id,
                                    client.connection->last_seen(), timeline_.now().wall));
}

/// By the broadcaster: one act that matters to those who are there, several in a batch, or a batch
/// taken back.
void NodesSimulation::bulk() {
    const auto place = any_node();
    if (!place) return;
    const store::Channel& channel = population_.busy_channels()[pick(random_, kChannels)];
    hub::ActRequest request{.channel = channel.id,
                            .actor = **catalog_.find_user(UserId(channel.id.value)),
                            .origin = "api",
                            .batch = {},
                            .acts = {}};
    if (!batches_.empty() && chance(random_, 3)) {
        const auto& [of, batch] = batches_[pick(random_, batches_.size())];
        request.channel = of;
        request.acts.emplace_back(chat::act::Undo{batch});
    } else {
        request.batch = fmt::format("batch {}", ++bulks_);
        const Client& client = clients_[pick(random_, clients_.size())];
        const MessageId lately = client.connection ? client.connection->last_seen() : MessageId{};
        for (std::uint64_t left = 1 + pick(random_, 8); left > 0; --left) {
            request.acts.push_back(
                population_.draw_act(random_, channel.id, lately, timeline_.now().wall));
        }
        batches_.emplace_back(channel.id, request.batch);
        if (batches_.size() > kBatchesKept) batches_.erase(batches_.begin());
    }
    nodes_[*place]->gateway().act(std::move(request), [](const hub::ActAnswers&) {});
}

void NodesSimulation::disturb() {
    const auto place = any_node();
    if (!place) return;
    Node& node = *nodes_[*place];
    switch (pick(random_, 12)) {
        case 0:
            return network_.cut(node.cluster());
        case 1:
            return network_.cut_one(node.cluster());
        case 2:
        case 3:
            return network_.part(node.cluster(), up_to(random_, 10s));
        case 4:
            return network_.set_latency(up_to(random_, chance(random_, 4) ? 900ms : 60ms));
        case 5:
            return network_.set_latency(500us);
        case 6:
            return network_.stall(up_to(random_, 8s));
        case 7:
            return network_.restart(up_to(random_, 3s), std::nullopt);
        case 8:
            if (!failover_)
                failover_.emplace(timeline_.now().mono + up_to(random_, 3s), redis_.snapshot());
            return;
        case 9:
            if (std::ranges::count(nodes_, true, [](const auto& one) { return one != nullptr; }) >
                1)
                crash(*place);
            return;
        case 10:
            return node.log_queue().fail_for(up_to(random_, 5s));
        default:
            return node.cluster().stall_workers_for(up_to(random_, 4s));
    }
}

void NodesSimulation::quiet_down() {
    failover_.reset();
    network_.heal();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (!nodes_[i]) start_node(i);
    }
    timeline_.run_for(kAnswerTime);
    for (Client& client : clients_) {
        if (client.node == kAway) connect(client);
    }
    timeline_.run_for(kAnswerTime);
    for (Client& client : clients_) {
        on_shard(client, [&client] {
            for (const std::string& login : client.channels) client.connection->join(login);
        });
    }
    if (!misses_at_.empty()) {
        timeline_.run_for(kMissedAfter);
        while (!misses_at_.empty()) miss_node();
    }
    timeline_.run_for(kQuiet);
    check_nodes();
    checkers_.answers.check_at_rest();
    checker_.check_at_rest();
    check_facts();
    check_names();
}

void NodesSimulation::check_nodes() {
    for (const auto& node : nodes_) {
        if (!node->link().connected()) violations_.add("node {} is not with Redis", node->id());
        if (const auto kept = node->link().counters().kept.value(); kept > 0)
            violations_.add("node {} keeps {} events without a place", node->id(), kept);
        if (const auto lost = node->link().counters().lost.value(); lost > 0)
            violations_.add("node {} has lost {} events", node->id(), lost);
        if (!node->log_queue().empty())
            violations_.add("the log's queue of node {} is not empty", node->id());
        for (std::uint16_t i = 0; i < node->shards(); ++i) {
            if (const auto faults = node->hub(ShardId(i)).counters().room_faults.value())
                violations_.add("node {} had {} faults in rooms", node->id(), faults);
        }
    }
}

/// What each node knows of modes and users is what the catalog says.
void NodesSimulation::check_facts() {
    std::vector<Probe> probes;
    for (std::uint64_t place = 0; place < nodes_.size(); ++place) {
        Node& node = *nodes_[place];
        for (const Client& client : clients_) {
            probes.emplace_back(place, nullptr);
            node.cluster().input(
                ShardId(0), [this, &node, &client, &probes, at = probes.size() - 1] {
                    auto& probe = probes[at].second;
                    probe = std::make_unique<Connection>(1'000'000 + checkers_.connections,
                                                         client.identity, node, ShardId(0),
                                                         population_, checkers_);
                    for (std::size_t i = 0; i < kChannels; ++i)
                        probe->join(population_.busy_channels()[i].login);
                });
        }
    }
    timeline_.run_for(kAnswerTime);
    const WallTime now = timeline_.now().wall;
    for (const auto& [place, probe] : probes) {
        const hub::Identity& who = probe->identity();
        for (std::size_t i = 0; i < kChannels; ++i) {
            const store::Channel& channel = population_.busy_channels()[i];
            const chat::Standing standing =
                who.anonymous ? chat::Standing{} : *catalog_.standing(channel.id, who.user.id);
            const hub::Joined* joined = probe->joined(channel.login);
            if (probe->refused(channel.login) != standing.banned_for_good()) {
                violations_.add("{} is {}banned from {}, but node {} knows nothing of it",
                                who.user.login, standing.banned_for_good() ? "" : "not ",
                                channel.login, nodes_[place]->id());
            }
            if (joined == nullptr) continue;
            if (joined->modes != catalog_.find_channel(channel.id)->value().modes)
                violations_.add("node {} has other modes of {} than the catalog",
                                nodes_[place]->id(), channel.login);
            const chat::Standing& told = joined->self.standing;
            if (!who.anonymous &&
                (told.role != standing.role || told.suspicion != standing.suspicion ||
                 told.banned(now) != standing.banned(now))) {
                violations_.add(
                    "node {} knows {} in {} as role {}, suspicion {}{}, and the catalog "
                    "as {}, {}{}",
                    nodes_[place]->id(), who.user.login, channel.login, static_cast<int>(told.role),
                    static_cast<int>(told.suspicion), told.banned(now) ? ", banned" : "",
                    static_cast<int>(standing.role), static_cast<int>(standing.suspicion),
                    standing.banned(now) ? ", banned" : "");
            }
        }
    }
    for (auto& [place, probe] : probes)
        nodes_[place]->cluster().input(ShardId(0), [&probe = probe] { probe->leave_for_good(); });
    timeline_.run_for(kAnswerTime);
}

/// All nodes list the same people.
void NodesSimulation::check_names() {
    std::vector<Probe> probes;
    for (std::size_t i = 0; i < kChannels; ++i) {
        const std::string& login = population_.busy_channels()[i].login;
        std::set<std::string> expected;
        for (const Client& client : clients_) {
            if (!client.identity.anonymous && client.connection && client.connection->in(login))
                expected.insert(client.identity.user.login);
        }
        for (const auto& node : nodes_) {
            std::unique_ptr<Connection> probe;
            node->cluster().input(ShardId(0), [&] {
                probe = std::make_unique<Connection>(1'000'000 + checkers_.connections,
                                                     hub::Identity{.user = {}, .anonymous = true},
                                                     *node, ShardId(0), population_, checkers_);
                probe->ask_names(login);
            });
            timeline_.run_for(kAnswerTime);
            const std::vector<std::string>& names = probe->names();
            if (std::set<std::string>(names.begin(), names.end()) != expected) {
                violations_.add("node {} names [{}] in {}, but there are [{}]", node->id(),
                                fmt::join(names, " "), login, fmt::join(expected, " "));
            }
            node->cluster().input(ShardId(0), [&] { probe->leave_for_good(); });
            timeline_.run_for(1s);
        }
    }
}

std::uint64_t NodesSimulation::early() const {
    std::uint64_t early = early_;
    for (const auto& node : nodes_) {
        if (node) early += node->link().counters().early.value();
    }
    return early;
}

std::chrono::seconds NodesSimulation::simulated() const {
    return std::chrono::floor<std::chrono::seconds>(timeline_.now().mono - started_at_);
}

std::string NodesSimulation::describe() const {
    return fmt::format(
        "{} nodes with streams of {}, {} clients with {} connections, {} s simulated\n"
        "{} events shown, {} echoes, {} refused, {} early, {} came back behind what they had, {} "
        "ahead of their node\n"
        "{} crashes, {} times Redis lost what was newest, {} gaps in a bus, {} announced, {} "
        "messages with a place behind their author's ban\n"
        "digest {:016x}",
        nodes_.size(), stream_entries_, clients_.size(), checkers_.connections, simulated().count(),
        checkers_.shown, checkers_.echoed, checkers_.refused, early(), checkers_.resumed,
        checkers_.ahead, crashes_, failovers_, checker_.gaps(), checker_.announcements(),
        checker_.behind_bans(), checkers_.digest);
}

}  // namespace clamor::sim
