// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/session.h"

#include <chrono>
#include <random>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <soci/postgresql/soci-postgresql.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/postgres/errors.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

constexpr auto kAskAgain = limits::kCatalogRetryMin;

// A transaction writes its mark with the rest. Its number would not do: after a crash the server
// gives the numbers of what it has lost to others. Whoever writes a mark that is under way waits
// for how that ends.
const std::string kHasMarks = "SELECT COUNT(to_regclass('commit_marks'))";
const std::string kMark =
    "WITH before AS (DELETE FROM commit_marks WHERE mark = :before) "
    "INSERT INTO commit_marks (mark, made_at) VALUES (:mark, :now)";
const std::string kProbe =
    "INSERT INTO commit_marks (mark, made_at) VALUES (:mark, :now) ON CONFLICT (mark) DO NOTHING";
const std::string kForget = "DELETE FROM commit_marks WHERE mark = :mark";

long long unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string new_mark() {
    std::random_device random;
    const auto word = [&random] { return std::uint64_t{random()} << 32 | random(); };
    const std::uint64_t high = word();
    return MessageId::from_random(high, word()).to_string();
}

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
    // The transaction may be the one that makes the table.
    if (!has_marks_) has_marks_ = fetch_one<NumberRow>(kHasMarks) == 1;
    const std::string mark = has_marks_ ? new_mark() : std::string();
    if (has_marks_) change(kMark, mark_, mark, unix_seconds());
    try {
        raw().commit();
        mark_ = mark;
    } catch (const soci::soci_error& error) {
        if (classify_postgres(error).then != Fault::Then::drop || mark.empty()) throw;
        lost_.store(true, std::memory_order_relaxed);
        const Outcome outcome = ask_(mark);
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

Outcome outcome_of(const std::string& connection_string, const std::string& mark) {
    const auto deadline = std::chrono::steady_clock::now() + limits::kCommitPatience;
    for (;; std::this_thread::sleep_for(kAskAgain)) {
        if (std::chrono::steady_clock::now() >= deadline) return Outcome::unknown;
        auto session =
            PostgresSession::connect(connection_string, limits::kCatalogStatement, nullptr);
        if (!session) continue;
        try {
            if ((*session)->change(kProbe, mark, unix_seconds()) == 0) return Outcome::committed;
            (*session)->change(kForget, mark);
            return Outcome::rolled_back;
        } catch (const soci::soci_error& error) {
            log::warn("what became of a transaction could not be asked",
                      {{"error", error.get_error_message()}});
        }
    }
}

}  // namespace clamor::store
