// SPDX-License-Identifier: Apache-2.0
#include "store/sql/many.h"

namespace clamor::store {

std::string places(std::size_t first, std::size_t count) {
    std::string out;
    for (std::size_t i = first; i < first + count; ++i)
        out += fmt::format("{}:v{}", i == first ? "" : ", ", i);
    return out;
}

void insert_rows(Session& sql, const std::string& into, std::span<const Cells> rows,
                 const std::string& end) {
    Cells all;
    in_pieces(rows, [&](std::span<const Cells> piece) {
        std::string query = into + " VALUES ";
        all.clear();
        for (const Cells& row : piece) {
            query += fmt::format("{}({})", all.empty() ? "" : ", ", places(all.size(), row.size()));
            all.insert(all.end(), row.begin(), row.end());
        }
        sql.change_cells(query + end, all);
    });
}

}  // namespace clamor::store
