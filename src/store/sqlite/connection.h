// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

/// A thin owner of SQLite's C API, for the message log: where every microsecond of a batched insert
/// counts and the catalog's portable layer has nothing to give.
namespace clamor::store {

/// A prepared statement, used again and again: bind, step until there are no more rows, reset. One
/// thread at a time; lives no longer than its connection.
class Statement {
  public:
    Statement() = default;

    void bind(int parameter, std::int64_t value);
    /// The bytes must live until reset().
    void bind(int parameter, std::string_view bytes);
    /// True: there is a row. False: done, and the statement is reset. An error resets it, too.
    Result<bool> step();
    void reset();

    std::int64_t integer(int column) const;
    /// Valid until the next step or reset.
    std::string_view bytes(int column) const;

  private:
    friend class Connection;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Connection {
  public:
    enum class Mode { read_only, read_write };
    static Result<Connection> open(const std::string& path, Mode mode,
                                   std::chrono::milliseconds busy_timeout);

    Result<void> execute(const char* statements);
    Result<Statement> prepare(std::string_view statement);
    /// Rows that the last statement changed.
    int changes() const;
    bool in_transaction() const;
    /// Ends a transaction that failed; after this the connection is usable again.
    void roll_back();

  private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace clamor::store
