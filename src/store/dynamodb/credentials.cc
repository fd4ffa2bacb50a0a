// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/credentials.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/log.h"
#include "store/dynamodb/easy.h"

namespace clamor::store::dynamodb {
namespace {

constexpr std::size_t kAnswerBytes = 64 * 1024;
constexpr const char* kHowTo =
    "give AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials, or run "
    "where a metadata service has a role for this machine";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(std::errc::no_such_file_or_directory, path + " cannot be read");
    std::ostringstream bytes;
    if (file.peek() != std::ifstream::traits_type::eof()) bytes << file.rdbuf();
    return bytes.str();
}

/// One request to a metadata service; no proxy, since it is next to this machine.
Result<std::string> request(const char* method, const std::string& url,
                            std::initializer_list<std::string> headers) {
    const EasyHandle easy(curl_easy_init());
    CLAMOR_CHECK(easy != nullptr, "libcurl has memory");
    HeaderList list;
    for (const auto& header : headers) add_header(list, header);
    Answer answer{.body = {}, .checksum = {}, .bytes_max = kAnswerBytes};
    prepare(easy.get(), answer);
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, list.get());
    curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS,
                     static_cast<long>(limits::kMetadataTimeout.count()));
    const CURLcode result = curl_easy_perform(easy.get());
    if (result != CURLE_OK)
        return fail(std::errc::io_error, "asking " + url + ": " + curl_easy_strerror(result));
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return fail(std::errc::io_error,
                    "asking " + url + ": the answer was " + std::to_string(status));
    }
    return std::move(answer.body);
}

/// `2026-01-31T12:00:00Z`.
std::optional<WallTime> parse_time(const std::string& text) {
    std::tm parts{};
    int end = 0;
    const int read =
        std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon,
                    &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &end);
    if (read != 6 || text.size() <= static_cast<std::size_t>(end) || text.back() != 'Z')
        return std::nullopt;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return wall_from_unix_ms(static_cast<std::int64_t>(::timegm(&parts)) * 1000);
}

bool is_plain(std::string_view text) {
    for (const char c : text) {
        if (c <= ' ' || c == 0x7f) return false;
    }
    return !text.empty();
}

/// A line break in a token would be a header of its own.
Result<Credentials> checked(Credentials credentials, const std::string& from) {
    if (is_plain(credentials.key_id) && is_plain(credentials.secret) &&
        (credentials.session_token.empty() || is_plain(credentials.session_token)))
        return credentials;
    return fail(std::errc::invalid_argument,
                from + " has an access key, secret or token that is empty or has blanks in it");
}

}  // namespace

Result<Credentials> parse_credentials_file(std::string_view text, std::string_view profile) {
    Credentials credentials;
    bool seen = false;
    bool inside = false;
    while (!text.empty()) {
        const auto line = trim(text.substr(0, text.find('\n')));
        text.remove_prefix(std::min(text.size(), text.find('\n') == std::string_view::npos
                                                     ? text.size()
                                                     : text.find('\n') + 1));
        if (line.starts_with('[') && line.ends_with(']')) {
            inside = trim(line.substr(1, line.size() - 2)) == profile;
            seen = seen || inside;
        }
        const auto equals = line.find('=');
        if (!inside || equals == std::string_view::npos || line.starts_with('#')) continue;
        const auto key = trim(line.substr(0, equals));
        const std::string value(trim(line.substr(equals + 1)));
        if (key == "aws_access_key_id") credentials.key_id = value;
        if (key == "aws_secret_access_key") credentials.secret = value;
        if (key == "aws_session_token") credentials.session_token = value;
    }
    const std::string name(profile);
    if (!seen) {
        return fail(std::errc::invalid_argument,
                    "there is no section [" + name + "]; AWS_PROFILE names the one to take");
    }
    if (credentials.key_id.empty() || credentials.secret.empty()) {
        return fail(
            std::errc::invalid_argument,
            "the section [" + name + "] must have aws_access_key_id and aws_secret_access_key");
    }
    return checked(std::move(credentials), "the section [" + name + "]");
}

Result<Credentials> parse_metadata(std::string_view text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto member = [&](const char* name) {
        const auto found = json.find(name);
        return found != json.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string();
    };
    const auto wrong = [](const char* what) {
        return fail(std::errc::protocol_error,
                    std::string("what the metadata service answered ") + what);
    };
    if (!json.is_object()) return wrong("is no JSON object");
    Credentials credentials{.key_id = member("AccessKeyId"),
                            .secret = member("SecretAccessKey"),
                            .session_token = member("Token")};
    if (credentials.key_id.empty() || credentials.secret.empty())
        return wrong("lacks AccessKeyId or SecretAccessKey");
    if (json.contains("Expiration")) {
        credentials.expires = parse_time(member("Expiration"));
        if (!credentials.expires) return wrong("has an Expiration that is no time");
    }
    return checked(std::move(credentials), "the metadata service");
}

