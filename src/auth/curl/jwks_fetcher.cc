// SPDX-License-Identifier: Apache-2.0
#include "auth/curl/jwks_fetcher.h"

#include <array>
#include <memory>
#include <utility>

#include <curl/curl.h>

#include "base/check.h"
#include "base/limits.h"

namespace clamor::auth {

namespace {

struct Cleanup {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

extern "C" std::size_t clamor_take_jwks(char* bytes, std::size_t, std::size_t size, void* to) {
    auto& body = *static_cast<std::string*>(to);
    if (size > limits::kJwksBytes - body.size()) return 0;  // ends the transfer
    body.append(bytes, size);
    return size;
}

/// The host of an http URL, with its brackets, without its port; empty when it is not plain.
std::string_view host_of(std::string_view rest) {
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (rest.find('@') != std::string_view::npos) return {};  // a name or password in front of it
    if (rest.starts_with('[')) return rest.substr(0, rest.find(']') + 1);
    return rest.substr(0, rest.find(':'));
}

}  // namespace

bool is_jwks_url(std::string_view url) {
    for (const char c : url) {
        if (c <= ' ' || c == 0x7f || c == '\\') return false;
    }
    constexpr std::string_view kSecure = "https://";
    constexpr std::string_view kPlain = "http://";
    if (url.starts_with(kSecure)) return !host_of(url.substr(kSecure.size())).empty();
    if (!url.starts_with(kPlain)) return false;
    const auto host = host_of(url.substr(kPlain.size()));
    return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

JwksFetcher::JwksFetcher(std::string url, std::chrono::milliseconds timeout)
    : url_(std::move(url)), timeout_(timeout) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

JwksFetcher::~JwksFetcher() {
    curl_global_cleanup();
}

Result<std::string> JwksFetcher::fetch() const {
    const std::unique_ptr<CURL, Cleanup> easy(curl_easy_init());
    CLAMOR_CHECK(easy != nullptr, "libcurl has memory");
    const std::unique_ptr<curl_slist, Cleanup> headers(
        curl_slist_append(nullptr, "Accept: application/jwk-set+json, application/json"));
    std::string body;
    std::array<char, CURL_ERROR_SIZE> why{};
    CURL* const handle = easy.get();
    curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    // What is allowed unencrypted must not leave this machine.
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_.count()));
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, why.data());
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, clamor_take_jwks);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
    const CURLcode result = curl_easy_perform(handle);
    if (result != CURLE_OK) {
        const std::string reason = why[0] != '\0' ? why.data() : curl_easy_strerror(result);
        return fail(std::errc::io_error, "fetching " + url_ + ": " + reason);
    }
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        return fail(std::errc::io_error,
                    "fetching " + url_ + ": the answer was " + std::to_string(status));
    }
    return body;
}

}  // namespace clamor::auth
