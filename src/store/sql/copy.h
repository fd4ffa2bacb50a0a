// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace clamor::store {

class Database;

/// Rows so far and in all, and the table that is being copied or verified.
using CopyProgress =
    std::function<void(std::uint64_t done, std::uint64_t total, std::string_view table)>;

/// Copies all rows of a catalog into another of the same schema version, which is empty or holds an
/// unfinished copy of the same `source` (a name for where the rows come from): then it goes on
/// where that one ended. At the end both are read again and compared by counts and checksums. Until
/// finish_copy(), a server refuses the copy. Gives the number of rows.
Result<std::uint64_t> copy_catalog(Database& from, Database& to, const std::string& source,
                                   const CopyProgress& progress);
Result<void> finish_copy(Database& to);

/// Where copy_catalog keeps how far it is.
inline constexpr std::string_view kCopyTable = "clamor_import";

}  // namespace clamor::store
