// SPDX-License-Identifier: Apache-2.0
#include "automod/model_classifier.h"

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <utility>

#include <gtest/gtest.h>

#include "text/normaliser.h"

// Clang's thread sanitizer brings an operator new of its own, which cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CLAMOR_ALLOCATIONS_ARE_NOT_COUNTED
#endif
#endif

#ifndef CLAMOR_ALLOCATIONS_ARE_NOT_COUNTED
namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// Never inlined, so that the compiler does not see malloc behind it.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
#endif

namespace clamor::automod {
namespace {

Scores judge(std::string_view text) {
    static const text::Normaliser normaliser;
    text::Normalised message;
    normaliser.normalise(text, {}, message);
    return builtin_classifier()->score(message);
}

TEST(BuiltinClassifier, TellsInsultsFromTalk) {
    for (const char* text :
         {"you are such a stupid idiot", "shut up you dumb bitch", "fuck you moron"})
        EXPECT_GT(judge(text).toxicity, 0.8f) << text;
    for (const char* text : {"hello everybody", "what a great play that was", "gg wp",
                             "how do i install the driver for my printer", "see you tomorrow"})
        EXPECT_LT(judge(text).toxicity, 0.3f) << text;
}

TEST(BuiltinClassifier, SeesTheSameWordsInDisguise) {
    const float plain = judge("you are such a stupid idiot").toxicity;
    for (const char* text : {"y0u 4r3 5uch a 57up1d 1d10t", "you are such a s t u p i d  idiot",
                             "you are such a stuuupid idiooot", "you are such a ѕtυріd іdіоt",
                             "you are such a st\u200Bupid i\u200Ddiot"})
        EXPECT_NEAR(judge(text).toxicity, plain, 0.1f) << text;
}

TEST(BuiltinClassifier, ScoresAreProbabilitiesWhateverIsSaid) {
    std::vector<std::string> texts{"",         " ",           "a",    "?!",      "😀",
                                   "@someone", "https://a.b", "1234", "\xFF\xFE"};
    for (const char* part : {"a ", "fuck ", "😀", "xqzv", "f", "Привет "}) {
        std::string text;
        while (text.size() < 2000) text += part;
        texts.push_back(text);
    }
    for (const std::string& text : texts) {
        const Scores scores = judge(text);
        for (const float score : {scores.toxicity, scores.hostility, scores.profanity})
            EXPECT_TRUE(score >= 0 && score <= 1) << text.substr(0, 20);
        EXPECT_LE(scores.hostility, scores.toxicity);
    }
    EXPECT_EQ(judge("").toxicity, 0);
}

TEST(BuiltinClassifier, KeepsSwearingAtNobodyApartFromHostility) {
    const Scores swearing = judge("holy shit that was fucking amazing");
    EXPECT_GT(swearing.toxicity, 0.5f);
    EXPECT_LT(swearing.hostility, 0.3f);
    EXPECT_GT(swearing.profanity, 0.5f);
    const Scores directed = judge("fuck you");
    EXPECT_GT(directed.hostility, 0.7f);
    EXPECT_EQ(directed.profanity, 0) << "all of it is hostility";
    EXPECT_EQ(judge("good morning to all").profanity, 0);
}

TEST(BuiltinClassifier, NamesTheSpanThatWeighsMost) {
    EXPECT_EQ(judge("so 😀 then the idiot left").span, (text::CodePoints{14, 18}));
    EXPECT_EQ(judge("that i d i o t again").span, (text::CodePoints{5, 13}));
}

#ifndef CLAMOR_ALLOCATIONS_ARE_NOT_COUNTED
TEST(BuiltinClassifier, AllocatesNothingOnceWarm) {
    const text::Normaliser normaliser;
    text::Normalised message;
    const auto classifier = builtin_classifier();
    std::string worst;
    while (worst.size() < 2000) worst += "ﬃ";
    const std::vector<std::string> texts{worst, "hello there", "y0u 4r3 57up1d a$$",
                                         "f u c k  y o u", "gooooood 😀😀 ѕһіт @one https://a.b/c"};
    for (const std::string& text : texts) normaliser.normalise(text, {}, message);
    const std::size_t before = allocations;
    float sum = 0;
    for (const std::string& text : texts) {
        normaliser.normalise(text, {}, message);
        sum += classifier->score(message).toxicity;
    }
    EXPECT_EQ(allocations, before);
    EXPECT_TRUE(std::isfinite(sum));
}
#endif

TEST(LoadedClassifier, TakesOverWhileTheOldOneIsInUse) {
    const std::string path = std::string(CLAMOR_SOURCE_DIR) + "/src/automod/model/builtin.bin";
    std::shared_ptr<const Classifier> current = builtin_classifier();
    text::Normalised message;
    text::Normaliser().normalise("you stupid idiot", {}, message);
    const float expected = current->score(message).toxicity;
    for (int i = 0; i < 20; ++i) {
        auto loaded = load_classifier(path);
        ASSERT_TRUE(loaded.has_value()) << loaded.error().to_string();
        const std::shared_ptr<const Classifier> held = std::exchange(current, *std::move(loaded));
        EXPECT_EQ(current->score(message).toxicity, expected);
        EXPECT_EQ(held->score(message).toxicity, expected) << "whoever holds the old one goes on";
    }
}

TEST(LoadedClassifier, SaysWhatIsWrongWithAFile) {
    const auto missing = load_classifier("/nonexistent/model.bin");
    ASSERT_FALSE(missing.has_value());
    EXPECT_NE(missing.error().to_string().find("/nonexistent/model.bin"), std::string::npos);
    const auto other = load_classifier(std::string(CLAMOR_SOURCE_DIR) + "/src/text/vocabulary.txt");
    ASSERT_FALSE(other.has_value());
    EXPECT_NE(other.error().detail.find("not a model file"), std::string::npos);
}

}  // namespace
}  // namespace clamor::automod
