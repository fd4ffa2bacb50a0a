// SPDX-License-Identifier: Apache-2.0
// The client against the real inference worker, on a model of random weights.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "automod/curl/ask_fixture.h"
#include "automod/curl/curl_model_route.h"
#include "base/check.h"
#include "base/limits.h"

extern char** environ;

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

const fs::path kBuilt = fs::path(CLAMOR_SOURCE_DIR) / "inference/dist";

/// A program that is killed with its owner; its output comes through a pipe.
class Program {
  public:
    explicit Program(std::vector<std::string> words) {
        int ends[2];
        CLAMOR_CHECK(::pipe2(ends, O_CLOEXEC) == 0, "there are pipes");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        started_ =
            ::posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) == 0;
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        output_ = ::fdopen(ends[0], "r");
    }
    ~Program() {
        signal(SIGCONT);
        signal(SIGKILL);
        (void)wait();
        (void)std::fclose(output_);
    }
    Program(const Program&) = delete;

    /// The next line of its output that begins so, without the beginning; empty when it ended.
    std::string line_after(const std::string& beginning) {
        char line[1024];
        while (std::fgets(line, sizeof line, output_) != nullptr) {
            std::string text(line);
            if (text.ends_with('\n')) text.pop_back();
            if (text.starts_with(beginning)) return text.substr(beginning.size());
        }
        return {};
    }
    void signal(int number) const {
        if (started_) ::kill(pid_, number);
    }
    int wait() {
        if (!started_) return -1;
        started_ = false;
        int status = 0;
        ::waitpid(pid_, &status, 0);
        return status;
    }

  private:
    pid_t pid_ = 0;
    bool started_ = false;
    FILE* output_ = nullptr;
};

class InferenceWorker : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        if (!fs::exists(kBuilt / "src/main.js")) return;
        folder_ = fs::path(testing::TempDir()) / ("clamor-worker-" + std::to_string(::getpid()));
        fs::create_directories(folder_);
        Program maker({"node", (kBuilt / "tools/tiny_model.js").string(), model()});
        made_ = !maker.line_after(model()).empty();
    }
    static void TearDownTestSuite() {
        if (!folder_.empty()) fs::remove_all(folder_);
    }
    void SetUp() override {
        if (!made_)
            GTEST_SKIP() << "the worker is not built: npm run build in inference/, or no Node";
    }
    static std::string model() { return (folder_ / "model").string(); }

    /// Starts it, and gives where it listens.
    std::string start(const std::string& listen = "127.0.0.1:0") {
        worker_.emplace(std::vector<std::string>{"node", (kBuilt / "src/main.js").string(),
                                                 "--model", model(), "--listen", listen});
        auto url = worker_->line_after("listening on ");
        EXPECT_FALSE(url.empty()) << "the worker did not come up";
        return url;
    }
    static ModelRoute::Options options_for(const std::string& url) {
        ModelRoute::Options options;
        options.url = url;
        options.deadline = limits::kModelDeadlineMax;  // the machine of a test may be busy
        options.queue_max = 1000;
        return options;
    }

    std::optional<Program> worker_;

  private:
    static inline fs::path folder_;
    static inline bool made_ = false;
};

const std::vector<std::string> kTexts{"hello chat",
                                      "i hate you all",
                                      "",
                                      "WHAT A GREAT STREAM",
                                      "\u6f22\u5b57 \U0001F600 \u05e9",
                                      std::string(2000, 'x'),
                                      "a \"quoted\" \\ line\nwith a break",
                                      "\xff not UTF-8 \xc0\x80"};

TEST_F(InferenceWorker, GivesEachMessageItsScores) {
    Answers answers;
    CurlModelRoute route(options_for(start()));
    for (int i = 0; i < 10; ++i) {
        for (const auto& text : kTexts) answers.ask(route, text);
    }
    const auto all = answers.all();
    for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_TRUE(all[i]) << name_of(all[i].error());
        EXPECT_GT(all[i]->toxicity, 0);
        EXPECT_LT(all[i]->toxicity, 1);
        EXPECT_NEAR(all[i]->toxicity, all[i % kTexts.size()]->toxicity, 1e-5)
            << "the same, whatever it was in a batch with";
    }
    EXPECT_GT(std::abs(all[0]->toxicity - all[1]->toxicity), 1e-4) << "texts differ";
    EXPECT_GT(all[0]->categories[static_cast<std::size_t>(Category::swearing)], 0);
    expect_all_counted(route);
}

TEST_F(InferenceWorker, GivesLogitsThatMakeTheSameScores) {
    const auto url = start();
    Answers answers;
    auto options = options_for(url);
    CurlModelRoute probabilities(options);
    options.scores = ScoreKind::logits;
    CurlModelRoute logits(options);
    for (const auto& text : kTexts) {
        answers.ask(probabilities, text);
        answers.ask(logits, text);
    }
    const auto all = answers.all();
    for (std::size_t i = 0; i < all.size(); i += 2) {
        ASSERT_TRUE(all[i] && all[i + 1]);
        EXPECT_NEAR(all[i]->toxicity, all[i + 1]->toxicity, 1e-5);
    }
}

TEST_F(InferenceWorker, ThatIsKilledHangsAndComesBackDelaysNobodyForEver) {
    const auto socket = "unix:" + model() + ".sock";
    Answers answers;
    auto options = options_for(start(socket));
    options.breaker_failures = 1000;
    options.deadline = 1s;
    CurlModelRoute route(options);
    const auto ask_until_answered = [&] {
        do answers.ask(route, "hello");
        while (!answers.all().back());
    };
    ask_until_answered();

    worker_->signal(SIGSTOP);
    answers.ask(route, "hello");
    EXPECT_EQ(answers.all().back().error(), Unavailable::late);
    worker_->signal(SIGCONT);
    ask_until_answered();

    worker_->signal(SIGSTOP);  // so that it is killed while it is asked
    for (int i = 0; i < 20; ++i) answers.ask(route, "hello");
    worker_->signal(SIGKILL);
    worker_->wait();
    for (int i = 0; i < 20; ++i) answers.ask(route, "hello");
    for (int i = 0; i < 40; ++i) {
        const auto answer = answers.all()[answers.all().size() - 1 - i];
        ASSERT_FALSE(answer);
        EXPECT_THAT(answer.error(), testing::AnyOf(Unavailable::unreachable, Unavailable::late,
                                                   // since it has been slow
                                                   Unavailable::queue_full));
    }
    start(socket);
    ask_until_answered();
    expect_all_counted(route);
}

TEST_F(InferenceWorker, ThatRefusesIsCounted) {
    const auto url = start();
    Answers answers;
    auto options = options_for(url + "/elsewhere");
    CurlModelRoute route(options);
    answers.ask(route, "hello");
    EXPECT_EQ(answers.all().back().error(), Unavailable::refused);
    expect_all_counted(route);
}

}  // namespace
}  // namespace clamor::automod
