// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <soci/soci.h>

#include "base/check.h"
#include "base/result.h"

namespace clamor::store {

/// A parameter as text, which every engine takes for any type; none: NULL.
using Cell = std::optional<std::string>;

/// A SOCI session and the statements that were prepared in it: preparing costs three times what
/// running does. There are as many as there are different queries in this folder. One thread at a
/// time.
class Session {
  public:
    virtual ~Session() = default;

    soci::session& raw() { return session_; }

    /// Runs a query with the given parameters and collects its rows. `Row` has into(statement),
    /// which names the places that the columns go to, and value(), which makes of them what the
    /// caller wants.
    template <class Row, class... Parameters>
    auto fetch_all(const std::string& query, const Parameters&... parameters) {
        auto& prepared = prepare<Prepared<Row, Parameters...>>(query);
        prepared.parameters = std::tie(parameters...);
        return rows_of(prepared);
    }
    /// The same with any number of parameters.
    template <class Row>
    auto fetch_cells(const std::string& query, std::span<const Cell> cells) {
        auto& prepared = prepare<PreparedCells<Row>>(query, cells.size());
        prepared.set(cells);
        return rows_of(prepared);
    }

    /// The same for a query that finds one row at most.
    template <class Row, class... Parameters>
    auto fetch_one(const std::string& query, const Parameters&... parameters) {
        auto values = fetch_all<Row>(query, parameters...);
        using Value = typename decltype(values)::value_type;
        return values.empty() ? std::optional<Value>()
                              : std::optional<Value>(std::move(values.front()));
    }

    /// Runs a statement that changes something and says how many rows it changed.
    template <class... Parameters>
    long long change(const std::string& query, const Parameters&... parameters) {
        auto& prepared = prepare<Prepared<NoRow, Parameters...>>(query);
        prepared.parameters = std::tie(parameters...);
        return execute(prepared);
    }
    long long change_cells(const std::string& query, std::span<const Cell> cells) {
        auto& prepared = prepare<PreparedCells<NoRow>>(query, cells.size());
        prepared.set(cells);
        return execute(prepared);
    }

    /// After an error, so that no statement stays in the middle of its rows.
    void forget_statements() { statements_.clear(); }

    /// Whether since begin_use() a change may have been written for good: from then on, what was
    /// asked for must not be done a second time.
    bool kept() const { return kept_; }
    void begin_use() { kept_ = false; }
    /// Counts statements; any thread. One that does not come to its end can be told by it.
    std::uint64_t steps() const { return steps_.load(std::memory_order_relaxed); }

  protected:
    /// Ends a transaction. When it throws, nothing was written, unless it says otherwise.
    virtual void commit() { session_.commit(); }
    void set_kept(bool kept) { kept_ = kept; }

  private:
    friend class Transaction;
    struct NoRow {
        void into(soci::statement&) {}
    };
    struct PreparedBase {
        virtual ~PreparedBase() = default;
    };
    template <class Row, class... Parameters>
    struct Prepared final : PreparedBase {
        Prepared(soci::session& session, const std::string& query) : statement(session) {
            std::apply(
                [this](auto&... parameter) { (statement.exchange(soci::use(parameter)), ...); },
                parameters);
            row.into(statement);
            statement.alloc();
            statement.prepare(query);
            statement.define_and_bind();
        }
        Row row;
        std::tuple<Parameters...> parameters;
        soci::statement statement;
    };

    template <class Row>
    struct PreparedCells final : PreparedBase {
        PreparedCells(soci::session& session, const std::string& query, std::size_t count)
            : texts(count), indicators(count, soci::i_ok), statement(session) {
            for (std::size_t i = 0; i < count; ++i)
                statement.exchange(soci::use(texts[i], indicators[i]));
            row.into(statement);
            statement.alloc();
            statement.prepare(query);
            statement.define_and_bind();
        }
        void set(std::span<const Cell> cells) {
            for (std::size_t i = 0; i < texts.size(); ++i) {
                texts[i] = cells[i].value_or(std::string());
                indicators[i] = cells[i] ? soci::i_ok : soci::i_null;
            }
        }
        Row row;
        std::vector<std::string> texts;
        std::vector<soci::indicator> indicators;
        soci::statement statement;
    };

