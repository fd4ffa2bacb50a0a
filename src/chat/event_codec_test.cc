// SPDX-License-Identifier: Apache-2.0
#include <random>

#include <gtest/gtest.h>

#include "chat/event.h"

namespace clamor::chat {
namespace {

class RandomEvents {
  public:
    explicit RandomEvents(std::uint64_t seed) : random_(seed) {}

    Event next() {
        Event event;
        event.channel = ChannelId(number());
        event.channel_login = string(25);
        if (chance(5)) {
            event.body = MembershipChanged{logins(), logins()};
        } else if (chance(4)) {
            event.body = moderation();
        } else if (chance(4)) {
            event.body = user_notice();
        } else if (chance(4)) {
            event.body = held_message();
        } else {
            event.body = message();
        }
        return event;
    }

  private:
    bool chance(int one_in) { return random_() % one_in == 0; }
    /// Of any magnitude, so that every length of the encoding occurs.
    std::uint64_t number() { return random_() >> random_() % 64; }
    std::string string(std::size_t max) {
        std::string out(random_() % (max + 1), '\0');
        for (char& c : out) c = static_cast<char>(random_());
        return out;
    }
    std::vector<std::string> logins() {
        std::vector<std::string> out(random_() % 5);
        for (auto& login : out) login = string(25);
        return out;
    }
    std::vector<Badge> badges() {
        std::vector<Badge> out(random_() % 4);
        for (Badge& badge : out) badge = {"n" + string(10), "v" + string(200)};
        return out;
    }
    MessageId id() { return MessageId::from_random(random_(), random_()); }
    Message message() {
        Message m;
        m.id = id();
        m.sent_at = wall_from_unix_ms(static_cast<std::int64_t>(number()));
        m.author_id = UserId(number());
        m.author_login = string(25);
        m.author_display_name = string(100);
        m.author_color = string(7);
        m.badges = badges();
        m.badge_info = badges();
        m.author_role = static_cast<Role>(random_() % 4);
        m.subscriber = chance(2);
        m.first_message = chance(2);
        m.action = chance(2);
        m.emote_only = chance(2);
        m.text = string(2000);
        m.emotes.resize(random_() % 6);
        for (auto& emote : m.emotes) {
            const auto first = static_cast<std::uint32_t>(random_()) >> random_() % 32;
            emote = {string(40), first, first + (0xffffffffu - first) / 2};
        }
        m.client_nonce = string(64);
        if (chance(2)) {
            m.reply = ReplyTo{id(), UserId(number()), string(25), string(100), string(2000),
                              id(), UserId(number()), string(25), string(100)};
        }
        if (chance(3)) {
            m.turbo = chance(2);
            m.returning_chatter = chance(2);
            m.author_type = static_cast<AccountType>(random_() % 4);
            m.bits = static_cast<std::uint32_t>(number());
            m.kind = string(30);
            m.custom_reward_id = string(36);
            m.animation_id = string(20);
            m.author_suspicion = static_cast<Suspicion>(random_() % 3);
            for (std::uint64_t i = random_() % 3; i > 0; --i) {
                const auto [first, last] = span();
                m.marks.push_back({first, last, "AIPS"[random_() % 4],
                                   static_cast<std::uint8_t>(random_() % 10)});
            }
            if (chance(2)) m.source = Source{person(), id(), badges(), badges()};
            m.source_only = chance(2);
        }
        return m;
    }
    Person person() { return {UserId(number()), string(25), string(100)}; }
    Moderation moderation() {
        Moderation act;
        act.action = static_cast<ModAction>(random_() % kModActions);
        act.id = id();
        act.at = wall_from_unix_ms(static_cast<std::int64_t>(number()));
        act.moderator = person();
        act.target = person();
        act.reason = string(2000);
        if (chance(2)) act.ends_at = wall_from_unix_ms(static_cast<std::int64_t>(number()));
        act.number = number();
        act.message_id = id();
        act.text = string(2000);
        act.text_is_action = chance(2);
        act.modes = {.emote_only = chance(2),
                     .followers_only_minutes = static_cast<std::int32_t>(random_() % 1000) - 1,
                     .unique_chat = chance(2),
                     .slow_seconds = static_cast<std::uint32_t>(number()),
                     .subscribers_only = chance(2),
                     .delay_seconds = chance(2) ? static_cast<std::uint32_t>(number()) : 0};
        return act;
    }
    UserNotice user_notice() {
        UserNotice notice;
        notice.message = message();
        notice.kind = string(30);
        notice.system_text = string(500);
        notice.anonymous = chance(2);
        for (std::uint64_t i = random_() % 5; i > 0; --i)
            notice.parameters.emplace_back(string(30), string(100));
        return notice;
    }

    std::pair<std::uint32_t, std::uint32_t> span() {
        const auto first = static_cast<std::uint32_t>(number() >> 33);
        return {first, first + static_cast<std::uint32_t>(random_() % 100)};
    }
    HeldMessage held_message() {
        HeldMessage held;
        held.id = id();
        held.at = wall_from_unix_ms(static_cast<std::int64_t>(number()));
        held.message = message();
        held.held_at = wall_from_unix_ms(static_cast<std::int64_t>(number()));
        held.status = static_cast<HoldStatus>(random_() % 4);
        held.moderator = person();
        for (std::uint64_t i = random_() % 3; i > 0; --i) {
            HoldReason& reason = held.reasons.emplace_back();
            reason.kind = static_cast<HoldReason::Kind>(random_() % 3);
            reason.name = string(36);
            reason.level = static_cast<std::uint8_t>(random_() % 5);
            for (std::uint64_t j = random_() % 3; j > 0; --j) reason.spans.push_back(span());
        }
        return held;
    }

