// SPDX-License-Identifier: Apache-2.0
#include "load/bench.h"

#include <algorithm>

#include <fmt/format.h>

#include "load/descriptors.h"
#include "load/progress.h"
#include "load/swarm.h"
#include "reactor/clock.h"

namespace clamor::load {
namespace {

using reactor::read_mono_clock;
using namespace std::chrono_literals;

constexpr auto kConnectPatience = 60s;
constexpr auto kDrainPatience = 3s;

int failed(std::string_view why) {
    fmt::print(stderr, "clamor bench: {}\n", why);
    return 2;
}

double to_ms(std::uint64_t us) {
    return static_cast<double>(us) / 1000;
}

/// False when not everybody became ready.
bool connect(Swarm& swarm, const BenchOptions& options) {
    const std::size_t channels = options.channels.size();
    for (std::size_t i = 0; i < channels; ++i)
        swarm.add_viewers(options.viewers / channels + (i < options.viewers % channels ? 1 : 0), i,
                          1);
    swarm.add_senders(options.rate, channels);
    Progress progress("connections", swarm.viewers() + swarm.senders(), options.quiet);
    const MonoTime give_up = read_mono_clock() + kConnectPatience;
    for (MonoTime now = read_mono_clock(); !swarm.is_settled() && now < give_up;
         now = read_mono_clock()) {
        progress.show(swarm.ledger().ready, "connecting", now);
        swarm.step(now + 20ms);
    }
    progress.finish(swarm.ledger().ready, "connected");
    return swarm.is_settled() && swarm.ledger().gone == 0;
}

BenchSecond take_second(Swarm& swarm) {
    const auto recent = swarm.take_recent();
    return {recent->count(), to_ms(recent->percentile_us(0.5)), to_ms(recent->percentile_us(0.99))};
}

std::vector<BenchSecond> send(Swarm& swarm, const BenchOptions& options) {
    std::vector<BenchSecond> seconds;
    const auto count = static_cast<std::size_t>(std::max(options.seconds, 1.0));
    Progress progress("seconds", count, options.quiet);
    swarm.begin_window();
    swarm.take_recent();
    swarm.start_traffic(options.rate, options.channels.size());
    MonoTime second_end = read_mono_clock();
    for (std::size_t i = 0; i < count; ++i) {
        second_end += 1s;
        while (read_mono_clock() < second_end) swarm.step(second_end);
        seconds.push_back(take_second(swarm));
        progress.show(i + 1,
                      fmt::format("{} deliveries/s, p99 {:.1f} ms", seconds.back().deliveries,
                                  seconds.back().p99_ms),
                      read_mono_clock());
    }
    swarm.drain(kDrainPatience);
    progress.finish(count, "done");
    return seconds;
}

bool print_summary(const Swarm& swarm, const BenchOptions& options) {
    const Tally& tally = swarm.tally();
    const std::uint64_t due = swarm.deliveries_due();
    const std::uint64_t lost = due > tally.delivered ? due - tally.delivered : 0;
    const auto line = [](std::string_view name, const LatencyHistogram& histogram) {
        fmt::print("{:<12}p50 {:.1f} ms, p99 {:.1f} ms, p99.9 {:.1f} ms\n", name,
                   to_ms(histogram.percentile_us(0.5)), to_ms(histogram.percentile_us(0.99)),
                   to_ms(histogram.percentile_us(0.999)));
    };
    fmt::print("load        {} viewers, {} channels, {} senders, {:g} messages/s for {:g} s\n",
               swarm.viewers(), options.channels.size(), swarm.senders(), options.rate,
               options.seconds);
    fmt::print("sent        {}\n", tally.sent);
    for (const auto& [why, count] : tally.refused) fmt::print("refused     {} {}\n", count, why);
    fmt::print("delivered   {} of {} (lost {}, duplicated {}, reordered {})\n", tally.delivered,
               due, lost, tally.duplicated, tally.reordered);
    fmt::print("order       {}\n",
               tally.other_order == 0
                   ? "one for all viewers"
                   : fmt::format("not one: {} viewers saw another", tally.other_order));
    fmt::print("silence     {:.1f} ms at most for a viewer\n",
               std::chrono::duration<double, std::milli>(tally.silence_max).count());
    line("latency", tally.latency);
    line("echo", tally.echo);
    line("join", swarm.ledger().join);
    return lost == 0 && tally.duplicated == 0 && tally.reordered == 0 && tally.other_order == 0 &&
           swarm.ledger().gone == 0;
}

}  // namespace

int run_bench(const BenchOptions& options) {
    std::vector<Target> targets;
    for (const std::string& server : options.servers) {
        auto target = Target::parse(server);
        if (!target) return failed(target.error().to_string());
        targets.push_back(*std::move(target));
    }
    if (targets.empty() || options.channels.empty() || options.viewers == 0 || options.rate <= 0 ||
        options.seconds <= 0)
        return failed("servers, channels, viewers, rate and seconds must be above 0");
    auto engine = reactor::make_engine(reactor::EngineKind::epoll, {});
    if (!engine) return failed(engine.error().to_string());

    raise_descriptor_limit();
    SwarmOptions swarm_options{
        .targets = std::move(targets), .channels = options.channels, .token = options.token};
    swarm_options.seed = options.seed;
    Swarm swarm(*engine->engine, std::move(swarm_options));
    if (!connect(swarm, options))
        return failed(fmt::format("{} of {} connections ready; the first that failed: {}",
                                  swarm.ledger().ready, swarm.viewers() + swarm.senders(),
                                  swarm.ledger().first_failure));
    const auto seconds = send(swarm, options);
    fmt::print("{}", draw_ascii_plot(seconds));
    const bool whole = print_summary(swarm, options);
    if (!options.plot.empty())
        if (const auto written = write_svg_plot(options.plot, seconds); !written)
            return failed(written.error().to_string());
    return whole ? 0 : 1;
}

}  // namespace clamor::load
