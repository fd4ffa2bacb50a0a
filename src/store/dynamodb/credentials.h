// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"

namespace clamor::store::dynamodb {

/// What requests are signed with. Never in a log, never in an error.
struct Credentials {
    std::string key_id;
    std::string secret;
    std::string session_token;          ///< empty: none
    std::optional<WallTime> expires{};  ///< none: never
};

/// The profile's section of a shared credentials file; an error names what is missing.
Result<Credentials> parse_credentials_file(std::string_view text, std::string_view profile);
/// What the metadata service of an instance or a container answers.
Result<Credentials> parse_metadata(std::string_view json);

/// Where credentials come from, in the order in which Amazon's own tools look: the environment
/// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), the shared credentials file
/// (AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials, profile AWS_PROFILE or "default"), the
/// metadata service of the container (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI), and
/// that of the instance (IMDSv2; AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_DISABLED).
/// What expires is fetched anew before it does. Any thread; get() may block for as long as the
/// metadata service takes, at most limits::kMetadataTimeout a request.
class CredentialSource {
  public:
    using Environment = std::function<std::optional<std::string>(const char* name)>;
    using Clock = std::function<WallTime()>;
    static std::optional<std::string> process_environment(const char* name);
    static WallTime system_time();

    explicit CredentialSource(Environment environment = process_environment,
                              Clock clock = system_time);

    Result<Credentials> get();
    /// The server did not take them: the next get() fetches them anew.
    void refused();
    std::uint64_t fetches() const { return fetches_.load(std::memory_order_relaxed); }

  private:
    Result<Credentials> fetch() const;
    Result<Credentials> from_container(const std::string& url) const;
    Result<Credentials> from_instance() const;

    const Environment environment_;
    const Clock clock_;
    std::atomic<std::uint64_t> fetches_{0};
    std::mutex mutex_;
    std::optional<Credentials> held_;
    WallTime next_try_{};  ///< of a fetch that failed while what is held is still good
};

}  // namespace clamor::store::dynamodb
