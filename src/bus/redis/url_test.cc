// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bus/redis/envelope.h"
#include "bus/redis/slots.h"

namespace clamor::bus::redis {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(RedisUrl, ReadsEachForm) {
    EXPECT_EQ(parse_url("redis://cache"), (Url{.addresses = {"cache:6379"}}));
    EXPECT_EQ(
        parse_url("redis://:p%40ss@[::1]:7000,10.0.0.2:7001/3"),
        (Url{.addresses = {"[::1]:7000", "10.0.0.2:7001"}, .password = "p@ss", .database = 3}));
    EXPECT_EQ(parse_url("redis+sentinel://app:secret@s1,s2:5000/chat"),
              (Url{.mode = Mode::sentinel,
                   .addresses = {"s1:26379", "s2:5000"},
                   .user = "app",
                   .password = "secret",
                   .master = "chat"}));
    EXPECT_EQ(parse_url("rediss+sentinel://:a?b@s1/chat?sentinel_user=w&sentinel_password=p%40%26"),
              (Url{.mode = Mode::sentinel,
                   .addresses = {"s1:26379"},
                   .password = "a?b",
                   .master = "chat",
                   .tls = true,
                   .sentinel_user = "w",
                   .sentinel_password = "p@&"}));
    EXPECT_EQ(parse_url("rediss://cache:7000"), (Url{.addresses = {"cache:7000"}, .tls = true}));
    EXPECT_EQ(parse_url("redis+cluster://n1:1,n2:2"),
              (Url{.mode = Mode::cluster, .addresses = {"n1:1", "n2:2"}}));
}

TEST(RedisUrl, SaysWhatIsWrongWithoutThePassword) {
    for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
             {"localhost:6379", "no scheme"},
             {"redis://", "no host"},
             {"redis://user@host", "without a password"},
             {"redis://:@host", "empty password"},
             {"redis://:hunter2@host:0", "'host:0'"},
             {"redis://:hunter2@host:99999", "'host:99999'"},
             {"redis://:hunter2%zz@host", "%XX"},
             {"redis://:hunter2@a,,b", "''"},
             {"redis://:hunter2@::1", "'::1'"},
             {"redis://:hunter2@host/x", "'x'"},
             {"redis+cluster://:hunter2@host/1", "only 0"},
             {"rediss://", "no host"},
             {"redis://host?sentinel_password=hunter2", "names none"},
             {"redis+sentinel://s1/m?sentinel_pasword=hunter2", "not sentinel_user"},
             {"redis+sentinel://s1/m?sentinel_password=", "empty"},
             {"redis+sentinel://s1/m?sentinel_password=hunter2%z", "%XX"},
             {"redis+sentinel://s1/m?sentinel_user=hunter2", "without a sentinel_password"},
             {"redis+sentinel://s1/m?timeout=hunter2", "behind '?'"}}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_THAT(url.error().detail, HasSubstr(why)) << text;
        EXPECT_THAT(url.error().detail, Not(HasSubstr("hunter2"))) << text;
    }
}

TEST(RedisUrl, IsShownWithoutThePassword) {
    EXPECT_EQ(parse_url("redis+sentinel://app:hunter2@s1/chat")->to_string(),
              "redis+sentinel://app:***@s1:26379/chat");
    EXPECT_EQ(
        parse_url("rediss+sentinel://s1?sentinel_user=u&sentinel_password=hunter2")->to_string(),
        "rediss+sentinel://s1:26379/mymaster?sentinel_user=u&sentinel_password=***");
}

TEST(Slots, AreThoseOfTheSpecification) {
    EXPECT_EQ(slot_of("123456789"), 0x31c3 % kSlots);
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
    EXPECT_EQ(slot_of("foo{}{bar}"), slot_of("foo{}{bar}"));
    EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
    EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
}

TEST(Envelope, ComesBackAsItWas) {
    const std::string bytes("a\0b\xff", 4);
    const std::string text = encode_envelope({.node = ~0ull, .number = 3, .bytes = bytes});
    const auto envelope = decode_envelope(text);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->node, ~0ull);
    EXPECT_EQ(envelope->number, 3u);
    EXPECT_EQ(envelope->bytes, bytes);
}

TEST(Envelope, IsNotMadeOfAnythingElse) {
    EXPECT_FALSE(decode_envelope(""));
    EXPECT_FALSE(decode_envelope(std::string(17, '\x02')));
    EXPECT_FALSE(decode_envelope(std::string("\x01", 1) + std::string(15, 'x')));
    for (const char* text : {"", "5", "5-", "-5", "5-5x", "x-5", "99999999999999999999-1"})
        EXPECT_FALSE(parse_entry_id(text)) << text;
    EXPECT_FALSE(parse_published("5-6"));
    EXPECT_EQ(parse_published("5-6 x y")->envelope, "x y");
    EXPECT_EQ(parse_entry_id(to_entry_id({.epoch = 7, .sequence = 8})),
              (Position{.epoch = 7, .sequence = 8}));
}

}  // namespace
}  // namespace clamor::bus::redis
