// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "base/limits.h"
#include "hub/hub_fixture.h"
#include "hub/node_news.h"
#include "hub/shared_limits.h"

/// What other nodes publish comes in another order than it was done in, and by two ways.
namespace clamor::hub {
namespace {

using namespace std::chrono_literals;
using fakes::FakeMember;

/// Keeps what is published until the test gives it its place.
class OrderBus final : public bus::Bus {
  public:
    /// `brought`: what the first subscription brings.
    OrderBus(bus::Receiver& receiver, std::vector<std::string>& published, std::string& brought)
        : receiver_(receiver), published_(published), brought_(brought) {}
    void subscribe(ChannelId channel, Position, std::span<const Position>) override {
        const std::string bytes = std::exchange(brought_, {});
        if (!bytes.empty())
            receiver_.on_received({.channel = channel, .position = {5, 1}, .bytes = bytes});
        receiver_.on_subscribed(channel);
    }
    void unsubscribe(ChannelId) override {}
    void publish(ChannelId, std::string_view bytes) override { published_.emplace_back(bytes); }

  private:
    bus::Receiver& receiver_;
    std::vector<std::string>& published_;
    std::string& brought_;
};

struct NoLimits final : SharedLimits {
    void check(Act, UserId, const limits::Window&, Done done) override { done(std::nullopt); }
};

class OrderTest : public HubTest {
  protected:
    OrderTest() {
        lobby_ = catalog_.ensure_channel("lobby")->id;
        EXPECT_TRUE(catalog_.set_role(lobby_, user("mona").user.id, chat::Role::moderator));
        services_.make_bus = [this](bus::Receiver& receiver, Scheduler&) {
            receivers_.push_back(&receiver);
            return std::make_unique<OrderBus>(receiver, published_, brought_);
        };
    }
    void SetUp() override {
        HubTest::SetUp();
        gateway_.join_nodes(
            [this](bus::Receiver& receiver, Scheduler&) {
                news_ = &receiver;
                return std::make_unique<OrderBus>(receiver, told_, nothing_);
            },
            limits_of_nodes_);
    }

    bus::Receiver& receiver() {
        return *receivers_[owner_shard(lobby_, static_cast<std::uint16_t>(GetParam())).value];
    }
    /// The oldest that was published here and has no place yet gets one.
    void place(Position position) {
        receive_here(position, bus::Turn::in_order);
        published_.erase(published_.begin());
    }
    void receive_here(Position position, bus::Turn turn) {
        const std::string bytes = published_.front();
        receiver().on_received({.channel = lobby_,
                                .position = position,
                                .bytes = bytes,
                                .published_here = true,
                                .turn = turn});
        cluster_.run();
    }
    template <class Body>
    std::string bytes_of(Body body) const {
        return chat::encode_event(chat::Event{
            .channel = lobby_, .channel_login = "lobby", .position = {}, .body = std::move(body)});
    }
    template <class Body>
    void from_elsewhere(Position position, Body body) {
        const std::string bytes = bytes_of(std::move(body));
        receiver().on_received({.channel = lobby_, .position = position, .bytes = bytes});
        cluster_.run();
    }
    void gap(Position after, Position before) {
        receiver().on_gap(lobby_, after, before);
        cluster_.run();
    }
    static chat::Message said(std::uint64_t number) {
        chat::Message message;
        message.id = MessageId::from_random(1, number);
        message.author_login = "elsewhere";
        message.text = std::to_string(number);
        return message;
    }
    void store(Position position, const chat::Message& message) {
        const store::StoredMessage entry{
            .channel = lobby_, .position = position, .id = message.id, .event = bytes_of(message)};
        ASSERT_TRUE(log_.append({&entry, 1}));
    }
    /// In the catalog alone: nobody tells.
    void undo(MessageId act) {
        const store::AuditEntry done{.channel = lobby_,
                                     .at = cluster_.now().wall,
                                     .action = "timeout",
                                     .after = R"({"act":")" + act.to_string() + R"("})",
                                     .batch = "raid"};
        const store::AuditEntry undone{
            .channel = lobby_, .at = cluster_.now().wall, .action = "undo", .batch = "undo:raid"};
        ASSERT_TRUE(catalog_.apply({}, std::vector{done, undone}));
    }
    static chat::Moderation act_of(chat::ModAction action) {
        chat::Moderation act;
        act.action = action;
        act.id = MessageId::from_random(2, 2);
        return act;
    }
    static chat::Moderation timeout_of(const FakeMember& member) {
        chat::Moderation timeout = act_of(chat::ModAction::timeout);
        timeout.target.id = member.identity().user.id;
        return timeout;
    }
    /// Which has the first place.
    void joins_and_says_hello(FakeMember& member) {
        say(add_and_join(member), 2, "hello");
        place({5, 1});
    }
    std::vector<bool> deleted() {
        std::vector<bool> found;
        const auto entries = log_.read({.channel = lobby_, .messages_only = true});
        for (const store::StoredMessage& entry : *entries) found.push_back(entry.deleted);
        return found;
    }
    std::optional<Joined> join(FakeMember& member) {
        add_and_join(member);
        if (member.joins.empty()) return std::nullopt;
        const auto* joined = std::get_if<Joined>(&member.joins.begin()->second);
        return joined == nullptr ? std::nullopt : std::optional(*joined);
    }

