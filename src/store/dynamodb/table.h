// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "store/dynamodb/client.h"

namespace clamor::store::dynamodb {

/// Makes the table where there is none (paid by request), and otherwise compares it with what this
/// program needs; then tries each kind of request, so that a right that is missing is found here.
/// `expiring`: entries will have an end, which the table is told to delete them at.
Result<void> make_or_check_table(Client& client, bool expiring);

}  // namespace clamor::store::dynamodb
