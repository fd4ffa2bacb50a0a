// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "store/catalog.h"

namespace clamor::store {

/// The system's clock, read: an exception to the rule that time is passed in, since the port for
/// making an account has none and nothing is decided by it.
WallTime system_time();

struct SqliteCatalogOptions {
    std::string path;
    /// How long a change waits for another process (a `clamor token` beside the server) before it
    /// fails as busy.
    std::chrono::milliseconds busy_timeout{5000};
    /// The created_at of accounts.
    WallTime (*clock)() = &system_time;
};

class Database;

/// The catalog file as a database, for who copies it; made where it is missing, its schema up to
/// date.
Result<std::shared_ptr<Database>> open_sqlite_database(const SqliteCatalogOptions& options);

/// Opens the catalog file, makes it where there is none, and brings its schema up to date. A commit
/// survives a crash of the process; the last ones before a power loss may be missing, never torn.
Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const SqliteCatalogOptions& options);

}  // namespace clamor::store
