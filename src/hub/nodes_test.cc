// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hub/nodes_fixture.h"
#include "tests/fakes/quiet_observer.h"

/// Three nodes with one catalog, one log and a real Redis.
namespace clamor::hub {
namespace {

using fakes::FakeMember;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// What leaves the channels that are watched on a node.
struct RaidWatcher final : fakes::QuietObserver {
    void on_raid_left(const chat::EventRef& event) override { raids.push_back(event); }

    std::vector<chat::EventRef> raids;
};

struct SharedChatWatcher final : fakes::QuietObserver {
    void on_shared_chat_changed(const SharedChatChanged& change) override {
        changes.push_back(change);
    }

    std::vector<SharedChatChanged> changes;
};

class NodesTest : public testing::Test {
  protected:
    NodesTest() {
        lobby_ = shared_.catalog.ensure_channel("lobby")->id;
        EXPECT_TRUE(shared_.catalog.set_role(lobby_, shared_.catalog.ensure_user("mona")->id,
                                             chat::Role::moderator));
        for (std::uint64_t i = 0; i < 3; ++i) {
            nodes_.push_back(std::make_unique<TestNode>(shared_, i + 1));
            viewers_.push_back(&nodes_.back()->add(""));
            speakers_.push_back(&nodes_.back()->add("speaker" + std::to_string(i)));
        }
        mona_ = &nodes_[0]->add("mona");
        EXPECT_TRUE(until([this] {
            return std::ranges::all_of(speakers_,
                                       [](const FakeMember* one) { return !one->joins.empty(); }) &&
                   !mona_->joins.empty();
        }));
    }
    ~NodesTest() override {
        for (auto& node : nodes_) node->link().stop(0ms);
    }

