// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/catalog.h"

namespace clamor::store {

/// What every catalog has to do as a ModerationStore. `Fixture` as in CatalogContract.
template <class Fixture>
class ModerationContract : public testing::Test {
  protected:
    ModerationContract() {
        lobby_ = catalog().ensure_channel("lobby").value().id;
        music_ = catalog().ensure_channel("music").value().id;
        mona_ = catalog().ensure_user("mona").value().id;
        bob_ = catalog().ensure_user("bob").value().id;
        carol_ = catalog().ensure_user("carol").value().id;
    }

    Catalog& catalog() { return fixture_.catalog(); }
    Result<void> apply(const std::vector<Change>& changes,
                       const std::vector<AuditEntry>& audit = {}) {
        return catalog().apply(changes, audit);
    }
    std::error_code refusal_of(const Change& change) {
        const auto applied = apply({change});
        return applied ? std::error_code() : applied.error().code;
    }

    static WallTime at(std::int64_t ms) { return wall_from_unix_ms(1700000000000 + ms); }
    static std::string uuid(std::uint64_t number) {
        return MessageId::at(at(static_cast<std::int64_t>(number)), 0, number).to_string();
    }
    Ban ban(UserId user, std::optional<WallTime> end = {}) const {
        return {.channel = lobby_,
                .user = user,
                .moderator = mona_,
                .reason = "spam",
                .created_at = at(0),
                .expires_at = end};
    }
    Term term(std::uint64_t number, bool permitted = false) const {
        return {.id = uuid(number),
                .channel = lobby_,
                .moderator = mona_,
                .text = "term " + std::to_string(number),
                .permitted = permitted,
                .created_at = at(1),
                .updated_at = at(2),
                .expires_at = {}};
    }
    UnbanRequest request(std::uint64_t number, UserId user) const {
        return {.id = uuid(number),
                .channel = lobby_,
                .user = user,
                .text = "please",
                .status = UnbanRequestStatus::pending,
                .created_at = at(3)};
    }
    AuditEntry entry(std::string action, std::string batch = {}) const {
        return {.channel = lobby_,
                .at = at(5),
                .actor = mona_,
                .action = std::move(action),
                .target = bob_,
                .before = R"({"a":1})",
                .after = R"({"a":2})",
                .reason = "why",
                .origin = "irc",
                .batch = std::move(batch)};
    }
    std::vector<std::string> actions(std::uint64_t before_id = 0, std::string_view batch = {},
                                     std::size_t limit = 100) {
        std::vector<std::string> found;
        const auto entries = catalog().list_audit(lobby_, before_id, batch, limit).value();
        for (const AuditEntry& one : entries) found.push_back(one.action);
        return found;
    }
    static std::vector<std::string> logins(const std::vector<chat::User>& users) {
        std::vector<std::string> found;
        for (const chat::User& user : users) found.push_back(user.login);
        return found;
    }
    template <class List>
    static std::vector<std::string> ids(const List& list) {
        std::vector<std::string> found;
        for (const auto& one : list) found.push_back(one.id);
        return found;
    }
    static std::vector<std::string> hostile_texts() {
        return {"'; DROP TABLE bans; --", "\"quoted\" `and` \\ :channel ?1 $1 %s {}",
                "line\r\nPRIVMSG #lobby :hi\r\n\t",
                "zalgo \xcc\xb6 \xf0\x9f\x98\x80 \xe2\x80\xae rtl", std::string(1 << 16, 'x')};
    }

