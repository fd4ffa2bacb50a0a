// SPDX-License-Identifier: Apache-2.0
#include "eventsub/webhook.h"

#include <atomic>
#include <deque>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "eventsub/curl/poster.h"
#include "eventsub/public_address.h"
#include "tests/fakes/manual_cluster.h"

namespace clamor::eventsub {
namespace {

using namespace std::chrono_literals;

/// Keeps what is posted; the test answers.
struct FakePoster final : Poster {
    bool post(Post post, std::function<void(PostAnswer)> done) override {
        if (full) return false;
        posts.push_back(std::move(post));
        open.push_back(std::move(done));
        return true;
    }
    void answer(PostAnswer with) {
        auto done = std::move(open.front());
        open.pop_front();
        done(std::move(with));
    }

    bool full = false;
    std::vector<Post> posts;
    std::deque<std::function<void(PostAnswer)>> open;
};

std::string header(const Post& post, std::string_view name) {
    for (const auto& [key, value] : post.headers) {
        if (key == name) return value;
    }
    return {};
}

class WebhooksTest : public ::testing::Test {
  protected:
    WebhooksTest() {
        auto made = std::make_shared<Subscription>();
        made->id = "f1c2a387-161a-49f9-a165-0f21d7a4e1c4";
        made->type = Type::ban;
        made->transport = WebhookTransport{"https://bot.example.org/events", "s3cret-s3cret"};
        subscription = made;
        webhooks.set_on_failed([this](const std::string& id) { failed.push_back(id); });
    }
    void answer(PostAnswer with) {
        poster.answer(std::move(with));
        cluster.run();
    }
    void notify(std::uint64_t number) {
        webhooks.notify(subscription, MessageId::from_random(1, number), std::to_string(number));
    }

