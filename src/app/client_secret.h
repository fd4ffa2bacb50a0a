// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace clamor::app {

/// The secret of an API client, which is the first and only line of a file: 16 to 256 bytes.
Result<std::string> read_client_secret(const std::string& path);

}  // namespace clamor::app