    template <class Kind, class... More>
    Kind& prepare(const std::string& query, const More&... more) {
        steps_.fetch_add(1, std::memory_order_relaxed);
        auto& kept = statements_[query];
        if (!kept) kept = std::make_unique<Kind>(session_, query, more...);
        auto* prepared = dynamic_cast<Kind*>(kept.get());
        CLAMOR_CHECK(prepared != nullptr, "one query with two kinds of parameters or rows");
        return *prepared;
    }
    template <class Kind>
    static auto rows_of(Kind& prepared) {
        std::vector<decltype(prepared.row.value())> values;
        prepared.statement.execute();
        while (prepared.statement.fetch()) values.push_back(prepared.row.value());
        return values;
    }
    template <class Kind>
    long long execute(Kind& prepared) {
        if (!in_transaction_) kept_ = true;
        prepared.statement.execute(true);
        return prepared.statement.get_affected_rows();
    }

    bool in_transaction_ = false;
    bool kept_ = false;
    std::atomic<std::uint64_t> steps_ = 0;
    soci::session session_;
    std::unordered_map<std::string, std::unique_ptr<PreparedBase>> statements_;
};

/// A transaction, rolled back unless it is committed.
class Transaction {
  public:
    explicit Transaction(Session& session) : session_(session) {
        session_.raw().begin();
        session_.in_transaction_ = true;
    }
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit() {
        session_.set_kept(true);
        session_.commit();
        session_.in_transaction_ = false;
    }

  private:
    Session& session_;
};

/// What an engine's error means.
struct Fault {
    enum class Then : std::uint8_t {
        keep,   ///< the session is as good as before
        again,  ///< so it is, and the same once more would do: a deadlock's victim
        drop    ///< the session is of no use any more
    };
    std::error_code code;
    Then then = Then::keep;
};

/// Where a database's sessions are. Any thread.
class Sessions {
  public:
    virtual ~Sessions() = default;
    /// Waits for a session, with an end; an error says why none is to be had. It is the caller's
    /// alone until it is given back.
    virtual Result<Session*> take() = 0;
    virtual void give_back(Session& session, Fault::Then then) = 0;
};

/// The border that no SOCI exception crosses. Only for the .cc files of this folder and of the
/// engines: its header pulls in SOCI.
class Database {
  public:
    /// What differs between engines.
    struct Engine {
        /// Tells an engine's errors apart.
        Fault (*classify)(const soci::soci_error&);
        /// The type of a numeric primary key.
        std::string_view key_type;
        /// Finds how many tables of the name schema_version there are.
        std::string_view find_version_table;
        /// Statements before and after the schema is looked at and changed, so that several
        /// processes may do it at the same time; empty where the engine needs none.
        std::string_view lock_schema;
        std::string_view unlock_schema;
    };

    /// One session behind a lock, to be opened by the first run().
    explicit Database(const Engine& engine);
    Database(const Engine& engine, std::unique_ptr<Sessions> sessions);

    const Engine& engine() const { return engine_; }

    /// Gives `body` a session; what it throws becomes an error that begins with `doing`. `body`
    /// must leave no transaction open: Transaction sees to it. Where nothing was written yet, it
    /// may be run once more, in another session.
    template <class Body>
    auto run(std::string_view doing, Body&& body) -> std::invoke_result_t<Body&, Session&> {
        for (int attempt = 1;; ++attempt) {
            const auto session = sessions_->take();
            if (!session) {
                return fail(session.error().code,
                            fmt::format("{} failed ({})", doing, session.error().detail));
            }
            (*session)->begin_use();
            std::optional<Error> error;
            try {
                auto result = body(**session);
                sessions_->give_back(**session, Fault::Then::keep);
                return result;
            } catch (const std::exception& thrown) {
                error = after(thrown, doing, **session, attempt);
            }
            if (error) return tl::unexpected(*std::move(error));
        }
    }

  private:
    /// Gives the session back. No error: once more.
    std::optional<Error> after(const std::exception& thrown, std::string_view doing,
                               Session& session, int attempt);

    const Engine engine_;
    const std::unique_ptr<Sessions> sessions_;
};

}  // namespace clamor::store
