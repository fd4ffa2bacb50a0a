// SPDX-License-Identifier: Apache-2.0
// What the domain costs per message: deciding, encoding, decoding, finding emotes.
#include <benchmark/benchmark.h>

#include "bench/micro/typical_message.h"
#include "chat/event.h"
#include "chat/room.h"
#include "emotes/emote_set.h"

namespace {

using namespace clamor;

constexpr const char* kText = "that was the best Kappa play of the whole evening, well done";

emotes::EmoteSet two_hundred_emotes() {
    std::vector<emotes::EmoteSet::Entry> entries{{.id = "25", .code = "Kappa"}};
    for (int i = 0; i < 199; ++i) {
        entries.push_back(
            {.id = "emotesv2_" + std::to_string(i), .code = "channelEmote" + std::to_string(i)});
    }
    return emotes::EmoteSet(entries);
}

/// Ten thousand chatters take turns, a millisecond apart, in a room in slow mode.
void decide(benchmark::State& state) {
    chat::Room room({.slow_seconds = 1});
    std::vector<chat::Chatter> chatters(10000);
    for (std::size_t i = 0; i < chatters.size(); ++i) chatters[i].user.id = UserId(1000 + i);
    std::vector<chat::SlidingWindow> accounts(chatters.size());
    MonoTime now(std::chrono::hours(1));
    std::size_t turn = 0;
    for (auto _ : state) {
        now += std::chrono::milliseconds(1);
        turn = turn + 1 == chatters.size() ? 0 : turn + 1;
        const auto limit = accounts[turn].check(limits::kMessagesViewer, now);
        auto verdict =
            room.decide({chatters[turn], kText, false, limit}, {.mono = now, .wall = WallTime{}});
        benchmark::DoNotOptimize(verdict);
    }
}
BENCHMARK(decide);

/// The same in a channel where half of those who try to speak are banned or timed out, with every
/// mode on: what a channel under attack costs for each message.
void decide_under_attack(benchmark::State& state) {
    chat::Room room({.emote_only = false,
                     .followers_only_minutes = 10,
                     .unique_chat = true,
                     .slow_seconds = 1,
                     .subscribers_only = false});
    std::vector<chat::Chatter> chatters(20000);
    for (std::size_t i = 0; i < chatters.size(); ++i) {
        chatters[i].user.id = UserId(1000 + i);
        chatters[i].standing.following_since = WallTime{};
        if (i % 2 == 0) chatters[i].standing.banned_until = chat::kForever;
        if (i % 40 == 1) chatters[i].standing.role = chat::Role::moderator;
    }
    std::vector<chat::SlidingWindow> accounts(chatters.size());
    Now now{.mono = MonoTime(std::chrono::hours(1)), .wall = WallTime(std::chrono::hours(1))};
    std::size_t turn = 0;
    std::string text(kText);
    for (auto _ : state) {
        now.mono += std::chrono::milliseconds(1);
        turn = turn + 1 == chatters.size() ? 0 : turn + 1;
        text[turn % text.size()] = static_cast<char>('a' + turn % 26);
        const auto limit = accounts[turn].check(limits::kMessagesViewer, now.mono);
        auto verdict = room.decide({chatters[turn], text, false, limit}, now);
        benchmark::DoNotOptimize(verdict);
    }
}
BENCHMARK(decide_under_attack);

void encode_event(benchmark::State& state) {
    const chat::Event event = bench::typical_message();
    for (auto _ : state) benchmark::DoNotOptimize(chat::encode_event(event));
    state.counters["bytes"] = static_cast<double>(chat::encode_event(event).size());
}
BENCHMARK(encode_event);

void decode_event(benchmark::State& state) {
    const std::string bytes = chat::encode_event(bench::typical_message());
    for (auto _ : state) benchmark::DoNotOptimize(chat::decode_event(bytes));
}
BENCHMARK(decode_event);

void find_emotes(benchmark::State& state) {
    const emotes::EmoteSet set = two_hundred_emotes();
    for (auto _ : state) benchmark::DoNotOptimize(set.find(kText, {}));
}
BENCHMARK(find_emotes);

/// 500 code points of one-letter emotes.
void find_emotes_in_the_worst_text(benchmark::State& state) {
    const emotes::EmoteSet set(std::vector<emotes::EmoteSet::Entry>{{.id = "25", .code = "x"}});
    std::string text;
    while (text.size() < 500) text += "x ";
    for (auto _ : state) benchmark::DoNotOptimize(set.find(text, {}));
}
BENCHMARK(find_emotes_in_the_worst_text);

}  // namespace

BENCHMARK_MAIN();
