// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/catalog.h"

namespace clamor::store {

struct SqliteCatalogOptions {
    std::string path;
    /// How long a change waits for another process (a `clamor token` beside the server) before it
    /// fails as busy.
    std::chrono::milliseconds busy_timeout{5000};
};

/// Opens the catalog file, makes it where there is none, and brings its schema up to date. A commit
/// survives a crash of the process; the last ones before a power loss may be missing, never torn.
Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const SqliteCatalogOptions& options);

}  // namespace clamor::store
