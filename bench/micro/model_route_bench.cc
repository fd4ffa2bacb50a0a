// SPDX-License-Identifier: Apache-2.0
// What asking a model costs: questions at a steady rate to a server that runs, and how long their
// answers take. `model-route-bench URL RATE SECONDS [DEADLINE_MS [BATCH_MAX]]`;
// docs/automod-model-route.md has figures.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "automod/curl/curl_model_route.h"

namespace {

using namespace clamor::automod;

/// As long as what is said in chats, on average 40 bytes, and none like the other.
std::string message(int number) {
    static constexpr const char* kParts[] = {"that was a great play", "why are you all so bad now",
                                             "lol", "i really hate this game so much"};
    return std::string(kParts[number % 4]) + " " + std::to_string(number) + " " +
           kParts[number / 4 % 4];
}

}  // namespace

int main(int argc, char** argv) {
    using Clock = std::chrono::steady_clock;
    ModelRoute::Options options;
    if (argc > 1) options.url = argv[1];
    const double rate = argc > 2 ? std::atof(argv[2]) : 0;
    const double seconds = argc > 3 ? std::atof(argv[3]) : 0;
    if (argc > 4) options.deadline = std::chrono::milliseconds(std::atoi(argv[4]));
    if (argc > 5) options.batch_max = static_cast<std::size_t>(std::atoi(argv[5]));
    if (const auto fault = fault_in(options); !fault.empty() || rate <= 0 || seconds <= 0) {
        std::fprintf(stderr, "%s\nmodel-route-bench URL RATE SECONDS [DEADLINE_MS [BATCH_MAX]]\n",
                     fault.c_str());
        return 2;
    }
    CurlModelRoute route(options);
    const auto& counters = route.counters();
    const auto start = Clock::now();
    for (int i = 0; i < rate * seconds; ++i) {
        std::this_thread::sleep_until(start + std::chrono::duration<double>(i / rate));
        (void)route.ask(message(i), [](const ModelRoute::Answer&) {});
    }
    while (counters.waiting.value() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto ms = [](std::uint64_t us) { return static_cast<double>(us) / 1000; };
    const auto batches = static_cast<double>(counters.batches.value());
    std::printf("asked %lu/s, %lu in all, answered %lu; ", static_cast<unsigned long>(rate),
                static_cast<unsigned long>(counters.asked.value()),
                static_cast<unsigned long>(counters.answered.value()));
    for (int reason = 0; reason < kUnavailable; ++reason) {
        const auto count = counters.unavailable[static_cast<std::size_t>(reason)].value();
        if (count > 0)
            std::printf("%s %lu; ", std::string(name_of(static_cast<Unavailable>(reason))).c_str(),
                        static_cast<unsigned long>(count));
    }
    std::printf(
        "answer p50 %.1f ms, p99 %.1f ms; %.1f texts a batch, batch p50 %.1f ms, p99 %.1f ms\n",
        ms(counters.answer_time.percentile_us(0.5)), ms(counters.answer_time.percentile_us(0.99)),
        static_cast<double>(counters.answered.value()) / batches,
        ms(counters.batch_time.percentile_us(0.5)), ms(counters.batch_time.percentile_us(0.99)));
}
