// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/sql/database.h"

namespace clamor::store {

/// What became of a transaction whose end got no answer.
enum class Outcome : std::uint8_t { committed, rolled_back, unknown };

/// One connection to PostgreSQL. What it is told about waiting is in its connection string.
class PostgresSession final : public Session {
  public:
    /// Asks, over another connection, what became of the transaction that has this mark.
    using Ask = std::function<Outcome(const std::string& mark)>;

    /// Blocks until the server answers or refuses, limits::kCatalogConnect at most. A
    /// `statement_timeout` of zero is none.
    static Result<std::unique_ptr<PostgresSession>> connect(
        const std::string& connection_string, std::chrono::milliseconds statement_timeout, Ask ask);
    ~PostgresSession() override;

    /// Whether the server has closed it while nobody used it. By who has the session.
    bool is_closed() const;
    /// Makes what waits for the server fail at once. Any thread.
    void cut() const;
    /// Its connection was lost at a commit, and what became of that is asked over another one. Any
    /// thread.
    bool is_lost() const { return lost_.load(std::memory_order_relaxed); }

  protected:
    void commit() override;

  private:
    explicit PostgresSession(Ask ask) : ask_(std::move(ask)) {}

    const Ask ask_;
    std::atomic<bool> lost_ = false;
    bool has_marks_ = false;  ///< the schema has the table of them
    std::string mark_{};      ///< of the last transaction; empty: there was none
    int socket_ = -1;  ///< a descriptor of our own for libpq's socket, so that it stays valid
};

/// Waits limits::kCommitPatience at most for a server that can tell.
Outcome outcome_of(const std::string& connection_string, const std::string& mark);

}  // namespace clamor::store
