// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "store/message_log.h"

namespace clamor::api {

/// A stored message as the REST interface and `clamor export` show it. Fails when its event cannot
/// be read.
Result<nlohmann::ordered_json> message_json(const store::StoredMessage& stored);

}  // namespace clamor::api
