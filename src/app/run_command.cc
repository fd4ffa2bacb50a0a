// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "app/bar.h"
#include "app/cli.h"
#include "app/commands.h"
#include "app/control.h"
#include "app/data_folder.h"
#include "app/data_lock.h"
#include "app/move_commands.h"
#include "app/open_log.h"
#include "app/serve.h"
#include "base/limits.h"
#include "reactor/clock.h"
#include "store/postgres/catalog.h"
#include "store/spooled_log.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/message_log.h"

namespace clamor::app {

namespace {

using namespace std::chrono_literals;

constexpr int kFailure = 1;
constexpr std::chrono::milliseconds kSpoolPatience = 5s;
constexpr std::chrono::milliseconds kSpoolPoll = 20ms;

int report(const Result<void>& result) {
    if (result) return 0;
    std::cerr << "clamor: " << result.error().to_string() << '\n';
    return kFailure;
}

/// Opens the catalog of a server's PostgreSQL, or of a data folder that a server has made, or makes
/// a new one.
Result<std::unique_ptr<store::Catalog>> open_catalog(const std::string& data,
                                                     const std::string& postgres) {
    if (!postgres.empty()) {
        auto opened = store::open_postgres_catalog(
            {.url = postgres, .connections = 1, .clock = &store::system_time});
        if (!opened) return tl::unexpected(opened.error());
        return *std::move(opened);
    }
    std::error_code code;
    std::filesystem::create_directories(data, code);
    if (code) return fail(code, "the data folder " + data + " cannot be made");
    return store::open_sqlite_catalog({.path = catalog_path(data)});
}

template <class Command>
int with_catalog(const Command& command, const std::function<Result<void>(store::Catalog&)>& run) {
    const auto catalog = open_catalog(command.data, command.postgres);
    if (!catalog) return report(tl::unexpected(catalog.error()));
    return report(run(**catalog));
}

int run(const Done& done) {
    (done.code == 0 ? std::cout : std::cerr) << done.output;
    return done.code;
}

int run(const ServeCommand& command) {
    return run_serve(command);
}

int run(const CheckCommand& command) {
    const auto loaded = load_config(command.file);
    for (const auto& problem : loaded.problems) std::cerr << problem << '\n';
    if (!loaded.problems.empty()) return kFailure;
    std::cout << command.file << " is right\n";
    return 0;
}

int run(const TokenCommand& command) {
    return with_catalog(command, [&](auto& catalog) {
        return run_token(command, catalog, reactor::read_clocks().wall, std::cout);
    });
}

int run(const MintCommand& command) {
    return report(run_mint(command, reactor::read_clocks().wall, std::cout));
}

int run(const UserCommand& command) {
    return with_catalog(command, [&](auto& catalog) {
        return run_user(command, catalog, reactor::read_clocks().wall, std::cout);
    });
}

int run(const ChannelCommand& command) {
    return with_catalog(command, [&](auto& catalog) {
        return run_channel(command, catalog, reactor::read_clocks().wall, std::cout);
    });
}

/// A log on another machine is asked for every region that there can be: one that is not there
/// costs a request, and nobody has to say how many there are.
unsigned regions_of(const ExportCommand& command) {
    return command.dynamodb.empty() ? 1 : static_cast<unsigned>(limits::kRegions);
}

/// The message log as a reader beside a server, or in its place.
Result<OpenLog> open_log_of(const ExportCommand& command, store::Catalog& catalog, bool read_only) {
    if (!command.dynamodb.empty() || !read_only)
        return open_log(
            {.data = command.data, .dynamodb = command.dynamodb, .regions = regions_of(command)},
            catalog);
    OpenLog opened;
    auto own =
        store::open_sqlite_message_log({.path = message_log_path(command.data), .read_only = true});
    if (!own) return tl::unexpected(own.error());
    opened.own = *std::move(own);
    return opened;
}

/// Waits until what the spool holds for the channel at this moment is in the log; false: it did not
/// come. The server that runs beside takes it there within limits::kLogInterval; where none runs,
/// this does.
Result<bool> take_over_spool(const ExportCommand& command, store::Catalog& catalog,
                             ChannelId channel) {
    const std::filesystem::path data = command.data;
    DataLock lock;
    if (lock.take(data)) {
        const auto log = open_log_of(command, catalog, false);
        if (!log) return tl::unexpected(log.error());
        const auto taken =
            store::SpooledLog::open(log->log(), {.spool = {.folder = spool_path(data)}});
        if (!taken) return tl::unexpected(taken.error());
        return true;
    }
    MessageId newest;
    bool changes = false;  // behind it
    auto peeked = store::Spool::peek(spool_path(data), [&](std::string_view record) {
        const auto entry = store::decode_log_entry(record);
        if (!entry || store::channel_of(*entry) != channel) return;
        const auto* message = std::get_if<store::StoredMessage>(&*entry);
        changes = message == nullptr;
        if (message != nullptr) newest = message->id;
    });
    if (!peeked) return tl::unexpected(peeked.error());
    const auto log = open_log_of(command, catalog, true);
    if (!log) return tl::unexpected(log.error());
    // A deletion cannot be looked for as a message can.
    if (changes) std::this_thread::sleep_for(limits::kLogInterval * 3 / 2);
    for (auto waited = 0ms; newest; waited += kSpoolPoll) {
        const auto found = log->log().find(channel, newest);
        if (!found) return tl::unexpected(found.error());
        if (*found) break;
        if (waited >= kSpoolPatience) return false;
        std::this_thread::sleep_for(kSpoolPoll);
    }
    return true;
}

int run(const ExportCommand& command) {
    if (command.dynamodb.empty() && !std::filesystem::exists(message_log_path(command.data))) {
        std::cerr << "clamor: there is no message log in " << command.data
                  << "; --data names the server's data folder\n";
        return kFailure;
    }
    return with_catalog(command, [&](store::Catalog& catalog) -> Result<void> {
        const auto channel = catalog.find_channel(command.channel);
        if (channel && *channel) {
            const auto complete = take_over_spool(command, catalog, (*channel)->id);
            if (!complete) return tl::unexpected(complete.error());
            if (!*complete) {
                std::cerr
                    << "clamor: the newest messages are still in the spool: the server cannot "
                       "write its message log (its /healthz says why); they are missing "
                       "here\n";
            }
        }
        const auto log = open_log_of(command, catalog, true);
        if (!log) return tl::unexpected(log.error());
        // On a terminal a bar would stand between the lines.
        Bar bar("seconds of history", command.quiet || ::isatty(STDOUT_FILENO) != 0);
        return run_export(command, catalog, log->log(), regions_of(command), std::cout,
                          [&bar](const ExportProgress& now) {
                              bar.show(static_cast<std::uint64_t>(now.done.count()),
                                       static_cast<std::uint64_t>(now.whole.count()),
                                       fmt::format("{} messages", now.messages));
                          });
    });
}

int run(const AdminCommand& command) {
    const auto answer = ask_server(command.data, command.command);
    if (!answer) return report(tl::unexpected<Error>(answer.error()));
    std::cout << *answer << '\n';
    return 0;
}

int run(const ImportCommand& command) {
    return report(run_import(command, std::cout));
}
int run(const BackupCommand& command) {
    return report(run_backup(command, std::cout));
}

int run(const load::ReplayOptions& options) {
    return load::run_replay(options);
}
int run(const load::BenchOptions& options) {
    return load::run_bench(options);
}

}  // namespace

int run_command(const Command& command) {
    return std::visit([](const auto& chosen) { return run(chosen); }, command);
}

}  // namespace clamor::app
