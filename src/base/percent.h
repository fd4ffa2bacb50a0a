// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clamor {

/// What a part of an address means: `%XX` is the byte of that number (RFC 3986, 2.1). Nothing where
/// two hexadecimal digits are missing behind a `%`. The bytes may be any.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace clamor
