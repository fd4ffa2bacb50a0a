// SPDX-License-Identifier: Apache-2.0
#include "eventsub/curl/poster.h"

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "eventsub/public_address.h"

namespace clamor::eventsub {
namespace {

constexpr std::size_t kAnswerBytes = 1024;
constexpr std::size_t kAtOnce = 100;
constexpr int kPollMs = 1000;

bool is_public(const sockaddr* address) {
    if (address->sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, address, sizeof v4);
        return is_public_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family != AF_INET6) return false;
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    return is_public_v6(v6.sin6_addr.s6_addr);
}

extern "C" {
curl_socket_t clamor_open_public_socket(void*, curlsocktype, curl_sockaddr* address) {
    if (!is_public(&address->addr)) return CURL_SOCKET_BAD;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
std::size_t clamor_take_answer(char* bytes, std::size_t, std::size_t size, void* to) {
    auto& body = *static_cast<std::string*>(to);
    body.append(bytes, std::min(size, kAnswerBytes - std::min(body.size(), kAnswerBytes)));
    // Whoever answers with more than a challenge gets the connection closed.
    return body.size() < kAnswerBytes ? size : 0;
}
}

}  // namespace

class CurlPoster::Impl {
  public:
    explicit Impl(const Options& options) : options_(options) {
        // Not safe beside other threads that use curl; there are none.
        curl_global_init(CURL_GLOBAL_DEFAULT);
        multi_ = curl_multi_init();
        CLAMOR_CHECK(multi_ != nullptr, "libcurl has memory");
        thread_ = std::thread([this] { run(); });
        pthread_setname_np(thread_.native_handle(), "webhooks");
    }
    ~Impl() {
        stop_ = true;
        curl_multi_wakeup(multi_);
        thread_.join();
        curl_multi_cleanup(multi_);
        curl_global_cleanup();
    }

    bool post(Post post, std::function<void(PostAnswer)> done) {
        {
            const std::lock_guard lock(mutex_);
            if (held_ >= limits::kWebhookPosts) return false;
            ++held_;
            queue_.push_back(std::make_unique<Transfer>(std::move(post), std::move(done)));
        }
        curl_multi_wakeup(multi_);
        return true;
    }

  private:
    struct Transfer {
        Transfer(Post what, std::function<void(PostAnswer)> then)
            : post(std::move(what)), done(std::move(then)) {}
        ~Transfer() {
            curl_slist_free_all(headers);
            if (easy != nullptr) curl_easy_cleanup(easy);
        }
        Transfer(const Transfer&) = delete;

        Post post;
        std::function<void(PostAnswer)> done;
        std::string body;
        CURL* easy = nullptr;
        curl_slist* headers = nullptr;
    };

    void run() {
        while (!stop_) {
            start_some();
            int running = 0;
            curl_multi_perform(multi_, &running);
            finish_some();
            curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
        }
        for (auto& [easy, transfer] : active_) {
            curl_multi_remove_handle(multi_, easy);
            transfer->done({});
        }
        active_.clear();
        for (auto& transfer : queue_) transfer->done({});
        queue_.clear();
    }

    void start_some() {
        while (active_.size() < kAtOnce) {
            std::unique_ptr<Transfer> next;
            {
                const std::lock_guard lock(mutex_);
                if (queue_.empty()) return;
                next = std::move(queue_.front());
                queue_.pop_front();
            }
            start(std::move(next));
        }
    }

    void start(std::unique_ptr<Transfer> transfer) {
        CURL* easy = transfer->easy = curl_easy_init();
        if (easy == nullptr) return answer(std::move(transfer), 0);
        for (const auto& [name, value] : transfer->post.headers)
            transfer->headers = curl_slist_append(transfer->headers, (name + ": " + value).c_str());
        transfer->headers = curl_slist_append(transfer->headers, "Expect:");
        curl_easy_setopt(easy, CURLOPT_URL, transfer->post.url.c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->post.body.data());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE,
                         static_cast<long>(transfer->post.body.size()));
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, clamor_take_answer);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer->body);
        if (!options_.private_addresses)
            curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, clamor_open_public_socket);
        curl_multi_add_handle(multi_, easy);
        active_.emplace(easy, std::move(transfer));
    }

    void finish_some() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* const easy = message->easy_handle;
            long status = 0;
            if (message->data.result == CURLE_OK)
                curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            curl_multi_remove_handle(multi_, easy);
            auto found = active_.extract(easy);
            answer(std::move(found.mapped()), static_cast<int>(status));
        }
    }

    void answer(std::unique_ptr<Transfer> transfer, int status) {
        transfer->done({.status = status, .body = std::move(transfer->body)});
        const std::lock_guard lock(mutex_);
        --held_;
    }

    const Options options_;
    CURLM* multi_ = nullptr;
    std::map<CURL*, std::unique_ptr<Transfer>> active_;  // the thread's
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::deque<std::unique_ptr<Transfer>> queue_;
    std::size_t held_ = 0;  // queued or active
    std::thread thread_;
};

CurlPoster::CurlPoster(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
CurlPoster::~CurlPoster() = default;

bool CurlPoster::post(Post post, std::function<void(PostAnswer)> done) {
    return impl_->post(std::move(post), std::move(done));
}

}  // namespace clamor::eventsub
