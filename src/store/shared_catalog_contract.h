// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "store/catalog.h"

namespace clamor::store {

/// What several nodes on one catalog may rely on. A fixture has first() and second(): two catalogs
/// that were opened on the same data, each with connections of its own.
template <class Fixture>
class SharedCatalogContract : public testing::Test {
  protected:
    static constexpr int kRounds = 40;

    Catalog& first() { return fixture_.first(); }
    Catalog& second() { return fixture_.second(); }

    /// Both do it at the same time, `kRounds` times.
    void race(const std::function<void(Catalog&, int node, int round)>& act) {
        for (int round = 0; round < kRounds; ++round) {
            std::atomic<int> ready = 0;
            const auto run = [&](Catalog& catalog, int node) {
                ++ready;
                while (ready < 2) std::this_thread::yield();
                act(catalog, node, round);
            };
            std::thread other([&] { run(second(), 1); });
            run(first(), 0);
            other.join();
        }
    }

  private:
    Fixture fixture_;
};

TYPED_TEST_SUITE_P(SharedCatalogContract);

TYPED_TEST_P(SharedCatalogContract, GivesEachStartAnEpochOfItsOwn) {
    std::array<std::vector<std::uint64_t>, 2> epochs;
    this->race([&](Catalog& catalog, int node, int) {
        epochs[node].push_back(catalog.next_epoch().value());
    });
    std::set<std::uint64_t> all(epochs[0].begin(), epochs[0].end());
    all.insert(epochs[1].begin(), epochs[1].end());
    EXPECT_EQ(all.size(), static_cast<std::size_t>(2 * this->kRounds));
    EXPECT_EQ(*all.rbegin(), 2u * this->kRounds);
}

TYPED_TEST_P(SharedCatalogContract, MakesOneAccountAndOneChannelOfAName) {
    std::array<std::vector<ChannelId>, 2> made;
    this->race([&](Catalog& catalog, int node, int round) {
        const std::string login = "c" + std::to_string(round);
        if ((round + node) % 2 == 0) {
            ASSERT_TRUE(catalog.ensure_user(login));
        }
        const auto channel = catalog.ensure_channel(login);
        ASSERT_TRUE(channel) << channel.error().to_string();
        made[node].push_back(channel->id);
    });
    EXPECT_EQ(made[0], made[1]);
    EXPECT_EQ(this->first().list_channels({}, 1000).value().size(),
              static_cast<std::size_t>(this->kRounds));
    EXPECT_EQ(this->second().list_users({}, 1000).value().size(),
              static_cast<std::size_t>(this->kRounds));
}

TYPED_TEST_P(SharedCatalogContract, LetsOneNodeDecideAHeldMessage) {
    const auto lobby = this->first().ensure_channel("lobby").value().id;
    const UserId author{lobby.value};
    std::atomic<int> decided = 0;
    this->race([&](Catalog& catalog, int node, int round) {
        const auto id = MessageId::from_random(7, static_cast<std::uint64_t>(round));
        if (node == 0 || !catalog.find_held(lobby, id).value()) {
            const auto held = catalog.hold({.channel = lobby, .id = id, .author = author}, 1000);
            // The second to hold it is told that it is held.
            if (!held) {
                EXPECT_EQ(held.error().code, std::errc::file_exists);
            }
        }
        const auto status = node == 0 ? chat::HoldStatus::approved : chat::HoldStatus::denied;
        const std::vector<Change> changes{
            change::DecideHeld{lobby, id, status, author, wall_from_unix_ms(round)}};
        const auto done = catalog.apply(changes, {});
        if (done) {
            ++decided;
            EXPECT_EQ(catalog.find_held(lobby, id).value()->status, status);
        } else {
            EXPECT_EQ(done.error().code, std::errc::file_exists) << done.error().to_string();
        }
    });
    EXPECT_EQ(decided, this->kRounds);
}

TYPED_TEST_P(SharedCatalogContract, LetsOneNodeResolveAnUnbanRequest) {
    const auto lobby = this->first().ensure_channel("lobby").value().id;
    const UserId user{lobby.value};
    std::atomic<int> resolved = 0;
    for (int round = 0; round < this->kRounds; ++round) {
        const std::vector<Change> asked{change::PutUnbanRequest{UnbanRequest{
            .id = MessageId::from_random(8, static_cast<std::uint64_t>(round)).to_string(),
            .channel = lobby,
            .user = user}}};
        ASSERT_TRUE(this->first().apply(asked, {}));
    }
    this->race([&](Catalog& catalog, int node, int round) {
        const auto id = MessageId::from_random(8, static_cast<std::uint64_t>(round)).to_string();
        auto request = catalog.find_unban_request(lobby, id).value().value();
        request.status = node == 0 ? UnbanRequestStatus::approved : UnbanRequestStatus::denied;
        request.moderator = user;
        const std::vector<Change> changes{change::PutUnbanRequest{request, true}};
        const auto done = catalog.apply(changes, {});
        if (done)
            ++resolved;
        else
            EXPECT_EQ(done.error().code, std::errc::file_exists) << done.error().to_string();
    });
    EXPECT_EQ(resolved, this->kRounds);
}

TYPED_TEST_P(SharedCatalogContract, HoldsNoMoreMessagesThanItMay) {
    const auto lobby = this->first().ensure_channel("lobby").value().id;
    std::atomic<std::uint64_t> next = 0;
    this->race([&](Catalog& catalog, int, int) {
        const auto held = catalog.hold({.channel = lobby,
                                        .id = MessageId::from_random(9, next++),
                                        .author = UserId{lobby.value}},
                                       25);
        ASSERT_TRUE(held) << held.error().to_string();
    });
    EXPECT_EQ(this->first().list_held(lobby, chat::HoldStatus::pending, {}, 1000).value().size(),
              25u);
}

TYPED_TEST_P(SharedCatalogContract, NumbersRevocationsSoThatNoneIsMissed) {
    // Whoever reads on from the last number that it saw must not miss one that was written later
    // under a smaller number.
    std::vector<std::uint64_t> seen;
    std::uint64_t last = 0;
    this->race([&](Catalog& catalog, int node, int round) {
        for (int i = 0; i < 3; ++i) {
            const std::string hash = std::to_string(1000 + round * 10 + node * 5 + i);
            ASSERT_TRUE(catalog.add_revocation({.hash = hash + std::string(64 - hash.size(), 'a'),
                                                .user = UserId{5},
                                                .until = wall_from_unix_ms(1'000'000)},
                                               wall_from_unix_ms(1)));
            if (node != 0) continue;
            const auto page = catalog.list_revocations(last, 1000).value();
            for (const Revocation& one : page) seen.push_back(last = one.number);
        }
    });
    const auto rest = this->first().list_revocations(last, 1000).value();
    for (const Revocation& one : rest) seen.push_back(one.number);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(6 * this->kRounds));
}

