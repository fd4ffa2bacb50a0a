// SPDX-License-Identifier: Apache-2.0
#include "store/sql/copy.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/ranges.h>
#include <openssl/sha.h>

#include "store/sql/database.h"
#include "store/sql/many.h"
#include "store/sql/rows.h"
#include "store/sql/tables.h"

namespace clamor::store {
namespace {

using Row = Cells;
using Key = std::vector<std::string>;

constexpr std::size_t kPage = 1000;
/// Between the parts of a key as it is kept; none of them has a control character.
constexpr char kBetween = '\x1f';

/// Texts that are fetched by a statement, and whether they are NULL.
struct Fetched {
    explicit Fetched(std::size_t count) : texts(count), indicators(count, soci::i_ok) {}

    void into(soci::statement& statement) {
        for (std::size_t i = 0; i < texts.size(); ++i)
            statement.exchange(soci::into(texts[i], indicators[i]));
    }
    Row value() const {
        Row row;
        for (std::size_t i = 0; i < texts.size(); ++i)
            row.push_back(indicators[i] == soci::i_null ? Cell() : Cell(texts[i]));
        return row;
    }

    std::vector<std::string> texts;
    std::vector<soci::indicator> indicators;
};

Key key_of(const Table& table, const Row& row) {
    Key key;
    for (const std::string_view part : table.key) {
        const auto at = std::ranges::find(table.columns, part) - table.columns.begin();
        key.push_back(row[static_cast<std::size_t>(at)].value_or(""));
    }
    return key;
}

/// The rows behind `after`, or the first ones.
std::vector<Row> read_page(Session& sql, const Table& table, const std::optional<Key>& after) {
    const std::string where = after ? fmt::format(" WHERE ({}) > ({})", fmt::join(table.key, ", "),
                                                  places(0, table.key.size()))
                                    : "";
    soci::statement statement(sql.raw());
    Key key = after.value_or(Key());
    for (std::string& part : key) statement.exchange(soci::use(part));
    Fetched fetched(table.columns.size());
    fetched.into(statement);
    statement.alloc();
    statement.prepare(fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT {}",
                                  fmt::join(table.columns, ", "), table.name, where,
                                  fmt::join(table.key, ", "), kPage));
    statement.define_and_bind();
    statement.execute();
    std::vector<Row> rows;
    while (statement.fetch()) rows.push_back(fetched.value());
    return rows;
}

/// Of the rows of a table, in whatever order they come: the sum of their SHA-256s, by parts.
struct Digest {
    std::uint64_t rows = 0;
    std::array<std::uint64_t, 4> sum{};
    friend bool operator==(const Digest&, const Digest&) = default;

    void add(const Row& row) {
        std::string text;
        for (const Cell& field : row)
            text += field ? fmt::format("{}:{}", field->size(), *field) : std::string("-");
        std::array<std::uint64_t, 4> hash{};
        static_assert(sizeof hash == SHA256_DIGEST_LENGTH);
        SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
               reinterpret_cast<unsigned char*>(hash.data()));
        for (std::size_t i = 0; i < hash.size(); ++i) sum[i] += hash[i];
        ++rows;
    }
};

/// How far a table is.
struct State {
    std::string source;
    std::uint64_t copied = 0;
    std::optional<Key> last;
};

struct StateRow {
    std::string table, source, last_key;
    long long copied = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(table));
        statement.exchange(soci::into(source));
        statement.exchange(soci::into(copied));
        statement.exchange(soci::into(last_key));
    }
    std::pair<std::string, State> value() const {
        State state{source, static_cast<std::uint64_t>(copied), {}};
        if (copied == 0) return {table, state};
        std::string_view rest = last_key;
        state.last.emplace();
        for (auto at = rest.find(kBetween); at != std::string_view::npos;
             at = rest.find(kBetween)) {
            state.last->emplace_back(rest.substr(0, at));
            rest.remove_prefix(at + 1);
        }
        state.last->emplace_back(rest);
        return {table, state};
    }
};

std::uint64_t count_rows(Session& sql, const Table& table) {
    return static_cast<std::uint64_t>(
        sql.fetch_one<NumberRow>(fmt::format("SELECT COUNT(*) FROM {}", table.name)).value());
}

class Copier {
  public:
    Copier(Database& from, Database& to, const std::string& source, const CopyProgress& progress)
        : from_(from), to_(to), source_(source), progress_(progress) {}

    Result<std::uint64_t> run() {
        if (auto ready = prepare(); !ready) return tl::unexpected(ready.error());
        if (auto counted = count(); !counted) return tl::unexpected(counted.error());
        for (const Table& table : catalog_tables()) {
            if (auto copied = copy(table); !copied) return tl::unexpected(copied.error());
        }
        done_ = 0;
        for (const Table& table : catalog_tables()) {
            if (auto equal = compare(table); !equal) return tl::unexpected(equal.error());
        }
        return total_;
    }