    ChannelId lobby_;
    NoLimits limits_of_nodes_;
    std::vector<bus::Receiver*> receivers_;
    bus::Receiver* news_ = nullptr;
    std::vector<std::string> published_;
    std::vector<std::string> told_;
    std::string brought_;
    std::string nothing_;
};

TEST_P(OrderTest, TellsOfARoleThatIsReadBeforeItsActComes) {
    FakeMember alice(user("alice"));
    add_and_join(alice);
    chat::Moderation mod = act_of(chat::ModAction::mod);
    mod.target = chat::person_of(alice.identity().user);
    // The catalog has taken the next act already.
    from_elsewhere({5, 1}, mod);
    const auto roles = [&] {
        std::vector<chat::Role> told;
        for (const chat::Chatter& self : alice.selves) told.push_back(self.standing.role);
        return told;
    };
    const std::vector<chat::Role> both{chat::Role::moderator, chat::Role::viewer};
    EXPECT_EQ(roles(), both);
    chat::Moderation unmod = mod;
    unmod.id = MessageId::from_random(2, 3);
    unmod.action = chat::ModAction::unmod;
    from_elsewhere({5, 2}, unmod);
    EXPECT_EQ(roles(), both);
}

TEST_P(OrderTest, WhoJoinsBehindAGapBeginsBehindIt) {
    FakeMember early, late;
    ASSERT_TRUE(join(early));
    from_elsewhere({5, 2}, said(2));
    gap({5, 2}, {5, 6});
    const auto joined = join(late);
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->last, (Position{5, 5}));
}

TEST_P(OrderTest, WhatGetsItsPlaceLateIsShownToWhoJoinedMeanwhileButNotBehindThatPlace) {
    FakeMember alice(user("alice")), meanwhile, behind;
    say(add_and_join(alice), 2, "hello");
    receive_here({}, bus::Turn::early);
    ASSERT_TRUE(join(meanwhile));
    gap({5, 2}, {5, 6});
    ASSERT_TRUE(join(behind));
    receive_here({5, 4}, bus::Turn::late);
    EXPECT_EQ(meanwhile.text(), "alice: hello\n");
    EXPECT_EQ(behind.text(), "");
}

TEST_P(OrderTest, WhoSpeaksBeforeTheirJoinIsAnsweredHasTheEchoAlone) {
    FakeMember opener, alice(user("alice"));
    ASSERT_TRUE(join(opener));
    const MemberRef a = add(alice);
    say(a, 2, "hello");
    receive_here({}, bus::Turn::early);
    hub(a).join(a, 1, "lobby");
    cluster_.run();
    receive_here({5, 1}, bus::Turn::late);
    EXPECT_TRUE(alice.answered<Stored>(2));
    EXPECT_EQ(alice.text(), "");
}

TEST_P(OrderTest, AGapDoesNotBringAgainWhatGotASecondPlaceInIt) {
    FakeMember viewer;
    ASSERT_TRUE(join(viewer));
    from_elsewhere({5, 2}, said(2));
    const Position again{6, 2 + limits::kEpochSkip};
    store(again, said(2));
    store({6, 3 + limits::kEpochSkip}, said(3));
    gap({5, 2}, {6, 4 + limits::kEpochSkip});
    cluster_.advance(limits::kGapPatience + 10ms);
    EXPECT_EQ(viewer.text(), "elsewhere: 2\nelsewhere: 3\n");
}

TEST_P(OrderTest, ModesAreTheCatalogsWhereAnotherNodesActOvertakesOne) {
    FakeMember mona(user("mona"));
    const MemberRef m = add_and_join(mona);
    hub(m).act(m, 2, "lobby", chat::act::ChangeModes{{.slow_seconds = 30u}});
    cluster_.run();
    ASSERT_EQ(published_.size(), 1u);
    store::Channel lobby = **catalog_.find_channel(lobby_);
    lobby.modes.slow_seconds = 5;
    ASSERT_TRUE(catalog_.update_channel(lobby));
    chat::Moderation later;
    later.action = chat::ModAction::slow;
    later.id = MessageId::from_random(2, 2);
    later.modes = lobby.modes;
    from_elsewhere({5, 1}, later);
    place({5, 2});
    FakeMember viewer;
    const auto joined = join(viewer);
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->modes.slow_seconds, 5u);
}

