// SPDX-License-Identifier: Apache-2.0
// What AutoMod's cascade costs a message, each measured by itself: median and 99th percentile over
// real chat where that is at hand (../shared/data beside the source), over the sample in bench/data
// where not.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "automod/model_classifier.h"
#include "automod/moderator.h"
#include "automod/policy.h"

namespace {

using namespace clamor;

/// The `text` of each line of JSON; escapes stay as they are, which is good enough to be timed.
std::vector<std::string> texts_of_jsonl(const std::filesystem::path& file) {
    std::vector<std::string> texts;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        const std::string key = "\"text\":\"";
        const std::size_t begin = line.find(key);
        if (begin == std::string::npos) continue;
        std::size_t end = begin + key.size();
        while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
        texts.push_back(line.substr(begin + key.size(), end - begin - key.size()));
    }
    return texts;
}

std::vector<std::string> texts_of_tsv(const std::filesystem::path& folder) {
    std::vector<std::string> texts;
    if (!std::filesystem::is_directory(folder)) return texts;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        std::ifstream in(file.path());
        for (std::string line; std::getline(in, line);) {
            const std::size_t tab = line.find('\t');
            if (tab != std::string::npos) texts.push_back(line.substr(tab + 1));
        }
    }
    return texts;
}

const std::filesystem::path& source() {
    static const std::filesystem::path path(CLAMOR_SOURCE_DIR);
    return path;
}

const std::vector<std::string>& chat() {
    static const auto texts = [] {
        auto real = texts_of_jsonl(source() / "../shared/data/chatlog/twitch_vod.jsonl");
        return real.empty() ? texts_of_jsonl(source() / "bench/data/sample_chat.jsonl") : real;
    }();
    return texts;
}

const std::vector<std::string>& long_texts() {
    static const auto texts = [] {
        auto real = texts_of_tsv(source() / "../shared/data/toxicity/dev");
        return real.empty() ? chat() : real;
    }();
    return texts;
}

/// `each` of every kind of term: words, words with wildcards, phrases, regular expressions.
std::vector<automod::Term> terms(int each) {
    static constexpr std::array kSyllables{"ba", "ke", "li", "mo", "nu",
                                           "ra", "se", "ti", "vo", "zy"};
    std::vector<automod::Term> list;
    const auto word = [](int number) {
        std::string text;
        for (int rest = number + 17; rest > 0; rest /= 10)
            text += kSyllables[static_cast<std::size_t>(rest % 10)];
        return text;
    };
    const auto add = [&](std::string text) {
        list.push_back({.id = std::to_string(list.size()), .text = std::move(text)});
    };
    for (int i = 0; i < each; ++i) {
        add(word(i * 7));
        add(i % 3 == 0   ? word(i * 11) + "*"
            : i % 3 == 1 ? "*" + word(i * 11)
                         : "*" + word(i * 11) + "*");
        add("the " + word(i * 13) + " of " + word(i));
        add("/" + word(i * 3).substr(0, 4) + "[aeiou]" + word(i * 5) + "\\d*/");
    }
    return list;
}

struct Figures {
    double median_us = 0;
    double p99_us = 0;
};

Figures quantiles(std::vector<std::int64_t>& nanoseconds) {
    const auto at = [&](double share) {
        const auto index =
            static_cast<std::size_t>(share * static_cast<double>(nanoseconds.size() - 1));
        std::nth_element(nanoseconds.begin(),
                         nanoseconds.begin() + static_cast<std::ptrdiff_t>(index),
                         nanoseconds.end());
        return static_cast<double>(nanoseconds[index]) / 1000;
    };
    return {at(0.5), at(0.99)};
}

