// SPDX-License-Identifier: Apache-2.0
#include "hub/fanout.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_member.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::hub {
namespace {

using fakes::FakeMember;
using namespace std::chrono_literals;

constexpr ChannelId kLobby{1000};

chat::EventRef message(const std::string& text, chat::Role role = chat::Role::viewer) {
    chat::Message said;
    said.author_login = "ann";
    said.author_role = role;
    said.text = text;
    return std::make_shared<const chat::Event>(chat::Event{
        .channel = kLobby, .channel_login = "lobby", .position = {}, .body = std::move(said)});
}

class FanoutTest : public ::testing::Test {
  protected:
    void fill(int viewers) {
        for (int i = 0; i < viewers; ++i) {
            crowd_.push_back(std::make_unique<FakeMember>());
            fanout_.add(kLobby, static_cast<std::uint32_t>(100 + i), *crowd_.back());
        }
    }

    fakes::ManualCluster cluster_{1};
    fakes::PlainEncoder encoder_;
    HubCounters counters_;
    Fanout fanout_{cluster_.shard(0), encoder_, counters_, 50ms};
    std::vector<std::unique_ptr<FakeMember>> crowd_;
};

TEST_F(FanoutTest, DeliversAtOnceInAQuietRoom) {
    FakeMember viewer;
    ASSERT_TRUE(fanout_.add(kLobby, 0, viewer));
    fanout_.append(message("hi"), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(viewer.text(), "ann: hi\n");
}

TEST_F(FanoutTest, EncodesOncePerTextDialectAndSealsOncePerWireDialect) {
    fill(50);
    FakeMember tagged({}, Dialect::kTags);
    FakeMember tagged_websocket({}, Dialect::kTags | Dialect::kWebSocket);
    fanout_.add(kLobby, 0, tagged);
    fanout_.add(kLobby, 1, tagged_websocket);
    fanout_.append(message("hi"), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(encoder_.encoded, 2);
    EXPECT_EQ(encoder_.sealed, 3);
    EXPECT_EQ(tagged.text(), "@ann: hi\n");
    EXPECT_EQ(tagged_websocket.text(), "ws @ann: hi\n");
    EXPECT_EQ(crowd_[49]->text(), "ann: hi\n");
}

TEST_F(FanoutTest, NeverGivesAMemberWhatItSaidItself) {
    FakeMember author;
    FakeMember viewer;
    fanout_.add(kLobby, 0, author);
    fanout_.add(kLobby, 1, viewer);
    fanout_.append(message("mine"), 0);
    fanout_.append(message("other"), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(author.text(), "ann: other\n");
    EXPECT_EQ(viewer.text(), "ann: mine\nann: other\n");
}

TEST_F(FanoutTest, JoinsTheMessagesOfABusyRoomIntoOneFrame) {
    fill(1000);
    for (int i = 0; i < 200; ++i) {
        fanout_.append(message(std::to_string(i)), Fanout::kNobody);
        cluster_.advance(5ms);
    }
    const std::size_t frames_before = crowd_[0]->frames.size();
    cluster_.advance(100ms);
    const std::size_t settled = crowd_[0]->frames.size();
    EXPECT_LE(settled - frames_before, 1u);
    // 200 messages a second to 1,000 viewers leave in about 20 frames a second.
    EXPECT_LE(settled, 40u);
    std::string expected;
    for (int i = 0; i < 200; ++i) expected += "ann: " + std::to_string(i) + "\n";
    EXPECT_EQ(crowd_[0]->text(), expected);
    EXPECT_EQ(crowd_[999]->text(), expected);
    EXPECT_LE(counters_.hold.percentile_us(1.0), 53'000u);
}

TEST_F(FanoutTest, FlushesABatchThatIsFullWithoutWaiting) {
    fill(1000);
    for (int i = 0; i < 50; ++i) fanout_.append(message("warm up"), Fanout::kNobody);
    cluster_.run();
    const std::size_t before = crowd_[0]->frames.size();
    const std::string large(1000, 'x');
    for (int i = 0; i < 60; ++i) fanout_.append(message(large), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(crowd_[0]->frames.size(), before + 1);
}

TEST_F(FanoutTest, GivesASlowMemberWhatItsIntakeTakesAndCountsTheRest) {
    FakeMember slow(
        {.user = {.id = UserId(7), .login = "bob", .display_name = "Bob", .color = ""}});
    slow.takes = chat::ShedClass::staff;
    FakeMember quick;
    fanout_.add(kLobby, 0, slow);
    fanout_.add(kLobby, 1, quick);
    fanout_.append(message("ordinary"), Fanout::kNobody);
    fanout_.append(message("staff", chat::Role::moderator), Fanout::kNobody);
    fanout_.append(message("hello @BOB"), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(slow.text(), "ann: staff\nann: hello @BOB\n");
    EXPECT_EQ(slow.skipped[static_cast<std::size_t>(chat::ShedClass::message)], 1u);
    EXPECT_EQ(quick.text(), "ann: ordinary\nann: staff\nann: hello @BOB\n");
    EXPECT_EQ(counters_.skipped[static_cast<std::size_t>(chat::ShedClass::message)].value(), 1u);
}

TEST_F(FanoutTest, SendsNothingToADialectThatShowsNothing) {
    FakeMember plain;
    FakeMember curious({}, Dialect::kMembership);
    fanout_.add(kLobby, 0, plain);
    fanout_.add(kLobby, 1, curious);
    fanout_.append(std::make_shared<const chat::Event>(
                       chat::Event{.channel = kLobby,
                                   .channel_login = "lobby",
                                   .position = {},
                                   .body = chat::MembershipChanged{{"cat"}, {"dog"}}}),
                   Fanout::kNobody);
    cluster_.run();
    EXPECT_TRUE(plain.frames.empty());
    EXPECT_EQ(curious.text(), "+cat\n-dog\n");
}

TEST_F(FanoutTest, TellsNobodyOfTheirOwnJoin) {
    const auto named = [](const char* login) {
        hub::Identity identity;
        identity.user.login = login;
        return identity;
    };
    FakeMember cat(named("cat"), Dialect::kMembership);
    FakeMember dog(named("dog"), Dialect::kMembership);
    FakeMember eel(named("eel"), Dialect::kMembership);
    fanout_.add(kLobby, 0, cat);
    fanout_.add(kLobby, 1, dog);
    fanout_.add(kLobby, 2, eel);
    const auto change = [](chat::MembershipChanged changed) {
        return std::make_shared<const chat::Event>(chat::Event{.channel = kLobby,
                                                               .channel_login = "lobby",
                                                               .position = {},
                                                               .body = std::move(changed)});
    };
    fanout_.append(change({{"cat", "dog"}, {"fox"}}), Fanout::kNobody);
    cluster_.run();
    EXPECT_EQ(cat.text(), "+dog\n-fox\n");
    EXPECT_EQ(dog.text(), "+cat\n-fox\n");
    EXPECT_EQ(eel.text(), "+cat\n+dog\n-fox\n");
    cat.frames.clear();
    fanout_.append(change({{"cat"}, {}}), Fanout::kNobody);
    cluster_.run();
    EXPECT_TRUE(cat.frames.empty());
}

TEST_F(FanoutTest, KeepsPlacesRightThroughManyJoinsAndLeaves) {
    std::vector<std::unique_ptr<FakeMember>> members;
    for (std::uint32_t slot = 0; slot < 20; ++slot) {
        members.push_back(std::make_unique<FakeMember>());
        for (std::uint64_t channel = 1; channel <= 10; ++channel) {
            EXPECT_TRUE(fanout_.add(ChannelId(channel), slot, *members.back()));
            EXPECT_FALSE(fanout_.add(ChannelId(channel), slot, *members.back()));
        }
    }
    for (std::uint32_t slot = 0; slot < 20; slot += 2)
        EXPECT_TRUE(fanout_.remove(ChannelId(slot % 10 + 1), slot));
    for (std::uint32_t slot = 0; slot < 20; slot += 4) {
        EXPECT_EQ(fanout_.remove_all(slot).size(), 9u);
        EXPECT_FALSE(fanout_.remove(ChannelId(5), slot));
    }
    EXPECT_EQ(counters_.memberships.value(), 200u - 10u - 5u * 9u);
    for (std::uint32_t slot = 0; slot < 20; ++slot) fanout_.remove_all(slot);
    EXPECT_EQ(counters_.memberships.value(), 0u);
}

TEST_F(FanoutTest, ForgetsAnOpenBatchWhoseLastMemberLeft) {
    FakeMember viewer;
    fanout_.add(kLobby, 0, viewer);
    fanout_.append(message("too late"), Fanout::kNobody);
    fanout_.remove(kLobby, 0);
    cluster_.run();
    EXPECT_TRUE(viewer.frames.empty());
}

}  // namespace
}  // namespace clamor::hub
