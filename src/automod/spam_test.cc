// SPDX-License-Identifier: Apache-2.0
#include "automod/spam.h"

#include <bit>

#include <gtest/gtest.h>

#include "automod/names.h"
#include "automod/plain_text.h"

namespace clamor::automod {
namespace {

using namespace std::chrono_literals;

const text::Normaliser& normaliser() {
    static const text::Normaliser one;
    return one;
}

/// A channel with one rule on.
struct Channel {
    SpamSettings settings = default_spam();
    LinkFinder finder;
    ChannelMemory memory;
    MonoTime now{1h};

    explicit Channel(SpamRule rule) { at(rule).on = true; }
    SpamSetting& at(SpamRule rule) { return settings[static_cast<std::size_t>(rule)]; }

    std::vector<SpamHit> say(std::string_view text, UserId author = UserId(1), Roles roles = 0,
                             std::span<const text::CodePoints> emotes = {}) {
        text::Normalised normalised, plain;
        normaliser().normalise(text, emotes, normalised);
        fold_plain(text, emotes, plain);
        std::vector<text::CodePoints> links;
        std::vector<SpamHit> hits;
        find_spam({text, emotes, normalised, plain, author, roles}, settings, finder, memory, now,
                  links, hits);
        return hits;
    }
    bool hits(std::string_view text) { return !say(text).empty(); }
};

TEST(Capitals, AreTooManyAboveTheShareInMoreCharactersThanTheLeast) {
    Channel channel(SpamRule::capitals);
    EXPECT_TRUE(channel.hits("STOP DOING THIS"));
    EXPECT_TRUE(channel.hits("ABCDEFGHIJk"));
    EXPECT_FALSE(channel.hits("ABCDEFGHIJ")) << "ten characters";
    EXPECT_TRUE(channel.hits("HELLO WORLD")) << "eleven, with the blank";
    EXPECT_FALSE(channel.hits("OK 12345678901"));
    EXPECT_FALSE(channel.hits("Stop Doing This Please"));
    EXPECT_FALSE(channel.hits("ABCDEFGHIJKLMNOPQRSTUabcdefghi")) << "exactly 0.7";
    EXPECT_FALSE(channel.hits("1234567890123 !!! GG"));
    EXPECT_TRUE(channel.hits("ПРЕКРАТИТЕ ЭТО"));
    EXPECT_FALSE(channel.hits("ああああああああああああああ")) << "no case";
}

TEST(Capitals, OfEmotesDoNotCount) {
    Channel channel(SpamRule::capitals);
    const std::vector<text::CodePoints> emotes{{0, 12}};
    EXPECT_TRUE(channel.say("POGCHAMPHEART ok").size() == 1);
    EXPECT_TRUE(channel.say("POGCHAMPHEART ok", UserId(1), 0, emotes).empty());
}

TEST(Repetition, MeansFewUniqueWordsAmongMoreThanTheLeast) {
    Channel channel(SpamRule::repetition);
    EXPECT_TRUE(channel.hits("buy buy buy buy buy buy buy"));
    EXPECT_TRUE(channel.hits("Go team go team go team GO team go"));
    EXPECT_FALSE(channel.hits("buy buy buy buy buy")) << "five words";
    EXPECT_FALSE(channel.hits("this is a perfectly ordinary message with many words"));
    const auto hits = channel.say("no no no no no no no no");
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_FLOAT_EQ(hits[0].measured, 1.0f / 8);
    EXPECT_EQ(hits[0].span, (text::CodePoints{0, 22}));
}

TEST(Symbols, CountWithoutLettersDigitsAndPictures) {
    Channel channel(SpamRule::symbols);
    EXPECT_TRUE(channel.hits("$$$$$$$$$$$$ win"));
    EXPECT_TRUE(channel.hits("█▓▒░█▓▒░█▓▒░"));
    EXPECT_FALSE(channel.hits("what?! really?!?!"));
    EXPECT_FALSE(channel.hits("😂😂😂😂😂😂😂😂😂😂😂😂"));
    EXPECT_FALSE(channel.hits("!!!!!!!!!!")) << "ten characters";
}

TEST(Zalgo, IsManyMarksOnOneCharacter) {
    Channel channel(SpamRule::zalgo);
    std::string zalgo = "h";
    for (int i = 0; i < 8; ++i) zalgo += "\u0301";
    const auto hits = channel.say("x " + zalgo + "i");
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_EQ(hits[0].span, (text::CodePoints{3, 10}));
    EXPECT_EQ(hits[0].measured, 8);
    EXPECT_FALSE(channel.hits("e\u0301te\u0301 e\u0301te\u0301 e\u0301te\u0301")) << "accents";
    EXPECT_FALSE(channel.hits("ที่นี่ก็ดีเหมือนกันนะครับ")) << "Thai stacks two";
    EXPECT_FALSE(channel.hits("❤️❤️❤️❤️❤️❤️❤️"))
        << "variation selectors";
}

TEST(Emotes, AreCountedWithEmoji) {
    Channel channel(SpamRule::emotes);
    channel.at(SpamRule::emotes).limit = 3;
    EXPECT_TRUE(channel.hits("😂😂😂😂"));
    EXPECT_FALSE(channel.hits("😂😂😂"));
    const std::vector<text::CodePoints> emotes{{0, 4}, {6, 10}};
    EXPECT_TRUE(channel.say("Kappa Kappa 😂😂", UserId(1), 0, emotes).size() == 1);
    EXPECT_TRUE(channel.say("Kappa Kappa 😂", UserId(1), 0, emotes).empty());
}

TEST(Length, CountsCodePoints) {
    Channel channel(SpamRule::length);
    channel.at(SpamRule::length).limit = 20;
    EXPECT_FALSE(channel.hits("ääääääääääääääääääää"));
    EXPECT_TRUE(channel.hits("äääääääääääääääääääää"));
}

TEST(LinkRule, LetsWhoWasPermittedPostForAWhile) {
    Channel channel(SpamRule::links);
    EXPECT_TRUE(channel.hits("look: example.com"));
    channel.memory.permit_links(UserId(1), channel.now + 60s);
    EXPECT_FALSE(channel.hits("look: example.com"));
    EXPECT_EQ(channel.say("example.com", UserId(2)).size(), 1u) << "somebody else";
    channel.now += 60s;
    EXPECT_TRUE(channel.hits("look: example.com"));
}

TEST(LinkRule, NamesEachLink) {
    Channel channel(SpamRule::links);
    EXPECT_EQ(channel.say("a.com and b.com").size(), 2u);
}

TEST(Repeats, AreTheSameTextByOneUserWithinTheWindow) {
    Channel channel(SpamRule::repeats);
    EXPECT_FALSE(channel.hits("hello there"));
    EXPECT_FALSE(channel.hits("Hello  there!"));
    EXPECT_TRUE(channel.hits("HELLO THERE")) << "the third time";
    EXPECT_TRUE(channel.say("hello there", UserId(2)).empty());
    channel.now += 61s;
    EXPECT_FALSE(channel.hits("hello there"));
}

TEST(LookAlikes, AreSaidByManyPeopleWithinTheWindow) {
    Channel channel(SpamRule::lookalikes);
    const std::string base = "come to my channel for free giveaways and prizes today friends ";
    for (std::uint64_t user = 1; user <= 4; ++user)
        EXPECT_TRUE(channel.say(base + std::to_string(user * 37), UserId(user)).empty()) << user;
    EXPECT_EQ(channel.say(base + "xyz", UserId(5)).size(), 1u);
    EXPECT_TRUE(
        channel.say("what an entirely different thing to talk about here", UserId(6)).empty());
    channel.now += 21s;
    EXPECT_TRUE(channel.say(base + "abc", UserId(7)).empty());
}

TEST(LookAlikes, OfOneUserAreNotAFlood) {
    Channel channel(SpamRule::lookalikes);
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(channel.say("the same long message again and again from me").empty());
    }
}

TEST(Sketch, IsNearForTextsThatAreNearAndFarForOthers) {
    const auto apart = [](std::string_view a, std::string_view b) {
        return distance(sketch_of(a), sketch_of(b));
    };
    EXPECT_EQ(apart("the same text", "the same text"), 0u);
    EXPECT_LE(apart("free followers at our site visit now please friends one",
                    "free followers at our site visit now please friends two"),
              kAlikeBits);
    EXPECT_GT(apart("free followers at our site visit now please friends",
                    "that was a really good play by the blue team tonight"),
              kAlikeBits);
    EXPECT_EQ(sketch_of("ab"), 0u);
    EXPECT_NE(sketch_of(std::string(2000, 'a')), 0u);
}

TEST(Sketch, DistanceIsTheBitsThatDiffer) {
    static_assert(distance(0, ~std::uint64_t{0}) == 64);
    std::uint64_t a = 1, b = 2;
    for (int i = 0; i < 1000; ++i) {
        a = a * 6364136223846793005u + 1442695040888963407u;
        b = b * 6364136223846793005u + 3;
        ASSERT_EQ(distance(a, b), static_cast<unsigned>(std::popcount(a ^ b)));
    }
}

TEST(SpamRules, LetExemptRolesPass) {
    Channel channel(SpamRule::capitals);
    channel.at(SpamRule::capitals).exempt = role::kVip;
    EXPECT_EQ(channel.say("STOP DOING THIS", UserId(1), role::kSubscriber).size(), 1u);
    EXPECT_TRUE(channel.say("STOP DOING THIS", UserId(1), role::kSubscriber | role::kVip).empty());
}

TEST(SpamRules, AreOffUntilTheyAreSwitchedOn) {
    Channel channel(SpamRule::length);
    channel.at(SpamRule::length).on = false;
    EXPECT_FALSE(channel.hits("BUY BUY BUY BUY BUY BUY BUY $$$$$$$$ example.com"));
}

TEST(SpamRules, HaveNamesAndDefaultsWithinTheirBounds) {
    for (int i = 0; i < kSpamRules; ++i) {
        const auto& bounds = spam_table()[static_cast<std::size_t>(i)];
        EXPECT_EQ(parse_spam_rule(bounds.name), static_cast<SpamRule>(i));
        EXPECT_LE(bounds.limit_least, bounds.limit);
        EXPECT_LE(bounds.limit, bounds.limit_most);
        EXPECT_LE(bounds.least_least, bounds.least);
        EXPECT_LE(bounds.least, bounds.least_most);
        EXPECT_LE(bounds.window_least, bounds.window);
        EXPECT_LE(bounds.window, bounds.window_most);
    }
}

TEST(ChannelMemory, ForgetsTheOldestBeyondItsBounds) {
    ChannelMemory memory;
    for (std::uint64_t i = 1; i <= ChannelMemory::kMessages + 10; ++i)
        memory.remember({.author = UserId(i), .hash = i, .at = MonoTime(1s)});
    std::size_t seen = 0;
    UserId last;
    memory.each_since(MonoTime{}, [&](const auto& message) {
        ++seen;
        last = message.author;
        return true;
    });
    EXPECT_EQ(seen, ChannelMemory::kMessages);
    EXPECT_EQ(last, UserId(11));
    for (std::uint64_t i = 1; i <= ChannelMemory::kPermits + 1; ++i)
        memory.permit_links(UserId(i), MonoTime(1h) + std::chrono::seconds(i));
    EXPECT_FALSE(memory.may_post_links(UserId(1), MonoTime(1h)));
    EXPECT_TRUE(memory.may_post_links(UserId(ChannelMemory::kPermits + 1), MonoTime(1h)));
}

}  // namespace
}  // namespace clamor::automod
