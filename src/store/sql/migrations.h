// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace clamor::store {

class Database;

/// The step from one version of the schema to the next: statements in the SQL that SQLite and
/// PostgreSQL share, separated by a semicolon at the end of a line. BIGINT PRIMARY KEY is written
/// in the engine's own way.
struct Migration {
    std::string_view subject;
    std::string_view statements;
};

/// Migration n (counted from 1) makes version n out of n - 1. A published one is never changed.
std::span<const Migration> catalog_migrations();

/// Brings the schema to the newest version, each step in a transaction of its own. A schema that is
/// newer than this program knows is refused with std::errc::not_supported and stays as it is. Two
/// processes may do it at the same time.
Result<void> migrate(Database& database, std::span<const Migration> migrations);

}  // namespace clamor::store
