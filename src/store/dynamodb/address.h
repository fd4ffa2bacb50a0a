// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clamor::store::dynamodb {

/// Where a message log is, as `dynamodb://REGION/TABLE[?endpoint=URL]`.
struct Address {
    std::string region;
    std::string table;
    std::string endpoint;  ///< `https://dynamodb.REGION.amazonaws.com` where none is given

    /// An error says what was wrong and what would be right.
    static Result<Address> parse(std::string_view url);
};

}  // namespace clamor::store::dynamodb
