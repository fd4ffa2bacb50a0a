// SPDX-License-Identifier: Apache-2.0
// What calls of the catalog cost, on SQLite in a new folder and on PostgreSQL:
//
//   catalog-bench [URL] [SECONDS]     URL of an empty database
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/counters.h"
#include "store/postgres/catalog.h"
#include "store/sqlite/catalog.h"

namespace clamor::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kUsers = 1000;

struct Fixture {
    Catalog& catalog;
    ChannelId lobby;
    std::vector<UserId> users;
};

struct Call {
    const char* name;
    std::function<bool(Fixture&, std::size_t)> run;
};

template <class T>
bool good(const Result<T>& result) {
    if (!result) fmt::print(stderr, "{}\n", result.error().to_string());
    return result.has_value();
}

std::vector<Call> calls() {
    return {
        {"standing (read)",
         [](Fixture& f, std::size_t i) {
             return good(f.catalog.standing(f.lobby, f.users[i % kUsers]));
         }},
        {"find_token (read)",
         [](Fixture& f, std::size_t i) {
             return good(f.catalog.find_token("token" + std::to_string(i % kUsers), WallTime()));
         }},
        {"set_follow (one change)",
         [](Fixture& f, std::size_t i) {
             return good(f.catalog.set_follow(f.lobby, f.users[i % kUsers], WallTime()));
         }},
        {"apply a ban with its audit line",
         [](Fixture& f, std::size_t i) {
             const std::vector<Change> changes{
                 change::PutBan{{.channel = f.lobby, .user = f.users[i % kUsers]}}};
             return good(f.catalog.apply(
                 changes, std::vector<AuditEntry>{{.channel = f.lobby, .action = "ban"}}));
         }},
        {"apply 100 bans",
         [](Fixture& f, std::size_t i) {
             std::vector<Change> changes;
             for (std::size_t k = 0; k < 100; ++k) {
                 changes.emplace_back(
                     change::PutBan{{.channel = f.lobby, .user = f.users[(i * 100 + k) % kUsers]}});
             }
             return good(f.catalog.apply(
                 changes, std::vector<AuditEntry>{{.channel = f.lobby, .action = "ban"}}));
         }},
    };
}

void measure(const char* engine, Fixture& fixture, const Call& call, std::size_t threads,
             std::chrono::duration<double> time) {
    std::vector<LatencyHistogram> latencies(threads);
    std::atomic<std::size_t> next = 0;
    std::atomic<std::size_t> failed = 0;
    const auto begin = Clock::now();
    std::vector<std::thread> workers;
    for (std::size_t t = 0; t < threads; ++t) {
        workers.emplace_back([&, t] {
            while (Clock::now() - begin < time) {
                const auto asked = Clock::now();
                if (!call.run(fixture, next++)) ++failed;
                latencies[t].record(static_cast<std::uint64_t>(
                    std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - asked)
                        .count()));
            }
        });
    }
    for (auto& worker : workers) worker.join();
    LatencyHistogram all;
    for (const auto& one : latencies) all.merge(one);
    const std::chrono::duration<double> took = Clock::now() - begin;
    fmt::print("| {} | {} | {} | {:.0f} | {} | {} | {} |\n", call.name, engine, threads,
               static_cast<double>(all.count()) / took.count(), all.percentile_us(0.5),
               all.percentile_us(0.99), failed.load());
}

int run(const char* engine, Catalog& catalog, std::chrono::duration<double> time) {
    Fixture fixture{catalog, {}, {}};
    const auto lobby = catalog.ensure_channel("lobby");
    if (!good(lobby)) return 1;
    fixture.lobby = lobby->id;
    for (int i = 0; i < kUsers; ++i) {
        const auto user = catalog.ensure_user("user" + std::to_string(i));
        if (!good(user)) return 1;
        fixture.users.push_back(user->id);
        (void)catalog.add_token("token" + std::to_string(i), {.user = user->id});
    }
    for (const Call& call : calls()) {
        for (const std::size_t threads : {1, 4}) measure(engine, fixture, call, threads, time);
    }
    return 0;
}

int bench(const std::string& url, std::chrono::duration<double> time) {
    fmt::print(
        "| call | engine | threads | calls/s | p50 us | p99 us | failed |\n"
        "|---|---|---:|---:|---:|---:|---:|\n");
    std::string folder = (std::filesystem::temp_directory_path() / "catalog-bench-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) return 1;
    int status = 1;
    {
        const auto sqlite = open_sqlite_catalog({.path = folder + "/catalog.db"});
        if (good(sqlite)) status = run("SQLite", **sqlite, time);
    }
    std::filesystem::remove_all(folder);
    if (url.empty() || status != 0) return status;
    const auto postgres = open_postgres_catalog({.url = url, .clock = &system_time});
    return good(postgres) ? run("PostgreSQL", **postgres, time) : 1;
}

}  // namespace
}  // namespace clamor::store

int main(int argc, char** argv) {
    const std::chrono::duration<double> time(argc > 2 ? std::atof(argv[2]) : 2.0);
    return clamor::store::bench(argc > 1 ? argv[1] : "", time);
}