    Fixture fixture_;
    ChannelId lobby_, music_;
    UserId mona_, bob_, carol_;
    const std::error_code kInvalid = std::make_error_code(std::errc::invalid_argument);
    const std::error_code kMissing = std::make_error_code(std::errc::no_such_file_or_directory);
};

TYPED_TEST_SUITE_P(ModerationContract);

TYPED_TEST_P(ModerationContract, KeepsABanUntilItIsRemoved) {
    const Ban ban = this->ban(this->bob_);
    ASSERT_TRUE(this->apply({change::PutBan{ban}}));
    EXPECT_EQ(this->catalog().find_ban(this->lobby_, this->bob_, this->at(1)).value(), ban);
    EXPECT_FALSE(this->catalog().find_ban(this->music_, this->bob_, this->at(1)).value());
    EXPECT_FALSE(this->catalog().find_ban(this->lobby_, this->carol_, this->at(1)).value());
    EXPECT_TRUE(this->catalog().standing(this->lobby_, this->bob_).value().banned_for_good());
    EXPECT_FALSE(this->catalog().standing(this->music_, this->bob_).value().banned_until);
    ASSERT_TRUE(this->apply({change::RemoveBan{this->lobby_, this->bob_}}));
    ASSERT_TRUE(this->apply({change::RemoveBan{this->lobby_, this->bob_}}));
    EXPECT_FALSE(this->catalog().find_ban(this->lobby_, this->bob_, this->at(1)).value());
    EXPECT_FALSE(this->catalog().standing(this->lobby_, this->bob_).value().banned_until);
}

TYPED_TEST_P(ModerationContract, WritesManyBansAndTheirEndsInTheOrderGiven) {
    Catalog& catalog = this->catalog();
    std::vector<UserId> users;
    std::vector<Change> changes;
    std::vector<AuditEntry> audit;
    for (int i = 0; i < 150; ++i) {
        users.push_back(catalog.ensure_user("many" + std::to_string(i)).value().id);
        changes.emplace_back(change::PutBan{this->ban(users.back())});
        audit.push_back({.channel = this->lobby_, .action = "ban", .target = users.back()});
    }
    Ban again = this->ban(users[7]);
    again.reason = "again";
    changes.emplace_back(change::PutBan{again});
    Ban elsewhere = this->ban(users[7]);
    elsewhere.channel = this->music_;
    changes.emplace_back(change::PutBan{elsewhere});
    for (int i = 20; i < 120; ++i)
        changes.emplace_back(change::RemoveBan{this->lobby_, users[static_cast<std::size_t>(i)]});
    changes.emplace_back(change::RemoveBan{this->music_, users[0]});
    changes.emplace_back(change::PutBan{this->ban(users[30])});
    changes.emplace_back(change::RemoveBan{this->lobby_, users[0]});
    ASSERT_TRUE(catalog.apply(changes, audit));

    const auto bans = catalog.list_bans(this->lobby_, this->at(1), {}, 1000).value();
    EXPECT_EQ(bans.size(), 50u);
    EXPECT_EQ(catalog.find_ban(this->lobby_, users[7], this->at(1)).value(), again);
    EXPECT_EQ(catalog.find_ban(this->music_, users[7], this->at(1)).value(), elsewhere);
    EXPECT_TRUE(catalog.find_ban(this->lobby_, users[30], this->at(1)).value());
    EXPECT_FALSE(catalog.find_ban(this->lobby_, users[0], this->at(1)).value());
    const auto entries = catalog.list_audit(this->lobby_, 0, {}, 1000).value();
    ASSERT_EQ(entries.size(), 150u);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        EXPECT_EQ(entries[i].target, users[149 - i]);
        EXPECT_EQ(entries[i].id, entries.back().id + 149 - i);
    }

