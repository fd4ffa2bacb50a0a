// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/backup.h"

#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/sqlite/errors.h"

namespace clamor::store {
namespace {

using File = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;

constexpr int kBusyTimeoutMs = 5000;

File open(const std::string& path, int flags, int& result) {
    sqlite3* file = nullptr;
    result = sqlite3_open_v2(path.c_str(), &file, flags, nullptr);
    File opened(file, &sqlite3_close_v2);
    if (result == SQLITE_OK) sqlite3_busy_timeout(file, kBusyTimeoutMs);
    return opened;
}

}  // namespace

Result<void> back_up_sqlite(const std::string& from, const std::string& to) {
    const auto failed = [&](int result) {
        return fail(code_of_sqlite(result),
                    fmt::format("copying {} to {} failed ({})", from, to, sqlite3_errstr(result)));
    };
    int result = SQLITE_OK;
    const File source = open(from, SQLITE_OPEN_READONLY, result);
    if (result != SQLITE_OK) return failed(result);
    const File target = open(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, result);
    if (result != SQLITE_OK) return failed(result);
    sqlite3_backup* const backup = sqlite3_backup_init(target.get(), "main", source.get(), "main");
    if (backup == nullptr) return failed(sqlite3_errcode(target.get()));
    // All at once: in pieces, each change meanwhile would begin it anew.
    const int stepped = sqlite3_backup_step(backup, -1);
    result = sqlite3_backup_finish(backup);
    if (stepped != SQLITE_DONE) return failed(result != SQLITE_OK ? result : stepped);
    return {};
}

}  // namespace clamor::store
