// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sql/database.h"

namespace clamor::store {

extern const Database::Engine kPostgres;

/// Brings the schema up to date, after a look at whether the database is one that we may use, and
/// then whether all of it is there with the rights that we need. Each error says what would be
/// right. A half imported catalog is refused to everything but an import, of which there is one at
/// a time.
enum class Purpose : std::uint8_t { serve, import };
Result<void> set_up_postgres(Database& database, Purpose purpose);

}  // namespace clamor::store
