// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"

namespace clamor::automod {

/// An HTTP server on a free port of 127.0.0.1 or on a Unix socket that does with each request what
/// it is told to, on a thread for each connection. Ends what is under way when it is destroyed.
class LyingServer {
  public:
    class Client {
      public:
        Client(int fd, const std::atomic<bool>& ends) : fd_(fd), ends_(ends) {}
        /// False when the client or the server is gone.
        bool write(std::string_view bytes) const {
            while (!bytes.empty()) {
                const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
                if (sent <= 0) return false;
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            }
            return !ends_;
        }
        bool answer(std::string_view body, std::string_view status = "200 OK",
                    std::string_view more_head = "") const {
            return write("HTTP/1.1 " + std::string(status) +
                         "\r\nContent-Type: application/json\r\nContent-Length: " +
                         std::to_string(body.size()) + "\r\n" + std::string(more_head) + "\r\n" +
                         std::string(body));
        }
        /// Of the request that is being answered: its first line and its fields.
        const std::string& head() const { return head_; }
        /// Until the client hangs up, or the server ends, or so many milliseconds went by (0: for
        /// ever). True when only the time went by.
        bool wait_for_end(int milliseconds = 0) const {
            pollfd events{.fd = fd_, .events = POLLRDHUP, .revents = 0};
            return ::poll(&events, 1, milliseconds == 0 ? -1 : milliseconds) == 0;
        }

      private:
        friend class LyingServer;
        int fd_;
        const std::atomic<bool>& ends_;
        std::string head_;
    };
    /// Gets the body of the request; the connection goes on while it gives true.
    using Behaviour = std::function<bool(const Client&, const std::string& body)>;

    explicit LyingServer(Behaviour behaviour, const std::string& unix_path = {})
        : behaviour_(std::move(behaviour)), unix_path_(unix_path) {
        listener_ = ::socket(unix_path.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        CLAMOR_CHECK(listener_ >= 0, "there are sockets");
        if (unix_path.empty()) {
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            socklen_t size = sizeof address;
            CLAMOR_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0,
                         "there is a free port");
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
            url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        } else {
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
            CLAMOR_CHECK(
                ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
                "the path of the socket is free");
            url_ = "unix:" + unix_path;
        }
        ::listen(listener_, 64);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~LyingServer() {
        ends_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        acceptor_.join();
        ::close(listener_);
        {
            const std::lock_guard lock(mutex_);
            for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
        }
        for (auto& thread : connections_) thread.join();
        if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
    }
    LyingServer(const LyingServer&) = delete;

    const std::string& url() const { return url_; }
    void behave(Behaviour behaviour) {
        const std::lock_guard lock(mutex_);
        behaviour_ = std::move(behaviour);
    }
    /// What it does when it is asked which model it has; 404 unless it is told otherwise.
    void behave_about_itself(Behaviour behaviour) {
        const std::lock_guard lock(mutex_);
        about_itself_ = std::move(behaviour);
    }
    /// Without those about itself.
    int requests() const { return requests_; }
    int requests_about_itself() const { return requests_about_itself_; }

  private:
    void accept_all() {
        for (;;) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) return;
            const std::lock_guard lock(mutex_);
            open_.push_back(fd);
            connections_.emplace_back([this, fd] { serve(fd); });
        }
    }

    void serve(int fd) {
        std::string bytes;
        Client client(fd, ends_);
        while (!ends_ && serve_one(client, fd, bytes)) {
        }
        const std::lock_guard lock(mutex_);
        open_.erase(std::find(open_.begin(), open_.end(), fd));
        ::close(fd);
    }

    bool serve_one(Client& client, int fd, std::string& bytes) {
        std::size_t head = std::string::npos;
        std::size_t length = 0;
        for (;;) {
            head = bytes.find("\r\n\r\n");
            if (head != std::string::npos) {
                const auto field = bytes.find("Content-Length: ");
                if (field < head) length = std::strtoul(bytes.c_str() + field + 16, nullptr, 10);
                if (bytes.size() >= head + 4 + length) break;
            }
            char more[4096];
            const auto got = ::recv(fd, more, sizeof more, 0);
            if (got <= 0) return false;
            bytes.append(more, static_cast<std::size_t>(got));
        }
        client.head_ = bytes.substr(0, head + 2);
        const std::string body = bytes.substr(head + 4, length);
        const bool about_itself = bytes.starts_with("GET /info ");
        bytes.erase(0, head + 4 + length);
        ++(about_itself ? requests_about_itself_ : requests_);
        Behaviour behaviour;
        {
            const std::lock_guard lock(mutex_);
            behaviour = about_itself ? about_itself_ : behaviour_;
        }
        return behaviour(client, body);
    }

    std::atomic<bool> ends_{false};
    std::atomic<int> requests_{0};
    std::atomic<int> requests_about_itself_{0};
    std::mutex mutex_;
    Behaviour behaviour_;
    Behaviour about_itself_ = [](const Client& client, const std::string&) {
        return client.answer("{}", "404 Not Found");
    };
    std::vector<int> open_;
    std::vector<std::thread> connections_;
    std::string unix_path_;
    std::string url_;
    int listener_ = -1;
    std::thread acceptor_;
};

}  // namespace clamor::automod
