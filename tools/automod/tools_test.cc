// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "evasion.h"
#include "metrics.h"
#include "text/normaliser.h"

namespace clamor::automod_tools {
namespace {

TEST(Metrics, OfAPerfectAndOfAHalvedOrder) {
    const std::vector<Scored> perfect{{0.9f, true}, {0.8f, true}, {0.2f, false}, {0.1f, false}};
    EXPECT_DOUBLE_EQ(roc_auc(perfect), 1);
    EXPECT_DOUBLE_EQ(pr_auc(perfect), 1);
    const std::vector<Scored> mixed{{0.9f, true}, {0.8f, false}, {0.7f, true}, {0.6f, false}};
    EXPECT_DOUBLE_EQ(roc_auc(mixed), 0.75);
    EXPECT_DOUBLE_EQ(pr_auc(mixed), (1 + 2.0 / 3) / 2);
    const std::vector<Scored> tied{{0.5f, true}, {0.5f, false}};
    EXPECT_DOUBLE_EQ(roc_auc(tied), 0.5);
}

TEST(Metrics, AtAThresholdCountWhatIsAbove) {
    const std::vector<Scored> lines{{0.9f, true}, {0.8f, false}, {0.5f, true}, {0.1f, false}};
    const AtThreshold at = at_threshold(lines, 0.5f);
    EXPECT_DOUBLE_EQ(at.recall, 0.5) << "0.5 is not above 0.5";
    EXPECT_DOUBLE_EQ(at.precision, 0.5);
    EXPECT_DOUBLE_EQ(at.f1, 0.5);
    EXPECT_DOUBLE_EQ(at.false_positive_rate, 0.5);
}

TEST(Evasion, IsRepeatableAndChangesTheText) {
    const std::string text = "these are some of the letters that people like to hide";
    for (const Evasion evasion : kEvasions) {
        Random one(3);
        Random two(3);
        const std::string hidden = evade(text, evasion, one);
        EXPECT_NE(hidden, text) << name_of(evasion);
        EXPECT_EQ(hidden, evade(text, evasion, two)) << name_of(evasion);
    }
}

TEST(Evasion, ByLookAndByInvisibleLettersIsUndoneWholly) {
    const std::string text = "these are some of the letters that people like to hide";
    const text::Normaliser normaliser;
    text::Normalised plain;
    text::Normalised read;
    normaliser.normalise(text, {}, plain);
    for (const Evasion evasion : {Evasion::homoglyph, Evasion::zero_width}) {
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            Random random(seed);
            normaliser.normalise(evade(text, evasion, random), {}, read);
            EXPECT_EQ(read.text, plain.text) << name_of(evasion);
        }
    }
}

}  // namespace
}  // namespace clamor::automod_tools