    fakes::ManualCluster cluster{1};
    FakePoster poster;
    Webhooks webhooks{cluster.shard(0), poster, {.random = [] { return std::uint64_t{0xabc}; }}};
    SubscriptionRef subscription;
    std::vector<std::string> failed;
};

TEST(Signature, IsTheHmacOfIdTimeAndBody) {
    // printf 'idtimebody' | openssl dgst -sha256 -hmac s3cret-s3cret
    EXPECT_EQ(signature_of("s3cret-s3cret", "id", "time", "body"),
              "sha256=45c1e6ff7dbd6abe25bb5ccaf3ed8ab8a4ca0f2d66c740b487010380edc8b9f9");
}

TEST_F(WebhooksTest, SignsAndNamesWhatItSends) {
    notify(7);
    ASSERT_EQ(poster.posts.size(), 1u);
    const Post& post = poster.posts[0];
    EXPECT_EQ(post.url, "https://bot.example.org/events");
    EXPECT_EQ(post.body, "7");
    const std::string id = header(post, "Twitch-Eventsub-Message-Id");
    EXPECT_EQ(id, MessageId::from_random(1, 7).to_string());
    EXPECT_EQ(header(post, "Twitch-Eventsub-Message-Type"), "notification");
    EXPECT_EQ(header(post, "Twitch-Eventsub-Message-Retry"), "0");
    EXPECT_EQ(header(post, "Twitch-Eventsub-Subscription-Type"), "channel.ban");
    EXPECT_EQ(header(post, "Twitch-Eventsub-Subscription-Version"), "1");
    EXPECT_EQ(
        header(post, "Twitch-Eventsub-Message-Signature"),
        signature_of("s3cret-s3cret", id, header(post, "Twitch-Eventsub-Message-Timestamp"), "7"));
}

TEST_F(WebhooksTest, VerifiesByTheChallenge) {
    std::vector<bool> verified;
    const auto ask = [&] {
        webhooks.verify(subscription, [&](bool is) { verified.push_back(is); });
        return nlohmann::json::parse(poster.posts.back().body)["challenge"].get<std::string>();
    };
    const std::string challenge = ask();
    EXPECT_EQ(header(poster.posts[0], "Twitch-Eventsub-Message-Type"),
              "webhook_callback_verification");
    answer({200, challenge});
    ask();
    answer({200, "something else"});
    ask();
    answer({404, challenge});
    ask();
    answer({});
    EXPECT_EQ(verified, (std::vector{true, false, false, false}));
}

TEST_F(WebhooksTest, KeepsTheOrderOfNotifications) {
    for (std::uint64_t i = 1; i <= 3; ++i) notify(i);
    EXPECT_EQ(poster.posts.size(), 1u);
    answer({500});
    EXPECT_EQ(poster.posts.size(), 1u);
    cluster.advance(1s);
    ASSERT_EQ(poster.posts.size(), 2u);
    EXPECT_EQ(poster.posts[1].body, "1");
    EXPECT_EQ(header(poster.posts[1], "Twitch-Eventsub-Message-Retry"), "1");
    answer({204});
    answer({200});
    answer({200});
    EXPECT_EQ(poster.posts.size(), 4u);
    EXPECT_EQ(poster.posts[3].body, "3");
    EXPECT_EQ(webhooks.counters().delivered.value(), 3u);
    EXPECT_EQ(webhooks.counters().retries.value(), 1u);
}

TEST_F(WebhooksTest, GivesUpAfterGrowingPauses) {
    notify(1);
    notify(2);
    for (const auto pause : Webhooks::kPauses) {
        answer({});
        cluster.advance(pause - 1ms);
        const auto tried = poster.posts.size();
        cluster.advance(1ms);
        EXPECT_EQ(poster.posts.size(), tried + 1);
    }
    EXPECT_TRUE(failed.empty());
    answer({503});
    EXPECT_EQ(failed, std::vector{subscription->id});
    EXPECT_EQ(webhooks.counters().failed.value(), 2u);
}

TEST_F(WebhooksTest, BoundsWhatWaits) {
    for (std::uint64_t i = 0; i < limits::kWebhookQueue + 5; ++i) notify(i);
    EXPECT_EQ(webhooks.counters().dropped.value(), 5u);
}

TEST_F(WebhooksTest, WaitsWhenThePosterIsFull) {
    poster.full = true;
    notify(1);
    poster.full = false;
    cluster.advance(1s);
    EXPECT_EQ(poster.posts.size(), 1u);
}

TEST_F(WebhooksTest, SendsNothingMoreAfterARevocation) {
    notify(1);
    notify(2);
    webhooks.revoke(subscription, MessageId::from_random(2, 2), "{}");
    ASSERT_EQ(poster.posts.size(), 2u);
    EXPECT_EQ(header(poster.posts[1], "Twitch-Eventsub-Message-Type"), "revocation");
    answer({500});
    cluster.advance(5s);
    EXPECT_EQ(poster.posts.size(), 2u);
}

TEST(PublicAddress, KnowsThoseOfTheInternet) {
    for (const char* address :
         {"1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "192.169.0.1"})
        EXPECT_TRUE(is_public_address(address)) << address;
    for (const char* address : {"127.0.0.1",
                                "10.1.2.3",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.168.1.1",
                                "169.254.169.254",
                                "100.64.0.1",
                                "0.0.0.0",
                                "224.0.0.1",
                                "255.255.255.255",
                                "::1",
                                "::",
                                "fe80::1",
                                "fd00::1",
                                "::ffff:127.0.0.1",
                                "2001:db8::1",
                                "2002:7f00:1::",
                                "64:ff9b::7f00:1",
                                "somewhere",
                                ""})
        EXPECT_FALSE(is_public_address(address)) << address;
}

TEST(CurlPoster, DoesNotConnectToThisMachine) {
    std::atomic<int> status = -1;
    {
        CurlPoster poster({.timeout = std::chrono::milliseconds(500)});
        ASSERT_TRUE(poster.post({"http://127.0.0.1:9/", {}, "x"},
                                [&](PostAnswer answer) { status = answer.status; }));
    }
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace clamor::eventsub
