// SPDX-License-Identifier: Apache-2.0
// What an event costs on the bus: its encoding against JSON (bytes and time), and the way to a
// Redis on this machine and back, one at a time and many behind each other.
#include <iostream>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "bench/micro/typical_message.h"
#include "bus/redis/envelope.h"
#include "bus/redis/link_fixture.h"
#include "bus/redis/redis_server_fixture.h"
#include "chat/event.h"

namespace {

using namespace clamor;

/// The same facts, as JSON names them in REST and EventSub.
nlohmann::json to_json(const chat::Event& event) {
    const auto& m = std::get<chat::Message>(event.body);
    auto badges = nlohmann::json::array();
    for (const auto& badge : m.badges)
        badges.push_back({{"id", badge.name}, {"version", badge.version}});
    auto info = nlohmann::json::array();
    for (const auto& badge : m.badge_info)
        info.push_back({{"id", badge.name}, {"version", badge.version}});
    auto emotes = nlohmann::json::array();
    for (const auto& emote : m.emotes)
        emotes.push_back({{"id", emote.emote_id}, {"first", emote.first}, {"last", emote.last}});
    return {{"kind", "message"},
            {"channel_id", event.channel.value},
            {"channel_login", event.channel_login},
            {"message_id", m.id.to_string()},
            {"sent_at", unix_ms(m.sent_at)},
            {"user_id", m.author_id.value},
            {"user_login", m.author_login},
            {"user_name", m.author_display_name},
            {"color", m.author_color},
            {"role", static_cast<int>(m.author_role)},
            {"subscriber", m.subscriber},
            {"first_message", m.first_message},
            {"action", m.action},
            {"emote_only", m.emote_only},
            {"badges", badges},
            {"badge_info", info},
            {"text", m.text},
            {"emotes", emotes}};
}

void encode_binary(benchmark::State& state) {
    const auto event = bench::typical_message();
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto encoded = chat::encode_event(event);
        bytes = encoded.size();
        benchmark::DoNotOptimize(encoded.data());
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(encode_binary);

void decode_binary(benchmark::State& state) {
    const auto encoded = chat::encode_event(bench::typical_message());
    for (auto _ : state) benchmark::DoNotOptimize(chat::decode_event(encoded));
}
BENCHMARK(decode_binary);

void encode_json(benchmark::State& state) {
    const auto event = bench::typical_message();
    std::size_t bytes = 0;
    for (auto _ : state) {
        const auto encoded = to_json(event).dump();
        bytes = encoded.size();
        benchmark::DoNotOptimize(encoded.data());
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(encode_json);

/// Reading the text only, without making an event of it.
void parse_json(benchmark::State& state) {
    const auto encoded = to_json(bench::typical_message()).dump();
    for (auto _ : state) benchmark::DoNotOptimize(nlohmann::json::parse(encoded));
}
BENCHMARK(parse_json);

/// `range(0)` events are published before the next is waited for.
void through_redis(benchmark::State& state) {
    bus::redis::RedisServer server;
    bus::redis::TestShard shard;
    bus::redis::TestNode a(server.url(), 1, shard);
    bus::redis::TestNode b(server.url(), 2, shard);
    const ChannelId channel(1000);
    for (auto* node : {&a, &b}) {
        node->bus->subscribe(channel, {});
        (void)shard.until([&] { return node->keeper.subscribed == 1; });
    }
    const auto encoded = chat::encode_event(bench::typical_message());
    std::size_t sent = 0;
    for (auto _ : state) {
        for (std::int64_t i = 0; i < state.range(0); ++i, ++sent) a.bus->publish(channel, encoded);
        (void)shard.until([&] { return b.keeper.received.size() == sent; });
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(sent));
    state.counters["p50_us"] = static_cast<double>(a.link->counters().round.percentile_us(0.5));
    state.counters["p99_us"] = static_cast<double>(a.link->counters().round.percentile_us(0.99));
}
BENCHMARK(through_redis)->Arg(1)->Arg(100)->Arg(2000)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