TEST_P(OrderTest, AnActWhoseEndIsHeardOfFirstDeletesNothing) {
    FakeMember alice(user("alice"));
    const MemberRef a = add_and_join(alice);
    say(a, 2, "hello");
    place({5, 1});
    ASSERT_TRUE(alice.answered<Stored>(2));
    chat::Moderation ban;
    ban.action = chat::ModAction::timeout;
    ban.id = MessageId::from_random(2, 2);
    ban.target.id = alice.identity().user.id;
    const std::string news = news::encode(news::ActsUndone{lobby_, {ban.id}});
    news_->on_received({.channel = {}, .position = {1, 1}, .bytes = news});
    cluster_.run();
    from_elsewhere({5, 2}, ban);
    const auto stored = log_.read({.channel = lobby_});
    ASSERT_EQ(stored->size(), 1u);
    EXPECT_FALSE(stored->front().deleted);
}

TEST_P(OrderTest, WhatWasUndoneIsReadFromTheCatalogWhereTheNewsOfItWereLost) {
    FakeMember alice(user("alice"));
    joins_and_says_hello(alice);
    const chat::Moderation timeout = timeout_of(alice);
    from_elsewhere({5, 2}, timeout);
    ASSERT_EQ(deleted(), std::vector{true});
    undo(timeout.id);
    news_->on_gap({}, {1, 1}, {2, limits::kEpochSkip});
    cluster_.advance(1s);
    EXPECT_EQ(deleted(), std::vector{false});
}

TEST_P(OrderTest, AnActThatComesBehindWhatUndidItDeletesNothingAlsoWhereNobodyToldOfThat) {
    FakeMember alice(user("alice"));
    joins_and_says_hello(alice);
    const chat::Moderation timeout = timeout_of(alice);
    undo(timeout.id);
    gap({5, 1}, {6, 1 + limits::kEpochSkip});
    cluster_.advance(limits::kGapPatience + 10ms);
    from_elsewhere({6, 1 + limits::kEpochSkip}, timeout);
    EXPECT_EQ(deleted(), std::vector{false});
}

TEST_P(OrderTest, AMessageThatGetsItsPlaceBehindItsDeletionStaysDeletedAndIsNotShown) {
    FakeMember alice(user("alice")), viewer;
    const MemberRef a = add_and_join(alice);
    ASSERT_TRUE(join(viewer));
    say(a, 2, "hello");
    const auto said_here = chat::decode_event(published_.front());
    ASSERT_TRUE(said_here);
    chat::Moderation deletion = act_of(chat::ModAction::delete_message);
    deletion.message_id = chat::id_of(*said_here);
    from_elsewhere({5, 1}, deletion);
    place({5, 2});
    EXPECT_TRUE(alice.answered<Stored>(2));
    EXPECT_EQ(deleted(), std::vector{true});
    chat::Moderation other = deletion;
    other.id = MessageId::from_random(2, 3);
    other.message_id = said(4).id;
    from_elsewhere({5, 3}, other);
    from_elsewhere({5, 4}, said(4));
    from_elsewhere({5, 5}, said(5));
    EXPECT_EQ(viewer.text(), "delete_message \ndelete_message \nelsewhere: 5\n");
}

