// SPDX-License-Identifier: Apache-2.0
#include "store/catalog_contracts.h"
#include "store/message_log_contract.h"
#include "store/shared_catalog_contract.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/message_log.h"
#include "store/sqlite/temp_folder.h"

namespace clamor::store {
namespace {

class SqliteCatalogFixture {
  public:
    Catalog& catalog() { return *catalog_; }
    static WallTime created_at() { return wall_from_unix_ms(1600000000000); }

  private:
    TempFolder folder_;
    std::unique_ptr<Catalog> catalog_ =
        open_sqlite_catalog({.path = folder_.file("catalog.db"), .clock = &created_at}).value();
};

class SqliteLogFixture {
  public:
    MessageLog& log() { return *log_; }

  private:
    TempFolder folder_;
    std::unique_ptr<MessageLog> log_ =
        open_sqlite_message_log({.path = folder_.file("messages.db")}).value();
};

class TwoSqliteCatalogs {
  public:
    Catalog& first() { return *first_; }
    Catalog& second() { return *second_; }

  private:
    TempFolder folder_;
    std::unique_ptr<Catalog> first_ =
        open_sqlite_catalog({.path = folder_.file("catalog.db")}).value();
    std::unique_ptr<Catalog> second_ =
        open_sqlite_catalog({.path = folder_.file("catalog.db")}).value();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, SharedCatalogContract, TwoSqliteCatalogs);
CLAMOR_TEST_CATALOG(Sqlite, SqliteCatalogFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, MessageLogContract, SqliteLogFixture);

}  // namespace
}  // namespace clamor::store
