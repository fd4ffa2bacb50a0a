// SPDX-License-Identifier: Apache-2.0
#include "automod/byte_matcher.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace clamor::automod {
namespace {

using Found = std::vector<std::pair<std::uint32_t, std::size_t>>;

Found all(const std::vector<std::string>& keys, std::string_view text) {
    Found found;
    ByteMatcher(keys).scan(text, [&](std::uint32_t key, std::size_t end) {
        found.emplace_back(key, end);
        return true;
    });
    std::ranges::sort(found);
    return found;
}

Found all_by_hand(const std::vector<std::string>& keys, std::string_view text) {
    Found found;
    for (std::uint32_t key = 0; key < keys.size(); ++key) {
        for (std::size_t end = keys[key].size(); end <= text.size() && !keys[key].empty(); ++end) {
            if (text.substr(end - keys[key].size(), keys[key].size()) == keys[key])
                found.emplace_back(key, end);
        }
    }
    std::ranges::sort(found);
    return found;
}

TEST(ByteMatcher, FindsKeysInsideAndBehindEachOther) {
    EXPECT_EQ(all({"he", "she", "his", "hers"}, "ushers"), (Found{{0, 4}, {1, 4}, {3, 6}}));
}

TEST(ByteMatcher, FindsAKeyThatStandsTwiceUnderBothNumbers) {
    EXPECT_EQ(all({"ab", "ab"}, "xab"), (Found{{0, 3}, {1, 3}}));
}

TEST(ByteMatcher, FindsNothingWithoutKeys) {
    EXPECT_TRUE(ByteMatcher().empty());
    EXPECT_TRUE(all({}, "abc").empty());
    EXPECT_TRUE(all({"", ""}, "abc").empty());
}

TEST(ByteMatcher, StopsWhenItIsToldTo) {
    int calls = 0;
    ByteMatcher(std::vector<std::string>{"a"}).scan("aaaa", [&](std::uint32_t, std::size_t) {
        return ++calls < 2;
    });
    EXPECT_EQ(calls, 2);
}

TEST(ByteMatcher, AgreesWithASearchByHandOnTextsOfFewLetters) {
    std::mt19937 random(7);
    const auto word = [&](std::size_t most) {
        std::string text(random() % (most + 1), 'a');
        for (char& c : text) c = "ab\xC3"[random() % 3];
        return text;
    };
    for (int round = 0; round < 500; ++round) {
        std::vector<std::string> keys(random() % 12);
        for (auto& key : keys) key = word(6);
        const std::string text = word(60);
        ASSERT_EQ(all(keys, text), all_by_hand(keys, text)) << "round " << round;
    }
}

TEST(ByteMatcher, AgreesWithASearchByHandOnKeysOfAllBytes) {
    // Nearly all states lie behind those that have a row.
    std::mt19937 random(7);
    std::vector<std::string> keys(3000);
    std::string text;
    for (auto& key : keys) {
        for (std::size_t i = 0, size = 1 + random() % 6; i < size; ++i)
            key += static_cast<char>(random() % 4 == 0 ? random() % 256 : random() % 8);
        if (text.size() < 500) text += key;
    }
    const Found found = all(keys, text);
    EXPECT_GT(found.size(), text.size());
    EXPECT_EQ(found, all_by_hand(keys, text));
}

TEST(ByteMatcher, GrowsWithTheBytesOfItsKeys) {
    std::vector<std::string> keys;
    for (int i = 0; i < 1000; ++i) keys.push_back("key number " + std::to_string(i * 7919));
    EXPECT_LT(ByteMatcher(keys).bytes(), 400'000u);
}

}  // namespace
}  // namespace clamor::automod