TEST_P(OrderTest, WhatALostNodeHasWrittenBehindItsDeletionIsDeletedAgain) {
    FakeMember viewer;
    ASSERT_TRUE(join(viewer));
    from_elsewhere({5, 1}, said(1));
    chat::Moderation deletion = act_of(chat::ModAction::delete_message);
    deletion.message_id = said(1).id;
    from_elsewhere({5, 2}, deletion);
    store({5, 1}, said(1));
    gateway_.node_lost();
    cluster_.advance(1s);
    EXPECT_EQ(deleted(), std::vector{true});
}

TEST_P(OrderTest, WhatALostNodeHasDeletedBehindAnUndoIsRestoredAgain) {
    FakeMember alice(user("alice"));
    joins_and_says_hello(alice);
    const chat::Moderation timeout = timeout_of(alice);
    undo(timeout.id);
    news_->on_gap({}, {1, 1}, {2, limits::kEpochSkip});
    cluster_.advance(1s);
    from_elsewhere({5, 2}, timeout);
    store::Deletion late{.channel = lobby_, .by = timeout.id};
    late.author = timeout.target.id;
    late.up_to_sequence = 2;
    ASSERT_TRUE(log_.mark_deleted({&late, 1}));
    ASSERT_EQ(deleted(), std::vector{true});
    gateway_.node_lost();
    cluster_.advance(1s);
    EXPECT_EQ(deleted(), std::vector{false});
}

TEST_P(OrderTest, TheEndOfAnOlderBanDoesNotEndANewerOne) {
    FakeMember alice(user("alice"));
    const MemberRef a = add_and_join(alice);
    chat::Moderation timeout = timeout_of(alice);
    timeout.ends_at = cluster_.now().wall + 60s;
    catalog_.unreadable = true;  // what it says comes too late
    from_elsewhere({5, 1}, timeout);
    chat::Moderation unban = act_of(chat::ModAction::unban);
    unban.id = MessageId::from_random(2, 3);
    unban.target.id = timeout.target.id;
    from_elsewhere({5, 2}, unban);
    say(a, 2, "hello");
    EXPECT_TRUE(alice.answered<chat::Refused>(2));
    EXPECT_TRUE(published_.empty());
    // It knows of neither.
    catalog_.unreadable = false;
    cluster_.advance(20s);
    say(a, 3, "hello");
    EXPECT_EQ(published_.size(), 1u);
}

TEST_P(OrderTest, WhatAnUndoBringsBackIsGivenToWhoComesBack) {
    FakeMember alice(user("alice"));
    const MemberRef a = add_and_join(alice);
    from_elsewhere({5, 1}, said(1));
    chat::Moderation clear;
    clear.action = chat::ModAction::clear;
    clear.id = MessageId::from_random(2, 2);
    from_elsewhere({5, 2}, clear);
    const std::string news = news::encode(news::ActsUndone{lobby_, {clear.id}});
    news_->on_received({.channel = {}, .position = {1, 1}, .bytes = news});
    cluster_.run();
    hub(a).catch_up(a, 9, lobby_, {{.after = {}, .upto = {5, 2}}});
    cluster_.run();
    ASSERT_EQ(alice.caught_up.count(9), 1u);
    ASSERT_FALSE(alice.caught_up.find(9)->second.events.empty());
    EXPECT_EQ(chat::id_of(*alice.caught_up.find(9)->second.events.front()), said(1).id);
}

