// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace clamor::store {

/// A table of the catalog as the newest migration leaves it; a test holds both equal.
struct Table {
    std::string_view name;
    std::vector<std::string_view> columns;
    std::vector<std::string_view> key;  ///< the primary key's columns
};

/// All tables but schema_version, each behind those that it refers to.
std::span<const Table> catalog_tables();

}  // namespace clamor::store
