// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hub/nodes_fixture.h"
#include "reactor/clock.h"

/// A node in each of two regions, with one catalog, one log and a real Redis each.
namespace clamor::hub {
namespace {

using fakes::FakeMember;
using testing::ElementsAre;
using namespace std::chrono_literals;

constexpr auto kMessage = static_cast<std::size_t>(chat::ShedClass::message);

struct Said {
    Position position;
    std::string text;
    WallTime at;
};

class RegionsTest : public testing::Test {
  protected:
    RegionsTest() {
        lobby_ = shared_.catalog.ensure_channel("lobby")->id;
        for (const bus::redis::RedisServer* server : {&shared_.redis, &us_}) {
            server->cli("acl setuser wan on '>wide' '~clamor:*' '&clamor:*' +@all");
        }
        Options options;
        options.message_limits.viewer.count = 100'000;
        for (unsigned region = 0; region < 2; ++region) {
            options.region = region;
            nodes_.push_back(std::make_unique<TestNode>(
                shared_, region + 1, options,
                std::vector{url_of(shared_.redis, region == 0), url_of(us_, region == 1)}));
            viewers_.push_back(&nodes_.back()->add(""));
            speakers_.push_back(&nodes_.back()->add(region == 0 ? "eva" : "uma"));
        }
        EXPECT_TRUE(until([this] {
            return std::ranges::none_of(speakers_,
                                        [](const FakeMember* one) { return one->joins.empty(); });
        }));
    }
    ~RegionsTest() override {
        for (auto& node : nodes_) node->stop();
    }

