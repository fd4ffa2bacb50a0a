// SPDX-License-Identifier: Apache-2.0
#include "automod/model_wire.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace clamor::automod {
namespace {

using testing::HasSubstr;

ModelLabels labels_of(std::vector<std::string> rules) {
    auto labels = ModelLabels::parse(rules);
    EXPECT_TRUE(labels) << (labels ? "" : labels.error().detail);
    return labels ? *labels : *ModelLabels::parse({});
}

std::string fault_of(std::vector<std::string> rules) {
    const auto labels = ModelLabels::parse(rules);
    return labels ? "" : labels.error().detail;
}

std::string toxic_bert(const std::string& toxic = "0.5") {
    return R"([{"score":)" + toxic +
           R"(,"label":"toxic"},{"score":0.4,"label":"insult"},{"score":0.3,"label":"obscene"},)"
           R"({"score":0.2,"label":"identity_hate"},{"score":0.1,"label":"threat"},)"
           R"({"score":0.05,"label":"severe_toxic"}])";
}

struct Answers : testing::Test {
    ModelLabels labels = labels_of({});
    ScoreKind kind = ScoreKind::probabilities;

    Result<std::vector<ModelScores>> parse(const std::string& body, std::size_t count = 1) const {
        return parse_answers(body, count, labels, kind);
    }
    std::string fault(const std::string& body, std::size_t count = 1) const {
        const auto scores = parse(body, count);
        return scores ? "it was taken" : scores.error().detail;
    }
};

TEST_F(Answers, OfToxicBertAreScoresOfOurCategories) {
    const auto scores = parse("[" + toxic_bert() + "," + toxic_bert("1") + "]", 2);
    ASSERT_TRUE(scores) << scores.error().detail;
    ASSERT_EQ(scores->size(), 2u);
    const auto& first = scores->front();
    const auto of = [&](Category c) { return first.categories[static_cast<std::size_t>(c)]; };
    EXPECT_FLOAT_EQ(first.toxicity, 0.5f);
    EXPECT_FLOAT_EQ(of(Category::bullying), 0.4f);
    EXPECT_FLOAT_EQ(of(Category::swearing), 0.3f);
    EXPECT_FLOAT_EQ(of(Category::race), 0.2f);
    EXPECT_FLOAT_EQ(of(Category::aggression), 0.1f) << "the greater of two labels";
    EXPECT_FLOAT_EQ(of(Category::sexuality), 0.0f);
    EXPECT_FLOAT_EQ((*scores)[1].toxicity, 1.0f);
}

TEST_F(Answers, TellWhetherLabelsExcludeEachOther) {
    EXPECT_FALSE(parse("[" + toxic_bert() + "]")->front().exclusive);
    labels = labels_of({"LABEL_1 = toxicity", "* = nothing"});
    EXPECT_TRUE(parse(R"([[{"score":0.7,"label":"LABEL_1"},{"score":0.3,"label":"LABEL_0"}]])")
                    ->front()
                    .exclusive);
}

TEST_F(Answers, MayBeLogits) {
    kind = ScoreKind::logits;
    labels = labels_of({"LABEL_1 = toxicity", "LABEL_0 = nothing"});
    const auto scores =
        parse(R"([[{"score":2,"label":"LABEL_1"},{"score":-800.5,"label":"LABEL_0"}]])");
    ASSERT_TRUE(scores) << scores.error().detail;
    EXPECT_FLOAT_EQ(scores->front().toxicity, 1 / (1 + std::exp(-2.0f)));
    EXPECT_THAT(fault(R"([[{"score":1001,"label":"LABEL_1"}]])"), HasSubstr("LABEL_1"));
}

TEST_F(Answers, WithoutALabelOfToxicityHaveTheGreatestCategory) {
    labels = labels_of({"hate = race", "sexist = misogyny", "*=nothing"});
    const auto scores = parse(
        R"([[{"score":0.7,"label":"sexist"},{"score":0.2,"label":"hate"},{"score":0.9,"label":"neutral"}]])");
    ASSERT_TRUE(scores) << scores.error().detail;
    EXPECT_FLOAT_EQ(scores->front().toxicity, 0.7f);
}

TEST_F(Answers, ThatAreNoneAreNotTaken) {
    const std::string good = toxic_bert();
    EXPECT_EQ(fault("[" + good + "]"), "it was taken");
    for (const std::string body :
         {"", "not JSON", "{}", "null", "[", "[[]]", "[{}]", "[null]", "[[null]]", "[[1]]",
          "[\"a\"]", R"({"error":"overloaded"})", R"([[{"score":0.5}]])",
          R"([[{"label":"toxic"}]])", R"([[{"score":"0.5","label":"toxic"}]])",
          R"([[{"score":0.5,"label":1}]])"})
        EXPECT_NE(fault(body), "it was taken") << body;
    EXPECT_THAT(fault("[]"), HasSubstr("0 answers to 1 texts"));
    EXPECT_THAT(fault("[" + good + "," + good + "]"), HasSubstr("2 answers to 1 texts"));
    EXPECT_THAT(fault("[" + good + "]", 2), HasSubstr("1 answers to 2 texts"));
    EXPECT_NE(fault("[" + good + "] trailing"), "it was taken");
}

TEST_F(Answers, WithScoresThatAreNoneAreNotTaken) {
    for (const std::string score : {"NaN", "nan", "Infinity", "-0.01", "1.01", "7", "1e999",
                                    "-1e-3", "null", "true", "[]", "\"NaN\""})
        EXPECT_NE(fault("[" + toxic_bert(score) + "]"), "it was taken") << score;
    for (const std::string score : {"0", "1", "1.0", "1e-30", "0.999999999"})
        EXPECT_EQ(fault("[" + toxic_bert(score) + "]"), "it was taken") << score;
}

TEST_F(Answers, WithUnknownMissingOrDoubleLabelsAreNotTaken) {
    EXPECT_THAT(fault(R"([[{"score":0.5,"label":"LABEL_0"}]])"), HasSubstr("LABEL_0"));
    EXPECT_THAT(fault(R"([[{"score":0.5,"label":"toxic"}]])"), HasSubstr("missing"));
    EXPECT_THAT(fault(R"([[{"score":0.5,"label":"toxic"},{"score":0.5,"label":"toxic"}]])"),
                HasSubstr("twice"));
    std::string many = "[[";
    for (int i = 0; i < 100; ++i) many += R"({"score":0.5,"label":"x"},)";
    many.back() = ']';
    EXPECT_THAT(fault(many + "]"), HasSubstr("100 labels"));
}

TEST_F(Answers, ThatAreHugeOrDeepAreNotTaken) {
    EXPECT_THAT(fault(std::string(limits::kModelAnswerBytes + 1, ' ')), HasSubstr("too long"));
    EXPECT_NE(fault(std::string(limits::kModelAnswerBytes, '[')), "it was taken");
    const std::string deep(100'000, '[');
    EXPECT_NE(fault(deep + std::string(100'000, ']')), "it was taken");
    const auto hostile = R"([[{"score":0.5,"label":")" + std::string(10'000, 'x') + "\xff\"}]]";
    EXPECT_LT(fault(hostile).size(), 500u) << "what is logged is short";
}

TEST(ModelQuestions, HaveTheShapeOfTextEmbeddingsInference) {
    EXPECT_EQ(encode_questions(std::vector<std::string>{"hello", "say \"hi\"\n"},
                               ScoreKind::probabilities),
              R"({"inputs":[["hello"],["say \"hi\"\n"]],"raw_scores":false,"truncate":true})");
    EXPECT_EQ(encode_questions(std::vector<std::string>{"\xff\xfe"}, ScoreKind::logits),
              "{\"inputs\":[[\"\uFFFD\uFFFD\"]],\"raw_scores\":true,\"truncate\":true}");
}

TEST(ModelLabelRules, SayWhatIsWrongWithThem) {
    EXPECT_THAT(fault_of({"toxic"}), HasSubstr("LABEL = MEANING"));
    EXPECT_THAT(fault_of({"= toxicity"}), HasSubstr("no label"));
    EXPECT_THAT(fault_of({"a = rudeness"}), HasSubstr("meanings are"));
    EXPECT_THAT(fault_of({"a = race", "a = swearing"}), HasSubstr("already"));
    EXPECT_THAT(fault_of({"* = race"}), HasSubstr("only mean nothing"));
    EXPECT_THAT(fault_of({"a = nothing", "* = nothing"}), HasSubstr("none of them"));
    EXPECT_EQ(fault_of({"a=b = race"}), "");
}

TEST(ModelUrl, IsOfAServerOrASocket) {
    EXPECT_EQ(parse_model_url("http://127.0.0.1:8090")->predict_url,
              "http://127.0.0.1:8090/predict");
    EXPECT_EQ(parse_model_url("https://tv.example/tox/")->predict_url,
              "https://tv.example/tox/predict");
    EXPECT_EQ(parse_model_url("http://[::1]:80/predict")->predict_url, "http://[::1]:80/predict");
    const auto socket = parse_model_url("unix:/run/clamor/model.sock");
    ASSERT_TRUE(socket);
    EXPECT_EQ(socket->unix_socket, "/run/clamor/model.sock");
    EXPECT_EQ(socket->predict_url, "http://localhost/predict");
    EXPECT_EQ(socket->info_url, "http://localhost/info");
    EXPECT_EQ(parse_model_url("http://[::1]:80/tox/predict")->info_url, "http://[::1]:80/tox/info");
    for (const std::string url :
         {"", "127.0.0.1:8090", "http://", "http:///predict", "http://:80",
          "unix:", "unix:model.sock", "ftp://host", "file:///etc/passwd", "http://user:pw@host",
          "http://host?x", "http://host#x", "http://ho st", "http://host\n", "http://host\\x"})
        EXPECT_FALSE(parse_model_url(url)) << url;
    EXPECT_FALSE(parse_model_url("unix:/" + std::string(107, 'x')));
    EXPECT_TRUE(parse_model_url("unix:/" + std::string(106, 'x')));
}

TEST(ModelOptions, SayWhatIsWrongWithThem) {
    using namespace std::chrono_literals;
    ModelRoute::Options good;
    good.url = "unix:/run/clamor/model.sock";
    EXPECT_EQ(fault_in(good), "");
    const auto fault_when = [&](auto change) {
        auto options = good;
        change(options);
        return fault_in(options);
    };
    EXPECT_THAT(fault_when([](auto& o) { o.url = "nowhere"; }), HasSubstr("url"));
    EXPECT_THAT(fault_when([](auto& o) { o.labels = {"x"}; }), HasSubstr("labels"));
    EXPECT_THAT(fault_when([](auto& o) { o.batch_max = 0; }), HasSubstr("batch_max"));
    EXPECT_THAT(fault_when([](auto& o) { o.batch_max = 33; }), HasSubstr("batch_max"));
    EXPECT_THAT(fault_when([](auto& o) { o.queue_max = 7; }), HasSubstr("queue_max"));
    EXPECT_THAT(fault_when([](auto& o) { o.deadline = 0ms; }), HasSubstr("deadline_ms"));
    EXPECT_THAT(fault_when([](auto& o) { o.batch_wait = 150ms; }), HasSubstr("batch_wait_ms"));
    EXPECT_THAT(fault_when([](auto& o) { o.breaker_failures = 0; }), HasSubstr("breaker_failures"));
    EXPECT_THAT(fault_when([](auto& o) { o.breaker_pause = 0ms; }), HasSubstr("breaker_pause_ms"));
    EXPECT_THAT(fault_when([](auto& o) { o.breaker_pause_max = 1h; }),
                HasSubstr("breaker_pause_max_ms"));
    EXPECT_THAT(fault_when([](auto& o) { o.batches_under_way = 0; }),
                HasSubstr("batches_under_way"));
}

TEST(ModelInfo, NamesTheModelAndItsVersion) {
    const ModelIdentity unknown;
    EXPECT_EQ(
        parse_info(R"({"model_id":"unitary/toxic-bert","model_sha":"4e4f09c","version":"1"})"),
        (ModelIdentity{.name = "unitary/toxic-bert", .version = "4e4f09c"}));
    EXPECT_EQ(parse_info(R"({"model_id":"/data/models/mine"})"),
              (ModelIdentity{.name = "mine", .version = unknown.version}))
        << "a folder of the server's is nobody's matter";
    EXPECT_EQ(parse_info(R"({"model_id":"a","model_sha":null})").version, unknown.version);
    for (const std::string body :
         {"", "[]", "null", "{}", "<html>", R"({"model_id":7,"model_sha":[]})",
          R"({"model_id":"","model_sha":"a b"})", R"({"model_id":"a\nb","model_sha":"\u00e9"})",
          R"({"model_id":"/models/"})"})
        EXPECT_EQ(parse_info(body), unknown) << body;
    const std::string longest(limits::kModelNameBytes, 'x');
    EXPECT_EQ(parse_info(R"({"model_id":")" + longest + R"("})").name, longest);
    EXPECT_EQ(parse_info(R"({"model_id":"x)" + longest + R"("})").name, unknown.name);
}

}  // namespace
}  // namespace clamor::automod
