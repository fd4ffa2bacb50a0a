// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
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

/// A SOCI session and the statements that were prepared in it: preparing costs three times what
/// running does. There are as many as there are different queries in this folder.
class Session {
  public:
    soci::session& raw() { return session_; }

    /// Runs a query with the given parameters and collects its rows. `Row` has into(statement),
    /// which names the places that the columns go to, and value(), which makes of them what the
    /// caller wants.
    template <class Row, class... Parameters>
    auto fetch_all(const std::string& query, const Parameters&... parameters) {
        auto& prepared = prepare<Row, Parameters...>(query);
        prepared.parameters = std::tie(parameters...);
        std::vector<decltype(prepared.row.value())> values;
        prepared.statement.execute();
        while (prepared.statement.fetch()) values.push_back(prepared.row.value());
        return values;
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
        auto& prepared = prepare<NoRow, Parameters...>(query);
        prepared.parameters = std::tie(parameters...);
        prepared.statement.execute(true);
        return prepared.statement.get_affected_rows();
    }

    /// After an error, so that no statement stays in the middle of its rows.
    void forget_statements() { statements_.clear(); }

  private:
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

    template <class Row, class... Parameters>
    Prepared<Row, Parameters...>& prepare(const std::string& query) {
        auto& kept = statements_[query];
        if (!kept) kept = std::make_unique<Prepared<Row, Parameters...>>(session_, query);
        auto* prepared = dynamic_cast<Prepared<Row, Parameters...>*>(kept.get());
        CLAMOR_CHECK(prepared != nullptr, "one query with two kinds of parameters or rows");
        return *prepared;
    }

    soci::session session_;
    std::unordered_map<std::string, std::unique_ptr<PreparedBase>> statements_;
};

/// One session behind a lock, and the border that no SOCI exception crosses. Only for the .cc files
/// of this folder and of the engines: its header pulls in SOCI.
class Database {
  public:
    /// What differs between engines.
    struct Engine {
        /// Tells an engine's errors apart.
        std::error_code (*classify)(const soci::soci_error&);
        /// The type of a numeric primary key.
        std::string_view key_type;
    };

    explicit Database(const Engine& engine) : engine_(engine) {}

    const Engine& engine() const { return engine_; }

    /// Gives `body` the session; what it throws becomes an error that begins with `doing`. `body`
    /// must leave no transaction open: soci::transaction sees to it.
    template <class Body>
    auto run(std::string_view doing, Body&& body) -> std::invoke_result_t<Body&, Session&> {
        const std::lock_guard lock(mutex_);
        try {
            return body(session_);
        } catch (const soci::soci_error& error) {
            session_.forget_statements();
            return fail(engine_.classify(error),
                        fmt::format("{} failed ({})", doing, error.get_error_message()));
        } catch (const std::exception& error) {
            session_.forget_statements();
            return fail(std::errc::io_error, fmt::format("{} failed ({})", doing, error.what()));
        }
    }

  private:
    const Engine engine_;
    std::mutex mutex_;
    Session session_;
};

}  // namespace clamor::store