    static std::string url_of(const bus::redis::RedisServer& server, bool own) {
        return own ? server.url() : "redis://wan:wide@" + server.address();
    }
    /// The link between the regions, in both directions.
    void cut() {
        for (const bus::redis::RedisServer* server : {&shared_.redis, &us_}) {
            server->cli("acl setuser wan off");
            server->cli("client kill user wan");
        }
        ASSERT_TRUE(until(
            [this] { return !nodes_[0]->link(1).connected() && !nodes_[1]->link(0).connected(); }));
    }
    void mend() {
        for (const bus::redis::RedisServer* server : {&shared_.redis, &us_})
            server->cli("acl setuser wan on");
    }
    bool until(const std::function<bool()>& done, std::chrono::seconds at_most = 60s) {
        const auto end = std::chrono::steady_clock::now() + at_most;
        while (!done()) {
            if (std::chrono::steady_clock::now() > end) return false;
            for (auto& node : nodes_) node->turn();
        }
        return true;
    }
    void say(unsigned region, const std::string& text) {
        nodes_[region]->say(*speakers_[region], ++last_request_, text);
    }
    /// With its echo.
    bool said(unsigned region, const std::string& text) {
        say(region, text);
        return until([this, region, request = last_request_] {
            return speakers_[region]->answered<Stored>(request);
        });
    }
    std::vector<std::string> lines(unsigned region) const {
        std::vector<std::string> found;
        const std::string text = viewers_[region]->text();
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            found.push_back(text.substr(at, end - at));
            at = end + 1;
        }
        return found;
    }
    /// Of what a region's viewer saw, that of one speaker.
    std::vector<std::string> lines_of(unsigned region, const std::string& speaker) const {
        auto all = lines(region);
        std::erase_if(all, [&](const std::string& line) { return !line.starts_with(speaker); });
        return all;
    }
    /// The history, as a node of that region reads it.
    std::vector<Said> history(unsigned region) {
        std::vector<Said> all;
        const auto read = nodes_[region]->log().read({.channel = lobby_, .limit = 10'000});
        for (const store::StoredMessage& one : *read) {
            const auto event = chat::decode_event(one.event);
            all.push_back({one.position, std::get<chat::Message>(event->body).text, one.sent_at});
        }
        return all;
    }
    std::vector<std::string> texts(unsigned region) {
        std::vector<std::string> all;
        for (const Said& one : history(region)) all.push_back(one.text);
        return all;
    }
    Position last_of(unsigned region) {
        const auto lasts = nodes_[0]->log().last_of_regions(lobby_);
        return std::ranges::find(*lasts, region,
                                 [](const auto& one) { return one.position.region(); })
            ->position;
    }
    /// What a viewer of the region gets who comes back and had these positions.
    CaughtUp come_back(unsigned region, Position eu, Position us) {
        const RequestId request = ++last_request_;
        nodes_[region]->hub().catch_up(
            nodes_[region]->ref(*viewers_[region]), request, lobby_,
            {{.after = eu, .upto = last_of(0)}, {.after = us, .upto = last_of(1)}});
        EXPECT_TRUE(until([&] { return viewers_[region]->caught_up.contains(request); }));
        return viewers_[region]->caught_up.find(request)->second;
    }

    Shared shared_;  // its Redis is the first region's
    bus::redis::RedisServer us_;
    ChannelId lobby_;
    std::vector<std::unique_ptr<TestNode>> nodes_;
    std::vector<FakeMember*> viewers_;
    std::vector<FakeMember*> speakers_;
    RequestId last_request_ = 100;
};

std::vector<std::string> numbered(const std::string& before, int count) {
    std::vector<std::string> all;
    for (int i = 0; i < count; ++i) all.push_back(before + std::to_string(i));
    return all;
}

TEST_F(RegionsTest, ShowEachRegionsMessagesInItsOrderAndKeepOneHistory) {
    for (int i = 0; i < 50; ++i) {
        for (const unsigned region : {0u, 1u}) say(region, std::to_string(i));
    }
    ASSERT_TRUE(until([this] { return lines(0).size() >= 100 && lines(1).size() >= 100; }));
    for (const unsigned region : {0u, 1u}) {
        EXPECT_EQ(lines_of(region, "eva"), numbered("eva: ", 50));
        EXPECT_EQ(lines_of(region, "uma"), numbered("uma: ", 50));
    }
    ASSERT_TRUE(until([this] { return history(0).size() == 100; }));
    const auto all = history(0);
    EXPECT_EQ(texts(0), texts(1));
    EXPECT_TRUE(std::ranges::is_sorted(
        all, {}, [](const Said& one) { return std::pair(one.at, one.position.sequence); }));
    for (const unsigned region : {0u, 1u})
        EXPECT_EQ(
            std::ranges::count(all, region, [](const Said& one) { return one.position.region(); }),
            50);
}

TEST_F(RegionsTest, PlaceAnAnswerBehindWhatItAnswersWhateverTheClocksSay) {
    // A node of the first region whose clock is an hour fast.
    reactor::WorkerPool resolver(1, 10);
    const auto fast = bus::redis::Link::start(
        {.url = *bus::redis::parse_url(shared_.redis.url()), .node = 99}, resolver);
    ASSERT_TRUE(fast);
    bus::redis::TestShard shard;
    bus::redis::Keeper keeper;
    const auto bus = (*fast)->make_bus(keeper, shard.scheduler());
    bus->subscribe(lobby_, bus::kNewest);
    chat::Message question;
    question.id = MessageId::from_random(9, 9);
    question.author_login = "fast";
    question.text = "question";
    question.sent_at = reactor::read_clocks().wall + 1h;
    const chat::Event event{lobby_, "lobby", {}, question};
    bus->publish(lobby_, chat::encode_event(event));
    ASSERT_TRUE(until([&] {
        shard.run_for(1ms);
        return !lines(1).empty();
    }));
    ASSERT_TRUE(said(1, "answer"));
    ASSERT_EQ(texts(0), std::vector<std::string>{"answer"}) << "the fast node has not written";
    EXPECT_GT(history(0).front().at, question.sent_at);
    (*fast)->stop(0ms);
}

TEST_F(RegionsTest, GiveWhoComesBackWhatBothSaidInTheOrderOfTheHistory) {
    ASSERT_TRUE(said(0, "seen"));
    ASSERT_TRUE(said(1, "also seen"));
    const Position eu = last_of(0);
    const Position us = last_of(1);
    std::vector<std::string> missed;
    for (int i = 0; i < 10; ++i) {
        const unsigned region = i % 3 == 0 ? 0 : 1;
        ASSERT_TRUE(said(region, std::to_string(i)));
        missed.push_back(std::to_string(i));
        // The next one is to know of it.
        ASSERT_TRUE(until([&] {
            return lines(0).size() == missed.size() + 2 && lines(1).size() == missed.size() + 2;
        }));
    }
    for (const unsigned region : {0u, 1u}) {
        const CaughtUp back = come_back(region, eu, us);
        EXPECT_EQ(back.older + back.unread, 0u);
        std::vector<std::string> got;
        std::vector<Position> last{eu, us};
        for (const chat::EventRef& one : back.events) {
            got.push_back(std::get<chat::Message>(one->body).text);
            const unsigned other = 1 - one->position.region();
            EXPECT_THAT(one->beside, ElementsAre(last[other]))
                << "so that it may leave again behind any of them";
            last[one->position.region()] = one->position;
        }
        EXPECT_EQ(got, missed);
    }
    // Somebody who had all of the second region and nothing of the first.
    const CaughtUp back = come_back(1, Position::before_first(0), last_of(1));
    EXPECT_EQ(back.events.size(), 5u);
}

TEST_F(RegionsTest, GoOnByThemselvesWhileTheyAreCutAndGiveEachOtherWhatWasSaid) {
    ASSERT_TRUE(said(0, "before"));
    ASSERT_TRUE(until([this] { return lines(1).size() == 1; }));
    cut();
    for (int i = 0; i < 20; ++i) {
        for (const unsigned region : {0u, 1u})
            ASSERT_TRUE(said(region, "cut " + std::to_string(i)));
    }
    EXPECT_EQ(lines_of(0, "eva").size(), 21u);
    EXPECT_EQ(lines_of(0, "uma").size(), 0u);
    EXPECT_EQ(lines_of(1, "uma").size(), 20u);
    EXPECT_EQ(lines_of(1, "eva").size(), 1u);
    mend();
    ASSERT_TRUE(until([this] { return lines(0).size() >= 41 && lines(1).size() >= 41; }));
    EXPECT_EQ(lines_of(0, "uma"), numbered("uma: cut ", 20));
    auto eva = numbered("eva: cut ", 20);
    eva.insert(eva.begin(), "eva: before");
    EXPECT_EQ(lines_of(1, "eva"), eva);
    for (const FakeMember* viewer : viewers_) EXPECT_EQ(viewer->skipped[kMessage], 0u);
    EXPECT_EQ(texts(0), texts(1));
    EXPECT_EQ(texts(0).size(), 41u);
}

TEST_F(RegionsTest, TellOfAGapInOneRegionWhileTheOtherGoesOn) {
    ASSERT_TRUE(said(0, "before"));
    ASSERT_TRUE(until([this] { return lines(1).size() == 1; }));
    cut();
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(said(0, "lost " + std::to_string(i)));
    // The first region's Redis loses all that it had.
    shared_.redis.kill();
    ASSERT_TRUE(until([this] { return !nodes_[0]->link().connected(); }));
    shared_.redis.start();
    shared_.redis.cli("acl setuser wan off '>wide' '~clamor:*' '&clamor:*' +@all");
    ASSERT_TRUE(said(0, "after"));
    mend();
    ASSERT_TRUE(until([this] { return viewers_[1]->skipped[kMessage] > 0; }));
    EXPECT_EQ(viewers_[1]->skipped_first.region(), 0u);
    EXPECT_EQ(viewers_[1]->skipped[kMessage], 7u);
    EXPECT_FALSE(viewers_[1]->skipped_perhaps);
    EXPECT_TRUE(viewers_[0]->skipped_perhaps) << "at home nothing is known to be missing";
    ASSERT_TRUE(said(1, "meanwhile"));
    ASSERT_TRUE(until([this] { return lines_of(0, "uma").size() == 1; }));
    // The log has it.
    auto eva = numbered("eva: lost ", 7);
    eva.insert(eva.begin(), "eva: before");
    eva.emplace_back("eva: after");
    ASSERT_TRUE(until([&] { return lines_of(1, "eva").size() >= eva.size(); }));
    auto shown = lines_of(1, "eva");
    std::ranges::sort(shown);
    std::ranges::sort(eva);
    EXPECT_EQ(shown, eva);
    EXPECT_EQ(lines_of(1, "uma").size(), 1u);
}

/// More than a stream keeps, so that its oldest part is only in the log.
class LongCutTest : public RegionsTest {
  protected:
    static constexpr int kSaid = static_cast<int>(limits::kStreamEntries) + 600;

    void say_much_while_cut() {
        ASSERT_TRUE(said(0, "before"));
        ASSERT_TRUE(until([this] { return lines(1).size() == 1; }));
        before_ = last_of(0);
        cut();
        for (int i = 0; i < kSaid; ++i) {
            say(0, std::to_string(i));
            if (i % 50 == 0) nodes_[0]->turn();
        }
        ASSERT_TRUE(until([this] { return lines(0).size() == kSaid + 1; }));
        mend();
        ASSERT_TRUE(until([this] { return viewers_[1]->skipped[kMessage] > 0; }));
    }
    /// How often a viewer of the second region saw each.
    std::map<std::string, int> seen() const {
        std::map<std::string, int> times;
        for (const std::string& line : lines_of(1, "eva")) ++times[line];
        return times;
    }

    Position before_;
};

TEST_F(LongCutTest, LosesNothingThatTheLogHas) {
    say_much_while_cut();
    ASSERT_TRUE(until([this] { return seen().size() == kSaid + 1; }));
    for (const auto& [line, times] : seen()) EXPECT_EQ(times, 1) << line;
    // They were told of what came late, exactly.
    EXPECT_EQ(viewers_[1]->skipped_first.sequence, before_.sequence + 1);
    EXPECT_EQ(viewers_[1]->skipped[kMessage], nodes_[1]->hub().counters().gap_events.value());
    // Who comes back now gets the newest, and is told how many there were before.
    const CaughtUp back = come_back(1, before_, last_of(1));
    EXPECT_EQ(back.events.size(), limits::kMissedEvents);
    EXPECT_EQ(back.older, kSaid - limits::kMissedEvents);
    EXPECT_EQ(back.unread, 0u);
    EXPECT_EQ(texts(1).size(), kSaid + 1u);
}

TEST_F(LongCutTest, TellsOfWhatTheLogHasNot) {
    nodes_[0]->log_queue().lost = true;
    say_much_while_cut();
    ASSERT_TRUE(until([this] { return nodes_[1]->hub().counters().gaps_read.value() == 1; }));
    const auto told = [this] { return viewers_[1]->skipped[kMessage]; };
    EXPECT_TRUE(until([&] { return told() + seen().size() == kSaid + 1; }))
        << told() << " were told of, " << seen().size() << " were seen";
    EXPECT_EQ(nodes_[1]->hub().counters().gap_events.value(), 0u);
    for (const auto& [line, times] : seen()) EXPECT_EQ(times, 1) << line;
}

}  // namespace
}  // namespace clamor::hub
