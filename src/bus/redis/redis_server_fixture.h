// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "reactor/endpoint.h"
#include "reactor/socket.h"

namespace clamor::bus::redis {

/// A redis-server of the test's own, on a free port, with a data folder of its own.
class RedisServer {
  public:
    /// `more`: further arguments, as {"--requirepass", "secret"}.
    explicit RedisServer(std::vector<std::string> more = {}, bool started = true)
        : more_(std::move(more)) {
        folder_ = (std::filesystem::temp_directory_path() / "clamor-redis-XXXXXX").string();
        CLAMOR_CHECK(::mkdtemp(folder_.data()) != nullptr, "there is a folder for tests");
        port_ = free_port();
        if (started) start();
    }
    struct Sentinel {};
    /// One that watches a master called "chat", and is enough to declare it gone.
    /// `more`: further lines of its settings.
    RedisServer(Sentinel, std::uint16_t master, const std::string& more = {})
        : RedisServer({"--sentinel"}, false) {
        std::ofstream(folder_ + "/sentinel.conf")
            << "port " << port_ << "\nbind 127.0.0.1\ndir " << folder_ << "\nlogfile " << folder_
            << "/log\nsentinel monitor chat 127.0.0.1 " << master
            << " 1\nsentinel down-after-milliseconds chat 500\n"
               "sentinel failover-timeout chat 3000\n"
            << more;
        start();
    }
    ~RedisServer() {
        kill();
        std::filesystem::remove_all(folder_);
    }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    std::string url() const { return "redis://" + address(); }
    const std::string& folder() const { return folder_; }

    void start() {
        std::vector<std::string> arguments{"redis-server",  "--port",    std::to_string(port_),
                                           "--bind",        "127.0.0.1", "--dir",
                                           folder_,         "--save",    "",
                                           "--appendonly",  "no",        "--logfile",
                                           folder_ + "/log"};
        arguments.insert(arguments.end(), more_.begin(), more_.end());
        if (more_ == std::vector<std::string>{"--sentinel"})
            arguments = {"redis-server", folder_ + "/sentinel.conf", "--sentinel"};
        std::vector<char*> raw;
        for (std::string& argument : arguments) raw.push_back(argument.data());
        raw.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::execvp(raw[0], raw.data());
            ::_exit(127);
        }
        await_port();
    }
    /// At once, with all that it had in memory.
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    void pause() { ::kill(pid_, SIGSTOP); }
    void go_on() { ::kill(pid_, SIGCONT); }

    /// Runs redis-cli and returns what it prints.
    std::string cli(const std::string& arguments) const {
        const std::string command =
            "redis-cli -p " + std::to_string(port_) + " " + arguments + " 2>&1";
        std::string out;
        FILE* const pipe = ::popen(command.c_str(), "r");
        char buffer[256];
        while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
        ::pclose(pipe);
        return out;
    }

    static std::uint16_t free_port() {
        auto listener = reactor::socket::open_listener(*reactor::Endpoint::parse("127.0.0.1:0"),
                                                       true, reactor::socket::PortUse::exclusive);
        return reactor::socket::local_endpoint(listener->get())->port;
    }

  private:
    void await_port() const {
        for (int i = 0; i < 500; ++i) {
            int status = 0;
            CLAMOR_CHECK(::waitpid(pid_, &status, WNOHANG) == 0,
                         "redis-server runs (script/bootstrap installs it)");
            if (cli("ping").find("PONG") != std::string::npos ||
                cli("ping").find("NOAUTH") != std::string::npos)
                return;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        CLAMOR_CHECK(false, "redis-server answers");
    }

    const std::vector<std::string> more_;
    std::string folder_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
};

}  // namespace clamor::bus::redis
