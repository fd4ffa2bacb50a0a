// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/counters.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"
#include "store/sql/catalog.h"

namespace clamor::store {

/// Written under the pool's lock, read by any thread.
struct PoolCounters {
    Counter open;     ///< connections
    Counter used;     ///< of them
    Counter opened;   ///< so far
    Counter failed;   ///< attempts to connect
    Counter lost;     ///< connections that ended without our doing
    Counter waits;    ///< calls that found every connection used
    Counter refused;  ///< calls that got none: the server was away, or the wait was over
    LatencyHistogram waited;
    std::atomic<bool> away = false;  ///< the server cannot be reached
};

struct PostgresCatalogOptions {
    std::string url;  ///< postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=...
    std::size_t connections = limits::kCatalogConnections;
    std::chrono::milliseconds statement_timeout = limits::kCatalogStatement;
    /// Of a call, for a connection that another call uses.
    std::chrono::milliseconds wait = limits::kCatalogWait;
    /// Beyond `statement_timeout`, before a connection is given up whose server is silent.
    std::chrono::milliseconds hang = limits::kCatalogHang;
    /// The created_at of accounts.
    WallTime (*clock)();
};

/// The catalog in PostgreSQL, for several nodes. While the server is away, calls fail at once with
/// std::errc::resource_unavailable_try_again; what a call changes is written whole or not at all,
/// also when the connection breaks at its commit. It comes back by itself.
class PostgresCatalog : public SqlCatalog {
  public:
    using SqlCatalog::SqlCatalog;
    virtual const PoolCounters& pool() const = 0;
};

class Database;

/// The same as a database with one session, to copy a catalog into. Of one database, one at a time.
Result<std::shared_ptr<Database>> open_postgres_for_import(const std::string& url);

/// Connects, brings the schema up to date, and checks that it is ours and may be used; an error
/// says which of these failed and what would be right. Blocks.
Result<std::unique_ptr<PostgresCatalog>> open_postgres_catalog(
    const PostgresCatalogOptions& options);

}  // namespace clamor::store
