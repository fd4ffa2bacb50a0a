// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/counters.h"
#include "base/limits.h"
#include "base/result.h"
#include "store/dynamodb/address.h"
#include "store/dynamodb/counters.h"
#include "store/dynamodb/credentials.h"

namespace clamor::store::dynamodb {

using Json = nlohmann::json;

struct ClientOptions {
    std::size_t requests = limits::kDynamoRequests;  ///< at a time, of one caller
    std::chrono::milliseconds connect_timeout = limits::kDynamoConnectTimeout;
    std::chrono::milliseconds read_timeout = limits::kDynamoReadTimeout;
    std::chrono::milliseconds glance = limits::kDynamoGlance;
    std::chrono::milliseconds write_timeout = limits::kDynamoWriteTimeout;
    int attempts = limits::kDynamoAttempts;
    std::chrono::milliseconds backoff_min = limits::kDynamoBackoffMin;
    std::chrono::milliseconds backoff_max = limits::kDynamoBackoffMax;
    std::chrono::milliseconds away_pause = limits::kDynamoAwayPause;
};

struct Call {
    const char* operation;  ///< `BatchGetItem`
    std::string body;       ///< JSON
};

/// One caller's patience, from its first request to its last. Readers get what comes within the
/// timeout, and an error at once while DynamoDB is known to be away; writers try on.
struct Deadline {
    bool reader = false;
    std::chrono::steady_clock::time_point at{};
};

/// Speaks to DynamoDB by libcurl: signed, over connections that stay, several requests at a time.
/// What is throttled, and what failed on the way, is tried again after a pause that doubles and has
/// jitter. Any thread; calls block, and the callers are at most limits::kDynamoCallers at a time.
///
/// Errors: `operation_canceled` a condition did not hold; `no_such_file_or_directory` no such
/// table; `permission_denied` keys or rights; `resource_unavailable_try_again` throttled to the
/// end; `invalid_argument` a request that DynamoDB does not take; else it is away or talks
/// nonsense.
class Client {
  public:
    Client(Address address, std::shared_ptr<CredentialSource> credentials,
           const ClientOptions& options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    Deadline reading() const;
    /// A reader with little patience: limits::kDynamoGlance.
    Deadline glancing() const;
    Deadline writing() const;

    Result<Json> call(const char* operation, const Json& body, const Deadline& deadline);
    /// In the order of the calls; the first error ends all.
    Result<std::vector<Json>> call_all(std::vector<Call> calls, const Deadline& deadline);
    /// As call_all(), but conditions that do not hold are no errors.
    Result<void> change_all(std::vector<Call> calls, const Deadline& deadline);

    /// The items of these keys that there are, in no order. `fields`: a projection, or empty.
    Result<std::vector<Json>> get(const std::vector<Json>& keys, const std::string& fields,
                                  const Deadline& deadline);
    /// The items of a query, in its order; `limit` of 0: all.
    Result<std::vector<Json>> query(Json query, std::size_t limit, const Deadline& deadline);
    /// Each the JSON of a PutRequest or DeleteRequest, in no order, for as long as it takes.
    Result<void> write(std::vector<std::string> requests);

    const Address& address() const { return address_; }
    const Counters& counters() const { return counters_; }
    /// The last request found nobody who answers.
    bool away() const { return away_.load(std::memory_order_relaxed); }

  private:
    struct Line;
    class Lease;
    struct Exchange;
    class Run;

    /// Before trying again what was left unprocessed; false: there is no time.
    bool pause(int attempt, const Deadline& deadline) const;
    std::vector<Exchange> run(std::vector<Call> calls, const Deadline& deadline);

    const Address address_;
    const std::shared_ptr<CredentialSource> credentials_;
    const ClientOptions options_;
    Counters counters_;
    std::atomic<bool> away_{false};
    std::atomic<std::int64_t> next_probe_{0};  ///< of a reader while away; nanoseconds

    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Line>> lines_;
    std::vector<Line*> idle_;
};

}  // namespace clamor::store::dynamodb
