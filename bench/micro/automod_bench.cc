// SPDX-License-Identifier: Apache-2.0
// What reading and judging a message costs, by kind of text.
#include <benchmark/benchmark.h>

#include "automod/model_classifier.h"
#include "text/normaliser.h"

namespace {

using namespace clamor;

constexpr const char* kTexts[] = {
    "LUL",
    "that was the best play of the whole evening, well done",
    "I don't think they can win this, but we'll see what happens when the next round begins",
    "y0u 4r3 7h3 57up1d357 p3r50n 0n 7h15 ch4nn31",
    "y o u  a r e  s o  b a d  a t  t h i s  g a m e",
    "thaaaaat wasssss sooooo goooood heeeey",
    "тһаt ԝаѕ ѕо ɡооԁ 𝓲 𝓬𝓪𝓷𝓷𝓸𝓽 𝓫𝓮𝓵𝓲𝓮𝓿𝓮 𝓲𝓽 😂😂😂",
};

void normalise(benchmark::State& state) {
    const text::Normaliser normaliser;
    text::Normalised message;
    const std::string_view text = kTexts[state.range(0)];
    for (auto _ : state) {
        normaliser.normalise(text, {}, message);
        benchmark::DoNotOptimize(message.text.data());
    }
    state.SetLabel(std::string(text.substr(0, 24)));
}
BENCHMARK(normalise)->DenseRange(0, 6);

void normalise_and_score(benchmark::State& state) {
    const text::Normaliser normaliser;
    text::Normalised message;
    const auto classifier = automod::builtin_classifier();
    const std::string_view text = kTexts[state.range(0)];
    for (auto _ : state) {
        normaliser.normalise(text, {}, message);
        benchmark::DoNotOptimize(classifier->score(message));
    }
    state.SetLabel(std::string(text.substr(0, 24)));
}
BENCHMARK(normalise_and_score)->DenseRange(0, 6);

/// 500 code points that are made to be slow.
void hostile(benchmark::State& state) {
    constexpr std::string_view kParts[] = {"e ",      "a1",          "f*",  "\U0001D4EF",
                                           "e\u0301", "\U0001F602x", "a.b", "5h17 "};
    const text::Normaliser normaliser;
    text::Normalised message;
    const auto classifier = automod::builtin_classifier();
    std::string text;
    while (text.size() < 2000) text += kParts[state.range(0)];
    for (auto _ : state) {
        normaliser.normalise(text, {}, message);
        benchmark::DoNotOptimize(classifier->score(message));
    }
    state.SetLabel(std::string(kParts[state.range(0)]));
}
BENCHMARK(hostile)->DenseRange(0, 7);

}  // namespace

BENCHMARK_MAIN();
