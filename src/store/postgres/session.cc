// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/session.h"

#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "store/postgres/errors.h"

namespace clamor::store {
namespace {

constexpr auto kAskAgain = limits::kCatalogRetryMin;

struct TextRow {
    std::string text;
    void into(soci::statement& statement) { statement.exchange(soci::into(text)); }
    std::string value() const { return text; }
};

const std::string kTransaction =
    "SELECT COALESCE(CAST(pg_current_xact_id_if_assigned() AS TEXT), '')";
const std::string kOutcome =
    "SELECT COALESCE(pg_xact_status(CAST(CAST(:transaction AS TEXT) AS xid8)), '')";

PGconn* connection_of(soci::session& session) {
    return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
}

}  // namespace

Result<std::unique_ptr<PostgresSession>> PostgresSession::connect(
    const std::string& connection_string, std::chrono::milliseconds statement_timeout, Ask ask) {
    std::unique_ptr<PostgresSession> session(new PostgresSession(std::move(ask)));
    try {
        soci::session& sql = session->raw();
        sql.open(soci::postgresql, connection_string);
        // libpq would write them to standard error.
        PQsetNoticeProcessor(
            connection_of(sql),
            [](void*, const char* words) {
                log::debug("PostgreSQL says", {{"what", words}});
            },
            nullptr);
        session->socket_ = fcntl(PQsocket(connection_of(sql)), F_DUPFD_CLOEXEC, 0);
        // A transaction that waits for its client this long has lost it.
        sql << fmt::format(
            "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; "
            "SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings "
            "= on; SET client_min_messages = warning",
            statement_timeout.count(), 2 * statement_timeout.count());
    } catch (const soci::soci_error& error) {
        return tl::unexpected(connect_error(error.get_error_message()));
    }
    return session;
}

PostgresSession::~PostgresSession() {
    // Else each statement would be taken back one by one, over a connection that may be gone.
    cut();
    forget_statements();
    if (socket_ >= 0) ::close(socket_);
}

bool PostgresSession::is_closed() const {
    // Unasked, a server speaks to say that it goes.
    pollfd state{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&state, 1, 0) != 0;
}

void PostgresSession::cut() const {
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void PostgresSession::commit() {
    const std::string transaction = fetch_one<TextRow>(kTransaction).value_or("");
    try {
        raw().commit();
    } catch (const soci::soci_error& error) {
        if (classify_postgres(error).then != Fault::Then::drop || transaction.empty()) throw;
        const Outcome outcome = ask_(transaction);
        if (outcome == Outcome::committed) return;
        if (outcome == Outcome::unknown) {
            throw soci::postgresql_soci_error(
                "the connection was lost at the commit, and it could not be found out whether all "
                "of it was written or nothing",
                "08007");
        }
        set_kept(false);
        throw;
    }
}

Outcome outcome_of(const std::string& connection_string, const std::string& transaction) {
    const auto deadline = std::chrono::steady_clock::now() + limits::kCommitPatience;
    for (;; std::this_thread::sleep_for(kAskAgain)) {
        if (std::chrono::steady_clock::now() >= deadline) return Outcome::unknown;
        auto session =
            PostgresSession::connect(connection_string, limits::kCatalogStatement, nullptr);
        if (!session) continue;
        try {
            const auto status = (*session)->fetch_one<TextRow>(kOutcome, transaction).value_or("");
            if (status == "committed") return Outcome::committed;
            if (status == "aborted") return Outcome::rolled_back;
            // In progress: the server has not noticed yet that its client is gone.
            if (status.empty()) return Outcome::unknown;
        } catch (const soci::soci_error& error) {
            log::warn("what became of a transaction could not be asked",
                      {{"error", error.get_error_message()}});
        }
    }
}

}  // namespace clamor::store
