// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/pool.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"

namespace clamor::store {
namespace {

constexpr std::chrono::milliseconds kLookEvery{500};

using std::chrono::steady_clock;

std::uint64_t microseconds_since(steady_clock::time_point then) {
    const auto passed = steady_clock::now() - then;
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(passed).count());
}

}  // namespace

Pool::Pool(Options options, PoolCounters& counters)
    : options_(std::move(options)),
      counters_(counters),
      backoff_(limits::kCatalogRetryMin),
      chance_(std::random_device()()),
      keeper_([this] { keep(); }) {}

Pool::~Pool() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wanted_.notify_all();
    keeper_.join();
}

Result<Session*> Pool::take() {
    std::unique_lock lock(mutex_);
    const Time asked = steady_clock::now();
    bool waited = false;
    for (;;) {
        while (!free_.empty()) {
            auto session = std::move(free_.back());
            free_.pop_back();
            if (session->is_closed()) {
                counters_.lost.add();
                wanted_.notify_one();
                continue;
            }
            Session* const taken = session.get();
            used_.push_back({std::move(session), taken->steps(), steady_clock::now()});
            if (waited) counters_.waited.record(microseconds_since(asked));
            count();
            return taken;
        }
        if (alive() == 0 && !why_away_.empty()) {
            counters_.refused.add();
            count();
            return fail(std::errc::resource_unavailable_try_again,
                        "PostgreSQL cannot be reached: " + why_away_);
        }
        if (!waited) counters_.waits.add();
        waited = true;
        if (changed_.wait_until(lock, asked + options_.wait) == std::cv_status::timeout &&
            free_.empty()) {
            counters_.refused.add();
            return fail(std::errc::device_or_resource_busy,
                        fmt::format("none of the {} connections to PostgreSQL became free within "
                                    "{} ms; catalog.connections gives more",
                                    options_.connections, options_.wait.count()));
        }
    }
}

void Pool::give_back(Session& session, Fault::Then then) {
    std::unique_ptr<PostgresSession> dropped;
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(
        used_, &session, [](const Used& used) -> const Session* { return used.session.get(); });
    CLAMOR_CHECK(found != used_.end(), "a session of another pool");
    if (then == Fault::Then::drop) {
        counters_.lost.add();
        dropped = std::move(found->session);
        wanted_.notify_one();
    } else {
        free_.push_back(std::move(found->session));
    }
    used_.erase(found);
    count();
    changed_.notify_one();
}

void Pool::keep() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        cut_overdue(steady_clock::now());
        const bool missing = alive() < options_.connections;
        const Time now = steady_clock::now();
        if (missing && now >= retry_at_) {
            open_one(lock);
            continue;
        }
        const Time look_at = now + kLookEvery;
        wanted_.wait_until(lock, missing ? std::min(retry_at_, look_at) : look_at);
        // Those that nobody takes are not noticed otherwise.
        const auto closed =
            std::erase_if(free_, [](const auto& session) { return session->is_closed(); });
        if (closed != 0) counters_.lost.add(closed);
        count();
    }
}

void Pool::open_one(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    auto session = PostgresSession::connect(
        options_.connection_string, options_.statement_timeout,
        [this](const std::string& mark) { return outcome_of(options_.connection_string, mark); });
    lock.lock();
    if (session) {
        if (!why_away_.empty()) log::info("PostgreSQL is back");
        counters_.opened.add();
        free_.push_back(*std::move(session));
        why_away_.clear();
        backoff_ = limits::kCatalogRetryMin;
        retry_at_ = {};
    } else {
        if (why_away_.empty()) {
            log::error("PostgreSQL cannot be reached; what is cached goes on",
                       {{"error", session.error().to_string()}});
        }
        counters_.failed.add();
        why_away_ = session.error().detail;
        std::uniform_real_distribution<double> spread(0.5, 1.0);
        retry_at_ = steady_clock::now() +
                    std::chrono::duration_cast<Time::duration>(backoff_ * spread(chance_));
        backoff_ = std::min<std::chrono::milliseconds>(backoff_ * 2, limits::kCatalogRetryMax);
    }
    count();
    changed_.notify_all();
}

void Pool::cut_overdue(Time now) {
    for (Used& used : used_) {
        const std::uint64_t steps = used.session->steps();
        if (steps != used.steps) {
            used.steps = steps;
            used.since = now;
        } else if (now - used.since > options_.statement_timeout + options_.hang) {
            log::warn("a connection to PostgreSQL is cut: the server does not answer");
            used.session->cut();
            used.since = now;
        }
    }
}

void Pool::count() {
    counters_.open.set(alive());
    counters_.used.set(used_.size());
    counters_.away.store(alive() == 0 && !why_away_.empty(), std::memory_order_relaxed);
}

std::size_t Pool::alive() const {
    const auto used =
        std::ranges::count_if(used_, [](const Used& one) { return !one.session->is_lost(); });
    return free_.size() + static_cast<std::size_t>(used);
}

}  // namespace clamor::store
