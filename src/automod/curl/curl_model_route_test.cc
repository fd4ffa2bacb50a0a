// SPDX-License-Identifier: Apache-2.0
#include "automod/curl/curl_model_route.h"

#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "automod/curl/ask_fixture.h"
#include "automod/curl/lying_server_fixture.h"
#include "base/limits.h"

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;
using Client = LyingServer::Client;

/// What an honest server answers: the score of a text that is a number is that number.
std::string honest_body(const std::string& request) {
    const auto question = nlohmann::json::parse(request);
    nlohmann::json answers = nlohmann::json::array();
    for (const auto& input : question.at("inputs")) {
        const float score = std::strtof(input.at(0).get<std::string>().c_str(), nullptr);
        nlohmann::json toxic{{"label", "toxic"}, {"score", score}};
        answers.push_back(nlohmann::json::array());
        answers.back().push_back(std::move(toxic));
    }
    return answers.dump();
}
bool honest(const Client& client, const std::string& request) {
    return client.answer(honest_body(request));
}
bool hung(const Client& client, const std::string&) {
    client.wait_for_end();
    return false;
}

/// Where a machine is busy the deadline of an honest server is far; lies have a short one.
ModelRoute::Options options_for(const std::string& url, std::chrono::milliseconds deadline = 60s) {
    ModelRoute::Options options;
    options.url = url;
    options.labels = {"toxic = toxicity"};
    options.deadline = std::min<std::chrono::milliseconds>(deadline, limits::kModelDeadlineMax);
    options.breaker_failures = 1000;
    return options;
}

std::string socket_path() {
    return testing::TempDir() + "clamor-model-" + std::to_string(::getpid()) + ".sock";
}

TEST(CurlModelRoute, AnswersEachTextWithItsScore) {
    LyingServer server(honest);
    Answers answers;
    CurlModelRoute route(options_for(server.url()));
    for (int i = 0; i < 100; ++i) answers.ask(route, std::to_string(i / 100.0));
    const auto all = answers.all();
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(all[i]) << name_of(all[i].error());
        EXPECT_FLOAT_EQ(all[i]->toxicity, static_cast<float>(i / 100.0));
    }
    EXPECT_EQ(route.counters().answered.value(), 100u);
    EXPECT_GE(route.counters().batches.value(), 13u) << "of at most eight texts";
    EXPECT_EQ(route.counters().batches.value(), static_cast<std::uint64_t>(server.requests()));
    EXPECT_EQ(route.counters().answer_time.count(), 100u);
    expect_all_counted(route);
}

TEST(CurlModelRoute, SpeaksOverAUnixSocket) {
    LyingServer server(honest, socket_path());
    Answers answers;
    CurlModelRoute route(options_for(server.url()));
    answers.ask(route, "0.25");
    ASSERT_TRUE(answers.all()[0]);
    EXPECT_FLOAT_EQ(answers.all()[0]->toxicity, 0.25f);
}

TEST(CurlModelRoute, TakesQuestionsFromManyThreads) {
    LyingServer server(honest);
    Answers answers;
    auto options = options_for(server.url());
    options.queue_max = 50;
    CurlModelRoute route(options);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) answers.ask(route, "0.5");
        });
    }
    for (auto& thread : threads) thread.join();
    std::size_t answered = 0;
    for (const auto& answer : answers.all()) {
        if (answer)
            ++answered;
        else
            EXPECT_EQ(answer.error(), Unavailable::queue_full);
    }
    EXPECT_EQ(route.counters().answered.value(), answered);
    EXPECT_EQ(route.counters().asked.value(), 400u);
    expect_all_counted(route);
}

struct Lie {
    const char* name;
    Unavailable expected;
    LyingServer::Behaviour behaviour;
};
class Lies : public testing::TestWithParam<Lie> {};

