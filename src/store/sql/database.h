// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <soci/soci.h>

#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "base/result.h"

namespace clamor::store {

/// One SQL session behind a lock, and the border that no SOCI exception crosses. Only for the .cc files of this folder and
/// of the engines: its header pulls in SOCI.
class Database {
  public:
    /// Tells an engine's errors apart.
    using Classify = std::error_code (*)(const soci::soci_error&);

    explicit Database(Classify classify) : classify_(classify) {}

    /// Gives `body` the session; what it throws becomes an error that begins with `doing`. `body` must leave no
    /// transaction open: soci::transaction sees to it.
    template <class Body>
    auto run(std::string_view doing, Body&& body) -> std::invoke_result_t<Body&, soci::session&> {
        const std::lock_guard lock(mutex_);
        try {
            return body(session_);
        } catch (const soci::soci_error& error) {
            return fail(classify_(error), fmt::format("{} failed ({})", doing, error.get_error_message()));
        } catch (const std::exception& error) {
            return fail(std::errc::io_error, fmt::format("{} failed ({})", doing, error.what()));
        }
    }

  private:
    const Classify classify_;
    std::mutex mutex_;
    soci::session session_;
};

/// Counts the row up and gives its new value. Inside a transaction only: it takes the write lock, which must come before
/// the transaction reads anything, or SQLite refuses it when another process wrote in between.
inline long long next_number(soci::session& sql, const std::string& name) {
    long long value = 0;
    sql << "UPDATE counters SET value = value + 1 WHERE name = :name RETURNING value", soci::use(name),
        soci::into(value);
    return value;
}

}  // namespace clamor::store
