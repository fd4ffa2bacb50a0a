// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "store/sql/database.h"

/// Many rows by few statements: with a database on another machine, it is the way there and back
/// that takes time.
namespace clamor::store {

using Cells = std::vector<Cell>;

/// Rows of one statement: of few sizes, so that few statements are prepared.
inline constexpr std::array<std::size_t, 4> kTogether{64, 16, 4, 1};

/// `:v0, :v1, ...`
std::string places(std::size_t first, std::size_t count);

/// `each` gets all of them, in order, in pieces of those sizes.
template <class T, class Each>
void in_pieces(std::span<const T> all, const Each& each) {
    for (const std::size_t size : kTogether) {
        for (; all.size() >= size; all = all.subspan(size)) each(all.first(size));
    }
}

/// `into` is all before VALUES, `end` all behind the rows. No two rows may have the same key where
/// `end` says what to do on a conflict.
void insert_rows(Session& sql, const std::string& into, std::span<const Cells> rows,
                 const std::string& end = {});

/// What `query` finds, with `IN (...)` of these texts behind it.
template <class Row>
auto fetch_in(Session& sql, const std::string& query, std::span<const Cell> wanted) {
    decltype(sql.fetch_cells<Row>(query, wanted)) found;
    in_pieces(wanted, [&](std::span<const Cell> piece) {
        for (auto& row :
             sql.fetch_cells<Row>(query + " IN (" + places(0, piece.size()) + ")", piece))
            found.push_back(std::move(row));
    });
    return found;
}

}  // namespace clamor::store
