// SPDX-License-Identifier: Apache-2.0
#include "store/catalog_contracts.h"
#include "store/postgres/catalog.h"
#include "store/postgres/server_fixture.h"
#include "store/shared_catalog_contract.h"

namespace clamor::store {
namespace {

class PostgresCatalogFixture {
  public:
    Catalog& catalog() { return *catalog_; }
    static WallTime created_at() { return wall_from_unix_ms(1600000000000); }

  private:
    PostgresDatabase database_;
    std::unique_ptr<Catalog> catalog_ =
        open_postgres_catalog({.url = database_.url(), .clock = &created_at}).value();
};

class TwoPostgresCatalogs {
  public:
    Catalog& first() { return *first_; }
    Catalog& second() { return *second_; }

  private:
    PostgresDatabase database_;
    std::unique_ptr<Catalog> first_ =
        open_postgres_catalog(
            {.url = database_.url(), .clock = &PostgresCatalogFixture::created_at})
            .value();
    std::unique_ptr<Catalog> second_ =
        open_postgres_catalog(
            {.url = database_.url(), .clock = &PostgresCatalogFixture::created_at})
            .value();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, SharedCatalogContract, TwoPostgresCatalogs);
CLAMOR_TEST_CATALOG(Postgres, PostgresCatalogFixture);

}  // namespace
}  // namespace clamor::store
