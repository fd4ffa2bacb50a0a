// SPDX-License-Identifier: Apache-2.0
#include "store/sql/database.h"

#include <mutex>

namespace clamor::store {
namespace {

/// A deadlock's victim wins the next time; a pool has given away its dead sessions after as many.
constexpr int kAttempts = 3;

class OneSession final : public Sessions {
  public:
    Result<Session*> take() override {
        mutex_.lock();
        return &session_;
    }
    void give_back(Session&, Fault::Then) override { mutex_.unlock(); }

  private:
    std::mutex mutex_;
    Session session_;
};

}  // namespace

Transaction::~Transaction() {
    if (!session_.in_transaction_) return;
    session_.in_transaction_ = false;
    try {
        session_.raw().rollback();
    } catch (const std::exception&) {
        // What brought us here is reported; without its session, a transaction is no more.
    }
}

Database::Database(const Engine& engine) : Database(engine, std::make_unique<OneSession>()) {}

Database::Database(const Engine& engine, std::unique_ptr<Sessions> sessions)
    : engine_(engine), sessions_(std::move(sessions)) {}

std::optional<Error> Database::after(const std::exception& thrown, std::string_view doing,
                                     Session& session, int attempt) {
    Fault fault{std::make_error_code(std::errc::io_error)};
    std::string why = thrown.what();
    if (const auto* error = dynamic_cast<const soci::soci_error*>(&thrown)) {
        fault = engine_.classify(*error);
        // Without its context, which has the parameters: some are secrets.
        why = error->get_error_message();
    }
    while (!why.empty() && why.back() == '\n') why.pop_back();
    const bool again = fault.then != Fault::Then::keep && !session.kept() && attempt < kAttempts;
    session.forget_statements();
    sessions_->give_back(session, fault.then);
    if (again) return std::nullopt;
    return Error{fault.code, fmt::format("{} failed ({})", doing, why)};
}

}  // namespace clamor::store