std::optional<std::string> CredentialSource::process_environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

WallTime CredentialSource::system_time() {
    return wall_from_unix_ms(std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count());
}

CredentialSource::CredentialSource(Environment environment, Clock clock)
    : environment_(std::move(environment)), clock_(std::move(clock)) {}

Result<Credentials> CredentialSource::get() {
    const std::lock_guard lock(mutex_);
    const WallTime now = clock_();
    const bool good = held_ && (!held_->expires || now < *held_->expires);
    const bool fresh =
        held_ && (!held_->expires || now < *held_->expires - limits::kCredentialsRefresh);
    if (fresh || (good && now < next_try_)) return *held_;
    fetches_.fetch_add(1, std::memory_order_relaxed);
    auto fetched = fetch();
    if (fetched) {
        held_ = *fetched;
        return fetched;
    }
    if (!good) return fetched;
    next_try_ = now + limits::kCredentialsRetry;
    log::warn("the credentials for DynamoDB could not be renewed; those at hand are used",
              {{"error", fetched.error().to_string()}});
    return *held_;
}

void CredentialSource::refused() {
    const std::lock_guard lock(mutex_);
    held_.reset();
}

Result<Credentials> CredentialSource::fetch() const {
    if (const auto key = environment_("AWS_ACCESS_KEY_ID")) {
        const auto secret = environment_("AWS_SECRET_ACCESS_KEY");
        if (!secret) {
            return fail(std::errc::invalid_argument,
                        "AWS_ACCESS_KEY_ID is in the environment without AWS_SECRET_ACCESS_KEY");
        }
        return checked({.key_id = *key,
                        .secret = *secret,
                        .session_token = environment_("AWS_SESSION_TOKEN").value_or("")},
                       "the environment");
    }
    const auto home = environment_("HOME");
    const auto profile = environment_("AWS_PROFILE");
    auto named = environment_("AWS_SHARED_CREDENTIALS_FILE");
    const std::string path = named ? *named : home ? *home + "/.aws/credentials" : std::string();
    if (const auto text = read_file(path)) {
        auto parsed = parse_credentials_file(*text, profile.value_or("default"));
        if (parsed || named || profile) {
            if (!parsed) parsed.error().detail = path + ": " + parsed.error().detail;
            return parsed;
        }
    } else if (named || profile) {
        return tl::unexpected(text.error());
    }
    if (const auto url = environment_("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
        return from_container(*url);
    if (const auto path_of_role = environment_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
        return from_container("http://169.254.170.2" + *path_of_role);
    if (environment_("AWS_EC2_METADATA_DISABLED") == "true")
        return fail(std::errc::permission_denied, std::string("no credentials: ") + kHowTo);
    return from_instance();
}

Result<Credentials> CredentialSource::from_container(const std::string& url) const {
    std::string token = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
    if (const auto path = environment_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
        auto read = read_file(*path);
        if (!read) return tl::unexpected(read.error());
        token = trim(*read);
        while (token.ends_with('\n')) token.pop_back();
    }
    if (!token.empty() && !is_plain(token)) {
        return fail(std::errc::invalid_argument,
                    "the authorization token of the container has blanks in it");
    }
    const auto answer =
        token.empty() ? request("GET", url, {}) : request("GET", url, {"Authorization: " + token});
    if (!answer) return tl::unexpected(answer.error());
    return parse_metadata(*answer);
}

Result<Credentials> CredentialSource::from_instance() const {
    std::string base =
        environment_("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254");
    while (base.ends_with('/')) base.pop_back();
    const std::string folder = base + "/latest/meta-data/iam/security-credentials/";
    const auto no_credentials = [](const Error& error) {
        return fail(error.code,
                    std::string("no credentials: ") + kHowTo + "; the last try: " + error.detail);
    };
    const auto token =
        request("PUT", base + "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds: 21600"});
    if (!token) return no_credentials(token.error());
    if (!is_plain(*token))
        return fail(std::errc::protocol_error, "the metadata service gave no token");
    const std::string header = "X-aws-ec2-metadata-token: " + *token;
    const auto roles = request("GET", folder, {header});
    if (!roles) return no_credentials(roles.error());
    const std::string role(trim(std::string_view(*roles).substr(0, roles->find('\n'))));
    if (!is_plain(role))
        return fail(std::errc::permission_denied, "the metadata service has no role");
    const auto answer = request("GET", folder + role, {header});
    if (!answer) return no_credentials(answer.error());
    return parse_metadata(*answer);
}

}  // namespace clamor::store::dynamodb
