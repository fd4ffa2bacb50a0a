// SPDX-License-Identifier: Apache-2.0
// clamor-swarm: the load of script/bench. One scenario per run; its figures go to standard output
// as JSON.
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "load/descriptors.h"
#include "scenarios.h"

namespace {

using namespace clamor;

struct Settings {
    std::string server = "ws://127.0.0.1:8080";
    load::Dialect dialect = load::Dialect::irc;
    reactor::EngineKind engine = reactor::EngineKind::epoll;
    std::uint64_t seed = 1;
    std::size_t opening_max = 256;
    bench::ScenarioOptions scenario;
};

void add_options(CLI::App& app, Settings& settings) {
    bench::ScenarioOptions& scenario = settings.scenario;
    app.add_option("--server", settings.server, "ws://HOST:PORT or tcp://HOST:PORT")
        ->capture_default_str();
    app.add_option("--dialect", settings.dialect, "irc, or bare for bench/rivals/uws")
        ->transform(CLI::CheckedTransformer(std::map<std::string, load::Dialect>{
            {"irc", load::Dialect::irc}, {"bare", load::Dialect::bare}}));
    app.add_option("--reactor", settings.engine, "engine of the load itself")
        ->transform(CLI::CheckedTransformer(std::map<std::string, reactor::EngineKind>{
            {"epoll", reactor::EngineKind::epoll}, {"io_uring", reactor::EngineKind::io_uring}}));
    app.add_option("--pid", scenario.server, "process of the server, whose use is measured");
    app.add_option("--seed", settings.seed, "of arrivals and texts")->capture_default_str();
    app.add_option("--opening", settings.opening_max, "connections opened at the same time")
        ->capture_default_str();
    app.add_option("--viewers", scenario.viewers)->capture_default_str();
    app.add_option("--channels", scenario.channels)->capture_default_str();
    app.add_option("--connections", scenario.connections, "channels: that join them")
        ->capture_default_str();
    app.add_option("--rate", scenario.rate, "messages a second; saturate: the first one")
        ->capture_default_str();
    app.add_option("--rate-max", scenario.rate_max, "saturate: the last one")
        ->capture_default_str();
    app.add_option("--warm", scenario.warm_s, "seconds before measuring")->capture_default_str();
    app.add_option("--seconds", scenario.length_s, "seconds of a measured window")
        ->capture_default_str();
    app.add_flag("--same-channel", scenario.same_channel,
                 "storm: newcomers join the watchers' channel");
}

int run(const std::string& name, const Settings& settings) {
    auto target = load::Target::parse(settings.server);
    if (!target) {
        fmt::print(stderr, "clamor-swarm: {}\n", target.error().to_string());
        return 2;
    }
    auto engine = reactor::make_engine(settings.engine, {});
    if (!engine) {
        fmt::print(stderr, "clamor-swarm: {}\n", engine.error().to_string());
        return 2;
    }
    load::SwarmOptions options{
        .targets = {*target}, .dialect = settings.dialect, .channels = {}, .token = {}};
    options.seed = settings.seed;
    options.opening_max = settings.opening_max;
    // Eight characters: where the rival has many topics, it reads the topic from the first eight of
    // a message.
    for (std::size_t i = 0, count = bench::channels_of(name, settings.scenario); i < count; ++i)
        options.channels.push_back(fmt::format("c{:07}", i));

    load::Swarm swarm(*engine->engine, std::move(options));
    static const std::map<std::string, bench::Json (*)(load::Swarm&, const bench::ScenarioOptions&)>
        kScenarios = {{"fanout", bench::run_fanout},
                      {"saturate", bench::run_saturate},
                      {"storm", bench::run_storm},
                      {"idle", bench::run_idle},
                      {"channels", bench::run_channels}};
    const bench::Json figures = kScenarios.at(name)(swarm, settings.scenario);
    fmt::print("{}\n", figures.dump());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Load on a chat server, measured; see script/bench");
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    Settings settings;
    add_options(app, settings);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_subcommand("fanout", "viewers of one or many channels at a constant rate");
    app.add_subcommand("saturate", "a rate that grows until latency or loss ends it");
    app.add_subcommand("storm", "newcomers join while others watch");
    app.add_subcommand("idle", "silent viewers");
    app.add_subcommand("channels", "very many channels with a member each");
    CLI11_PARSE(app, argc, argv);
    load::raise_descriptor_limit();
    return run(app.get_subcommands().front()->get_name(), settings);
}
