// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <curl/curl.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "store/dynamodb/message_log.h"

extern char** environ;

namespace clamor::store::dynamodb {

/// dynalite, which speaks DynamoDB's language, in a process of its own on a free port. Its data is
/// in memory and ends with it.
class Dynalite {
  public:
    Dynalite() {
        int in[2];
        int out[2];
        CLAMOR_CHECK(::pipe2(in, O_CLOEXEC) == 0 && ::pipe2(out, O_CLOEXEC) == 0,
                     "there are pipes");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        std::vector<std::string> words{
            "node", std::string(CLAMOR_SOURCE_DIR) + "/tests/dynamodb/dynalite.mjs"};
        std::vector<char*> arguments{words[0].data(), words[1].data(), nullptr};
        CLAMOR_CHECK(
            ::posix_spawnp(&pid_, "node", &actions, nullptr, arguments.data(), environ) == 0,
            "Node is there; script/bootstrap installs it");
        posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        input_ = in[1];
        std::FILE* output = ::fdopen(out[0], "r");
        char line[256]{};
        const std::string said =
            std::fgets(line, sizeof line, output) != nullptr ? line : std::string();
        (void)std::fclose(output);
        const auto at = said.find("http://");
        CLAMOR_CHECK(at != std::string::npos,
                     "dynalite comes up; script/bootstrap --test installs it");
        endpoint_ = said.substr(at, said.find_last_not_of("\r\n") + 1 - at);
    }
    ~Dynalite() {
        ::close(input_);
        int status = 0;
        ::waitpid(pid_, &status, 0);
    }
    Dynalite(const Dynalite&) = delete;

    /// One for the whole test program.
    static Dynalite& shared() {
        static Dynalite one;
        return one;
    }

    const std::string& endpoint() const { return endpoint_; }
    /// As JSON: tests/dynamodb/dynalite.mjs has the names.
    void fail_with(const std::string& faults) const {
        CURL* const easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, (endpoint_ + "/faults").c_str());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, faults.c_str());
        std::string ignored;
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &ignored);
        curl_easy_setopt(
            easy, CURLOPT_WRITEFUNCTION,
            +[](char*, std::size_t, std::size_t size, void*) { return size; });
        CLAMOR_CHECK(curl_easy_perform(easy) == CURLE_OK, "dynalite can be told to fail");
        curl_easy_cleanup(easy);
    }
    /// With a table that nobody else has.
    Address address() const {
        static std::atomic<int> tables{0};
        return {.region = "eu-central-1",
                .table = "clamor-" + std::to_string(++tables),
                .endpoint = endpoint_};
    }

  private:
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
