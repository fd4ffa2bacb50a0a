// SPDX-License-Identifier: Apache-2.0
#include "moderation/service.h"

#include <set>

#include <gtest/gtest.h>

#include "store/memory_catalog.h"
#include "store/memory_message_log.h"

namespace clamor::moderation {
namespace {

using chat::Denial;
using namespace std::chrono_literals;
namespace act = chat::act;

class ServiceTest : public ::testing::Test {
  protected:
    ServiceTest() {
        channel_ = *catalog_.ensure_channel("dallas");
        for (const char* login : {"alice", "bob", "mona", "mick", "vera", "stan"})
            EXPECT_TRUE(catalog_.ensure_user(login));
        EXPECT_TRUE(catalog_.set_role(channel_.id, id("mona"), chat::Role::moderator));
        EXPECT_TRUE(catalog_.set_role(channel_.id, id("mick"), chat::Role::moderator));
        EXPECT_TRUE(catalog_.set_role(channel_.id, id("vera"), chat::Role::vip));
        chat::User stan = user("stan");
        stan.type = chat::AccountType::staff;
        EXPECT_TRUE(catalog_.update_user(stan));
    }

    chat::User user(const std::string& login) { return catalog_.find_user(login)->value(); }
    UserId id(const std::string& login) { return user(login).id; }
    static chat::Target target(const std::string& login) { return {.id = {}, .login = login}; }

    chat::ActAnswer perform(const std::string& actor, chat::Act what,
                            const std::string& batch = {}) {
        channel_ = catalog_.find_channel(channel_.id)->value();
        auto answers = service_.perform(channel_, {user(actor), "test", batch}, std::span(&what, 1),
                                        facts_, now_, ++seed_);
        EXPECT_TRUE(answers) << answers.error().to_string();
        return answers->front();
    }
    Denial denial(const std::string& actor, chat::Act what) {
        const auto answer = perform(actor, std::move(what));
        const auto* denied = std::get_if<chat::Denied>(&answer);
        EXPECT_TRUE(denied != nullptr) << "it was done";
        return denied == nullptr ? Denial::busy : denied->why;
    }
    chat::Moderation done(const std::string& actor, chat::Act what, const std::string& batch = {}) {
        const auto answer = perform(actor, std::move(what), batch);
        const auto* what_was_done = std::get_if<chat::Done>(&answer);
        EXPECT_TRUE(what_was_done != nullptr) << "it was denied";
        if (what_was_done == nullptr || what_was_done->events.empty()) return {};
        return std::get<chat::Moderation>(what_was_done->events.front());
    }
    std::optional<store::Ban> ban_of(const std::string& login) {
        return *catalog_.find_ban(channel_.id, id(login), now_);
    }
    MessageId say(const std::string& login, const std::string& text) {
        chat::Message said;
        said.id = MessageId::from_random(++seed_, 1);
        said.sent_at = now_;
        chat::set_author(said, {user(login), *catalog_.standing(channel_.id, id(login))});
        said.text = text;
        facts_.recent.push_back(std::make_shared<const chat::Event>(
            chat::Event{channel_.id, channel_.login, {}, said}));
        return said.id;
    }