    bool until(const std::function<bool()>& done, std::chrono::seconds at_most = 20s) {
        const auto end = std::chrono::steady_clock::now() + at_most;
        while (!done()) {
            if (std::chrono::steady_clock::now() > end) return false;
            for (auto& node : nodes_) node->turn();
        }
        return true;
    }
    /// Everybody sees it.
    bool seen(const std::string& text) {
        return until([&] {
            return std::ranges::all_of(viewers_, [&](const FakeMember* viewer) {
                return viewer->text().find(text) != std::string::npos;
            });
        });
    }
    static std::vector<std::string> lines(const std::string& text) {
        std::vector<std::string> found;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            found.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        return found;
    }
    std::vector<std::string> stored() {
        std::vector<std::string> texts;
        const auto read = shared_.log.read({.channel = lobby_, .limit = 10'000});
        for (const auto& one : *read) {
            const auto event = chat::decode_event(one.event);
            if (const auto* message = std::get_if<chat::Message>(&event->body))
                texts.push_back((one.deleted ? "x" : "") + message->author_login + ": " +
                                message->text);
        }
        return texts;
    }

    Shared shared_;
    ChannelId lobby_;
    std::vector<std::unique_ptr<TestNode>> nodes_;
    std::vector<FakeMember*> viewers_;
    std::vector<FakeMember*> speakers_;
    FakeMember* mona_ = nullptr;
};

TEST_F(NodesTest, ShowEverybodyTheSameOrderAndStoreIt) {
    for (RequestId i = 0; i < 15; ++i) {
        for (std::size_t node = 0; node < 3; ++node)
            nodes_[node]->say(*speakers_[node], 100 + i, "line " + std::to_string(i));
    }
    ASSERT_TRUE(until([&] {
        return std::ranges::all_of(
            viewers_, [&](const FakeMember* viewer) { return lines(viewer->text()).size() >= 45; });
    }));
    EXPECT_EQ(viewers_[0]->text(), viewers_[1]->text());
    EXPECT_EQ(viewers_[0]->text(), viewers_[2]->text());
    EXPECT_EQ(lines(viewers_[0]->text()).size(), 45u);
    ASSERT_TRUE(until([&] {
        return std::ranges::all_of(speakers_,
                                   [&](const FakeMember* one) { return one->sends.size() == 15; });
    }));
    EXPECT_TRUE(speakers_[2]->answered<Stored>(114));
    EXPECT_EQ(stored(), lines(viewers_[0]->text()));
}

TEST_F(NodesTest, ReadFactsAgainThatANodeChangedAndDidNotTellSinceItWasLost) {
    auto& vandal = nodes_[0]->add("vandal");
    ASSERT_TRUE(until([&] { return !vandal.joins.empty(); }));
    nodes_[0]->say(vandal, 10, "hello");
    ASSERT_TRUE(seen("vandal: hello"));
    // As a node leaves it that is killed between the two.
    const UserId user = shared_.catalog.find_user("vandal")->value().id;
    const store::Change ban = store::change::PutBan{.ban = {.channel = lobby_, .user = user}};
    ASSERT_TRUE(shared_.catalog.apply({&ban, 1}, {}));
    store::Channel lobby = **shared_.catalog.find_channel(lobby_);
    lobby.modes.emote_only = true;
    ASSERT_TRUE(shared_.catalog.update_channel(lobby));
    nodes_[0]->say(vandal, 11, "still here");
    ASSERT_TRUE(seen("vandal: still here"));
    nodes_[0]->gateway().node_lost();
    ASSERT_TRUE(until([&] { return nodes_[0]->hub().counters().rooms_reread.value() == 1; }));
    nodes_[0]->say(vandal, 12, "gone");
    ASSERT_TRUE(until([&] { return vandal.sends.contains(12); }));
    EXPECT_TRUE(vandal.answered<chat::Refused>(12));
    // The room's modes come from a worker: who joins is told of them.
    EXPECT_TRUE(until([&] {
        const FakeMember& late = nodes_[0]->add("");
        EXPECT_TRUE(until([&] { return !late.joins.empty(); }));
        return std::get<Joined>(late.joins.begin()->second).modes.emote_only;
    }));
}

TEST_F(NodesTest, LeaveOutWhatIsNoNewsOfANode) {
    reactor::WorkerPool resolver(1, 10);
    const auto link = bus::redis::Link::start(
        {.url = *bus::redis::parse_url(shared_.redis.url()), .node = 99}, resolver);
    ASSERT_TRUE(link);
    bus::redis::TestShard shard;
    bus::redis::Keeper keeper;
    const auto bus = (*link)->make_bus(keeper, shard.scheduler());
    bus->subscribe(ChannelId{}, bus::kNewest);
    for (const std::string& alien : {std::string(), std::string("rubbish"), std::string(9, '\xff'),
                                     std::string("\x01\x02", 2), std::string(70'000, '\1')})
        bus->publish(ChannelId{}, alien);
    shared_.redis.cli("publish clamor:{0} rubbish");
    shared_.redis.cli("xadd clamor:{0}:stream 99999999999999-1 e rubbish");
    ASSERT_TRUE(until([&] {
        shard.run_for(1ms);
        return std::ranges::all_of(nodes_, [](const auto& node) {
            return node->gateway().news_unreadable().value() == 5;
        });
    }));
    for (const auto& node : nodes_) EXPECT_GE(node->link().counters().foreign.value(), 1u);
    // And the news that follow are heard.
    nodes_[0]->gateway().tell_nodes(news::ChannelChanged{lobby_});
    nodes_[0]->say(*speakers_[0], 20, "on it goes");
    EXPECT_TRUE(seen("on it goes"));
    (*link)->stop(0ms);
}

TEST_F(NodesTest, GiveWhoComesBackWhatANodeDidNotWriteThatWasLost) {
    auto& vandal = nodes_[2]->add("vandal");
    ASSERT_TRUE(until([&] { return !vandal.joins.empty(); }));
    nodes_[0]->say(*speakers_[0], 10, "one");
    ASSERT_TRUE(seen("one"));
    nodes_[2]->log_queue().lost = true;
    nodes_[2]->say(*speakers_[2], 11, "two");
    ASSERT_TRUE(seen("two"));
    nodes_[2]->say(vandal, 12, "rude words");
    ASSERT_TRUE(seen("rude words"));
    nodes_[0]->act(*mona_, 13, chat::act::Ban{.target = {.id = {}, .login = "vandal"}});
    ASSERT_TRUE(seen("ban vandal"));
    nodes_[0]->say(*speakers_[0], 14, "three");
    ASSERT_TRUE(seen("three"));
    EXPECT_EQ(stored(), (std::vector<std::string>{"speaker0: one", "speaker0: three"}));

    const Position last = shared_.log.last(lobby_)->position;
    nodes_[1]->hub().catch_up(nodes_[1]->ref(*viewers_[1]), 20, lobby_,
                              {{.after = {}, .upto = last}});
    ASSERT_TRUE(until([&] { return viewers_[1]->caught_up.count(20) > 0; }));
    const CaughtUp& missed = viewers_[1]->caught_up.find(20)->second;
    std::vector<std::string> texts;
    for (const chat::EventRef& event : missed.events) {
        if (const auto* message = std::get_if<chat::Message>(&event->body))
            texts.push_back(message->text);
    }
    EXPECT_THAT(texts, ElementsAre("one", "two", "three"));
    EXPECT_EQ(missed.older + missed.unread, 0u);
}

TEST_F(NodesTest, CountAnAccountsLimitTogether) {
    auto& other = nodes_[1]->add("speaker0");
    ASSERT_TRUE(until([&] { return !other.joins.empty(); }));
    for (RequestId i = 0; i < 15; ++i) {
        nodes_[0]->say(*speakers_[0], 100 + i, "here " + std::to_string(i));
        nodes_[1]->say(other, 100 + i, "there " + std::to_string(i));
    }
    ASSERT_TRUE(
        until([&] { return speakers_[0]->sends.size() == 15 && other.sends.size() == 15; }));
    std::size_t accepted = 0;
    for (const FakeMember* one : {speakers_[0], &other}) {
        for (const auto& [request, answer] : one->sends)
            accepted += std::holds_alternative<Stored>(answer);
    }
    EXPECT_EQ(accepted, limits::kMessagesViewer.count);
}

TEST_F(NodesTest, RefuseEverywhereWhoIsBannedOnOneAndClearTheirMessages) {
    nodes_[2]->say(*speakers_[2], 7, "rude words");
    ASSERT_TRUE(seen("rude words"));
    nodes_[0]->act(*mona_, 8, chat::act::Ban{.target = {.id = {}, .login = "speaker2"}});
    ASSERT_TRUE(seen("ban speaker2"));
    EXPECT_TRUE(until([&] { return !speakers_[2]->evicted.empty(); }));
    nodes_[2]->say(*speakers_[2], 9, "still here");
    ASSERT_TRUE(until([&] { return speakers_[2]->sends.count(9) > 0; }));
    EXPECT_EQ(std::get<chat::Refused>(speakers_[2]->sends.find(9)->second).why,
              chat::Refusal::banned);
    EXPECT_TRUE(until([&] {
        const auto texts = stored();
        return std::ranges::find(texts, "xspeaker2: rude words") != texts.end();
    }));
}

TEST_F(NodesTest, ABulkHoldsEverywhereBeforeItIsShown) {
    ActRequest bulk{.channel = lobby_,
                    .actor = *shared_.catalog.ensure_user("mona"),
                    .origin = "api",
                    .batch = "bulk",
                    .acts = {}};
    for (int i = 0; i < 2000; ++i)
        bulk.acts.emplace_back(
            chat::act::Ban{.target = {.id = {}, .login = "bot" + std::to_string(i)}});
    bulk.acts.emplace_back(chat::act::Ban{.target = {.id = {}, .login = "speaker2"}});
    nodes_[0]->gateway().act(bulk, [](const ActAnswers&) {});
    RequestId request = 100;
    ASSERT_TRUE(until([&] {
        ++request;
        nodes_[2]->say(*speakers_[2], request, "still here " + std::to_string(request));
        return std::ranges::any_of(speakers_[2]->sends, [](const auto& answer) {
            const auto* refused = std::get_if<chat::Refused>(&answer.second);
            return refused != nullptr && refused->why == chat::Refusal::banned;
        });
    }));
    EXPECT_TRUE(seen("ban speaker2"));
    EXPECT_TRUE(until([&] { return !speakers_[2]->evicted.empty(); }));
}

TEST_F(NodesTest, HoldModesEverywhere) {
    nodes_[0]->act(*mona_, 8, chat::act::ChangeModes{{.slow_seconds = 30u}});
    ASSERT_TRUE(seen("slow"));
    nodes_[1]->say(*speakers_[1], 20, "first");
    nodes_[1]->say(*speakers_[1], 21, "second");
    ASSERT_TRUE(until([&] { return speakers_[1]->sends.size() == 2; }));
    EXPECT_EQ(std::get<chat::Refused>(speakers_[1]->sends.find(21)->second).why,
              chat::Refusal::slow_mode);
    // Said on one node, remembered on another.
    auto& other = nodes_[2]->add("speaker1");
    ASSERT_TRUE(until([&] { return !other.joins.empty(); }));
    nodes_[2]->say(other, 22, "third");
    ASSERT_TRUE(until([&] { return !other.sends.empty(); }));
    EXPECT_EQ(std::get<chat::Refused>(other.sends.find(22)->second).why, chat::Refusal::slow_mode);
}

TEST_F(NodesTest, KeepLocalViewersServedWhileRedisIsGoneAndLoseNothing) {
    nodes_[0]->say(*speakers_[0], 30, "before");
    ASSERT_TRUE(seen("before"));
    shared_.redis.kill();
    ASSERT_TRUE(until([&] {
        return std::ranges::none_of(nodes_,
                                    [](const auto& node) { return node->link().connected(); });
    }));
    for (std::size_t node = 0; node < 3; ++node) nodes_[node]->say(*speakers_[node], 31, "during");
    ASSERT_TRUE(until([&] {
        for (std::size_t i = 0; i < 3; ++i) {
            if (viewers_[i]->text().find("speaker" + std::to_string(i) + ": during") ==
                std::string::npos)
                return false;
        }
        return true;
    }));
    EXPECT_TRUE(stored().size() == 1);  // what has no place yet is not stored, and not echoed
    shared_.redis.start();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(seen("speaker" + std::to_string(i) + ": during"));
    nodes_[1]->say(*speakers_[1], 32, "after");
    ASSERT_TRUE(seen("after"));
    ASSERT_TRUE(until([&] { return stored().size() == 5; }));
    for (const FakeMember* viewer : viewers_) {
        auto all = lines(viewer->text());
        EXPECT_EQ(all.size(), 5u) << viewer->text();
        EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 5u) << viewer->text();
        EXPECT_EQ(all.back(), "speaker1: after");
    }
    ASSERT_TRUE(until([&] { return speakers_[0]->answered<Stored>(31); }));
}

TEST_F(NodesTest, ShowWhoJoinsDuringAnOutageWhatGetsItsPlaceAfterwards) {
    shared_.redis.kill();
    ASSERT_TRUE(until([&] { return !nodes_[0]->link().connected(); }));
    nodes_[0]->say(*speakers_[0], 31, "first");
    ASSERT_TRUE(until([&] { return !viewers_[0]->text().empty(); }));
    FakeMember& newcomer = nodes_[0]->add("");
    ASSERT_TRUE(until([&] { return !newcomer.joins.empty(); }));
    nodes_[0]->say(*speakers_[0], 32, "second");
    ASSERT_TRUE(until([&] { return !newcomer.text().empty(); }));
    EXPECT_EQ(newcomer.text(), "speaker0: second\n");
    shared_.redis.start();
    ASSERT_TRUE(seen("second"));
    ASSERT_TRUE(until([&] { return newcomer.text() == "speaker0: second\nspeaker0: first\n"; }));
    EXPECT_EQ(viewers_[0]->text(), "speaker0: first\nspeaker0: second\n");
}

TEST_F(NodesTest, ListWhoIsThereOnAllOfThem) {
    auto& late = nodes_[2]->add("latecomer", Dialect::kMembership);
    ASSERT_TRUE(until([&] { return !late.joins.empty(); }));
    std::vector<std::string> names;
    RequestId request = 50;
    ASSERT_TRUE(until([&] {
        if (!late.names.empty()) names = late.names.rbegin()->second.names;
        if (names.size() == 4) return true;
        if (late.names.size() + 50 == request)
            nodes_[2]->hub().names(nodes_[2]->ref(late), request++, "lobby");
        return false;
    }));
    EXPECT_THAT(names, ElementsAre("mona", "speaker0", "speaker1", "speaker2"));
    std::uint64_t viewers = 0;
    ASSERT_TRUE(until([&] {
        nodes_[1]->hub().visit_rooms(
            [&](ChannelId, const std::string&, std::size_t members) { viewers = members; });
        return viewers == 8;
    }));
}

TEST_F(NodesTest, TellOnEachOfThemOfARaidOnceItHasLeft) {
    ASSERT_TRUE(shared_.catalog.ensure_channel("harbour"));
    std::vector<RaidWatcher> watchers(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        nodes_[i]->hub().set_observer(&watchers[i]);
        nodes_[i]->hub().watch(lobby_);
    }
    FakeMember& owner = nodes_[0]->add("lobby");
    ASSERT_TRUE(until([&] { return !owner.joins.empty(); }));
    const auto raid = [&](RequestId request) {
        nodes_[0]->act(owner, request, chat::act::Raid{{.id = {}, .login = "harbour"}});
        return until([&] { return owner.acts.count(request) > 0; });
    };
    ASSERT_TRUE(raid(2));
    nodes_[0]->act(owner, 3, chat::act::CancelRaid{});
    ASSERT_TRUE(until([&] { return owner.acts.count(3) > 0; }));
    ASSERT_TRUE(raid(4));
    ASSERT_TRUE(until([&] {
        return std::ranges::all_of(watchers, [](const auto& one) { return !one.raids.empty(); });
    }));
    for (std::size_t i = 0; i < watchers.size(); ++i) {
        ASSERT_EQ(watchers[i].raids.size(), 1u) << "the first one was cancelled";
        EXPECT_EQ(std::get<chat::Moderation>(watchers[i].raids[0]->body).target.login, "harbour");
        EXPECT_EQ(watchers[i].raids[0]->elsewhere, i != 0) << "one node posts to webhooks";
        nodes_[i]->hub().set_observer(nullptr);
    }
}

TEST_F(NodesTest, ShareChatsOnceWhoeverSpeaksWhere) {
    const auto den = *shared_.catalog.ensure_channel("den");
    std::vector<FakeMember*> in_den;
    for (auto& node : nodes_) in_den.push_back(&node->add("", 0, "den"));
    ASSERT_TRUE(until([&] {
        return std::ranges::none_of(in_den, [](const auto* one) { return one->joins.empty(); });
    }));
    SharedChatWatcher watcher;
    nodes_[2]->hub().set_observer(&watcher);
    SharedChatChanged change{.after = {.id = "01890a5d-ac96-774b-bcce-b302099a8057",
                                       .host = {UserId(lobby_.value), "lobby", "lobby"},
                                       .participants = {{UserId(lobby_.value), "lobby", "lobby"},
                                                        {UserId(den.id.value), "den", "den"}}}};
    const store::Change put = store::change::PutSharedChat{change.after};
    ASSERT_TRUE(shared_.catalog.apply({&put, 1}, {}));
    nodes_[0]->gateway().shared_chat_changed(change);
    ASSERT_TRUE(until([&] { return !watcher.changes.empty(); }));
    EXPECT_EQ(watcher.changes[0].after, change.after);
    EXPECT_TRUE(watcher.changes[0].elsewhere);
    // Each node knows it a moment later: its rooms read it anew.
    for (std::size_t node = 0; node < 3; ++node) {
        RequestId request = 100;
        const std::string text = "knock " + std::to_string(node);
        ASSERT_TRUE(until([&] {
            ++request;
            nodes_[node]->say(*speakers_[node], request, text + "." + std::to_string(request));
            until([&] { return speakers_[node]->sends.contains(request); });
            return in_den[node]->text().find(text) != std::string::npos;
        }));
    }
    nodes_[0]->say(*speakers_[0], 50, "once, from the first");
    nodes_[1]->say(*speakers_[1], 50, "once, from the second");
    for (const FakeMember* viewer : in_den) {
        ASSERT_TRUE(until([&] {
            return viewer->text().find("once, from the first") != std::string::npos &&
                   viewer->text().find("once, from the second") != std::string::npos;
        }));
    }
    std::this_thread::sleep_for(100ms);
    for (auto& node : nodes_) node->turn();
    EXPECT_EQ(in_den[0]->text(), in_den[1]->text());
    EXPECT_EQ(in_den[0]->text(), in_den[2]->text());
    for (const char* text : {"once, from the first", "once, from the second"}) {
        const std::string all = in_den[2]->text();
        EXPECT_EQ(all.find(text), all.rfind(text)) << text;
    }
    nodes_[2]->hub().set_observer(nullptr);
}

TEST_F(NodesTest, CarryNewsOfAccountsWhispersAndTokens) {
    bool sent = false;
    nodes_[0]->gateway().whisper(
        {.from = *shared_.catalog.ensure_user("mona"),
         .to = {.id = {}, .login = "speaker2"},
         .text = "psst"},
        [&](WhisperAnswer answer) { sent = answer == WhisperAnswer::sent; });
    ASSERT_TRUE(until([&] { return sent && !speakers_[2]->whispers.empty(); }));
    EXPECT_THAT(speakers_[2]->whispers, ElementsAre("psst"));
    const UserId user = speakers_[1]->identity().user.id;
    nodes_[0]->gateway().set_color(user, "#112233", [](bool) {});
    ASSERT_TRUE(until([&] { return speakers_[1]->identity().user.color == "#112233"; }));
    ASSERT_TRUE(shared_.catalog.set_role(lobby_, user, chat::Role::vip));
    nodes_[0]->gateway().standing_changed(lobby_, user);
    ASSERT_TRUE(until([&] {
        return !speakers_[1]->selves.empty() &&
               speakers_[1]->selves.back().standing.role == chat::Role::vip;
    }));
}

}  // namespace
}  // namespace clamor::hub
