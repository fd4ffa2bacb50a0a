// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <system_error>

namespace clamor::store {

/// What a result code of SQLite, plain or extended, means for the caller.
std::error_code code_of_sqlite(int result);

}  // namespace clamor::store
