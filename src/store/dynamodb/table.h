// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "store/dynamodb/client.h"

namespace clamor::store::dynamodb {

/// Makes the table where there is none (paid by request), and otherwise compares it with what this
/// program needs; then tries each kind of request, so that a right that is missing is found here.
/// `expiring`: entries will have an end, which the table is told to delete them at.
///
/// `import_of` names what an import is to bring here; empty: this is a server. An import needs a
/// table without messages, or one in which an import of the same began; a server refuses a table
/// whose import did not come to its end.
Result<void> make_or_check_table(Client& client, bool expiring, const std::string& import_of);
Result<void> finish_import(Client& client);

}  // namespace clamor::store::dynamodb
