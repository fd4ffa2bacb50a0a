// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "store/postgres/catalog.h"
#include "store/postgres/session.h"
#include "store/sql/database.h"

namespace clamor::store {

/// The connections to PostgreSQL. A thread of its own opens them, again and again after a loss (at
/// growing intervals, spread by chance so that nodes do not come all at once), and cuts those whose
/// statement outlives its time. Who takes a session waits for one that another has, never for a
/// server that is away.
class Pool final : public Sessions {
  public:
    struct Options {
        std::string connection_string;
        std::size_t connections;
        std::chrono::milliseconds statement_timeout;
        std::chrono::milliseconds wait;  ///< for a session
        std::chrono::milliseconds hang;  ///< beyond the statement's time
    };

    /// `counters` outlives the pool.
    Pool(Options options, PoolCounters& counters);
    ~Pool() override;

    Result<Session*> take() override;
    void give_back(Session& session, Fault::Then then) override;

  private:
    using Time = std::chrono::steady_clock::time_point;
    struct Used {
        std::unique_ptr<PostgresSession> session;
        std::uint64_t steps;  ///< as they were seen last
        Time since;           ///< when that was first so
    };

    void keep();
    /// Opens one connection, without the lock while that lasts.
    void open_one(std::unique_lock<std::mutex>& lock);
    void cut_overdue(Time now);
    void count();
    /// Connections that are not known to be lost.
    std::size_t alive() const;

    const Options options_;
    PoolCounters& counters_;
    std::mutex mutex_;
    std::condition_variable changed_;  ///< a session is free, or the server is found away
    std::condition_variable wanted_;   ///< there is something to keep
    std::vector<std::unique_ptr<PostgresSession>> free_;
    std::vector<Used> used_;
    std::string why_away_;  ///< empty: the last attempt to connect succeeded
    Time retry_at_{};
    std::chrono::milliseconds backoff_;
    std::minstd_rand chance_;
    bool ending_ = false;
    std::thread keeper_;
};

}  // namespace clamor::store
