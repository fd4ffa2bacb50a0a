// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/catalog.h"

namespace clamor::store {

/// What every catalog has to do as a PeopleStore, and with accounts. `Fixture` as in
/// CatalogContract; accounts that are made now have its `created_at()`.
template <class Fixture>
class PeopleContract : public testing::Test {
  protected:
    PeopleContract() {
        lobby_ = catalog().ensure_channel("lobby").value().id;
        music_ = catalog().ensure_channel("music").value().id;
        bob_ = catalog().ensure_user("bob").value().id;
        carol_ = catalog().ensure_user("carol").value().id;
    }

    Catalog& catalog() { return fixture_.catalog(); }
    template <class T>
    static std::error_code code_of(const Result<T>& result) {
        return result ? std::error_code() : result.error().code;
    }
    static WallTime at(std::int64_t ms) { return wall_from_unix_ms(1700000000000 + ms); }
    static std::vector<std::string> logins(const std::vector<chat::User>& users) {
        std::vector<std::string> found;
        for (const chat::User& user : users) found.push_back(user.login);
        return found;
    }
    static std::vector<std::string> logins(const std::vector<Follow>& follows) {
        std::vector<std::string> found;
        for (const Follow& follow : follows) found.push_back(follow.user.login);
        return found;
    }

    Fixture fixture_;
    ChannelId lobby_, music_;
    UserId bob_, carol_;
    const UserId nobody_{5};
    const ChannelId nowhere_{5};
    const std::error_code kInvalid = std::make_error_code(std::errc::invalid_argument);
    const std::error_code kMissing = std::make_error_code(std::errc::no_such_file_or_directory);
};

TYPED_TEST_SUITE_P(PeopleContract);

TYPED_TEST_P(PeopleContract, KeepsWhatAnAccountIs) {
    auto bob = this->catalog().find_user(this->bob_).value().value();
    EXPECT_EQ(bob.type, chat::AccountType::ordinary);
    EXPECT_FALSE(bob.turbo || bob.prime || bob.partner);
    using enum chat::AccountType;
    for (const chat::AccountType type : {global_mod, admin, staff, ordinary}) {
        bob.type = type;
        bob.turbo = type != admin;
        bob.prime = type != staff;
        bob.partner = type != global_mod;
        ASSERT_TRUE(this->catalog().update_user(bob));
        EXPECT_EQ(this->catalog().find_user("bob").value(), bob);
    }
}

TYPED_TEST_P(PeopleContract, FindsManyUsersAtOnceById) {
    auto& catalog = this->catalog();
    const auto find = [&](const std::vector<UserId>& ids, const std::vector<std::string>& names) {
        return this->logins(catalog.find_users(ids, names).value());
    };
    using testing::ElementsAre;
    EXPECT_THAT(find({this->carol_, this->nobody_, this->bob_}, {"lobby", "bob", "unknown"}),
                ElementsAre("lobby", "bob", "carol"));
    EXPECT_THAT(find({}, {}), ElementsAre());
    EXPECT_THAT(find(std::vector<UserId>(100, this->bob_), {}), ElementsAre("bob"));
    const std::vector<UserId> many(100, this->bob_);
    const std::vector<std::string> one{"bob"};
    EXPECT_EQ(this->code_of(catalog.find_users(many, one)), this->kInvalid);
    const std::vector<std::string> bad{"B'ob"};
    EXPECT_EQ(this->code_of(catalog.find_users({}, bad)), this->kInvalid);
}

TYPED_TEST_P(PeopleContract, KeepsTheClientOfAToken) {
    const TokenRecord record{.user = this->bob_, .client_id = "it's \"mine\""};
    ASSERT_TRUE(this->catalog().add_token("abc", record));
    EXPECT_EQ(this->catalog().find_token("abc", {}).value()->client_id, record.client_id);
    EXPECT_EQ(this->catalog().list_tokens(this->bob_).value().at(0).client_id, record.client_id);
    EXPECT_EQ(this->code_of(this->catalog().add_token(
                  "abcd", {.user = this->bob_, .client_id = std::string("a\0b", 3)})),
              this->kInvalid);
}

TYPED_TEST_P(PeopleContract, KeepsAProfileAndTheTimeOfTheAccount) {
    auto& catalog = this->catalog();
    Profile profile = catalog.profile(this->bob_).value();
    EXPECT_EQ(profile, (Profile{.created_at = this->fixture_.created_at()}));
    for (const std::string& text :
         {std::string("'; DROP TABLE profiles; --"),
          std::string("\r\n\"q\" \\ :x \xf0\x9f\x98\x80"), std::string()}) {
        profile.description = profile.profile_image_url = profile.offline_image_url =
            profile.email = text;
        profile.broadcaster_type = "affiliate";
        profile.created_at += std::chrono::hours(1);
        ASSERT_TRUE(catalog.update_profile(this->bob_, profile));
        EXPECT_EQ(catalog.profile(this->bob_).value(), profile);
    }
    EXPECT_EQ(catalog.profile(this->carol_).value().broadcaster_type, "");
    profile.broadcaster_type = "star";
    EXPECT_EQ(this->code_of(catalog.update_profile(this->bob_, profile)), this->kInvalid);
    profile = {};
    profile.description = std::string("a\0b", 3);
    EXPECT_EQ(this->code_of(catalog.update_profile(this->bob_, profile)), this->kInvalid);
    EXPECT_EQ(this->code_of(catalog.update_profile(this->nobody_, {})), this->kMissing);
    EXPECT_EQ(this->code_of(catalog.profile(this->nobody_)), this->kMissing);
}

TYPED_TEST_P(PeopleContract, KnowsWhoFollowsWhomAndSinceWhen) {
    auto& catalog = this->catalog();
    EXPECT_TRUE(catalog.set_follow(this->lobby_, this->carol_, this->at(1)).value());
    EXPECT_TRUE(catalog.set_follow(this->lobby_, this->bob_, this->at(2)).value());
    EXPECT_FALSE(catalog.set_follow(this->lobby_, this->bob_, this->at(3)).value())
        << "followed before";
    EXPECT_TRUE(catalog.set_follow(this->music_, this->bob_, this->at(4)).value());
    EXPECT_EQ(catalog.standing(this->lobby_, this->bob_).value().following_since, this->at(3));
    using testing::ElementsAre;
    const auto followers = catalog.list_followers(this->lobby_, {}, 10).value();
    EXPECT_THAT(this->logins(followers), ElementsAre("bob", "carol"));
    EXPECT_EQ(followers[0].since, this->at(3));
    EXPECT_THAT(this->logins(catalog.list_followers(this->lobby_, {}, 1).value()),
                ElementsAre("bob"));
    EXPECT_THAT(this->logins(catalog.list_followers(this->lobby_, this->bob_, 9).value()),
                ElementsAre("carol"));
    const auto followed = catalog.list_followed(this->bob_, {}, 10).value();
    EXPECT_THAT(this->logins(followed), ElementsAre("lobby", "music"));
    EXPECT_EQ(followed[1].since, this->at(4));
    EXPECT_THAT(this->logins(catalog.list_followed(this->bob_, {}, 1).value()),
                ElementsAre("lobby"));
    EXPECT_THAT(
        this->logins(catalog.list_followed(this->bob_, UserId{this->lobby_.value}, 9).value()),
        ElementsAre("music"));
    EXPECT_EQ(catalog.count_followers(this->lobby_).value(), 2u);
    EXPECT_EQ(catalog.count_followed(this->bob_).value(), 2u);
    EXPECT_EQ(catalog.count_followers(this->nowhere_).value(), 0u);

    EXPECT_FALSE(catalog.set_follow(this->lobby_, this->bob_, {}).value());
    EXPECT_FALSE(catalog.set_follow(this->lobby_, this->bob_, {}).value());
    EXPECT_FALSE(catalog.standing(this->lobby_, this->bob_).value().following_since);
    EXPECT_EQ(catalog.count_followers(this->lobby_).value(), 1u);
    EXPECT_EQ(this->code_of(catalog.set_follow(this->lobby_, this->nobody_, this->at(1))),
              this->kMissing);
    EXPECT_EQ(this->code_of(catalog.set_follow(this->nowhere_, this->bob_, {})), this->kMissing);
}

TYPED_TEST_P(PeopleContract, KnowsWhoBlocksWhom) {
    auto& catalog = this->catalog();
    ASSERT_TRUE(catalog.set_block(this->bob_, this->carol_, true));
    ASSERT_TRUE(catalog.set_block(this->bob_, this->carol_, true));
    ASSERT_TRUE(catalog.set_block(this->bob_, UserId{this->lobby_.value}, true));
    EXPECT_TRUE(catalog.has_block(this->bob_, this->carol_).value());
    EXPECT_FALSE(catalog.has_block(this->carol_, this->bob_).value());
    using testing::ElementsAre;
    EXPECT_THAT(this->logins(catalog.list_blocks(this->bob_, {}, 10).value()),
                ElementsAre("lobby", "carol"));
    EXPECT_THAT(this->logins(catalog.list_blocks(this->bob_, {}, 1).value()), ElementsAre("lobby"));
    EXPECT_THAT(
        this->logins(catalog.list_blocks(this->bob_, UserId{this->lobby_.value}, 10).value()),
        ElementsAre("carol"));
    ASSERT_TRUE(catalog.set_block(this->bob_, this->carol_, false));
    ASSERT_TRUE(catalog.set_block(this->bob_, this->carol_, false));
    EXPECT_FALSE(catalog.has_block(this->bob_, this->carol_).value());
    EXPECT_EQ(this->code_of(catalog.set_block(this->bob_, this->nobody_, true)), this->kMissing);
    EXPECT_EQ(this->code_of(catalog.set_block(this->nobody_, this->bob_, false)), this->kMissing);
}

TYPED_TEST_P(PeopleContract, KeepsTheFactsThatPlatformsSetAndNoOthers) {
    auto& catalog = this->catalog();
    ASSERT_TRUE(catalog.set_role(this->lobby_, this->bob_, chat::Role::vip));
    chat::Standing standing;
    standing.role = chat::Role::moderator;
    standing.warned = true;
    standing.banned_until = chat::kForever;
    standing.artist = true;
    standing.bits = 4000000000u;
    standing.sub_gifts = 25;
    standing.custom_badges = {{"glhf-pledge", "1"}, {"predictions", "blue-2"}};
    ASSERT_TRUE(catalog.set_extras(this->lobby_, this->bob_, standing));
    const auto found = catalog.standing(this->lobby_, this->bob_).value();
    EXPECT_EQ(found.role, chat::Role::vip);
    EXPECT_FALSE(found.warned || found.banned_until);
    EXPECT_TRUE(found.artist);
    EXPECT_EQ(found.bits, 4000000000u);
    EXPECT_EQ(found.sub_gifts, 25u);
    EXPECT_EQ(found.custom_badges, standing.custom_badges);
    EXPECT_FALSE(catalog.standing(this->music_, this->bob_).value().artist);

    ASSERT_TRUE(catalog.set_extras(this->lobby_, this->bob_, {}));
    EXPECT_TRUE(catalog.standing(this->lobby_, this->bob_).value().custom_badges.empty());
    EXPECT_EQ(catalog.standing(this->lobby_, this->bob_).value().bits, 0u);
    standing.custom_badges = {{"a/b,c", "1"}};
    EXPECT_EQ(this->code_of(catalog.set_extras(this->lobby_, this->bob_, standing)),
              this->kInvalid);
    EXPECT_EQ(this->code_of(catalog.set_extras(this->lobby_, this->nobody_, {})), this->kMissing);
    EXPECT_EQ(this->code_of(catalog.set_extras(this->nowhere_, this->bob_, {})), this->kMissing);
}

TYPED_TEST_P(PeopleContract, GivesTheWholeStandingAtOnce) {
    auto& catalog = this->catalog();
    ASSERT_TRUE(catalog.set_subscription(this->lobby_, this->bob_, 3, 7));
    ASSERT_TRUE(catalog.set_follow(this->lobby_, this->bob_, this->at(-5)));
    ASSERT_TRUE(catalog.set_extras(this->lobby_, this->bob_, {.artist = true, .bits = 100}));
    const std::vector<Change> changes{
        change::PutRole{this->lobby_, this->bob_, chat::Role::moderator},
        change::PutBan{{.channel = this->lobby_, .user = this->bob_, .expires_at = this->at(50)}},
        change::PutWarning{this->lobby_, this->bob_, {}, "", {}},
        change::PutSuspicion{this->lobby_,
                             {.user = this->bob_, .suspicion = chat::Suspicion::restricted}}};
    ASSERT_TRUE(catalog.apply(changes, {}));
    const auto standing = catalog.standing(this->lobby_, this->bob_).value();
    EXPECT_EQ(standing.role, chat::Role::moderator);
    EXPECT_EQ(standing.subscriber_tier, 3);
    EXPECT_EQ(standing.subscriber_months, 7u);
    EXPECT_TRUE(standing.founder);
    EXPECT_EQ(standing.banned_until, this->at(50));
    EXPECT_EQ(standing.following_since, this->at(-5));
    EXPECT_TRUE(standing.warned);
    EXPECT_EQ(standing.suspicion, chat::Suspicion::restricted);
    EXPECT_TRUE(standing.artist);
    EXPECT_EQ(standing.bits, 100u);
    EXPECT_FALSE(standing.has_spoken);
}

TYPED_TEST_P(PeopleContract, CountsWhispersOfEachThread) {
    auto& catalog = this->catalog();
    EXPECT_EQ(catalog.count_whisper(this->bob_, this->carol_).value(), 1u);
    EXPECT_EQ(catalog.count_whisper(this->carol_, this->bob_).value(), 2u);
    EXPECT_EQ(catalog.count_whisper(this->bob_, UserId{this->lobby_.value}).value(), 1u);
    EXPECT_EQ(catalog.count_whisper(this->bob_, this->carol_).value(), 3u);
    EXPECT_EQ(this->code_of(catalog.count_whisper(this->bob_, this->nobody_)), this->kMissing);
    EXPECT_EQ(this->code_of(catalog.count_whisper(this->nobody_, this->bob_)), this->kMissing);
}

REGISTER_TYPED_TEST_SUITE_P(PeopleContract, KeepsWhatAnAccountIs, FindsManyUsersAtOnceById,
                            KeepsTheClientOfAToken, KeepsAProfileAndTheTimeOfTheAccount,
                            KnowsWhoFollowsWhomAndSinceWhen, KnowsWhoBlocksWhom,
                            CountsWhispersOfEachThread, KeepsTheFactsThatPlatformsSetAndNoOthers,
                            GivesTheWholeStandingAtOnce);

}  // namespace clamor::store
