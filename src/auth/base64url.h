// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clamor::auth {

/// RFC 4648, section 5, without padding. Any thread.
std::string encode_base64url(std::string_view bytes);
/// Nothing unless `text` is exactly what encoding some bytes gives: no padding, no blanks, no bits
/// left over, so that one token has one spelling.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace clamor::auth
