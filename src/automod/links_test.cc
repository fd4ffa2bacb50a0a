// SPDX-License-Identifier: Apache-2.0
#include "automod/links.h"

#include <gtest/gtest.h>

#include "automod/plain_text.h"

namespace clamor::automod {
namespace {

std::string links(std::string_view text, std::vector<std::string> allowed = {}) {
    text::Normalised plain;
    fold_plain(text, {}, plain);
    std::vector<text::CodePoints> spans;
    LinkFinder(std::move(allowed)).find(plain, spans);
    std::string out;
    for (const auto& span : spans) {
        if (!out.empty()) out += ' ';
        out += std::to_string(span.first) + "-" + std::to_string(span.last);
    }
    return out;
}

TEST(Links, AreFoundWithAndWithoutAScheme) {
    EXPECT_EQ(links("see https://example.org/x now"), "4-24");
    EXPECT_EQ(links("see HTTP://EXAMPLE.ORG"), "4-21");
    EXPECT_EQ(links("www.example.anything"), "0-19");
    EXPECT_EQ(links("go to example.com!"), "6-17");
    EXPECT_EQ(links("(discord.gg/abc)"), "0-15");
    EXPECT_EQ(links("bit.ly/2xYz"), "0-10");
    EXPECT_EQ(links("http://127.0.0.1:8080/"), "0-21");
    EXPECT_EQ(links("münchen.de"), "0-9");
    EXPECT_EQ(links("two.com and two.net"), "0-6 12-18");
    EXPECT_EQ(links("https://user:word@evil.com/"), "0-26");
}

TEST(Links, AreFoundWhenTheDotIsSpelledOut) {
    EXPECT_EQ(links("go to example dot com now"), "6-20");
    EXPECT_EQ(links("example (dot) com"), "0-16");
    EXPECT_EQ(links("example .com"), "0-11");
    EXPECT_EQ(links("example . com/abc"), "0-16");
}

TEST(Links, AreNotWhatPeopleWriteWithFullStops) {
    for (const char* text :
         {"well...ok", "e.g. this", "3.14", "12.30", "i.e. that", "end.it is", "ok.so what",
          "it.is late", "v1.2.3", "...", ".", "a.", "mr.t", "polka dot dress", "that was .clutch",
          "yes.no", "://", "a://b", "file.txt"}) {
        EXPECT_EQ(links(text), "") << text;
    }
}

TEST(Links, WithAnEnglishWordAtTheEndNeedAPath) {
    EXPECT_EQ(links("t.me/join"), "0-8");
    EXPECT_EQ(links("about.me"), "");
    EXPECT_EQ(links("www.about.me"), "0-11");
}

TEST(Links, ThatAreAllowedPass) {
    EXPECT_EQ(links("clips.twitch.tv/abc", {"twitch.tv"}), "");
    EXPECT_EQ(links("twitch.tv/abc evil.com", {"twitch.tv"}), "14-21");
    EXPECT_EQ(links("nottwitch.tv", {"twitch.tv"}), "0-11");
    EXPECT_EQ(links("twitch.tv.evil.com", {"twitch.tv"}), "0-17");
    EXPECT_EQ(links("https://twitch.tv@evil.com", {"twitch.tv"}), "0-25")
        << "that is a user's name";
}

TEST(Links, AllowListTakesWhatPeoplePaste) {
    EXPECT_EQ(clean_domain("https://www.Example.org/page?x"), "example.org");
    EXPECT_EQ(clean_domain("*.example.org"), "example.org");
    EXPECT_EQ(clean_domain("example.org:8080"), "example.org");
    for (const char* text : {"", "*", "example", ".org", "a..b", "exa mple.org", "example.org."})
        EXPECT_EQ(clean_domain(text), std::nullopt) << text;
}

}  // namespace
}  // namespace clamor::automod