  private:
    /// Finds the unfinished copy, or an empty database in which it begins one.
    Result<void> prepare() {
        return to_.run("preparing the import", [&](Session& sql) -> Result<void> {
            Transaction transaction(sql);
            sql.raw() << fmt::format(
                "CREATE TABLE IF NOT EXISTS {} (table_name VARCHAR(64) PRIMARY KEY, source TEXT "
                "NOT "
                "NULL, copied BIGINT NOT NULL, last_key TEXT NOT NULL)",
                kCopyTable);
            const auto states = sql.fetch_all<StateRow>(
                fmt::format("SELECT table_name, source, copied, last_key FROM {}", kCopyTable));
            for (const auto& [table, state] : states) {
                if (state.source != source_) {
                    return fail(std::errc::file_exists,
                                fmt::format("the database holds an unfinished import of {}: finish "
                                            "that one, or give an empty database",
                                            state.source));
                }
                states_[table] = state;
            }
            if (states.empty()) {
                if (auto empty = check_empty(sql); !empty) return empty;
                for (const Table& table : catalog_tables()) {
                    sql.change(fmt::format("INSERT INTO {} (table_name, source, copied, last_key) "
                                           "VALUES (:name, :source, 0, '')",
                                           kCopyTable),
                               std::string(table.name), source_);
                }
                // Those that the migrations made: the copy has them, too.
                sql.change("DELETE FROM counters");
            }
            transaction.commit();
            return {};
        });
    }

    static Result<void> check_empty(Session& sql) {
        for (const Table& table : catalog_tables()) {
            if (table.name == "counters") continue;
            if (const auto rows = count_rows(sql, table); rows != 0) {
                return fail(std::errc::file_exists,
                            fmt::format("the database is in use: its table '{}' has {} rows. An "
                                        "import fills an empty database only: `createdb` makes one",
                                        table.name, rows));
            }
        }
        return {};
    }

    Result<void> count() {
        return from_.run("counting what is to be copied", [&](Session& sql) -> Result<void> {
            total_ = 0;
            for (const Table& table : catalog_tables()) total_ += count_rows(sql, table);
            return {};
        });
    }

    Result<std::vector<Row>> page(Database& database, const Table& table,
                                  const std::optional<Key>& after) {
        return database.run(
            fmt::format("reading the table '{}'", table.name),
            [&](Session& sql) -> Result<std::vector<Row>> { return read_page(sql, table, after); });
    }

    Result<void> copy(const Table& table) {
        State& state = states_[std::string(table.name)];
        done_ += state.copied;
        while (true) {
            auto rows = page(from_, table, state.last);
            if (!rows) return tl::unexpected(rows.error());
            if (rows->empty()) return {};
            if (auto written = write(table, *rows, state); !written) return written;
            done_ += rows->size();
            progress_(done_, total_, table.name);
        }
    }

    Result<void> write(const Table& table, const std::vector<Row>& rows, State& state) {
        auto written = to_.run(
            fmt::format("copying the table '{}'", table.name), [&](Session& sql) -> Result<void> {
                Transaction transaction(sql);
                insert_rows(
                    sql,
                    fmt::format("INSERT INTO {} ({})", table.name, fmt::join(table.columns, ", ")),
                    rows);
                const std::string key = fmt::format(
                    "{}", fmt::join(key_of(table, rows.back()), std::string(1, kBetween)));
                sql.change(fmt::format("UPDATE {} SET copied = copied + :more, last_key = :last "
                                       "WHERE table_name = :name",
                                       kCopyTable),
                           static_cast<long long>(rows.size()), key, std::string(table.name));
                transaction.commit();
                return {};
            });
        if (written) {
            state.copied += rows.size();
            state.last = key_of(table, rows.back());
        }
        return written;
    }

    Result<Digest> digest(Database& database, const Table& table, bool shown) {
        Digest digest;
        std::optional<Key> after;
        while (true) {
            auto rows = page(database, table, after);
            if (!rows) return tl::unexpected(rows.error());
            if (rows->empty()) return digest;
            for (const Row& row : *rows) digest.add(row);
            after = key_of(table, rows->back());
            if (!shown) continue;
            done_ += rows->size();
            progress_(done_, total_, fmt::format("verified {}", table.name));
        }
    }

    Result<void> compare(const Table& table) {
        const auto there = digest(from_, table, false);
        if (!there) return tl::unexpected(there.error());
        const auto here = digest(to_, table, true);
        if (!here) return tl::unexpected(here.error());
        if (*there == *here) return {};
        return fail(
            std::errc::io_error,
            fmt::format("the table '{}' has {} rows and its copy {}, or other contents: the "
                        "source was changed meanwhile; import into a new database",
                        table.name, there->rows, here->rows));
    }

    Database& from_;
    Database& to_;
    const std::string& source_;
    const CopyProgress& progress_;
    std::map<std::string, State> states_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace

Result<std::uint64_t> copy_catalog(Database& from, Database& to, const std::string& source,
                                   const CopyProgress& progress) {
    return Copier(from, to, source, progress).run();
}

Result<void> finish_copy(Database& to) {
    return to.run("ending the import", [](Session& sql) -> Result<void> {
        sql.raw() << fmt::format("DROP TABLE {}", kCopyTable);
        return {};
    });
}

}  // namespace clamor::store