void judge_all(benchmark::State& state, const automod::Settings& settings,
               const std::vector<std::string>& texts) {
    static const text::Normaliser normaliser;
    const bool scored = settings.levels.overall != std::uint8_t{0};
    automod::AutoMod moderator(normaliser, scored ? automod::builtin_classifier() : nullptr);
    const auto compiled = automod::compile_policy(settings, normaliser, WallTime{});
    for (const auto& problem : compiled.problems)
        std::fprintf(stderr, "%s: %s\n", problem.subject.c_str(), problem.what.c_str());
    automod::ChannelMemory memory;
    Now now{.mono = MonoTime(std::chrono::hours(1)), .wall = WallTime{}};
    std::vector<std::int64_t> times;
    times.reserve(texts.size() * 16);
    std::size_t hits = 0;
    for (auto _ : state) {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            now.mono += std::chrono::milliseconds(300);
            const auto begin = std::chrono::steady_clock::now();
            const auto judgement = moderator.judge({texts[i], {}, UserId(1 + i % 500), 0},
                                                   *compiled.policy, memory, now);
            const auto end = std::chrono::steady_clock::now();
            hits += judgement.findings.empty() ? 0 : 1;
            times.push_back((end - begin).count());
        }
    }
    const auto figures = quantiles(times);
    state.counters["median_us"] = figures.median_us;
    state.counters["p99_us"] = figures.p99_us;
    state.counters["hit_share"] =
        static_cast<double>(hits) / static_cast<double>(std::max<std::size_t>(times.size(), 1));
    state.SetItemsProcessed(static_cast<std::int64_t>(times.size()));
}

automod::Settings with_terms(int each) {
    automod::Settings settings;
    settings.terms = terms(each);
    return settings;
}

automod::Settings with_one_term() {
    automod::Settings settings;
    settings.terms.push_back({.id = "1", .text = "zzzzyyyy"});
    return settings;
}

automod::Settings at_level(std::uint8_t level) {
    automod::Settings settings;
    settings.levels.overall = level;
    return settings;
}

/// The whole cascade: level 2, every spam rule and list.
automod::Settings with_all_stages() {
    automod::Settings settings = at_level(2);
    for (auto& rule : settings.spam) rule.on = true;
    for (auto& list : settings.lists) list.on = true;
    return settings;
}

/// With 1,000 terms of the channel's own, too.
automod::Settings with_everything() {
    automod::Settings settings = with_all_stages();
    settings.terms = terms(250);
    return settings;
}

automod::Settings with_spam_rules() {
    automod::Settings settings;
    for (auto& rule : settings.spam) rule.on = true;
    return settings;
}

void register_all() {
    const std::array<std::pair<const char*, const std::vector<std::string>*>, 2> sets{
        {{"chat", &chat()}, {"dev", &long_texts()}}};
    const std::array<std::pair<const char*, automod::Settings>, 8> policies{{
        {"one_term", with_one_term()},
        {"1000_terms", with_terms(250)},
        {"4000_terms", with_terms(1000)},
        {"spam_rules", with_spam_rules()},
        {"level_2", at_level(2)},
        {"all_stages", with_all_stages()},
        {"everything", with_everything()},
        {"nothing", automod::Settings()},
    }};
    for (const auto& [set, texts] : sets) {
        for (const auto& [name, settings] : policies) {
            benchmark::RegisterBenchmark(
                (std::string(set) + "/" + name).c_str(),
                [settings = settings, texts = texts](benchmark::State& state) {
                    judge_all(state, settings, *texts);
                })
                ->Unit(benchmark::kMillisecond);
        }
    }
}

void compile_4000_terms(benchmark::State& state) {
    static const text::Normaliser normaliser;
    const auto settings = with_terms(1000);
    for (auto _ : state) benchmark::DoNotOptimize(compile_policy(settings, normaliser, WallTime{}));
}
BENCHMARK(compile_4000_terms)->Unit(benchmark::kMillisecond);

void drop_4000_terms(benchmark::State& state) {
    static const text::Normaliser normaliser;
    const auto settings = with_terms(1000);
    for (auto _ : state) {
        state.PauseTiming();
        auto compiled = compile_policy(settings, normaliser, WallTime{});
        state.ResumeTiming();
        compiled.policy = nullptr;
    }
}
BENCHMARK(drop_4000_terms)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    register_all();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
