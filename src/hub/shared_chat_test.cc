// SPDX-License-Identifier: Apache-2.0
#include "chat/shared_chat.h"

#include "hub/automod_fixture.h"

namespace clamor::hub {
namespace {

using namespace std::chrono_literals;
namespace act = chat::act;

/// #lobby and #den share their chats, #attic does not; ann is in #lobby, bob in #den, zoe in
/// #attic. Of #den the events are watched.
class SharedChatTest : public HubTest {
  protected:
    void SetUp() override {
        moderation_.automod().use(std::make_shared<ClassifierFake>());
        HubTest::SetUp();
        for (const char* login : {"lobby", "den", "attic"})
            channels_.push_back(*catalog_.ensure_channel(login));
        refs_ = {add_and_join(ann_), add_and_join(bob_, "den"), add_and_join(zoe_, "attic")};
        hubs_[0]->set_observer(&watcher_);
        hubs_[0]->watch(channels_[1].id);
        share({0, 1});
        cluster_.advance(100ms);
        for (auto* member : {&ann_, &bob_, &zoe_}) member->frames.clear();
    }
    void TearDown() override {
        hubs_[0]->unwatch(channels_[1].id);
        cluster_.run();
        for (const MemberRef ref : refs_) hub(ref).remove(ref);
        cluster_.run();
    }

    /// The first one hosts.
    void share(const std::vector<std::size_t>& places) {
        SharedChatChanged change{.before = session_, .after = {.id = kId, .host = {}}};
        for (const std::size_t place : places) {
            const store::Channel& one = channels_[place];
            change.after.participants.push_back(
                {UserId(one.id.value), one.login, one.display_name});
        }
        change.after.host = {UserId(channels_[0].id.value), "lobby", "lobby"};
        const store::Change put = store::change::PutSharedChat{change.after};
        ASSERT_TRUE(catalog_.apply(std::span(&put, 1), {}));
        session_ = change.after;
        gateway_.shared_chat_changed(change);
        cluster_.run();
    }
    std::string heard(fakes::FakeMember& member) {
        cluster_.advance(60ms);
        const std::string text = member.text();
        member.frames.clear();
        return text;
    }
    void say_in(std::size_t place, MemberRef who, RequestId request, const std::string& text) {
        hub(who).send(who, request,
                      {.channel_login = channels_[place].login,
                       .text = text,
                       .action = false,
                       .client_nonce = "",
                       .reply_parent = {}});
        cluster_.run();
    }
    void act_in(std::size_t place, chat::Act what) {
        gateway_.act({.channel = channels_[place].id,
                      .actor = *catalog_.find_user(channels_[place].login).value(),
                      .origin = "irc",
                      .acts = {std::move(what)}},
                     [](const ActAnswers& answers) {
                         EXPECT_TRUE(std::holds_alternative<chat::Done>(answers.front()));
                     });
        cluster_.run();
    }
    const chat::Message& last_in_den() { return watcher_.messages.back(); }

