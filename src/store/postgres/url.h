// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace clamor::store {

/// What is wrong with postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=... (libpq's connection
/// URI); empty: nothing. Never has the password in it.
std::string fault_in_postgres_url(std::string_view url);

/// The URL as it may be shown: without its password.
std::string without_password(std::string_view url);

/// The URL as libpq's `keyword='value'` list, with the bounds of waiting that it does not set
/// itself. Holds the password.
Result<std::string> connection_string(std::string_view url);

}  // namespace clamor::store
