// SPDX-License-Identifier: Apache-2.0
#include "scenarios.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "reactor/clock.h"

namespace clamor::bench {
namespace {

using reactor::read_mono_clock;
using namespace std::chrono_literals;

constexpr auto kSettleMax = 120s;
constexpr std::size_t kWatchers = 200;
constexpr double kRateGrowth = 1.25;
constexpr double kLatencyMaxMs = 100;
constexpr int kAttempts = 3;

MonoClock::duration to_duration(double seconds) {
    return std::chrono::duration_cast<MonoClock::duration>(std::chrono::duration<double>(seconds));
}

void turn_for(load::Swarm& swarm, MonoClock::duration length) {
    const MonoTime until = read_mono_clock() + length;
    while (read_mono_clock() < until) swarm.step(until);
}

/// Opens everything that was added. A load that is not complete would measure something else:
/// exits.
void settle(load::Swarm& swarm) {
    const MonoTime give_up = read_mono_clock() + kSettleMax;
    while (!swarm.is_settled() && read_mono_clock() < give_up) swarm.step(read_mono_clock() + 20ms);
    const load::Ledger& ledger = swarm.ledger();
    if (swarm.is_settled() && ledger.gone == 0) return;
    fmt::print(stderr, "only {} of {} connections became ready, {} ended: {}\n", ledger.ready,
               swarm.viewers() + swarm.senders(), ledger.gone, ledger.first_failure);
    std::exit(1);
}

void warm_up(load::Swarm& swarm, const ScenarioOptions& options, std::size_t channels) {
    if (options.warm_s <= 0) return;
    measure(
        swarm,
        {.per_second = options.rate, .channels = channels, .length = to_duration(options.warm_s)});
}

/// Why a step of saturate failed; empty when it did not.
std::string too_much(const Json& step) {
    if (step["lost"].get<std::uint64_t>() > 0 || !step["refused"].empty())
        return "messages were lost or refused";
    return step["latency_ms"]["p99"].get<double>() > kLatencyMaxMs ? "p99 above 100 ms" : "";
}

void print_step(const Json& step) {
    fmt::print(
        stderr,
        "  {:.0f}/s: {:.2f} million deliveries/s, p99 {:.1f} ms, lost {}, load {:.0f}% busy\n",
        step["rate"].get<double>(), step["deliveries_per_s"].get<double>() / 1e6,
        step["latency_ms"]["p99"].get<double>(), step["lost"].get<std::uint64_t>(),
        step["load_busy"].get<double>() * 100);
}

double resident(pid_t server) {
    const auto usage = usage_of(server);
    return usage ? static_cast<double>(usage->resident_bytes) : 0;
}

}  // namespace

std::size_t channels_of(std::string_view scenario, const ScenarioOptions& options) {
    if (scenario == "fanout" || scenario == "channels") return options.channels;
    return scenario == "storm" && !options.same_channel ? 2 : 1;
}

Json run_fanout(load::Swarm& swarm, const ScenarioOptions& options) {
    const double resident_before = resident(options.server);
    for (std::size_t channel = 0; channel < options.channels; ++channel) {
        const std::size_t share = options.viewers / options.channels +
                                  (channel < options.viewers % options.channels ? 1 : 0);
        swarm.add_viewers(share, channel, 1);
    }
    settle(swarm);
    const double resident_joined = resident(options.server);
    swarm.add_senders(options.rate, options.channels);
    settle(swarm);
    warm_up(swarm, options, options.channels);
    Json figures = measure(
        swarm, {options.rate, options.channels, to_duration(options.length_s), options.server});
    figures["rss_per_connection"] =
        (resident_joined - resident_before) / static_cast<double>(options.viewers);
    figures["rss_after"] = resident(options.server);
    return figures;
}

Json run_saturate(load::Swarm& swarm, const ScenarioOptions& options) {
    swarm.add_viewers(options.viewers, 0, 1);
    swarm.add_senders(options.rate_max, 1);
    settle(swarm);
    warm_up(swarm, options, 1);
    Json steps = Json::array();
    Json best = Json::object();
    std::string stopped_by;
    for (double rate = options.rate; rate <= options.rate_max && stopped_by.empty();
         rate *= kRateGrowth) {
        // A stall of the machine must not end the climb: the third failure at a rate does.
        for (int attempt = 1; attempt <= kAttempts; ++attempt) {
            Json step = measure(swarm, {rate, 1, to_duration(options.length_s), options.server});
            stopped_by = too_much(step);
            print_step(step);
            steps.push_back(step);
            if (!stopped_by.empty()) continue;
            best = std::move(step);
            break;
        }
    }
    if (stopped_by.empty()) stopped_by = "the highest rate that the load can send";
    Json figures{{"stopped_by", stopped_by}, {"steps", steps}};
    for (const char* key :
         {"deliveries_per_s", "cpu_us_per_delivery", "cpu_load", "load_busy", "server_waited"})
        figures[key] = best.value(key, 0.0);
    return figures;
}

Json run_storm(load::Swarm& swarm, const ScenarioOptions& options) {
    swarm.add_viewers(kWatchers, 0, 1);
    swarm.add_senders(options.rate, 1);
    settle(swarm);
    warm_up(swarm, options, 1);

    swarm.begin_window();
    swarm.start_traffic(options.rate, 1);
    const std::size_t ready_before = swarm.ledger().ready;
    const auto usage_before = usage_of(options.server);
    const MonoTime start = read_mono_clock();
    swarm.add_viewers(options.viewers, options.same_channel ? 0 : 1, 1, false);
    while (!swarm.is_settled() && read_mono_clock() - start < kSettleMax)
        swarm.step(read_mono_clock() + 20ms);
    const double took = std::chrono::duration<double>(read_mono_clock() - start).count();
    const auto usage = usage_of(options.server);
    swarm.drain(2s);

    const auto joined = static_cast<double>(swarm.ledger().ready - ready_before);
    Json figures = describe(swarm);
    figures["joined"] = joined;
    figures["refused_joins"] = static_cast<double>(options.viewers) - joined;
    figures["seconds"] = took;
    figures["joins_per_s"] = joined / took;
    figures["join_ms"] = describe(swarm.ledger().join);
    if (usage)
        figures["cpu_us_per_join"] =
            static_cast<double>(usage->cpu_us() - usage_before->cpu_us()) / joined;
    if (usage)
        figures["cpu_load"] =
            static_cast<double>(usage->cpu_us() - usage_before->cpu_us()) / 1e6 / took;
    return figures;
}

Json run_idle(load::Swarm& swarm, const ScenarioOptions& options) {
    const double resident_before = resident(options.server);
    swarm.add_viewers(options.viewers, 0, 1);
    settle(swarm);
    turn_for(swarm, to_duration(options.warm_s));
    const auto usage_before = usage_of(options.server);
    turn_for(swarm, to_duration(options.length_s));
    const auto usage = usage_of(options.server);
    Json figures{{"connections", swarm.viewers()},
                 {"disconnected", swarm.ledger().gone},
                 {"rss_per_connection", (resident(options.server) - resident_before) /
                                            static_cast<double>(options.viewers)},
                 {"rss_before", resident_before}};
    if (usage) {
        const double cpu_us = static_cast<double>(usage->cpu_us() - usage_before->cpu_us());
        figures["cpu_load"] = cpu_us / 1e6 / options.length_s;
    }
    return figures;
}

Json run_channels(load::Swarm& swarm, const ScenarioOptions& options) {
    const double resident_before = resident(options.server);
    const std::size_t each = options.channels / options.connections;
    const MonoTime start = read_mono_clock();
    for (std::size_t i = 0; i < options.connections; ++i) swarm.add_viewers(1, i * each, each);
    settle(swarm);
    const double took = std::chrono::duration<double>(read_mono_clock() - start).count();
    const double resident_joined = resident(options.server);
    const std::size_t used = each * options.connections;
    swarm.add_senders(options.rate, used);
    settle(swarm);
    warm_up(swarm, options, used);
    Json figures =
        measure(swarm, {options.rate, used, to_duration(options.length_s), options.server});
    figures["channels"] = used;
    figures["channel_joins_per_s"] = static_cast<double>(used) / took;
    figures["rss_per_channel"] = (resident_joined - resident_before) / static_cast<double>(used);
    return figures;
}

}  // namespace clamor::bench