    std::mt19937_64 random_;
};

Event small_message() {
    Event event;
    event.channel = ChannelId(1000);
    event.channel_login = "dallas";
    Message m;
    for (std::uint8_t i = 0; i < 16; ++i) m.id.bytes[i] = i;
    m.sent_at = wall_from_unix_ms(300);
    m.author_id = UserId(1001);
    m.author_login = "al";
    m.author_display_name = "Al";
    m.author_color = "#0D4200";
    m.badges = {{"vip", "1"}};
    m.author_role = Role::vip;
    m.first_message = true;
    m.text = "hi K";
    m.emotes = {{"25", 3, 3}};
    m.client_nonce = "n";
    event.body = m;
    return event;
}

TEST(EventEncoding, IsWhatTheDocumentSaysByteByByte) {
    const std::string expected =
        std::string("\x01\x01\xe8\x07\x06") + "dallas" +
        std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 16) +
        "\xac\x02\xe9\x07" +
        "\x02"
        "al"
        "\x02"
        "Al"
        "\x07"
        "#0D4200"
        "\x01\x02"
        "\x01\x03"
        "vip"
        "\x01"
        "1" +
        std::string("\x00", 1) +
        "\x04"
        "hi K"
        "\x01\x02"
        "25"
        "\x03\x03"
        "\x01"
        "n";
    EXPECT_EQ(encode_event(small_message()), expected);
}

TEST(EventEncoding, GivesBackWhateverWasEncoded) {
    RandomEvents events(1);
    for (int i = 0; i < 5000; ++i) {
        const Event event = events.next();
        const auto decoded = decode_event(encode_event(event));
        ASSERT_TRUE(decoded.has_value()) << i << ": " << decoded.error().to_string();
        ASSERT_EQ(*decoded, event) << i;
    }
}

TEST(EventEncoding, DoesNotCarryThePosition) {
    Event event = small_message();
    event.position = {3, 7};
    EXPECT_EQ(decode_event(encode_event(event))->position, Position{});
}

TEST(EventEncoding, RefusesEveryTruncation) {
    RandomEvents events(2);
    for (int i = 0; i < 20; ++i) {
        const std::string bytes = encode_event(events.next());
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto decoded = decode_event(std::string_view(bytes).substr(0, size));
            ASSERT_FALSE(decoded.has_value()) << "event " << i << " cut at " << size;
            ASSERT_EQ(decoded.error().code, std::errc::bad_message);
        }
    }
}

TEST(EventEncoding, SurvivesEveryDamagedByte) {
    const std::string bytes = encode_event(small_message());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        for (int value = 0; value < 256; ++value) {
            std::string damaged = bytes;
            damaged[i] = static_cast<char>(value);
            const auto decoded = decode_event(damaged);
            if (!decoded) continue;
            EXPECT_EQ(decode_event(encode_event(*decoded)).value(), *decoded)
                << "byte " << i << " = " << value;
        }
    }
}

std::string why_refused(std::string_view bytes) {
    const auto decoded = decode_event(bytes);
    return decoded ? "nothing" : decoded.error().detail;
}

TEST(EventEncoding, SaysWhatIsWrong) {
    std::string bytes = encode_event(small_message());
    EXPECT_EQ(why_refused(""), "the event ends early");
    EXPECT_EQ(why_refused(bytes + "x"), "the event goes on after its end");
    bytes[0] = 2;
    EXPECT_EQ(why_refused(bytes), "the event is of an unknown version");
    bytes[0] = 1;
    bytes[1] = 9;
    EXPECT_EQ(why_refused(bytes), "the event is of an unknown kind");
    const std::string membership(
        "\x01\x02\x01\x01"
        "c",
        5);
    EXPECT_EQ(why_refused(membership + std::string("\x00\x00", 2)), "nothing");
    EXPECT_EQ(why_refused(membership + "\xff\xff\x7f"), "the event has a number out of range")
        << "a list too long";
    EXPECT_EQ(why_refused(membership + "\x80\x80\x04"), "the event ends inside a list")
        << "a list longer than the bytes";
    EXPECT_EQ(why_refused("\x01\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
              "the event has a number out of range")
        << "more than 64 bits";
    EXPECT_EQ(why_refused(std::string("\x01\x02\x01\xff\xff\x07", 6)),
              "the event has a number out of range")
        << "a string too long";
    EXPECT_EQ(why_refused(std::string("\x01\x02\x01\x05"
                                      "abc",
                                      7)),
              "the event ends inside a string");
}

TEST(EventEncoding, RefusesValuesThatNoEventHas) {
    Event event = small_message();
    auto& message = std::get<Message>(event.body);
    message.badges[0].version.clear();
    EXPECT_EQ(why_refused(encode_event(event)), "the event has an incomplete badge");
    message.badges.clear();
    message.emotes[0].last = 2;
    EXPECT_EQ(why_refused(encode_event(event)),
              "the event has an emote that ends before it begins");
    message.emotes.clear();
    message.author_role = static_cast<Role>(4);
    EXPECT_EQ(why_refused(encode_event(event)), "the event has an unknown role");
}

TEST(AutoModLevels, AreNineCharacters) {
    const AutoModLevels levels{.overall = std::nullopt, .categories = {0, 1, 2, 3, 4, 0, 1, 2}};
    EXPECT_EQ(to_text(levels), "-01234012");
    EXPECT_EQ(parse_levels("-01234012"), levels);
    EXPECT_EQ(parse_levels("211112120")->overall, 2);
    for (const char* wrong : {"", "-0123401", "-012340123", "501234012", "-51234012", "x00000000"})
        EXPECT_FALSE(parse_levels(wrong)) << wrong;
}

}  // namespace
}  // namespace clamor::chat