TYPED_TEST_P(SharedCatalogContract, MakesNoMoreFoundersThanThereAre) {
    const auto lobby = this->first().ensure_channel("lobby").value().id;
    std::array<std::vector<UserId>, 2> users;
    for (int i = 0; i < 2 * this->kRounds; ++i)
        users[i % 2].push_back(this->first().ensure_user("u" + std::to_string(i)).value().id);
    this->race([&](Catalog& catalog, int node, int round) {
        const auto done = catalog.set_subscription(lobby, users[node][round], 1, 1);
        ASSERT_TRUE(done) << done.error().to_string();
    });
    std::size_t founders = 0;
    for (const auto& half : users) {
        for (const UserId user : half)
            founders += this->first().standing(lobby, user).value().founder ? 1 : 0;
    }
    EXPECT_EQ(founders, kFoundersPerChannel);
}

TYPED_TEST_P(SharedCatalogContract, KeepsRolesBansAndTheAuditLogTogether) {
    const auto lobby = this->first().ensure_channel("lobby").value().id;
    const auto bob = this->first().ensure_user("bob").value().id;
    this->race([&](Catalog& catalog, int node, int round) {
        // Each node writes both facts and the entry that tells of them; whoever is last wins both.
        const std::string name = std::to_string(node) + "/" + std::to_string(round);
        const std::vector<Change> changes{
            change::PutRole{lobby, bob, node == 0 ? chat::Role::vip : chat::Role::moderator},
            change::PutBan{{.channel = lobby, .user = bob, .reason = name}}};
        const std::vector<AuditEntry> audit{{.channel = lobby, .action = name}};
        const auto done = catalog.apply(changes, audit);
        ASSERT_TRUE(done) << done.error().to_string();
    });
    const auto ban = this->second().find_ban(lobby, bob, {}).value().value();
    const auto standing = this->second().standing(lobby, bob).value();
    const auto entries = this->second().list_audit(lobby, 0, "", 1000).value();
    ASSERT_EQ(entries.size(), static_cast<std::size_t>(2 * this->kRounds));
    EXPECT_EQ(entries.front().action, ban.reason);
    EXPECT_EQ(standing.role, ban.reason.front() == '0' ? chat::Role::vip : chat::Role::moderator);
    EXPECT_EQ(entries.front().id, entries.size());
}

TYPED_TEST_P(SharedCatalogContract, TellsOneNodeThatAFollowBegins) {
    const auto lobby = this->first().ensure_channel("lobby").value().id;
    std::vector<UserId> users;
    for (int i = 0; i < this->kRounds; ++i)
        users.push_back(this->first().ensure_user("f" + std::to_string(i)).value().id);
    std::atomic<int> begun = 0;
    this->race([&](Catalog& catalog, int, int round) {
        begun += catalog.set_follow(lobby, users[round], wall_from_unix_ms(5)).value() ? 1 : 0;
    });
    EXPECT_EQ(begun, this->kRounds);
    EXPECT_EQ(this->first().count_followers(lobby).value(),
              static_cast<std::uint64_t>(this->kRounds));
}

REGISTER_TYPED_TEST_SUITE_P(SharedCatalogContract, GivesEachStartAnEpochOfItsOwn,
                            MakesOneAccountAndOneChannelOfAName, LetsOneNodeDecideAHeldMessage,
                            LetsOneNodeResolveAnUnbanRequest, HoldsNoMoreMessagesThanItMay,
                            NumbersRevocationsSoThatNoneIsMissed, MakesNoMoreFoundersThanThereAre,
                            KeepsRolesBansAndTheAuditLogTogether, TellsOneNodeThatAFollowBegins);

}  // namespace clamor::store
