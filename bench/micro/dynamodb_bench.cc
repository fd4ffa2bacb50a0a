// SPDX-License-Identifier: Apache-2.0
// What a message costs on its way to DynamoDB: this process's CPU, bytes and write units. dynalite
// is a stand-in: items a second say how fast it is, not how fast DynamoDB is.
#include <ctime>

#include <benchmark/benchmark.h>

#include "store/dynamodb/dynalite_fixture.h"

namespace clamor::store::dynamodb {
namespace {

constexpr std::uint64_t kChannels = 5;

double cpu_seconds() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// A batch as the log writer makes them in a second, of messages with the bytes that a line of
/// sixty letters has.
std::vector<StoredMessage> batch(std::uint64_t first, std::uint64_t count) {
    std::vector<StoredMessage> messages;
    for (std::uint64_t i = 0; i < count; ++i) {
        const ChannelId channel{1000 + i % kChannels};
        const std::uint64_t sequence = first + i / kChannels;
        messages.push_back(
            {.channel = channel,
             .position = {.epoch = 3, .sequence = sequence},
             .id = MessageId::from_random(channel.value, sequence),
             .sent_at = wall_from_unix_ms(1700000000000 + static_cast<std::int64_t>(sequence)),
             .author = UserId{2000 + i % 97},
             .event = std::string(220, static_cast<char>('a' + i % 26))});
    }
    return messages;
}

void append(benchmark::State& state) {
    const auto& dynalite = Dynalite::shared();
    const auto log = DynamoMessageLog::open(test_options(dynalite.address())).value();
    const auto count = static_cast<std::uint64_t>(state.range(0));
    std::uint64_t next = 1;
    const auto& counters = log->counters();
    const auto units = counters.write_units.load();
    const auto reads = counters.read_units.load();
    const auto bytes = counters.bytes_sent.load();
    const auto requests = counters.requests.load();
    double used = 0;
    for (auto _ : state) {
        const auto messages = batch(next, count);
        const double before = cpu_seconds();
        if (!log->append(messages)) return state.SkipWithError("it could not be appended");
        used += cpu_seconds() - before;
        next += count / kChannels;
    }
    const auto messages = static_cast<double>(state.iterations()) * static_cast<double>(count);
    state.counters["cpu_us"] = used * 1e6 / messages;
    state.counters["write_units"] =
        static_cast<double>(counters.write_units - units) / 10 / messages;
    state.counters["read_units"] = static_cast<double>(counters.read_units - reads) / 10 / messages;
    state.counters["bytes"] = static_cast<double>(counters.bytes_sent - bytes) / messages;
    state.counters["requests"] = static_cast<double>(counters.requests - requests) / messages;
    state.counters["items"] = benchmark::Counter(messages * 3, benchmark::Counter::kIsRate);
}
BENCHMARK(append)->Arg(50)->Arg(500)->Arg(4000)->UseRealTime()->Unit(benchmark::kMillisecond);

void read_page(benchmark::State& state) {
    const auto& dynalite = Dynalite::shared();
    const auto log = DynamoMessageLog::open(test_options(dynalite.address())).value();
    if (!log->append(batch(1, 4000))) return state.SkipWithError("it could not be appended");
    const auto& counters = log->counters();
    const auto units = counters.read_units.load();
    const auto requests = counters.requests.load();
    double used = 0;
    for (auto _ : state) {
        const double before = cpu_seconds();
        benchmark::DoNotOptimize(log->read({.channel = ChannelId{1000}, .limit = 100}));
        used += cpu_seconds() - before;
    }
    const auto pages = static_cast<double>(state.iterations());
    state.counters["cpu_us"] = used * 1e6 / pages;
    state.counters["read_units"] = static_cast<double>(counters.read_units - units) / 10 / pages;
    state.counters["requests"] = static_cast<double>(counters.requests - requests) / pages;
}
BENCHMARK(read_page)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clamor::store::dynamodb

BENCHMARK_MAIN();
