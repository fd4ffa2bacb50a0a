// SPDX-License-Identifier: Apache-2.0
#include "store/sql/catalog.h"

#include "store/sql/rows.h"

namespace clamor::store {

SqlCatalog::SqlCatalog(std::unique_ptr<Database> database, WallTime (*clock)())
    : database_(std::move(database)), clock_(clock) {}
SqlCatalog::~SqlCatalog() = default;

Result<std::uint64_t> SqlCatalog::next_epoch() {
    return database_->run("counting a start", [](Session& sql) -> Result<std::uint64_t> {
        Transaction transaction(sql);
        const long long epoch = next_number(sql, "epoch");
        transaction.commit();
        return static_cast<std::uint64_t>(epoch);
    });
}

}  // namespace clamor::store