TEST_P(OrderTest, AnActThatAGapBringsLateTakesNothingThatWasSaidBehindIt) {
    FakeMember viewer;
    const MemberRef v = add_and_join(viewer);
    from_elsewhere({5, 1}, said(1));
    chat::Moderation clear;
    clear.action = chat::ModAction::clear;
    clear.id = MessageId::from_random(2, 2);
    const store::StoredMessage entry{.channel = lobby_,
                                     .position = {5, 2},
                                     .id = clear.id,
                                     .event = bytes_of(clear),
                                     .kind = store::EntryKind::moderation};
    ASSERT_TRUE(log_.append({&entry, 1}));
    gap({5, 1}, {5, 3});
    from_elsewhere({5, 3}, said(3));
    cluster_.advance(10s);
    hub(v).catch_up(v, 9, lobby_, {{.after = {}, .upto = {5, 3}}});
    cluster_.advance(3s);
    ASSERT_EQ(viewer.caught_up.count(9), 1u);
    std::vector<Position> given;
    for (const chat::EventRef& event : viewer.caught_up.find(9)->second.events)
        given.push_back(event->position);
    EXPECT_EQ(given, (std::vector<Position>{{5, 2}, {5, 3}}));
}

TEST_P(OrderTest, WhatAGapHasPassedOverKeepsItsTime) {
    FakeMember alice(user("alice"));
    const MemberRef a = add_and_join(alice);
    say(a, 2, "hello");
    const WallTime said_at = cluster_.now().wall;
    chat::Message later = said(4);
    later.sent_at = said_at + 1h;
    gap({5, 1}, {5, 4});
    from_elsewhere({5, 4}, later);
    place({5, 2});
    const auto stored = log_.read({.channel = lobby_});
    ASSERT_EQ(stored->size(), 1u);
    EXPECT_EQ(stored->front().sent_at, said_at);
}

TEST_P(OrderTest, WhatRedisHasLostIsLookedForInTheLogWithoutWaitingForMore) {
    FakeMember viewer;
    ASSERT_TRUE(join(viewer));
    from_elsewhere({5, 1}, said(1));
    store({5, 2}, said(2));
    gap({5, 1}, bus::kNewest);
    cluster_.advance(10s);
    EXPECT_EQ(viewer.text(), "elsewhere: 1\nelsewhere: 2\n");
    EXPECT_EQ(viewer.skipped_first, (Position{5, 2}));
    EXPECT_EQ(viewer.skipped_last, (Position{5, 2}));
    // The next event begins an epoch, and its gap brings nothing twice.
    const Position next{6, 2 + limits::kEpochSkip};
    gap({5, 1}, next);
    from_elsewhere(next, said(3));
    cluster_.advance(10s);
    EXPECT_EQ(viewer.text(), "elsewhere: 1\nelsewhere: 2\nelsewhere: 3\n");
}

TEST_P(OrderTest, AnEpochThatRedisHasLostAsAWholeIsLookedForAndWhatIsToComeIsNot) {
    FakeMember viewer;
    ASSERT_TRUE(join(viewer));
    from_elsewhere({5, 1}, said(1));
    const Position lost{6, 2 + limits::kEpochSkip};
    const Position next{9, 3 + 2 * limits::kEpochSkip};
    store(lost, said(2));
    store(next, said(3));
    gap({5, 1}, {9, bus::kNewest.sequence});
    cluster_.advance(10s);
    EXPECT_EQ(viewer.text(), "elsewhere: 1\nelsewhere: 2\n");
    EXPECT_EQ(viewer.skipped_last, lost);
    gap({5, 1}, next);
    from_elsewhere(next, said(3));
    cluster_.advance(10s);
    EXPECT_EQ(viewer.text(), "elsewhere: 1\nelsewhere: 2\nelsewhere: 3\n");
}

TEST_P(OrderTest, WhatTheBusBringsToANewRoomIsOlderThanWhatTheCatalogSays) {
    chat::Moderation older = act_of(chat::ModAction::slow);
    older.modes.slow_seconds = 30;
    brought_ = bytes_of(older);
    FakeMember viewer;
    const auto joined = join(viewer);
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->modes.slow_seconds, 0u);
}

TEST_P(OrderTest, NobodyIsToldOfADoubtWhereNothingIsMissing) {
    FakeMember viewer;
    ASSERT_TRUE(join(viewer));
    from_elsewhere({5, 1}, said(1));
    gap({5, 1}, bus::kNewest);
    cluster_.advance(10s);
    EXPECT_EQ(viewer.skipped_last, Position{});
    EXPECT_EQ(viewer.text(), "elsewhere: 1\n");
}

INSTANTIATE_TEST_SUITE_P(Shards, OrderTest, ::testing::Values(1, 2));

}  // namespace
}  // namespace clamor::hub
