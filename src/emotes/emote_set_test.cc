// SPDX-License-Identifier: Apache-2.0
#include "emotes/emote_set.h"

#include <gtest/gtest.h>

namespace clamor::emotes {
namespace {

const EmoteSet& twitch_like() {
    static const EmoteSet set({
        {.id = "25", .code = "Kappa"},
        {.id = "1902", .code = "Keepo"},
        {.id = "1", .code = ":)"},
        {.id = "cjk", .code = "笑"},
        {.id = "sub1", .code = "dallasHype", .tier_required = 1, .of_channel = true},
        {.id = "sub3", .code = "dallasGold", .tier_required = 3, .of_channel = true},
    });
    return set;
}

/// As the `emotes` tag writes single occurrences: id:first-last,...
std::string found(std::string_view text, const Access& access = {}) {
    std::string out;
    for (const auto& emote : twitch_like().find(text, access)) {
        if (!out.empty()) out += ' ';
        out +=
            emote.emote_id + ":" + std::to_string(emote.first) + "-" + std::to_string(emote.last);
    }
    return out;
}

TEST(EmoteSet, FindsEmotesInOrderOfPosition) {
    EXPECT_EQ(found("Kappa Keepo Kappa"), "25:0-4 1902:6-10 25:12-16");
    EXPECT_EQ(found("Hello Kappa"), "25:6-10");
    EXPECT_EQ(found("nothing here"), "");
    EXPECT_EQ(found(""), "");
}

TEST(EmoteSet, CountsCodePoints) {
    EXPECT_EQ(found("😂 Kappa"), "25:2-6");
    EXPECT_EQ(found("👩‍👩‍👧 Kappa"), "25:6-10") << "three people and two joiners";
    EXPECT_EQ(found("こんにちは Kappa 笑"), "25:6-10 cjk:12-12");
    EXPECT_EQ(found("e\u0301 Kappa"), "25:3-7") << "a combining accent is a code point of its own";
}

TEST(EmoteSet, WantsWholeWordsBetweenBlanks) {
    EXPECT_EQ(found("Kappa, Kappa! (Kappa) xKappa kappa KAPPA"), "");
    EXPECT_EQ(found("Kappa\tKappa\u00a0Kappa"), "") << "only U+0020 separates";
    EXPECT_EQ(found("笑 笑笑"), "cjk:0-0");
}

TEST(EmoteSet, CountsRepeatedBlanks) {
    EXPECT_EQ(found("  Kappa   Keepo "), "25:2-6 1902:10-14");
    EXPECT_EQ(found("   "), "");
}

TEST(EmoteSet, CountsInTheInnerTextOfAnAction) {
    EXPECT_EQ(found("Kappa waves"), "25:0-4");
}

TEST(EmoteSet, GivesSubscribersTheEmotesOfTheirTierAndBelow) {
    const char* text = "dallasHype dallasGold";
    EXPECT_EQ(found(text), "");
    EXPECT_EQ(found(text, {.tier = 1, .granted = {}}), "sub1:0-9");
    EXPECT_EQ(found(text, {.tier = 2, .granted = {}}), "sub1:0-9");
    EXPECT_EQ(found(text, {.tier = 3, .granted = {}}), "sub1:0-9 sub3:11-20");
}

TEST(EmoteSet, GivesWhatWasGrantedWhateverTheTier) {
    EXPECT_EQ(found("dallasHype dallasGold", {.tier = 0, .granted = {"sub3"}}), "sub3:11-20");
}

TEST(EmoteSet, PrefersTheChannelsEmoteWhereTwoHaveOneCode) {
    const EmoteSet::Entry global{.id = "global", .code = "Wave"};
    const EmoteSet::Entry channel{.id = "channel", .code = "Wave", .of_channel = true};
    for (const auto& emotes : {std::vector{global, channel}, std::vector{channel, global}}) {
        const EmoteSet set(emotes);
        ASSERT_EQ(set.find("Wave", {}).size(), 1u);
        EXPECT_EQ(set.find("Wave", {})[0].emote_id, "channel");
    }
}

TEST(EmoteSet, EqualsAnotherOfTheSameEmotes) {
    const EmoteSet::Entry a{.id = "1", .code = "A"}, b{.id = "2", .code = "B"};
    EXPECT_EQ(EmoteSet(std::vector{a, b}), EmoteSet(std::vector{b, a}));
    EXPECT_FALSE(EmoteSet(std::vector{a, b}) == EmoteSet(std::vector{a}));
}

TEST(EmoteSet, LeavesOutCodesThatNoWordCanEqual) {
    const EmoteSet set(
        std::vector<EmoteSet::Entry>{{.id = "a", .code = ""}, {.id = "b", .code = "two words"}});
    EXPECT_EQ(set.size(), 0u);
    EXPECT_TRUE(set.find("two words", {}).empty());
}

TEST(EmoteSet, FillsTheLongestMessageWithOneLetterEmotes) {
    const EmoteSet set(std::vector<EmoteSet::Entry>{{.id = "x", .code = "x"}});
    std::string text = "x";
    while (text.size() + 2 <= 500) text += " x";
    const auto emotes = set.find(text, {});
    ASSERT_EQ(emotes.size(), 250u);
    EXPECT_EQ(emotes.back().first, 498u);
    EXPECT_EQ(emotes.back().last, 498u);
    EXPECT_TRUE(emote_only(text, emotes));
}

TEST(EmoteSet, IsNotHarmedByBrokenUtf8) {
    EXPECT_EQ(found("\x80\xbf Kappa"), "25:1-5")
        << "bytes that continue nothing are no code points";
    EXPECT_EQ(found("\xf0\x9f Kappa \xff"), "25:2-6");
}

TEST(EmoteOnly, MeansEmotesAndBlanksAndAtLeastOneEmote) {
    const auto is = [](std::string_view text) {
        return emote_only(text, twitch_like().find(text, {}));
    };
    EXPECT_TRUE(is("Kappa"));
    EXPECT_TRUE(is("  Kappa  笑 "));
    EXPECT_FALSE(is("Kappa hi"));
    EXPECT_FALSE(is("Kappa 😂"));
    EXPECT_FALSE(is("   "));
    EXPECT_FALSE(is(""));
    EXPECT_FALSE(is("dallasHype")) << "an emote that one may not use is a word";
}

}  // namespace
}  // namespace clamor::emotes
