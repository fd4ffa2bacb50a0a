// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "wire/http/service.h"

namespace clamor::wire::http {

/// Without blanks and tabs at both ends.
std::string_view trim(std::string_view text);

/// Takes the next part of a header's list, trimmed; separators within a quoted string do not count.
/// False at the end.
bool take_part(std::string_view& list, char separator, std::string_view& part);

/// All values of a header, joined as if they were written in one.
std::string joined_header(const Headers& headers, std::string_view lower_case_name);

/// Whether a list of tokens (`Connection`, `Upgrade`) holds this one, without regard to case.
bool has_token(std::string_view list, std::string_view token);

}  // namespace clamor::wire::http