    static constexpr const char* kId = "01890a5d-ac96-774b-bcce-b302099a8057";
    std::vector<store::Channel> channels_;
    chat::SharedChat session_;
    fakes::FakeMember ann_{user("ann")};
    fakes::FakeMember bob_{user("bob")};
    fakes::FakeMember zoe_{user("zoe")};
    std::vector<MemberRef> refs_;
    Watcher watcher_;
};

INSTANTIATE_TEST_SUITE_P(Shards, SharedChatTest, ::testing::Values(1, 3));

TEST_P(SharedChatTest, ShowsWhatIsSaidInOneChannelInTheOthersUnderItsOwnId) {
    ASSERT_TRUE(catalog_.set_role(channels_[1].id, user("ann").user.id, chat::Role::vip));
    ASSERT_TRUE(catalog_.set_subscription(channels_[0].id, user("ann").user.id, 1, 3));
    gateway_.standing_changed(channels_[0].id, user("ann").user.id);
    cluster_.run();
    say(refs_[0], 10, "hello both");
    EXPECT_EQ(heard(ann_), "");  // the author's own
    EXPECT_EQ(heard(bob_), "ann: hello both\n");
    EXPECT_EQ(heard(zoe_), "");
    ASSERT_TRUE(ann_.answered<Stored>(10));
    const chat::Message& copy = last_in_den();
    const MessageId original = std::get<Stored>(ann_.sends.find(10)->second).id;
    ASSERT_TRUE(copy.source);
    EXPECT_EQ(copy.source->message, original);
    EXPECT_NE(copy.id, original);
    EXPECT_EQ(copy.source->broadcaster.login, "lobby");
    EXPECT_FALSE(copy.first_message);
    // Who they are in each of the two.
    EXPECT_EQ(copy.author_role, chat::Role::vip);
    EXPECT_FALSE(copy.subscriber);
    EXPECT_EQ(copy.badges, (std::vector<chat::Badge>{{"vip", "1"}}));
    EXPECT_EQ(copy.source->badges.at(0).name, "founder");
    EXPECT_EQ(total(&HubCounters::shared), 1u);
    // Both are in their channel's history.
    for (const std::size_t place : {0, 1}) {
        const auto stored = *log_.read({.channel = channels_[place].id, .limit = 10});
        ASSERT_EQ(stored.size(), 1u);
        EXPECT_EQ(std::get<chat::Message>(chat::decode_event(stored[0].event)->body).text,
                  "hello both");
    }
}

TEST_P(SharedChatTest, SharesNoticesOfTheKindsThatTwitchShares) {
    act_in(0, act::Announce{.text = "doors open"});
    EXPECT_EQ(heard(bob_), "announcement|doors open\n");
    act_in(1, act::Announce{.text = "here, too"});
    EXPECT_EQ(heard(ann_), "announcement|doors open\nannouncement|here, too\n");
    chat::UserNotice gift;
    gift.kind = "submysterygift";
    gift.anonymous = true;
    gateway_.announce(channels_[0].id, gift, [](bool done) { EXPECT_TRUE(done); });
    cluster_.run();
    gift.kind = "bitsbadgetier";
    gift.anonymous = false;
    gift.message.author_id = user("carl").user.id;
    gateway_.announce(channels_[0].id, gift, [](bool done) { EXPECT_TRUE(done); });
    cluster_.run();
    // Of somebody who is in none of the rooms.
    gift.kind = "resub";
    gateway_.announce(channels_[0].id, gift, [](bool done) { EXPECT_TRUE(done); });
    cluster_.run();
    EXPECT_EQ(heard(bob_), "announcement|here, too\nsubmysterygift|\nresub|\n");
    EXPECT_EQ(heard(ann_), "submysterygift|\nbitsbadgetier|\nresub|\n");
}

TEST_P(SharedChatTest, KeepsOutWhomTheOtherChannelHasBanned) {
    act_in(1, act::Ban{.target = {.id = user("ann").user.id}});
    heard(bob_);
    say(refs_[0], 10, "let me in");
    EXPECT_TRUE(ann_.answered<Stored>(10));
    EXPECT_EQ(heard(bob_), "");
    EXPECT_EQ(total(&HubCounters::shared_refused), 1u);
    // What moderators delete in one channel stays in the other (spec twitch-chat 9.7).
    say_in(1, refs_[1], 10, "from the den");
    EXPECT_EQ(heard(ann_), "bob: from the den\n");
    act_in(0, act::ClearChat{});
    EXPECT_EQ(heard(bob_), "");
}

TEST_P(SharedChatTest, HasTheOtherChannelsAutoModLookAtIt) {
    act_in(1, act::AddTerm{.text = "bad", .holds = true});
    act_in(1, act::AddTerm{.text = "evil"});
    heard(bob_);
    say(refs_[0], 10, "this is evil");
    say(refs_[0], 11, "this is bad");
    EXPECT_TRUE(ann_.answered<Stored>(11));
    EXPECT_EQ(heard(bob_), "");
    ASSERT_EQ(watcher_.told.size(), 1u);
    EXPECT_EQ(watcher_.told[0].message.source->broadcaster.login, "lobby");
    act_in(1, act::DecideHeld{watcher_.told[0].message.id, true});
    EXPECT_EQ(heard(bob_), "ann: this is bad\n");
}

TEST_P(SharedChatTest, LeavesSlowModeAndEmoteOnlyToThoseWhoWriteThere) {
    act_in(1, act::ChangeModes{{.emote_only = true, .slow_seconds = 30}});
    heard(bob_);
    say(refs_[0], 10, "one");
    say(refs_[0], 11, "two");
    EXPECT_EQ(heard(bob_), "ann: one\nann: two\n");
}

TEST_P(SharedChatTest, KeepsForItsChannelWhatIsForItAlone) {
    std::optional<SendAnswer> answer;
    gateway_.send({.channel = channels_[0].id,
                   .author = user("bot").user,
                   .text = "only here",
                   .source_only = true},
                  [&](SendAnswer given) { answer = std::move(given); });
    cluster_.run();
    ASSERT_TRUE(answer && std::holds_alternative<Stored>(*answer));
    EXPECT_EQ(heard(ann_), "bot: only here\n");
    EXPECT_EQ(heard(bob_), "");
}

TEST_P(SharedChatTest, TakesChannelsInAndOutWhileItLasts) {
    share({0, 1, 2});
    say_in(2, refs_[2], 10, "hello from the attic");
    EXPECT_EQ(heard(ann_), "zoe: hello from the attic\n");
    EXPECT_EQ(heard(bob_), "zoe: hello from the attic\n");
    share({0, 2});
    say(refs_[0], 10, "and now");
    EXPECT_EQ(heard(bob_), "");
    EXPECT_EQ(heard(zoe_), "ann: and now\n");
    share({});
    say(refs_[0], 11, "alone again");
    EXPECT_EQ(heard(zoe_), "");
}

TEST_P(SharedChatTest, IsNoRaidWhenTheOthersSpeakForTheFirstTime) {
    act_in(1,
           act::ChangeAutoMod{
               .rules = R"({"raid":{"on":true,"signs":1,"alike_messages":3,"countdown_s":60}})"});
    for (int i = 0; i < 12; ++i) {
        fakes::FakeMember guest(user("guest" + std::to_string(i)));
        const MemberRef ref = add_and_join(guest);
        say(ref, 10, "hello there everybody");
        hub(ref).remove(ref);
        cluster_.run();
    }
    EXPECT_EQ(total(&HubCounters::shared), 12u);
    EXPECT_EQ(total(&HubCounters::automod_raids), 0u);
}

TEST_P(SharedChatTest, CountsWhatIsLostWhileTheLogTakesNothing) {
    say(refs_[0], 10, "before");
    log_queue_.accepts = false;
    gateway_.announce(
        channels_[0].id,
        [] {
            chat::UserNotice notice;
            notice.kind = "sub";
            notice.anonymous = true;
            return notice;
        }(),
        [](bool) {});
    cluster_.run();
    EXPECT_EQ(total(&HubCounters::shared_lost), 1u);
    log_queue_.accepts = true;
}

}  // namespace
}  // namespace clamor::hub
