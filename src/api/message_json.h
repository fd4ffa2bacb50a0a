// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "chat/event.h"
#include "store/message_log.h"

namespace clamor::api {

/// Fails when the event of an entry cannot be read or is none of a message.
Result<chat::Message> read_message(const store::StoredMessage& stored);

/// A stored message as the REST interface and `clamor export` show it.
nlohmann::ordered_json message_json(const store::StoredMessage& stored,
                                    const chat::Message& message);

}  // namespace clamor::api
