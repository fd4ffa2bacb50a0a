// SPDX-License-Identifier: Apache-2.0
#include "figures.h"

#include <cstdlib>

#include <fmt/format.h>

#include "reactor/clock.h"

namespace clamor::bench {
namespace {

using reactor::read_mono_clock;
using namespace std::chrono_literals;

constexpr auto kDrainPatience = 2s;

double seconds(MonoClock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

double per(double amount, double count) {
    return count > 0 ? amount / count : 0;
}

}  // namespace

std::optional<load::ProcessUsage> usage_of(pid_t server) {
    if (server == 0) return std::nullopt;
    const auto usage = load::read_process_usage(server);
    if (usage) return *usage;
    fmt::print(stderr, "the server is gone: {}\n", usage.error().to_string());
    std::exit(1);
}

Json describe(const LatencyHistogram& histogram) {
    const auto ms = [&](double share) {
        return static_cast<double>(histogram.percentile_us(share)) / 1000;
    };
    return {{"p50", ms(0.5)}, {"p99", ms(0.99)}, {"p999", ms(0.999)}, {"max", ms(1)}};
}

Json describe(const load::Swarm& swarm) {
    const load::Tally& tally = swarm.tally();
    const std::uint64_t due = swarm.deliveries_due();
    Json refused = Json::object();
    for (const auto& [why, count] : tally.refused) refused[why] = count;
    return {{"sent", tally.sent},
            {"refused", refused},
            {"due", due},
            {"delivered", tally.delivered},
            {"lost", due > tally.delivered ? due - tally.delivered : 0},
            {"duplicated", tally.duplicated},
            {"reordered", tally.reordered},
            {"strays", tally.strays},
            {"disconnected", swarm.ledger().gone},
            {"silence_max_ms", seconds(tally.silence_max) * 1000},
            {"latency_ms", describe(tally.latency)},
            {"echo_ms", describe(tally.echo)}};
}

Json measure(load::Swarm& swarm, const Window& window) {
    swarm.begin_window();
    const auto usage_before = usage_of(window.server);
    const std::uint64_t waited_before =
        window.server == 0 ? 0 : load::read_waited_us(window.server);
    const std::uint64_t bytes_before = swarm.viewer_bytes();
    const MonoClock::duration busy_before = swarm.busy();
    const MonoTime start = read_mono_clock();
    const MonoTime stop = start + window.length;
    swarm.start_traffic(window.per_second, window.channels);
    for (MonoTime now = start; now < stop; now = read_mono_clock()) swarm.step(stop);
    swarm.drain(kDrainPatience);

    const bool whole = swarm.tally().delivered >= swarm.deliveries_due();
    const auto elapsed = read_mono_clock() - start - (whole ? 0s : kDrainPatience);
    const auto delivered = static_cast<double>(swarm.tally().delivered);
    Json figures = describe(swarm);
    figures["viewers"] = swarm.viewers();
    figures["rate"] = window.per_second;
    figures["seconds"] = seconds(elapsed);
    figures["deliveries_per_s"] = delivered / seconds(elapsed);
    figures["bytes_per_delivery"] =
        per(static_cast<double>(swarm.viewer_bytes() - bytes_before), delivered);
    figures["load_busy"] = seconds(swarm.busy() - busy_before) / seconds(elapsed);
    if (usage_before) {
        const auto usage = *usage_of(window.server);
        const double cpu_us = static_cast<double>(usage.cpu_us() - usage_before->cpu_us());
        figures["cpu_us_per_delivery"] = per(cpu_us, delivered);
        figures["cpu_us_per_message"] = per(cpu_us, static_cast<double>(swarm.tally().sent));
        figures["cpu_user_share"] =
            per(static_cast<double>(usage.user_us - usage_before->user_us), cpu_us);
        figures["server_waited"] =
            static_cast<double>(load::read_waited_us(window.server) - waited_before) / 1e6 /
            seconds(elapsed);
        figures["cpu_load"] = cpu_us / 1e6 / seconds(elapsed);
    }
    return figures;
}

}  // namespace clamor::bench
