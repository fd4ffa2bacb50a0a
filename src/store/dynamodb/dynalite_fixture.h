// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

#include "store/dynamodb/message_log.h"

namespace clamor::store::dynamodb {

/// dynalite, which speaks DynamoDB's language, in a process of its own on a free port. Its data is
/// in memory and ends with it.
class Dynalite {
  public:
    Dynalite();
    ~Dynalite();
    Dynalite(const Dynalite&) = delete;

    /// One for the whole test program.
    static Dynalite& shared() {
        static Dynalite one;
        return one;
    }

    const std::string& endpoint() const { return endpoint_; }
    /// As JSON: tests/dynamodb/dynalite.mjs has the names.
    void fail_with(const std::string& faults) const { post("/faults", faults); }
    /// Deletes what the tables' time to live has ended by then.
    void expire(WallTime now) const {
        post("/expire", R"({"now":)" + std::to_string(unix_ms(now) / 1000) + "}");
    }
    /// With a table that nobody else has.
    Address address() const {
        static std::atomic<int> tables{0};
        return {.region = "eu-central-1",
                .table = "clamor-" + std::to_string(++tables),
                .endpoint = endpoint_};
    }

  private:
    void post(const char* path, const std::string& body) const;

    pid_t pid_ = 0;
    int input_ = -1;
    std::string endpoint_;
};

inline std::shared_ptr<CredentialSource> test_credentials() {
    return std::make_shared<CredentialSource>([](const char* name) -> std::optional<std::string> {
        const std::string_view key = name;
        if (key == "AWS_ACCESS_KEY_ID") return "AKIDEXAMPLE";
        if (key == "AWS_SECRET_ACCESS_KEY") return "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        return std::nullopt;
    });
}

inline Options test_options(Address address) {
    return {.address = std::move(address), .credentials = test_credentials()};
}

}  // namespace clamor::store::dynamodb
