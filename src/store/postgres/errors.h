// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/sql/database.h"

namespace clamor::store {

/// What an error of PostgreSQL, or the loss of its connection, means for the caller.
Fault classify_postgres(const soci::soci_error& error);

/// Why there is no connection, from libpq's words, with what would be right.
Error connect_error(std::string_view words);

}  // namespace clamor::store