    // One who is unknown, in the middle: nothing of it.
    std::vector<Change> more;
    for (int i = 40; i < 110; ++i)
        more.emplace_back(change::PutBan{this->ban(users[static_cast<std::size_t>(i)])});
    more.insert(more.begin() + 30, change::PutBan{this->ban(UserId{999'999})});
    const auto refused = catalog.apply(more, audit);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, std::errc::no_such_file_or_directory);
    EXPECT_THAT(refused.error().detail, testing::HasSubstr("999999"));
    EXPECT_EQ(catalog.list_bans(this->lobby_, this->at(1), {}, 1000).value().size(), 50u);
    EXPECT_EQ(catalog.list_audit(this->lobby_, 0, {}, 1000).value().size(), 150u);
}

TYPED_TEST_P(ModerationContract, ForgetsATimeoutAtItsEnd) {
    const Ban timeout = this->ban(this->bob_, this->at(1000));
    ASSERT_TRUE(this->apply({change::PutBan{timeout}}));
    auto& catalog = this->catalog();
    EXPECT_EQ(catalog.find_ban(this->lobby_, this->bob_, this->at(999)).value(), timeout);
    EXPECT_FALSE(catalog.find_ban(this->lobby_, this->bob_, this->at(1000)).value());
    EXPECT_EQ(catalog.list_bans(this->lobby_, this->at(999), {}, 10).value().size(), 1u);
    EXPECT_TRUE(catalog.list_bans(this->lobby_, this->at(1000), {}, 10).value().empty());
    const auto standing = catalog.standing(this->lobby_, this->bob_).value();
    EXPECT_EQ(standing.banned_until, this->at(1000));
    EXPECT_FALSE(standing.banned(this->at(1000)));
}

TYPED_TEST_P(ModerationContract, ReplacesABanByALaterOne) {
    ASSERT_TRUE(this->apply({change::PutBan{this->ban(this->bob_)}}));
    Ban timeout = this->ban(this->bob_, this->at(1000));
    timeout.reason = "shorter";
    timeout.moderator = {};
    ASSERT_TRUE(this->apply({change::PutBan{this->ban(this->carol_)}, change::PutBan{timeout},
                             change::RemoveBan{this->lobby_, this->carol_}}));
    const auto bans = this->catalog().list_bans(this->lobby_, this->at(1), {}, 10).value();
    EXPECT_THAT(bans, testing::ElementsAre(timeout));
}

TYPED_TEST_P(ModerationContract, ListsBansInPages) {
    std::vector<Change> changes;
    std::vector<UserId> users;
    for (int i = 0; i < 7; ++i) {
        users.push_back(this->catalog().ensure_user("u" + std::to_string(i)).value().id);
        const auto end = i == 3 ? std::optional(this->at(10)) : std::nullopt;
        changes.insert(changes.begin(), change::PutBan{this->ban(users.back(), end)});
    }
    ASSERT_TRUE(this->apply(changes));
    std::vector<UserId> listed;
    for (UserId after;;) {
        const auto page = this->catalog().list_bans(this->lobby_, this->at(10), after, 4).value();
        for (const Ban& ban : page) listed.push_back(ban.user);
        if (page.size() < 4) break;
        after = page.back().user;
    }
    users.erase(users.begin() + 3);
    EXPECT_EQ(listed, users);
    EXPECT_TRUE(this->catalog().list_bans(this->lobby_, this->at(1), {}, 0).value().empty());
}

TYPED_TEST_P(ModerationContract, AppliesNothingWhenOneChangeIsRefused) {
    const Ban before = this->ban(this->carol_, this->at(1000));
    ASSERT_TRUE(this->apply({change::PutBan{before}}, {this->entry("before")}));
    const std::vector<Change> refused{
        change::PutBan{this->ban(UserId{5})},
        change::RemoveBan{ChannelId{5}, this->bob_},
        change::PutRole{this->lobby_, this->bob_, chat::Role::broadcaster},
        change::PutAutoMod{this->lobby_, {.overall_level = 5}},
        change::PutTerm{Term{.id = "no uuid", .channel = this->lobby_, .text = "x"}},
    };
    for (const Change& change : refused) {
        const auto applied = this->apply(
            {change::PutBan{this->ban(this->bob_)}, change::RemoveBan{this->lobby_, this->carol_},
             change::PutRole{this->lobby_, this->bob_, chat::Role::moderator},
             change::PutModes{this->lobby_, {.emote_only = true}}, change::PutTerm{this->term(1)},
             change},
            {this->entry("after")});
        EXPECT_FALSE(applied);
        EXPECT_THAT(this->catalog().list_bans(this->lobby_, this->at(1), {}, 10).value(),
                    testing::ElementsAre(before));
        EXPECT_EQ(this->catalog().standing(this->lobby_, this->bob_).value().role,
                  chat::Role::viewer);
        EXPECT_FALSE(this->catalog().find_channel(this->lobby_).value()->modes.emote_only);
        EXPECT_FALSE(this->catalog().find_term(this->lobby_, this->uuid(1)).value());
        EXPECT_THAT(this->actions(), testing::ElementsAre("before"));
    }
    auto nul = this->entry("after");
    nul.reason = std::string("a\0b", 3);
    EXPECT_FALSE(this->apply({change::PutBan{this->ban(this->bob_)}}, {nul}));
    EXPECT_FALSE(this->catalog().find_ban(this->lobby_, this->bob_, this->at(1)).value());
}

TYPED_TEST_P(ModerationContract, RefusesWhoIsUnknownInEveryChange) {
    const UserId nobody{5};
    const ChannelId nowhere{5};
    auto ban = this->ban(this->bob_);
    ban.moderator = nobody;
    auto term = this->term(1);
    term.moderator = nobody;
    auto request = this->request(1, nobody);
    const std::vector<Change> refused{
        change::PutBan{this->ban(nobody)},
        change::PutBan{this->ban({})},
        change::PutBan{ban},
        change::RemoveBan{this->lobby_, nobody},
        change::RemoveBan{nowhere, this->bob_},
        change::PutRole{this->lobby_, nobody, chat::Role::vip},
        change::PutRole{nowhere, this->bob_, chat::Role::vip},
        change::PutModes{nowhere, {}},
        change::PutWarning{this->lobby_, nobody, this->mona_, "", {}},
        change::PutWarning{this->lobby_, this->bob_, nobody, "", {}},
        change::RemoveWarning{nowhere, this->bob_},
        change::PutSuspicion{this->lobby_, {.user = nobody}},
        change::PutSuspicion{nowhere, {.user = this->bob_}},
        change::PutShield{nowhere, {}},
        change::PutShield{this->lobby_, {.moderator = nobody}},
        change::PutPin{nowhere, {.message = MessageId::from_random(1, 1)}},
        change::RemovePin{nowhere},
        change::PutTerm{term},
        change::RemoveTerm{nowhere, this->uuid(1)},
        change::PutUnbanRequest{request},
        change::PutAutoMod{nowhere, {}},
        change::DecideHeld{nowhere, MessageId::from_random(1, 2), chat::HoldStatus::denied, {}, {}},
    };
    for (const Change& change : refused)
        EXPECT_EQ(this->refusal_of(change), this->kMissing) << change.index();
}

TYPED_TEST_P(ModerationContract, RefusesWhatCannotBe) {
    auto term = this->term(1);
    term.text.clear();
    auto request = this->request(1, this->bob_);
    request.id = "'; DROP TABLE terms";
    auto ban = this->ban(this->bob_);
    ban.reason = std::string("a\0b", 3);
    const UserId broadcaster{this->lobby_.value};
    for (const Change& change : std::vector<Change>{
             change::PutBan{ban}, change::PutTerm{term}, change::PutUnbanRequest{request},
             change::PutPin{this->lobby_, {}}, change::RemoveTerm{this->lobby_, ""},
             change::PutRole{this->lobby_, broadcaster, chat::Role::viewer},
             change::PutAutoMod{this->lobby_,
                                {.overall_level = {}, .categories = {0, 0, 0, 0, 0, 0, 0, 5}}}}) {
        EXPECT_EQ(this->refusal_of(change), this->kInvalid) << change.index();
    }
}

TYPED_TEST_P(ModerationContract, KeepsHostileTextsAsTheyAre) {
    for (const std::string& text : this->hostile_texts()) {
        Ban ban = this->ban(this->bob_);
        Term term = this->term(1);
        UnbanRequest request = this->request(1, this->bob_);
        AuditEntry entry = this->entry(text, text);
        ban.reason = term.text = request.text = request.resolution_text = text;
        entry.before = entry.after = entry.reason = entry.origin = text;
        ASSERT_TRUE(this->apply(
            {change::PutBan{ban}, change::PutTerm{term}, change::PutUnbanRequest{request},
             change::PutWarning{this->lobby_, this->bob_, this->mona_, text, this->at(1)}},
            {entry}));
        EXPECT_EQ(this->catalog().find_ban(this->lobby_, this->bob_, this->at(1)).value(), ban);
        EXPECT_EQ(this->catalog().find_term(this->lobby_, term.id).value(), term);
        EXPECT_EQ(this->catalog().find_unban_request(this->lobby_, request.id).value(), request);
        const auto audit = this->catalog().list_audit(this->lobby_, 0, text, 10).value();
        ASSERT_EQ(audit.size(), 1u);
        entry.id = audit[0].id;
        EXPECT_EQ(audit[0], entry);
        EXPECT_FALSE(this->catalog().find_term(this->lobby_, text).value());
        EXPECT_FALSE(this->catalog().find_unban_request(this->lobby_, text).value());
        EXPECT_FALSE(this->catalog().list_terms(this->lobby_, false, text, {}, 10));
        EXPECT_FALSE(this->catalog().list_unban_requests(this->lobby_, UnbanRequestStatus::pending,
                                                         {}, text, 10));
    }
}

TYPED_TEST_P(ModerationContract, GivesRolesAndModesAndListsWhoHasThem) {
    ASSERT_TRUE(this->apply({change::PutRole{this->lobby_, this->carol_, chat::Role::moderator},
                             change::PutRole{this->lobby_, this->mona_, chat::Role::moderator},
                             change::PutRole{this->music_, this->mona_, chat::Role::moderator},
                             change::PutRole{this->lobby_, this->bob_, chat::Role::vip},
                             change::PutModes{this->music_, {.slow_seconds = 30}}}));
    auto& catalog = this->catalog();
    using testing::ElementsAre;
    const auto moderators = [&](UserId after, std::size_t limit) {
        return this->logins(
            catalog.list_role(this->lobby_, chat::Role::moderator, after, limit).value());
    };
    EXPECT_THAT(moderators({}, 10), ElementsAre("mona", "carol"));
    EXPECT_THAT(moderators({}, 1), ElementsAre("mona"));
    EXPECT_THAT(moderators(this->mona_, 10), ElementsAre("carol"));
    EXPECT_THAT(this->logins(catalog.list_role(this->lobby_, chat::Role::vip, {}, 10).value()),
                ElementsAre("bob"));
    EXPECT_FALSE(catalog.list_role(this->lobby_, chat::Role::viewer, {}, 10));
    EXPECT_FALSE(catalog.list_role(this->lobby_, chat::Role::broadcaster, {}, 10));
    const auto moderated = [&](UserId after, std::size_t limit) {
        return this->logins(catalog.list_moderated(this->mona_, after, limit).value());
    };
    EXPECT_THAT(moderated({}, 10), ElementsAre("lobby", "music"));
    EXPECT_THAT(moderated({}, 1), ElementsAre("lobby"));
    EXPECT_THAT(moderated(UserId{this->lobby_.value}, 10), ElementsAre("music"));
    EXPECT_THAT(this->logins(catalog.list_moderated(this->bob_, {}, 10).value()), ElementsAre());
    EXPECT_EQ(catalog.find_channel(this->music_).value()->modes.slow_seconds, 30u);
    ASSERT_TRUE(this->apply({change::PutRole{this->lobby_, this->mona_, chat::Role::viewer}}));
    EXPECT_THAT(moderated({}, 10), ElementsAre("music"));
}

TYPED_TEST_P(ModerationContract, KeepsModesApartFromTheTitle) {
    auto channel = this->catalog().find_channel(this->lobby_).value().value();
    channel.title = "Come in";
    ASSERT_TRUE(this->catalog().update_channel(channel));
    const chat::RoomState modes{.emote_only = true,
                                .followers_only_minutes = 10,
                                .unique_chat = true,
                                .slow_seconds = 120,
                                .subscribers_only = true,
                                .delay_seconds = 6};
    ASSERT_TRUE(this->apply({change::PutModes{this->lobby_, modes}}));
    EXPECT_EQ(this->catalog().find_channel(this->lobby_).value()->modes, modes);
    EXPECT_EQ(this->catalog().find_channel(this->lobby_).value()->title, "Come in");
}

TYPED_TEST_P(ModerationContract, KnowsWhoIsWarnedAndWhoIsSuspicious) {
    SuspiciousUser suspicious{.user = this->bob_,
                              .moderator = this->mona_,
                              .suspicion = chat::Suspicion::monitored,
                              .updated_at = this->at(1)};
    const change::PutWarning warning{this->lobby_, this->bob_, this->mona_, "calm", this->at(1)};
    ASSERT_TRUE(this->apply({warning, change::PutSuspicion{this->lobby_, suspicious}}));
    auto& catalog = this->catalog();
    EXPECT_TRUE(catalog.standing(this->lobby_, this->bob_).value().warned);
    EXPECT_FALSE(catalog.standing(this->music_, this->bob_).value().warned);
    EXPECT_EQ(catalog.standing(this->lobby_, this->bob_).value().suspicion,
              chat::Suspicion::monitored);
    EXPECT_EQ(catalog.find_suspicious(this->lobby_, this->bob_).value(), suspicious);
    suspicious.suspicion = chat::Suspicion::restricted;
    suspicious.moderator = {};
    ASSERT_TRUE(this->apply({warning, change::PutSuspicion{this->lobby_, suspicious}}));
    EXPECT_EQ(catalog.find_suspicious(this->lobby_, this->bob_).value(), suspicious);
    suspicious.suspicion = chat::Suspicion::none;
    ASSERT_TRUE(this->apply({change::RemoveWarning{this->lobby_, this->bob_},
                             change::PutSuspicion{this->lobby_, suspicious}}));
    EXPECT_FALSE(catalog.find_suspicious(this->lobby_, this->bob_).value());
    EXPECT_FALSE(catalog.standing(this->lobby_, this->bob_).value().warned);
    EXPECT_EQ(catalog.standing(this->lobby_, this->bob_).value().suspicion, chat::Suspicion::none);
}

TYPED_TEST_P(ModerationContract, KeepsShieldPinAndAutoModOfAChannel) {
    auto& catalog = this->catalog();
    EXPECT_EQ(catalog.shield_mode(this->lobby_).value(), ShieldMode());
    EXPECT_EQ(catalog.automod_settings(this->lobby_).value(), AutoModSettings());
    EXPECT_FALSE(catalog.find_pin(this->lobby_, this->at(0)).value());
    ShieldMode shield{.active = true, .moderator = this->mona_, .activated_at = this->at(1)};
    PinnedMessage pin{.message = MessageId::from_random(1, 2),
                      .moderator = this->mona_,
                      .starts_at = this->at(1),
                      .ends_at = this->at(100),
                      .updated_at = this->at(2)};
    AutoModSettings settings{.overall_level = {}, .categories = {0, 1, 2, 3, 4, 3, 2, 1}};
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(
            this->apply({change::PutShield{this->lobby_, shield}, change::PutPin{this->lobby_, pin},
                         change::PutAutoMod{this->lobby_, settings}}));
        EXPECT_EQ(catalog.shield_mode(this->lobby_).value(), shield);
        EXPECT_EQ(catalog.find_pin(this->lobby_, this->at(99)).value(), pin);
        EXPECT_EQ(catalog.find_pin(this->lobby_, this->at(100)).value().has_value(), !pin.ends_at);
        EXPECT_EQ(catalog.automod_settings(this->lobby_).value(), settings);
        shield = {.active = false, .moderator = this->mona_, .activated_at = {}};
        pin.ends_at = {};
        settings.overall_level = 3;
        settings.rules = R"({"spam":{}})";
        settings.version = 7;
    }
    EXPECT_EQ(catalog.shield_mode(this->music_).value(), ShieldMode());
    ASSERT_TRUE(this->apply({change::RemovePin{this->lobby_}}));
    EXPECT_FALSE(catalog.find_pin(this->lobby_, this->at(0)).value());
}

TYPED_TEST_P(ModerationContract, KeepsASharedChatAndRefusesASecondOne) {
    auto& catalog = this->catalog();
    const auto broadcaster = [&](std::string_view login) {
        const auto channel = catalog.ensure_channel(login).value();
        return chat::Person{UserId(channel.id.value), channel.login, channel.display_name};
    };
    const chat::Person lobby = broadcaster("lobby"), music = broadcaster("music");
    const chat::Person den = broadcaster("den");
    const auto refused = [&](std::vector<Change> changes) {
        const auto done = this->apply(std::move(changes));
        return done ? std::error_code() : done.error().code;
    };
    EXPECT_EQ(catalog.shared_chat(this->lobby_).value(), std::nullopt);
    chat::SharedChat session{.id = "01890a5d-ac96-774b-bcce-b302099a8057",
                             .host = music,
                             .participants = {music, lobby},
                             .created_at = this->at(1),
                             .updated_at = this->at(1)};
    ASSERT_TRUE(this->apply({change::PutSharedChat{session}}));
    EXPECT_EQ(catalog.shared_chat(this->lobby_).value(), session);
    EXPECT_EQ(catalog.shared_chat(this->music_).value(), session);
    EXPECT_EQ(catalog.shared_chat(ChannelId(den.id.value)).value(), std::nullopt);
    // One with a channel of the first is refused, with all that comes with it.
    chat::SharedChat second{.id = "01890a5d-ac96-774b-bcce-b302099a8058",
                            .host = den,
                            .participants = {den, lobby},
                            .created_at = this->at(2),
                            .updated_at = this->at(2)};
    EXPECT_EQ(
        refused({change::PutShield{this->lobby_, {.active = true}}, change::PutSharedChat{second}}),
        std::errc::file_exists);
    EXPECT_EQ(catalog.shared_chat(ChannelId(den.id.value)).value(), std::nullopt);
    EXPECT_FALSE(catalog.shield_mode(this->lobby_).value().active);
    session.participants = {music, den};
    session.updated_at = this->at(3);
    ASSERT_TRUE(this->apply({change::PutSharedChat{session}}));
    EXPECT_EQ(catalog.shared_chat(this->lobby_).value(), std::nullopt);
    EXPECT_EQ(catalog.shared_chat(this->music_).value(), session);
    session.participants.clear();
    ASSERT_TRUE(this->apply({change::PutSharedChat{session}}));
    EXPECT_EQ(catalog.shared_chat(this->music_).value(), std::nullopt);
    ASSERT_TRUE(this->apply({change::PutSharedChat{second}}));
    EXPECT_EQ(catalog.shared_chat(this->lobby_).value(), second);
    session.id = "no uuid";
    EXPECT_EQ(refused({change::PutSharedChat{session}}), this->kInvalid);
    session.id = second.id;
    session.participants = {music, {UserId(424242), "nowhere", "Nowhere"}};
    EXPECT_EQ(refused({change::PutSharedChat{session}}), this->kMissing);
    EXPECT_EQ(catalog.shared_chat(this->lobby_).value(), second);
}

TYPED_TEST_P(ModerationContract, KeepsTermsByTheirIdInAnyCase) {
    Term term = this->term(0xabc);
    term.expires_at = this->at(100);
    Term shouted = term;
    for (char& c : shouted.id) c = static_cast<char>(std::toupper(c));
    ASSERT_TRUE(this->apply({change::PutTerm{shouted}}));
    auto& catalog = this->catalog();
    EXPECT_EQ(catalog.find_term(this->lobby_, term.id).value(), term);
    EXPECT_EQ(catalog.find_term(this->lobby_, shouted.id).value(), term);
    EXPECT_FALSE(catalog.find_term(this->music_, term.id).value());
    term.text = "changed";
    term.permitted = true;
    term.updated_at = this->at(50);
    term.private_term = term.shadow = term.holds = true;
    term.list = "ours";
    ASSERT_TRUE(this->apply({change::PutTerm{term}}));
    EXPECT_EQ(catalog.find_term(this->lobby_, term.id).value(), term);
    ASSERT_TRUE(this->apply({change::RemoveTerm{this->music_, term.id}}));
    EXPECT_TRUE(catalog.find_term(this->lobby_, term.id).value());
    ASSERT_TRUE(this->apply({change::RemoveTerm{this->lobby_, shouted.id}}));
    EXPECT_FALSE(catalog.find_term(this->lobby_, term.id).value());
}

TYPED_TEST_P(ModerationContract, ListsTermsInPagesWithoutThoseThatExpired) {
    std::vector<Change> changes;
    for (const std::uint64_t number : {6u, 2u, 3u, 4u, 1u, 5u}) {
        Term term = this->term(number, number == 3);
        if (number == 2) term.expires_at = this->at(100);
        changes.emplace_back(change::PutTerm{term});
    }
    ASSERT_TRUE(this->apply(changes));
    const auto list = [&](bool permitted, std::string_view after, std::int64_t now,
                          std::size_t limit) {
        return this->ids(this->catalog()
                             .list_terms(this->lobby_, permitted, after, this->at(now), limit)
                             .value());
    };
    const auto uuid = [this](std::uint64_t number) { return this->uuid(number); };
    using testing::ElementsAre;
    EXPECT_THAT(list(false, "", 99, 10), ElementsAre(uuid(1), uuid(2), uuid(4), uuid(5), uuid(6)));
    EXPECT_THAT(list(false, "", 100, 2), ElementsAre(uuid(1), uuid(4)));
    EXPECT_THAT(list(false, uuid(4), 100, 10), ElementsAre(uuid(5), uuid(6)));
    EXPECT_THAT(list(true, "", 100, 10), ElementsAre(uuid(3)));
    EXPECT_TRUE(this->catalog().list_terms(this->music_, false, "", {}, 10).value().empty());
}

TYPED_TEST_P(ModerationContract, KeepsUnbanRequestsAndHowTheyWereResolved) {
    UnbanRequest of_bob = this->request(2, this->bob_);
    const UnbanRequest of_carol = this->request(1, this->carol_);
    const UnbanRequest later = this->request(3, this->bob_);
    ASSERT_TRUE(this->apply({change::PutUnbanRequest{of_bob}, change::PutUnbanRequest{of_carol},
                             change::PutUnbanRequest{later}}));
    auto& catalog = this->catalog();
    const auto list = [&](UnbanRequestStatus status, UserId user, std::string_view after,
                          std::size_t limit) {
        return catalog.list_unban_requests(this->lobby_, status, user, after, limit).value();
    };
    using testing::ElementsAre;
    using enum UnbanRequestStatus;
    EXPECT_EQ(catalog.find_unban_request(this->lobby_, of_bob.id).value(), of_bob);
    EXPECT_FALSE(catalog.find_unban_request(this->music_, of_bob.id).value());
    EXPECT_THAT(list(pending, {}, "", 10), ElementsAre(of_carol, of_bob, later));
    EXPECT_THAT(list(pending, {}, "", 1), ElementsAre(of_carol));
    EXPECT_THAT(list(pending, {}, of_carol.id, 10), ElementsAre(of_bob, later));
    EXPECT_THAT(list(pending, this->bob_, of_bob.id, 10), ElementsAre(later));
    EXPECT_THAT(list(pending, this->bob_, "", 10), ElementsAre(of_bob, later));
    for (const UnbanRequestStatus status : {approved, denied, acknowledged, canceled}) {
        of_bob.status = status;
        of_bob.resolved_at = this->at(9);
        of_bob.moderator = this->mona_;
        of_bob.resolution_text = "all right";
        ASSERT_TRUE(this->apply({change::PutUnbanRequest{of_bob}}));
        EXPECT_THAT(list(pending, {}, "", 10), ElementsAre(of_carol, later));
        EXPECT_THAT(list(status, {}, "", 10), ElementsAre(of_bob));
        EXPECT_EQ(catalog.find_unban_request(this->lobby_, of_bob.id).value(), of_bob);
    }
}

TYPED_TEST_P(ModerationContract, ResolvesAnUnbanRequestOnce) {
    UnbanRequest request = this->request(2, this->bob_);
    const auto resolve = [&](UnbanRequestStatus status) {
        request.status = status;
        return this->catalog().apply(std::vector<Change>{change::PutUnbanRequest{request, true}},
                                     std::vector{this->entry("resolve")});
    };
    EXPECT_EQ(resolve(UnbanRequestStatus::denied).error().code, std::errc::file_exists);
    request.status = UnbanRequestStatus::pending;
    ASSERT_TRUE(this->apply({change::PutUnbanRequest{request}}));
    request.resolved_at = this->at(5);
    request.moderator = this->mona_;
    request.resolution_text = "all right";
    ASSERT_TRUE(resolve(UnbanRequestStatus::approved));
    EXPECT_EQ(this->catalog().find_unban_request(this->lobby_, request.id).value(), request);
    EXPECT_EQ(resolve(UnbanRequestStatus::denied).error().code, std::errc::file_exists);
    EXPECT_EQ(this->catalog().find_unban_request(this->lobby_, request.id).value()->status,
              UnbanRequestStatus::approved);
    EXPECT_EQ(this->catalog().list_audit(this->lobby_, 0, "", 10).value().size(), 1u);
}

TYPED_TEST_P(ModerationContract, ListsTheAuditLogFromTheNewestOn) {
    ASSERT_TRUE(this->apply({}, {this->entry("one"), this->entry("two", "b'1")}));
    auto elsewhere = this->entry("elsewhere");
    elsewhere.channel = this->music_;
    auto by_nobody = this->entry("three", "b'1");
    by_nobody.actor = by_nobody.target = UserId{5};
    by_nobody.id = 1;
    ASSERT_TRUE(this->apply({}, {elsewhere, by_nobody, this->entry("four")}));
    using testing::ElementsAre;
    EXPECT_THAT(this->actions(), ElementsAre("four", "three", "two", "one"));
    EXPECT_THAT(this->actions(0, "b'1"), ElementsAre("three", "two"));
    EXPECT_THAT(this->actions(0, "", 2), ElementsAre("four", "three"));
    const auto newest = this->catalog().list_audit(this->lobby_, 0, "", 2).value();
    EXPECT_THAT(this->actions(newest[1].id), ElementsAre("two", "one"));
    EXPECT_THAT(this->actions(newest[1].id, "b'1"), ElementsAre("two"));
    by_nobody.id = newest[1].id;
    EXPECT_EQ(newest[1], by_nobody);
    EXPECT_GT(newest[0].id, newest[1].id);
    EXPECT_TRUE(this->catalog().list_audit(ChannelId{5}, 0, "", 2).value().empty());
    EXPECT_TRUE(this->apply({}, {}));
}

TYPED_TEST_P(ModerationContract, ListsWhatWasUndoneSinceThen) {
    const auto undo = [&](const std::string& batch, int at) {
        auto entry = this->entry("undo", "undo:" + batch);
        entry.at = this->at(at);
        return entry;
    };
    const auto undone = [&](int since, std::size_t limit = 10) {
        std::vector<std::string> found;
        const auto listed = this->catalog().list_undone(this->lobby_, this->at(since), limit);
        for (const AuditEntry& one : listed.value()) found.push_back(one.action);
        return found;
    };
    auto elsewhere = this->entry("elsewhere", "b");
    elsewhere.channel = this->music_;
    ASSERT_TRUE(this->apply({}, {this->entry("one", "b"), this->entry("alone"),
                                 this->entry("two", "b"), elsewhere, this->entry("stays", "c")}));
    ASSERT_TRUE(this->apply({}, {undo("b", 6), this->entry("later", "b"), this->entry("three", "d"),
                                 undo("d", 8), undo("nothing", 9)}));
    using testing::ElementsAre;
    EXPECT_THAT(undone(1), ElementsAre("three", "two", "one"));
    EXPECT_THAT(undone(6, 2), ElementsAre("three", "two"));
    EXPECT_THAT(undone(7), ElementsAre("three"));
    EXPECT_THAT(undone(9), testing::IsEmpty());
}

TYPED_TEST_P(ModerationContract, BansTenThousandAtOnceAndPagesThroughThem) {
    constexpr std::size_t kBans = 10000;
    std::vector<Change> changes;
    std::vector<AuditEntry> audit;
    for (std::size_t i = 0; i < kBans; ++i) {
        const auto user = this->catalog().ensure_user("u" + std::to_string(i)).value().id;
        changes.emplace_back(change::PutBan{this->ban(user)});
        audit.push_back(this->entry("ban", "raid"));
    }
    ASSERT_TRUE(this->apply(changes, audit));
    std::size_t listed = 0;
    for (UserId after;;) {
        const auto page = this->catalog().list_bans(this->lobby_, this->at(1), after, 100).value();
        listed += page.size();
        if (page.size() < 100) break;
        after = page.back().user;
    }
    EXPECT_EQ(listed, kBans);
    EXPECT_EQ(this->catalog().list_audit(this->lobby_, 0, "raid", 2 * kBans).value().size(), kBans);
}

REGISTER_TYPED_TEST_SUITE_P(ModerationContract, KeepsABanUntilItIsRemoved,
                            WritesManyBansAndTheirEndsInTheOrderGiven, ForgetsATimeoutAtItsEnd,
                            ReplacesABanByALaterOne, ListsBansInPages,
                            AppliesNothingWhenOneChangeIsRefused, RefusesWhoIsUnknownInEveryChange,
                            RefusesWhatCannotBe, KeepsHostileTextsAsTheyAre,
                            GivesRolesAndModesAndListsWhoHasThem, KeepsModesApartFromTheTitle,
                            KnowsWhoIsWarnedAndWhoIsSuspicious, KeepsShieldPinAndAutoModOfAChannel,
                            KeepsASharedChatAndRefusesASecondOne, KeepsTermsByTheirIdInAnyCase,
                            ListsTermsInPagesWithoutThoseThatExpired,
                            KeepsUnbanRequestsAndHowTheyWereResolved, ResolvesAnUnbanRequestOnce,
                            ListsTheAuditLogFromTheNewestOn, ListsWhatWasUndoneSinceThen,
                            BansTenThousandAtOnceAndPagesThroughThem);

}  // namespace clamor::store
