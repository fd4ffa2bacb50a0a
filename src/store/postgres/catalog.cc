// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/catalog.h"

#include "store/postgres/pool.h"
#include "store/postgres/setup.h"
#include "store/postgres/url.h"

namespace clamor::store {
namespace {

/// For the setup: the one session that there is.
class GivenSession final : public Sessions {
  public:
    explicit GivenSession(std::unique_ptr<PostgresSession> session)
        : session_(std::move(session)) {}
    Result<Session*> take() override { return session_.get(); }
    void give_back(Session&, Fault::Then) override {}

  private:
    const std::unique_ptr<PostgresSession> session_;
};

/// The counters stand in front of the pool that writes them.
struct Counted {
    std::unique_ptr<PoolCounters> counters = std::make_unique<PoolCounters>();
};

class PooledCatalog final : private Counted, public PostgresCatalog {
  public:
    PooledCatalog(const Pool::Options& options, WallTime (*clock)())
        : PostgresCatalog(
              std::make_unique<Database>(kPostgres, std::make_unique<Pool>(options, *counters)),
              clock) {}
    const PoolCounters& pool() const override { return *counters; }
};

Result<std::shared_ptr<Database>> open_database(const std::string& url,
                                                const std::string& connection, Purpose purpose) {
    // Migrations and imports take the time that they need.
    auto session = PostgresSession::connect(
        connection, std::chrono::milliseconds(0),
        [connection](const std::string& mark) { return outcome_of(connection, mark); });
    const auto failed = [&](const Error& error) {
        return fail(error.code, fmt::format("{}: {}", without_password(url), error.detail));
    };
    if (!session) return failed(session.error());
    auto database =
        std::make_shared<Database>(kPostgres, std::make_unique<GivenSession>(*std::move(session)));
    if (auto done = set_up_postgres(*database, purpose); !done) return failed(done.error());
    return database;
}

}  // namespace

Result<std::shared_ptr<Database>> open_postgres_for_import(const std::string& url) {
    const auto connection = connection_string(url);
    if (!connection) return tl::unexpected(connection.error());
    return open_database(url, *connection, Purpose::import);
}

Result<std::unique_ptr<PostgresCatalog>> open_postgres_catalog(
    const PostgresCatalogOptions& options) {
    const auto connection = connection_string(options.url);
    if (!connection) return tl::unexpected(connection.error());
    const auto ready = open_database(options.url, *connection, Purpose::serve);
    if (!ready) return tl::unexpected(ready.error());
    return std::make_unique<PooledCatalog>(
        Pool::Options{.connection_string = *connection,
                      .connections = options.connections,
                      .statement_timeout = options.statement_timeout,
                      .wait = options.wait,
                      .hang = options.hang},
        options.clock);
}

}  // namespace clamor::store
