// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "base/ids.h"
#include "wire/http/service.h"

/// Values out of a path or a query. A wrong one is a sentence for the client that names the field
/// and the rule.
namespace clamor::api {

template <class T>
using Parsed = tl::expected<T, std::string>;

/// A whole number from `least` to `most`; nothing when the query does not have the name.
Parsed<std::optional<std::uint64_t>> query_number(const wire::http::Request& request,
                                                  std::string_view name, std::uint64_t least,
                                                  std::uint64_t most);

/// True for `name`, `name=true` and `name=1`; false for `name=false`, `name=0` and when it is not
/// there.
bool query_flag(const wire::http::Request& request, std::string_view name);

/// A login in lower case: 1 to 25 letters, digits and underscores.
Parsed<std::string> parse_login(std::string_view text);

/// A channel's number.
Parsed<ChannelId> parse_channel_id(std::string_view text);

}  // namespace clamor::api
