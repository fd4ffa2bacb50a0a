// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/catalog.h"

namespace clamor::store {

/// What every catalog has to do as a WebhookStore. `Fixture` as in CatalogContract.
template <class Fixture>
class WebhookContract : public testing::Test {
  protected:
    Catalog& catalog() { return fixture_.catalog(); }
    template <class T>
    static std::error_code code_of(const Result<T>& result) {
        return result ? std::error_code() : result.error().code;
    }
    static std::string id(int number) {
        return "0000000" + std::to_string(number) + "-0000-4000-8000-00000000000a";
    }
    static Webhook webhook(int number) {
        return {.id = id(number),
                .type = "channel.ban",
                .version = 1,
                .condition = R"({"broadcaster_user_id":"1000"})",
                .callback = "https://bot.example.org/?a='b'",
                .secret = "'; DROP TABLE webhooks; --",
                .verified = false,
                .created_at = wall_from_unix_ms(1700000000000 + number),
                .cost = 1,
                .owner = UserId(7),
                .client_id = "client",
                .token_hash = "abc",
                .token_kept = true,
                .token_expires_at = wall_from_unix_ms(1800000000000),
                .may_read_email = true};
    }

    Fixture fixture_;
    const std::error_code kInvalid = std::make_error_code(std::errc::invalid_argument);
    const std::error_code kExists = std::make_error_code(std::errc::file_exists);
};

TYPED_TEST_SUITE_P(WebhookContract);

TYPED_TEST_P(WebhookContract, KeepsAllOfAWebhook) {
    auto& catalog = this->catalog();
    const Webhook one = this->webhook(1);
    Webhook other;
    other.id = this->id(2);
    ASSERT_TRUE(catalog.add_webhook(other));
    ASSERT_TRUE(catalog.add_webhook(one));
    EXPECT_EQ(catalog.list_webhooks("", 10).value(), (std::vector{one, other}));
    EXPECT_EQ(this->code_of(catalog.add_webhook(one)), this->kExists);
    EXPECT_EQ(catalog.find_webhook(this->id(1)).value(), one);
    EXPECT_EQ(catalog.find_webhook(this->id(3)).value(), std::nullopt);
}

TYPED_TEST_P(WebhookContract, NotesTheAnswerOfTheCallback) {
    auto& catalog = this->catalog();
    EXPECT_FALSE(catalog.set_webhook_verified(this->id(1)).value()) << "there is none";
    EXPECT_TRUE(catalog.list_webhooks("", 10).value().empty());
    ASSERT_TRUE(catalog.add_webhook(this->webhook(1)));
    ASSERT_TRUE(catalog.add_webhook(this->webhook(2)));
    EXPECT_TRUE(catalog.set_webhook_verified(this->id(1)).value());
    EXPECT_TRUE(catalog.set_webhook_verified(this->id(1)).value()) << "again";
    const auto kept = catalog.list_webhooks("", 10).value();
    EXPECT_TRUE(kept.at(0).verified);
    EXPECT_FALSE(kept.at(1).verified);
}

TYPED_TEST_P(WebhookContract, RemovesOne) {
    auto& catalog = this->catalog();
    ASSERT_TRUE(catalog.add_webhook(this->webhook(1)));
    ASSERT_TRUE(catalog.add_webhook(this->webhook(2)));
    EXPECT_TRUE(catalog.remove_webhook(this->id(1)).value());
    EXPECT_FALSE(catalog.remove_webhook(this->id(1)).value());
    EXPECT_FALSE(catalog.set_webhook_verified(this->id(1)).value()) << "it stays away";
    EXPECT_EQ(catalog.list_webhooks("", 10).value(), std::vector{this->webhook(2)});
}

TYPED_TEST_P(WebhookContract, ListsThemInPages) {
    auto& catalog = this->catalog();
    for (const int number : {3, 1, 2}) ASSERT_TRUE(catalog.add_webhook(this->webhook(number)));
    const auto page = [&](std::string_view after, std::size_t limit) {
        std::vector<std::string> ids;
        const auto found = catalog.list_webhooks(after, limit).value();
        for (const auto& one : found) ids.push_back(one.id);
        return ids;
    };
    using testing::ElementsAre;
    EXPECT_THAT(page("", 2), ElementsAre(this->id(1), this->id(2)));
    EXPECT_THAT(page(this->id(2), 2), ElementsAre(this->id(3)));
    EXPECT_THAT(page(this->id(3), 2), ElementsAre());
}

TYPED_TEST_P(WebhookContract, RefusesWhatIsNoIdAndNulBytes) {
    auto& catalog = this->catalog();
    auto wrong = this->webhook(1);
    wrong.id = "'--";
    EXPECT_EQ(this->code_of(catalog.add_webhook(wrong)), this->kInvalid);
    EXPECT_EQ(this->code_of(catalog.remove_webhook("x")), this->kInvalid);
    EXPECT_EQ(this->code_of(catalog.find_webhook("x")), this->kInvalid);
    EXPECT_EQ(this->code_of(catalog.set_webhook_verified("")), this->kInvalid);
    for (std::string Webhook::*text : {&Webhook::type, &Webhook::condition, &Webhook::callback,
                                       &Webhook::secret, &Webhook::client_id}) {
        wrong = this->webhook(1);
        wrong.*text = std::string("a\0b", 3);
        EXPECT_EQ(this->code_of(catalog.add_webhook(wrong)), this->kInvalid);
    }
    auto upper = this->webhook(1);
    upper.id.back() = 'A';
    ASSERT_TRUE(catalog.add_webhook(upper));
    EXPECT_EQ(catalog.list_webhooks("", 1).value().at(0).id, this->id(1));
    EXPECT_TRUE(catalog.remove_webhook(upper.id).value());
}

REGISTER_TYPED_TEST_SUITE_P(WebhookContract, KeepsAllOfAWebhook, NotesTheAnswerOfTheCallback,
                            RemovesOne, ListsThemInPages, RefusesWhatIsNoIdAndNulBytes);

}  // namespace clamor::store