    store::MemoryCatalog catalog_;
    store::MemoryMessageLog log_;
    Service service_{catalog_, log_, {}};
    store::Channel channel_;
    RoomFacts facts_;
    WallTime now_ = wall_from_unix_ms(1700000000000);
    std::uint64_t seed_ = 0;
};

TEST_F(ServiceTest, ARaidLeavesAfterTheCountdownThatWasSet) {
    const store::Channel other = *catalog_.ensure_channel("harbour");
    ASSERT_NE(other.id, channel_.id);
    Service hasty(catalog_, log_, {.raid_countdown = std::chrono::seconds(7)});
    for (auto [service, countdown] :
         {std::pair<Service*, std::chrono::milliseconds>{&service_, limits::kRaidCountdown},
          {&hasty, std::chrono::seconds(7)}}) {
        const chat::Act raid = act::Raid{target("harbour")};
        const auto answers = service->perform(channel_, {user(channel_.login), "test", {}},
                                              std::span(&raid, 1), facts_, now_, 1);
        ASSERT_TRUE(answers);
        const auto& done = std::get<chat::Done>(answers->front());
        EXPECT_EQ(std::get<chat::Moderation>(done.events.front()).ends_at, now_ + countdown);
    }
}

TEST_F(ServiceTest, AViewerMayDoNothingToOthers) {
    EXPECT_EQ(denial("alice", act::Ban{.target = target("bob")}), Denial::no_permission);
    EXPECT_EQ(denial("vera", act::ClearChat{}), Denial::no_permission);
    EXPECT_EQ(denial("mona", act::GiveRole{target("bob"), chat::Role::moderator}),
              Denial::no_permission);
    EXPECT_FALSE(ban_of("bob"));
    EXPECT_TRUE(catalog_.list_audit(channel_.id, 0, {}, 10)->empty());
}

TEST_F(ServiceTest, ABanIsWrittenDownWithItsReason) {
    const auto event = done("mona", act::Ban{.target = target("bob"), .reason = "spam"});
    EXPECT_EQ(event.action, chat::ModAction::ban);
    EXPECT_EQ(event.target.login, "bob");
    const auto ban = ban_of("bob");
    ASSERT_TRUE(ban);
    EXPECT_EQ(ban->reason, "spam");
    EXPECT_EQ(ban->moderator, id("mona"));
    EXPECT_FALSE(ban->expires_at);
    const auto audit = catalog_.list_audit(channel_.id, 0, {}, 10).value();
    ASSERT_EQ(audit.size(), 1u);
    EXPECT_EQ(audit[0].action, "ban");
    EXPECT_EQ(audit[0].actor, id("mona"));
    EXPECT_EQ(audit[0].target, id("bob"));
    EXPECT_EQ(audit[0].origin, "test");
}

TEST_F(ServiceTest, ProtectsWhoMustNotBeBanned) {
    const auto ban = [](const std::string& login) { return act::Ban{.target = target(login)}; };
    EXPECT_EQ(denial("mona", ban("mona")), Denial::self);
    EXPECT_EQ(denial("mona", ban("dallas")), Denial::broadcaster);
    EXPECT_EQ(denial("mona", ban("mick")), Denial::moderator);
    EXPECT_EQ(denial("mona", ban("stan")), Denial::staff);
    EXPECT_EQ(denial("mona", ban("nobody")), Denial::unknown_user);
    EXPECT_EQ(denial("mona", ban("'; DROP TABLE bans; --")), Denial::unknown_user);
    EXPECT_EQ(denial("mona", act::Ban{.target = target("bob"), .seconds = 0}),
              Denial::duration_out_of_range);
    EXPECT_EQ(denial("mona", act::Ban{.target = target("bob"), .seconds = 1209601}),
              Denial::duration_out_of_range);
}

TEST_F(ServiceTest, ATimeoutReplacesATimeoutAndABanReplacesBoth) {
    done("mona", act::Ban{.target = target("bob"), .seconds = 60});
    done("mona", act::Ban{.target = target("bob"), .seconds = 600});
    EXPECT_EQ(*ban_of("bob")->expires_at, now_ + 600s);
    done("mona", act::Ban{.target = target("bob")});
    EXPECT_FALSE(ban_of("bob")->expires_at);
    EXPECT_EQ(denial("mona", act::Ban{.target = target("bob"), .seconds = 60}),
              Denial::already_banned);
    now_ += 24h * 3650;
    EXPECT_TRUE(ban_of("bob")) << "a ban has no end";
}

TEST_F(ServiceTest, ABanTakesTheRoleAndUndoBringsItBack) {
    done("dallas", act::Ban{.target = target("vera")}, "b1");
    EXPECT_EQ(catalog_.standing(channel_.id, id("vera"))->role, chat::Role::viewer);
    done("dallas", act::Undo{"b1"});
    EXPECT_EQ(catalog_.standing(channel_.id, id("vera"))->role, chat::Role::vip);
    EXPECT_FALSE(ban_of("vera"));
}

TEST_F(ServiceTest, ABanThatAnUndoBringsBackTakesTheRole) {
    done("dallas", act::Ban{.target = target("bob"), .seconds = 600});
    done("dallas", act::Unban{target("bob")}, "b3");
    done("dallas", act::GiveRole{target("bob"), chat::Role::moderator});
    done("dallas", act::Undo{"b3"});
    EXPECT_TRUE(ban_of("bob"));
    EXPECT_EQ(catalog_.standing(channel_.id, id("bob"))->role, chat::Role::viewer)
        << "as the room takes it that hears of the timeout";
}

TEST_F(ServiceTest, UndoRestoresWhatWasBeforeTheBatch) {
    done("mona", act::Ban{.target = target("bob"), .seconds = 600, .reason = "first"});
    done("mona", act::Ban{.target = target("bob"), .reason = "second"}, "b2");
    done("mona", act::ChangeModes{{.slow_seconds = 120}}, "b2");
    done("mona", act::Ban{.target = target("alice"), .seconds = 5}, "b2");
    now_ += 100s;
    done("mona", act::Undo{"b2"});
    ASSERT_TRUE(ban_of("bob"));
    EXPECT_EQ(ban_of("bob")->reason, "first");
    EXPECT_EQ(*ban_of("bob")->expires_at, now_ + 500s);
    EXPECT_FALSE(ban_of("alice"));
    EXPECT_EQ(catalog_.find_channel(channel_.id)->value().modes.slow_seconds, 0u);
    EXPECT_EQ(denial("mona", act::Undo{"b2"}), Denial::nothing_to_undo);
    EXPECT_EQ(denial("mona", act::Undo{"never"}), Denial::nothing_to_undo);
    EXPECT_EQ(denial("mona", act::Undo{""}), Denial::nothing_to_undo);
}

TEST_F(ServiceTest, TellsWhichActsWereUndoneSinceThen) {
    const auto ban = done("mona", act::Ban{.target = target("bob")}, "b4");
    const auto clear = done("mona", act::ClearChat{}, "b4");
    done("mona", act::ClearChat{}, "b5");
    now_ += 10s;
    done("mona", act::Undo{"b4"});
    EXPECT_EQ(*service_.undone(channel_.id, now_), (std::vector{ban.id, clear.id}));
    EXPECT_TRUE(service_.undone(channel_.id, now_ + 1s)->empty());
}

TEST_F(ServiceTest, DeletesOrdinaryMessagesOfThisChannelOnly) {
    const MessageId bobs = say("bob", "hello"), owners = say("dallas", "welcome"),
                    micks = say("mick", "mod talk"), monas = say("mona", "typo");
    const auto event = done("mona", act::DeleteMessage{bobs});
    EXPECT_EQ(event.message_id, bobs);
    EXPECT_EQ(event.text, "hello");
    EXPECT_EQ(denial("mona", act::DeleteMessage{owners}), Denial::message_of_broadcaster);
    EXPECT_EQ(denial("mona", act::DeleteMessage{micks}), Denial::message_of_moderator);
    done("mona", act::DeleteMessage{monas});
    done("dallas", act::DeleteMessage{micks});
    EXPECT_EQ(denial("mona", act::DeleteMessage{MessageId::from_random(9, 9)}),
              Denial::no_such_message);
    now_ += 7h;
    EXPECT_EQ(denial("mona", act::DeleteMessage{bobs}), Denial::message_too_old);
}

TEST_F(ServiceTest, OneChangedModeIsOneEvent) {
    chat::ModesPatch patch{.emote_only = true, .slow_seconds = 5};
    const auto answer = perform("mona", act::ChangeModes{patch});
    const auto& events = std::get<chat::Done>(answer).events;
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(std::get<chat::Moderation>(events[0]).action, chat::ModAction::emote_only);
    EXPECT_EQ(std::get<chat::Moderation>(events[0]).modes.slow_seconds, 0u);
    EXPECT_EQ(std::get<chat::Moderation>(events[1]).action, chat::ModAction::slow);
    EXPECT_EQ(std::get<chat::Moderation>(events[1]).modes.slow_seconds, 5u);
    EXPECT_EQ(denial("mona", act::ChangeModes{patch}), Denial::already_so);
    EXPECT_EQ(denial("mona", act::ChangeModes{{.slow_seconds = 86401}}),
              Denial::duration_out_of_range);
    EXPECT_EQ(denial("mona", act::ChangeModes{{.followers_only_minutes = 129601}}),
              Denial::duration_out_of_range);
}

TEST_F(ServiceTest, RolesAreGivenAndTakenOnce) {
    done("dallas", act::GiveRole{target("bob"), chat::Role::vip});
    EXPECT_EQ(denial("dallas", act::GiveRole{target("bob"), chat::Role::vip}), Denial::already_vip);
    done("dallas", act::GiveRole{target("bob"), chat::Role::moderator});
    EXPECT_EQ(denial("dallas", act::GiveRole{target("bob"), chat::Role::vip}),
              Denial::is_moderator);
    EXPECT_EQ(denial("dallas", act::TakeRole{target("bob"), chat::Role::vip}), Denial::not_vip);
    done("dallas", act::TakeRole{target("bob"), chat::Role::moderator});
    EXPECT_EQ(denial("dallas", act::TakeRole{target("bob"), chat::Role::moderator}),
              Denial::not_moderator);
    done("mona", act::Ban{.target = target("bob")});
    EXPECT_EQ(denial("dallas", act::GiveRole{target("bob"), chat::Role::moderator}),
              Denial::target_banned);
    EXPECT_EQ(denial("dallas", act::GiveRole{target("dallas"), chat::Role::vip}),
              Denial::broadcaster);
}

TEST_F(ServiceTest, AWarningIsAcknowledgedByTheWarned) {
    EXPECT_EQ(denial("bob", act::AcknowledgeWarning{}), Denial::not_warned);
    EXPECT_EQ(denial("mona", act::Warn{target("bob"), "  "}), Denial::bad_text);
    done("mona", act::Warn{target("bob"), "be kind"});
    EXPECT_TRUE(catalog_.standing(channel_.id, id("bob"))->warned);
    done("bob", act::AcknowledgeWarning{});
    EXPECT_FALSE(catalog_.standing(channel_.id, id("bob"))->warned);
}

TEST_F(ServiceTest, AnUnbanRequestIsDecidedOnceAndApprovalLiftsTheBan) {
    EXPECT_EQ(denial("bob", act::RequestUnban{"please"}), Denial::not_banned);
    done("mona", act::Ban{.target = target("bob")});
    const auto event = done("bob", act::RequestUnban{"please"});
    EXPECT_EQ(denial("bob", act::RequestUnban{"please"}), Denial::already_requested);
    const std::string request = event.message_id.to_string();
    const auto answer = perform("mona", act::ResolveUnban{request, true, "welcome back"});
    const auto& events = std::get<chat::Done>(answer).events;
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(std::get<chat::Moderation>(events[0]).action, chat::ModAction::unban);
    EXPECT_EQ(std::get<chat::Moderation>(events[1]).action, chat::ModAction::approve_unban_request);
    EXPECT_FALSE(ban_of("bob"));
    EXPECT_EQ(denial("mona", act::ResolveUnban{request, true}), Denial::already_decided);
    EXPECT_EQ(denial("mona", act::ResolveUnban{"x' OR 1=1", true}), Denial::unknown_request);
}

TEST_F(ServiceTest, ShoutoutsCoolDown) {
    ASSERT_TRUE(catalog_.ensure_channel("austin"));
    EXPECT_EQ(denial("mona", act::Shoutout{target("dallas")}), Denial::self);
    done("mona", act::Shoutout{target("austin")});
    facts_.shoutouts.emplace_back(id("austin"), now_);
    now_ += 1min;
    EXPECT_EQ(denial("mona", act::Shoutout{target("alice")}), Denial::cooldown);
    now_ += 1min;
    done("mona", act::Shoutout{target("alice")});
    EXPECT_EQ(denial("mona", act::Shoutout{target("austin")}), Denial::cooldown);
}

TEST_F(ServiceTest, PinsAreReplacedAndTakenDown) {
    const MessageId first = say("bob", "first"), second = say("bob", "second");
    EXPECT_EQ(denial("mona", act::Unpin{}), Denial::not_pinned);
    done("mona", act::Pin{.message = first, .seconds = 60});
    EXPECT_EQ(denial("mona", act::Pin{.message = first}), Denial::already_pinned);
    EXPECT_EQ(denial("mona", act::Pin{.message = second, .replace_only = true}),
              Denial::not_pinned);
    done("mona", act::Pin{.message = second, .seconds = 60});
    EXPECT_EQ((*catalog_.find_pin(channel_.id, now_))->message, second);
    EXPECT_EQ(denial("mona", act::Unpin{first}), Denial::not_pinned);
    done("mona", act::Unpin{second});
    EXPECT_FALSE(*catalog_.find_pin(channel_.id, now_));
}

TEST_F(ServiceTest, ChannelsThatHaveSetNothingOfAutoModShareAPolicy) {
    const auto other = catalog_.ensure_channel("attic");
    const auto policy_of = [&](ChannelId channel) {
        return *service_.automod().policy_of(channel, now_);
    };
    const RoomPolicyRef shared = policy_of(channel_.id);
    EXPECT_EQ(policy_of(other->id), shared);
    done("mona", act::AddTerm{"crypto"});
    EXPECT_NE(policy_of(channel_.id)->policy->version, shared->policy->version);
    EXPECT_EQ(policy_of(other->id), shared);
    done("mona", act::RemoveTerm{.id = {}, .text = "crypto"});
    EXPECT_EQ(policy_of(channel_.id)->policy->version, shared->policy->version);
    done("dallas", act::ChangeAutoMod{.rules = R"({"raid": {"on": true}})"});
    EXPECT_TRUE(policy_of(channel_.id)->raid.on);
    EXPECT_FALSE(policy_of(other->id)->raid.on);
}

TEST_F(ServiceTest, TermsAreAddedAndRemovedByText) {
    EXPECT_EQ(denial("mona", act::AddTerm{"x"}), Denial::bad_text);
    done("mona", act::AddTerm{"Crypto*"});
    EXPECT_EQ(denial("mona", act::RemoveTerm{.id = {}, .text = "other"}), Denial::unknown_term);
    const auto event = done("mona", act::RemoveTerm{.id = {}, .text = "crypto*"});
    EXPECT_EQ(event.text, "Crypto*");
    EXPECT_TRUE(catalog_.list_terms(channel_.id, false, {}, now_, 10)->empty());
}

/// Every kind of act, once each, with the line of the audit log that it writes.
TEST_F(ServiceTest, EveryKindOfActWritesItsLineInTheAuditLog) {
    ASSERT_TRUE(catalog_.ensure_channel("austin"));
    std::set<std::size_t> kinds;
    std::set<std::string> actions;
    std::uint64_t last = 0;
    std::string batch = "first";
    chat::Done did;
    const auto line = [&](const std::string& actor, const chat::Act& what,
                          const std::string& action, const std::string& target = {},
                          const std::string& reason = {}) {
        SCOPED_TRACE(action);
        const auto answer = perform(actor, what, batch);
        ASSERT_TRUE(std::holds_alternative<chat::Done>(answer))
            << "denied: " << static_cast<int>(std::get<chat::Denied>(answer).why);
        did = std::get<chat::Done>(answer);
        auto entries = catalog_.list_audit(channel_.id, 0, {}, 1000).value();
        std::erase_if(entries, [&](const auto& entry) { return entry.id <= last; });
        ASSERT_EQ(entries.size(), 1u);
        const store::AuditEntry& entry = entries[0];
        last = entry.id;
        EXPECT_EQ(entry.action, action);
        EXPECT_EQ(entry.actor, id(actor));
        EXPECT_EQ(entry.target, target.empty() ? UserId() : id(target));
        EXPECT_EQ(entry.reason, reason);
        EXPECT_EQ(entry.origin, "test");
        EXPECT_EQ(entry.at, now_);
        EXPECT_EQ(entry.batch, (std::holds_alternative<act::Undo>(what) ? "undo:" : "") + batch);
        EXPECT_TRUE(!entry.before.empty() || !entry.after.empty());
        kinds.insert(what.index());
        actions.insert(entry.action);
    };
    const auto about = [&] { return std::get<chat::Moderation>(did.events.at(0)).message_id; };
    const auto bob = target("bob");

    line("mona", act::Ban{.target = bob, .reason = "spam"}, "ban", "bob", "spam");
    line("bob", act::RequestUnban{"sorry"}, "request_unban", "bob");
    line("mona", act::ResolveUnban{about().to_string(), false, "no"}, "deny_unban_request", "bob",
         "no");
    line("bob", act::RequestUnban{"please"}, "request_unban", "bob");
    line("mona", act::ResolveUnban{about().to_string(), true, "fine"}, "approve_unban_request",
         "bob", "fine");
    line("mona", act::Ban{.target = bob}, "ban", "bob");
    line("mona", act::Unban{bob}, "unban", "bob");
    line("mona", act::Ban{.target = bob, .seconds = 60, .reason = "loud"}, "timeout", "bob",
         "loud");
    line("mona", act::Unban{.target = bob, .timeout_only = true}, "untimeout", "bob");
    line("mona", act::DeleteMessage{say("bob", "hello")}, "delete_message", "bob");
    line("mona", act::ClearChat{}, "clear");
    for (const bool on : {true, false}) {
        const std::string off = on ? "" : "_off";
        const auto modes = [&](chat::ModesPatch patch, const std::string& mode) {
            line("mona", act::ChangeModes{patch}, mode + off);
        };
        modes({.emote_only = on}, "emote_only");
        modes({.followers_only_minutes = on ? 10 : -1}, "followers");
        modes({.unique_chat = on}, "unique_chat");
        modes({.slow_seconds = on ? 5 : 0}, "slow");
        modes({.subscribers_only = on}, "subscribers");
        modes({.delay_seconds = on ? 2 : 0}, "chat_delay");
        line("mona", act::Shield{on}, "shield" + off);
    }
    for (const auto& [role, name] :
         {std::pair(chat::Role::moderator, "mod"), {chat::Role::vip, "vip"}}) {
        line("dallas", act::GiveRole{bob, role}, name, "bob");
        line("dallas", act::TakeRole{bob, role}, "un" + std::string(name), "bob");
    }
    line("mona", act::Announce{"hear, hear"}, "announce");
    line("mona", act::Warn{bob, "be kind"}, "warn", "bob", "be kind");
    line("bob", act::AcknowledgeWarning{}, "acknowledge_warning", "bob");
    line("mona", act::Suspect{bob, chat::Suspicion::monitored}, "monitor", "bob");
    line("mona", act::Suspect{bob, chat::Suspicion::restricted}, "restrict_user", "bob");
    line("mona", act::Suspect{bob, chat::Suspicion::none}, "trust", "bob");
    line("dallas", act::Raid{target("austin")}, "raid", "austin");
    facts_.raiding = chat::person_of(user("austin"));
    line("dallas", act::CancelRaid{}, "unraid", "austin");
    line("mona", act::Shoutout{target("austin")}, "shoutout", "austin");
    line("mona", act::Pin{.message = say("bob", "rules")}, "pin", "bob");
    line("mona", act::Unpin{}, "unpin");
    for (const bool permitted : {false, true}) {
        const std::string term = permitted ? "_permitted_term" : "_blocked_term";
        line("mona", act::AddTerm{.text = "pine", .permitted = permitted}, "add" + term);
        line("mona", act::RemoveTerm{.id = {}, .text = "pine", .permitted = permitted},
             "remove" + term);
    }
    for (const bool approve : {true, false}) {
        chat::HeldMessage held;
        held.id = MessageId::from_random(++seed_, 2);
        held.message.id = say("bob", "hm");
        held.at = held.held_at = now_;
        ASSERT_TRUE(
            *catalog_.hold({.channel = channel_.id,
                            .id = held.message.id,
                            .author = id("bob"),
                            .event = chat::encode_event({channel_.id, channel_.login, {}, held}),
                            .held_at = now_},
                           10));
        line("mona", act::DecideHeld{held.message.id, approve},
             approve ? "approve_held_message" : "deny_held_message", "bob");
    }
    line("mona", act::ChangeAutoMod{.rules = R"({"raid":{"on":true}})"}, "change_automod");
    line("mona", act::Permit{.target = bob}, "permit_links", "bob");
    line("mona", act::Permit{.phrase = "pine"}, "allow_once");
    line("dallas", act::NoteTrip{.batch = "trip", .until = now_ + 1min}, "raid_trip");
    line("mona", act::ExtendTrip{60}, "raid_countdown");
    line("dallas", act::NoteTrip{.batch = "trip", .over = true}, "raid_trip_over");
    // Modes that come back have lines of their own besides.
    batch = "taken back";
    line("mona", act::Ban{.target = bob}, "ban", "bob");
    line("mona", act::Undo{batch}, "undo");

    EXPECT_EQ(kinds.size(), std::variant_size_v<chat::Act>) << "an act without a line above";
    for (int i = 0; i < chat::kModActions; ++i) {
        const auto name = chat::name_of(static_cast<chat::ModAction>(i));
        EXPECT_TRUE(actions.contains(std::string(name))) << name << " has no line above";
    }
}

TEST_F(ServiceTest, AChannelHasNoMoreVipsThanWasSet) {
    Service few(catalog_, log_, {.vips_per_channel = 3});  // with vera
    const auto give = [&](const char* login) {
        const chat::Act act = act::GiveRole{target(login), chat::Role::vip};
        return few
            .perform(channel_, {user("dallas"), "test", {}}, std::span(&act, 1), facts_, now_,
                     ++seed_)
            ->front();
    };
    for (const char* login : {"bob", "austin"}) {
        ASSERT_TRUE(catalog_.ensure_user(login));
        EXPECT_TRUE(std::holds_alternative<chat::Done>(give(login)));
    }
    ASSERT_TRUE(catalog_.ensure_user("carol"));
    const auto denied = std::get<chat::Denied>(give("carol"));
    EXPECT_EQ(denied.why, Denial::too_many_vips);
    EXPECT_EQ(denied.number, 3u);
    EXPECT_EQ(std::get<chat::Denied>(give("bob")).why, Denial::already_vip);
    EXPECT_EQ(catalog_.standing(channel_.id, id("carol"))->role, chat::Role::viewer);
}

TEST_F(ServiceTest, AnonymousReadersAreNobody) {
    Service making(catalog_, log_, {.create_users = true});
    for (const chat::Act& what :
         {chat::Act(act::Ban{.target = target("justinfan1")}),
          chat::Act(act::Ban{.target = target("justinfan1"), .seconds = 60}),
          chat::Act(act::GiveRole{target("justinfan1"), chat::Role::moderator})}) {
        const auto answers = making.perform(channel_, {user("dallas"), "test", {}},
                                            std::span(&what, 1), facts_, now_, 1);
        ASSERT_TRUE(answers);
        EXPECT_EQ(std::get<chat::Denied>(answers->front()).why, Denial::unknown_user);
    }
    EXPECT_FALSE(*catalog_.find_user("justinfan1"));
    EXPECT_TRUE(catalog_.list_audit(channel_.id, 0, {}, 10)->empty());
    const chat::Act ban = act::Ban{.target = target("justinfanatic")};
    EXPECT_TRUE(making.perform(channel_, {user("dallas"), "test", {}}, std::span(&ban, 1), facts_,
                               now_, 1));
    EXPECT_TRUE(*catalog_.find_user("justinfanatic")) << "has an account";
}

TEST_F(ServiceTest, LaterActsOfACallSeeTheEarlierOnes) {
    const std::vector<chat::Act> acts = {
        act::Ban{.target = target("bob")}, act::Ban{.target = target("bob")},
        act::Unban{.target = target("bob")}, act::ChangeModes{{.slow_seconds = 9}},
        act::ChangeModes{{.slow_seconds = 9}}};
    const auto answers =
        service_.perform(channel_, {user("mona"), "test", {}}, acts, facts_, now_, 1);
    ASSERT_TRUE(answers);
    ASSERT_EQ(answers->size(), 5u);
    EXPECT_TRUE(std::holds_alternative<chat::Done>((*answers)[0]));
    EXPECT_EQ(std::get<chat::Denied>((*answers)[1]).why, Denial::already_banned);
    EXPECT_TRUE(std::holds_alternative<chat::Done>((*answers)[2]));
    EXPECT_TRUE(std::holds_alternative<chat::Done>((*answers)[3]));
    EXPECT_EQ(std::get<chat::Denied>((*answers)[4]).why, Denial::already_so);
    EXPECT_FALSE(ban_of("bob"));
}

}  // namespace
}  // namespace clamor::moderation
