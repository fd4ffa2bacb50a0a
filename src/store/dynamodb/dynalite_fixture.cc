// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/dynalite_fixture.h"

#include <csignal>
#include <cstdio>
#include <vector>

#include <curl/curl.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

extern char** environ;

namespace clamor::store::dynamodb {

Dynalite::Dynalite() {
    int in[2];
    int out[2];
    CLAMOR_CHECK(::pipe2(in, O_CLOEXEC) == 0 && ::pipe2(out, O_CLOEXEC) == 0, "there are pipes");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::vector<std::string> words{"node",
                                   std::string(CLAMOR_SOURCE_DIR) + "/tests/dynamodb/dynalite.mjs"};
    std::vector<char*> arguments{words[0].data(), words[1].data(), nullptr};
    CLAMOR_CHECK(::posix_spawnp(&pid_, "node", &actions, nullptr, arguments.data(), environ) == 0,
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
    CLAMOR_CHECK(at != std::string::npos, "dynalite comes up; script/bootstrap --test installs it");
    endpoint_ = said.substr(at, said.find_last_not_of("\r\n") + 1 - at);
}

Dynalite::~Dynalite() {
    ::close(input_);
    int status = 0;
    ::waitpid(pid_, &status, 0);
}

void Dynalite::post(const char* path, const std::string& body) const {
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, (endpoint_ + path).c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(
        easy, CURLOPT_WRITEFUNCTION,
        +[](char*, std::size_t, std::size_t size, void*) { return size; });
    CLAMOR_CHECK(curl_easy_perform(easy) == CURLE_OK, "the stand-in does what it is told");
    curl_easy_cleanup(easy);
}

}  // namespace clamor::store::dynamodb