std::vector<Lie> lies() {
    using enum Unavailable;
    const auto body = [](const char* text) {
        return [text](const Client& client, const std::string&) { return client.answer(text); };
    };
    const auto status = [](const char* text) {
        return [text](const Client& client, const std::string& request) {
            return client.answer(honest_body(request), text);
        };
    };
    return {
        {"Hung", late, hung},
        {"SlowBytes", late,
         [](const Client& client, const std::string& request) {
             client.write("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n");
             for (const char c : honest_body(request) + std::string(9000, ' ')) {
                 if (!client.write(std::string(1, c)) || !client.wait_for_end(10)) return false;
             }
             return false;
         }},
        {"SlowHead", late,
         [](const Client& client, const std::string&) {
             client.write("HTTP/1.1 200 OK\r\nX-Slow: ");
             for (int i = 0; i < 1000; ++i) {
                 if (!client.write("x") || !client.wait_for_end(10)) return false;
             }
             return false;
         }},
        {"EndlessContinue", late,
         [](const Client& client, const std::string&) {
             while (client.write("HTTP/1.1 100 Continue\r\n\r\n") && client.wait_for_end(1)) {
             }
             return false;
         }},
        {"ClosedAtOnce", unreachable, [](const Client&, const std::string&) { return false; }},
        {"KilledMidAnswer", unreachable,
         [](const Client& client, const std::string&) {
             client.write("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[[{\"score\":0.5,");
             return false;
         }},
        // libcurl takes it for an answer without a body.
        {"KilledMidHead", nonsense,
         [](const Client& client, const std::string&) {
             client.write("HTTP/1.1 200 OK\r\nContent-Le");
             return false;
         }},
        {"KilledMidChunk", unreachable,
         [](const Client& client, const std::string&) {
             client.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n[[");
             return false;
         }},
        {"NotHttp", nonsense,
         [](const Client& client, const std::string&) {
             client.write("220 mail.example ESMTP\r\n");
             return false;
         }},
        {"NotJson", nonsense, body("<html>It works!</html>")},
        {"Empty", nonsense, body("")},
        {"AnError", nonsense, body(R"({"error":"overloaded","error_type":"Overloaded"})")},
        {"TooFewAnswers", nonsense, body("[]")},
        {"TooManyAnswers", nonsense,
         [](const Client& client, const std::string& request) {
             auto answers = nlohmann::json::parse(honest_body(request));
             answers.push_back(answers[0]);
             return client.answer(answers.dump());
         }},
        {"NotANumber", nonsense, body(R"([[{"label":"toxic","score":NaN}]])")},
        {"AboveOne", nonsense, body(R"([[{"label":"toxic","score":1.5}]])")},
        {"BelowZero", nonsense, body(R"([[{"label":"toxic","score":-0.5}]])")},
        {"UnknownLabel", nonsense, body(R"([[{"label":"LABEL_0","score":0.5}]])")},
        {"NoLabel", nonsense, body(R"([[]])")},
        {"HugeBody", nonsense,
         [](const Client& client, const std::string&) {
             return client.answer(std::string(limits::kModelAnswerBytes + 1, ' '));
         }},
        {"EndlessBody", nonsense,
         [](const Client& client, const std::string&) {
             client.write("HTTP/1.1 200 OK\r\n\r\n");
             while (client.write(std::string(65536, '['))) {
             }
             return false;
         }},
        {"EndlessHead", nonsense,
         [](const Client& client, const std::string&) {
             client.write("HTTP/1.1 200 OK\r\n");
             while (client.write("X-More: " + std::string(1000, 'x') + "\r\n")) {
             }
             return false;
         }},
        {"Redirect", refused,
         [](const Client& client, const std::string&) {
             return client.answer("", "307 Temporary Redirect",
                                  "Location: http://127.0.0.1:1/\r\n");
         }},
        {"Overloaded", refused, status("429 Too Many Requests")},
        {"Broken", refused, status("500 Internal Server Error")},
        {"NotFound", refused, status("404 Not Found")},
        {"NoContent", refused,
         [](const Client& client, const std::string&) {
             return client.write("HTTP/1.1 204 No Content\r\n\r\n");
         }},
    };
}

TEST_P(Lies, AreDecidedAndCounted) {
    LyingServer server(GetParam().behaviour);
    Answers answers;
    // What is not late by nature is given all the time that a busy machine may need.
    const auto deadline = GetParam().expected == Unavailable::late ? 100ms : 5000ms;
    auto options = options_for(server.url(), deadline);
    options.batch_max = 1;
    CurlModelRoute route(options);
    for (int i = 0; i < 3; ++i) answers.ask(route, "0.5");
    for (const auto& answer : answers.all()) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(name_of(answer.error()), name_of(GetParam().expected));
    }
    EXPECT_EQ(count_of(route, GetParam().expected), 3u);
    expect_all_counted(route);
}
INSTANTIATE_TEST_SUITE_P(CurlModelRoute, Lies, testing::ValuesIn(lies()),
                         [](const auto& info) { return info.param.name; });

TEST(CurlModelRoute, SaysThatNobodyListens) {
    Answers answers;
    std::string gone;
    {
        const LyingServer server(hung);
        gone = server.url();
    }
    CurlModelRoute tcp(options_for(gone));
    CurlModelRoute local(options_for("unix:" + socket_path() + ".none"));
    answers.ask(tcp, "0.5");
    answers.ask(local, "0.5");
    for (const auto& answer : answers.all()) EXPECT_EQ(answer.error(), Unavailable::unreachable);
}

TEST(CurlModelRoute, StopsAskingAServerThatFailsAndStartsAgain) {
    LyingServer server([](const Client&, const std::string&) { return false; });
    Answers answers;
    auto options = options_for(server.url());
    options.batch_max = 1;
    options.breaker_failures = 3;
    options.breaker_pause = options.breaker_pause_max = 5000ms;
    {
        CurlModelRoute route(options);
        for (int i = 0; i < 3; ++i) {
            answers.ask(route, "0.5");
            answers.all();
        }
        const int asked = server.requests();
        answers.ask(route, "0.5");
        EXPECT_EQ(answers.all().back().error(), Unavailable::breaker_open);
        EXPECT_EQ(server.requests(), asked) << "it was not asked";
        expect_all_counted(route);
    }
    options.breaker_pause = 1ms;
    CurlModelRoute route(options);
    for (int i = 0; i < 3; ++i) {
        answers.ask(route, "0.5");
        answers.all();
    }
    EXPECT_GE(route.counters().breaker_opened.value(), 1u);
    server.behave(honest);
    do answers.ask(route, "0.5");
    while (!answers.all().back());
    EXPECT_EQ(route.counters().breaker_state.value(), 0u);
    expect_all_counted(route);
}

TEST(CurlModelRoute, ComesBackWhenTheServerIsStartedAnew) {
    const auto path = socket_path() + ".again";
    Answers answers;
    CurlModelRoute route(options_for("unix:" + path));
    for (int life = 0; life < 2; ++life) {
        {
            const LyingServer server(honest, path);
            answers.ask(route, "0.5");
            EXPECT_TRUE(answers.all().back());
        }
        answers.ask(route, "0.5");
        EXPECT_EQ(answers.all().back().error(), Unavailable::unreachable);
    }
    expect_all_counted(route);
}

TEST(CurlModelRoute, TellsEverybodyWhenItEnds) {
    LyingServer server(hung);
    Answers answers;
    {
        CurlModelRoute route(options_for(server.url()));
        for (int i = 0; i < 50; ++i) answers.ask(route, "0.5");
    }
    for (const auto& answer : answers.all()) EXPECT_EQ(answer.error(), Unavailable::stopped);
}

/// Says of itself what it is told to.
LyingServer::Behaviour is_called(const std::string& body, const std::string& status = "200 OK") {
    return [=](const Client& client, const std::string&) { return client.answer(body, status); };
}

void wait_for(const CurlModelRoute& route, const ModelIdentity& identity) {
    while (route.identity() != identity) std::this_thread::yield();
}

TEST(CurlModelRoute, AsksTheServerWhichModelItHas) {
    LyingServer server(honest);
    server.behave_about_itself(is_called(R"({"model_id":"tox","model_sha":"abc"})"));
    const CurlModelRoute route(options_for(server.url()));
    wait_for(route, {.name = "tox", .version = "abc"});
    EXPECT_EQ(server.requests(), 0);
    EXPECT_EQ(route.counters().asked.value(), 0u) << "that is no question about a message";
}

TEST(CurlModelRoute, KnowsTheModelOfAServerThatCameBackAfterAPause) {
    LyingServer server(honest);
    server.behave_about_itself(is_called(R"({"model_id":"tox","model_sha":"old"})"));
    Answers answers;
    auto options = options_for(server.url());
    options.batch_max = 1;
    options.breaker_failures = 1;
    options.breaker_pause = 1ms;
    CurlModelRoute route(options);
    wait_for(route, {.name = "tox", .version = "old"});
    server.behave([](const Client&, const std::string&) { return false; });
    answers.ask(route, "0.5");
    EXPECT_FALSE(answers.all().back());
    EXPECT_EQ(route.identity().version, "old");
    server.behave_about_itself(is_called(R"({"model_id":"tox","model_sha":"new"})"));
    server.behave(honest);
    do answers.ask(route, "0.5");
    while (!answers.all().back());
    wait_for(route, {.name = "tox", .version = "new"});
}

TEST(CurlModelRoute, AnswersAlsoWhereTheServerSaysNothingOfItself) {
    for (const auto& lie :
         {is_called("{}", "404 Not Found"), is_called("nonsense"), LyingServer::Behaviour(hung),
          is_called(std::string(limits::kModelAnswerBytes + 1, ' ')),
          LyingServer::Behaviour([](const Client&, const std::string&) { return false; })}) {
        LyingServer server(honest);
        server.behave_about_itself(lie);
        Answers answers;
        CurlModelRoute route(options_for(server.url()));
        while (server.requests_about_itself() == 0) std::this_thread::yield();
        answers.ask(route, "0.5");
        EXPECT_TRUE(answers.all().back());
        EXPECT_EQ(route.identity(), ModelIdentity());
    }
}

TEST(CurlModelRoute, MayBeAskedFromItsOwnAnswers) {
    LyingServer server(honest);
    Answers answers;
    CurlModelRoute route(options_for(server.url()));
    std::atomic<int> left{20};
    std::function<void(const ModelRoute::Answer&)> again = [&](const ModelRoute::Answer&) {
        if (--left > 0) {
            EXPECT_EQ(route.ask("0.5", again), std::nullopt);
        }
        if (left == 0) left.notify_all();
    };
    ASSERT_EQ(route.ask("0.5", again), std::nullopt);
    for (int now = left; now > 0; now = left) left.wait(now);
    EXPECT_EQ(route.counters().asked.value(), 20u);
}

}  // namespace
}  // namespace clamor::automod
