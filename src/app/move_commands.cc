// SPDX-License-Identifier: Apache-2.0
#include "app/move_commands.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include <fmt/format.h>

#include "app/bar.h"
#include "app/data_folder.h"
#include "app/data_lock.h"
#include "store/copy_log.h"
#include "store/dynamodb/message_log.h"
#include "store/postgres/catalog.h"
#include "store/postgres/url.h"
#include "store/spool.h"
#include "store/spooled_log.h"
#include "store/sql/copy.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/message_log.h"

namespace clamor::app {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChannelPage = 500;

Result<void> check_data_folder(const std::string& data) {
    if (fs::exists(catalog_path(data))) return {};
    return fail(std::errc::no_such_file_or_directory,
                fmt::format("there is no catalog in {}; --data names a server's data folder, or a "
                            "backup of one",
                            data));
}

/// Where messages go to; none: they stay where they are.
Result<std::optional<store::dynamodb::Address>> target_log_of(const ImportCommand& command) {
    if (command.dynamodb.empty()) return std::nullopt;
    auto address = store::dynamodb::Address::parse(command.dynamodb);
    if (!address) return tl::unexpected(address.error());
    return *std::move(address);
}

Result<std::uint64_t> import_catalog(const ImportCommand& command, const std::string& source,
                                     store::Database& target) {
    const auto from = store::open_sqlite_database({.path = catalog_path(command.data)});
    if (!from) return tl::unexpected(from.error());
    Bar bar("rows", command.quiet);
    // Every row is read twice: to copy and to verify it.
    return store::copy_catalog(**from, target, source,
                               [&, verifying = false](std::uint64_t done, std::uint64_t total,
                                                      std::string_view table) mutable {
                                   verifying = verifying || table.starts_with("verified");
                                   bar.show(verifying ? total + done : done, 2 * total, table);
                               });
}

Result<std::vector<ChannelId>> all_channels(store::Catalog& catalog) {
    std::vector<ChannelId> channels;
    while (true) {
        const auto page =
            catalog.list_channels(channels.empty() ? ChannelId() : channels.back(), kChannelPage);
        if (!page) return tl::unexpected(page.error());
        if (page->empty()) return channels;
        for (const auto& channel : *page) channels.push_back(channel.id);
    }
}

/// What an earlier server left in the spool is part of the log.
Result<std::uint64_t> import_log(const ImportCommand& command, store::MessageLog& target) {
    auto log = store::open_sqlite_message_log({.path = message_log_path(command.data)});
    if (!log) return tl::unexpected(log.error());
    {
        const auto spooled = store::SpooledLog::open(
            **log, {.spool = {.folder = spool_path(command.data)},
                    .writer = {.refused_path = refused_path(command.data)}});
        if (!spooled) return tl::unexpected(spooled.error());
    }
    const auto catalog = store::open_sqlite_catalog({.path = catalog_path(command.data)});
    if (!catalog) return tl::unexpected(catalog.error());
    const auto channels = all_channels(**catalog);
    if (!channels) return tl::unexpected(channels.error());
    Bar bar("entries", command.quiet);
    return store::copy_log(**log, target, *channels,
                           [&](std::uint64_t done, std::uint64_t total, bool verifying) {
                               bar.show(done, total, verifying ? "verified" : "copied");
                           });
}

Result<void> back_up_spool(const fs::path& from, const fs::path& to) {
    if (!fs::exists(from)) return {};
    std::error_code code;
    fs::create_directories(to, code);
    if (code) return fail(code, "the folder " + to.string() + " cannot be made");
    std::vector<std::string> records;
    if (auto read = store::Spool::peek(
            from.string(), [&](std::string_view record) { records.emplace_back(record); });
        !read)
        return read;
    const auto spool = store::Spool::open({.folder = to.string()}, [](std::string_view) {});
    if (!spool) return tl::unexpected(spool.error());
    return records.empty() ? Result<void>() : (*spool)->append(records);
}

}  // namespace

Result<void> run_import(const ImportCommand& command, std::ostream& out) {
    if (auto there = check_data_folder(command.data); !there) return there;
    const auto log_address = target_log_of(command);
    if (!log_address) return tl::unexpected(log_address.error());
    DataLock lock;
    if (lock.take(command.data).has_value() == false) {
        return fail(
            std::errc::device_or_resource_busy,
            fmt::format("a server runs on {}: stop it first, or import what `clamor backup` "
                        "made of it",
                        command.data));
    }
    const auto target = store::open_postgres_for_import(command.postgres);
    if (!target) return tl::unexpected(target.error());
    const std::string source = fs::canonical(command.data).string();
    // Before anything is copied: what is wrong there is not found out after hours.
    std::unique_ptr<store::dynamodb::DynamoMessageLog> target_log;
    if (*log_address) {
        // What is imported gets no end: how long it is kept is a server's setting.
        auto opened =
            store::dynamodb::DynamoMessageLog::open_for_import({.address = **log_address}, source);
        if (!opened) return tl::unexpected(opened.error());
        target_log = *std::move(opened);
    }
    const auto rows = import_catalog(command, source, **target);
    if (!rows) return tl::unexpected(rows.error());
    out << fmt::format("catalog   {} rows copied, counts and checksums are equal\n", *rows);
    if (target_log) {
        const auto entries = import_log(command, *target_log);
        if (!entries) return tl::unexpected(entries.error());
        if (auto finished = target_log->finish_import(); !finished) return finished;
        out << fmt::format("messages  {} copied, counts and checksums are equal\n", *entries);
    } else {
        out << fmt::format("messages  stay in {}\n", command.data);
    }
    if (auto finished = store::finish_copy(**target); !finished) return finished;
    out << fmt::format("next      clamor serve --data {} --postgres {}{}\n", command.data,
                       store::without_password(command.postgres),
                       target_log ? " --dynamodb " + command.dynamodb : "");
    return {};
}

Result<void> run_backup(const BackupCommand& command, std::ostream& out) {
    if (auto there = check_data_folder(command.data); !there) return there;
    const fs::path to = command.to;
    if (fs::exists(to)) {
        return fail(std::errc::file_exists,
                    fmt::format("{} exists; a backup is written to a new folder", command.to));
    }
    // Whole under its name, or not there.
    const fs::path partial = to.string() + ".partial";
    std::error_code code;
    fs::remove_all(partial, code);
    fs::create_directories(partial, code);
    if (code) return fail(code, "the folder " + partial.string() + " cannot be made");
    fs::permissions(partial, fs::perms::owner_all, code);
    // In this order: what leaves the spool meanwhile is in the log, and whom messages name is in
    // the catalog.
    auto done = back_up_spool(spool_path(command.data), spool_path(partial));
    if (done && fs::exists(message_log_path(command.data)))
        done = store::back_up_sqlite(message_log_path(command.data), message_log_path(partial));
    if (done) done = store::back_up_sqlite(catalog_path(command.data), catalog_path(partial));
    if (!done) {
        fs::remove_all(partial, code);
        return done;
    }
    fs::rename(partial, to, code);
    if (code) return fail(code, fmt::format("{} cannot be renamed", partial.string()));
    out << fmt::format("{} holds catalog and messages; `clamor serve --data {}` serves them\n",
                       command.to, command.to);
    return {};
}

}  // namespace clamor::app
