// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace clamor::store {

/// Copies a database file, which a server may be writing to: the copy is as the file was at one
/// moment. The copy must not exist.
Result<void> back_up_sqlite(const std::string& from, const std::string& to);

}  // namespace clamor::store
