// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>

#include "app/cli.h"
#include "app/commands.h"
#include "app/data_folder.h"
#include "app/serve.h"
#include "reactor/clock.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/message_log.h"

namespace clamor::app {

namespace {

constexpr int kFailure = 1;

int report(const Result<void>& result) {
    if (result) return 0;
    std::cerr << "clamor: " << result.error().to_string() << '\n';
    return kFailure;
}

/// Opens the catalog of a data folder that a server has made, or makes a new one.
Result<std::unique_ptr<store::Catalog>> open_catalog(const std::string& data) {
    std::error_code code;
    std::filesystem::create_directories(data, code);
    if (code) return fail(code, "the data folder " + data + " cannot be made");
    return store::open_sqlite_catalog({.path = catalog_path(data)});
}

int with_catalog(const std::string& data, const std::function<Result<void>(store::Catalog&)>& run) {
    const auto catalog = open_catalog(data);
    if (!catalog) return report(tl::unexpected(catalog.error()));
    return report(run(**catalog));
}

int run(const Done& done) {
    (done.code == 0 ? std::cout : std::cerr) << done.output;
    return done.code;
}

int run(const ServeCommand& command) {
    return run_serve(command.config);
}

int run(const CheckCommand& command) {
    const auto loaded = load_config(command.file);
    for (const auto& problem : loaded.problems) std::cerr << problem << '\n';
    if (!loaded.problems.empty()) return kFailure;
    std::cout << command.file << " is right\n";
    return 0;
}

int run(const TokenCommand& command) {
    return with_catalog(command.data, [&](auto& catalog) {
        return run_token(command, catalog, reactor::read_clocks().wall, std::cout);
    });
}

int run(const MintCommand& command) {
    return report(run_mint(command, reactor::read_clocks().wall, std::cout));
}

int run(const UserCommand& command) {
    return with_catalog(command.data,
                        [&](auto& catalog) { return run_user(command, catalog, std::cout); });
}

int run(const ChannelCommand& command) {
    return with_catalog(command.data,
                        [&](auto& catalog) { return run_channel(command, catalog, std::cout); });
}

int run(const ExportCommand& command) {
    if (!std::filesystem::exists(message_log_path(command.data))) {
        std::cerr << "clamor: there is no message log in " << command.data
                  << "; --data names the server's data folder\n";
        return kFailure;
    }
    return with_catalog(command.data, [&](store::Catalog& catalog) -> Result<void> {
        const auto log = store::open_sqlite_message_log(
            {.path = message_log_path(command.data), .read_only = true});
        if (!log) return tl::unexpected(log.error());
        return run_export(command, catalog, **log, std::cout);
    });
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
