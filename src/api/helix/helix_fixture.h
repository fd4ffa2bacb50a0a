// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/api_fixture.h"
#include "api/helix/frame.h"
#include "api/helix/oauth.h"

namespace clamor::api::helix {

/// Dallas's channel with the moderator mo, and alice and bob among the viewers.
class HelixFixture : public ApiFixture {
  protected:
    HelixFixture() { add_routes(); }

    void add_routes() {
        add_helix_routes(router, services);
        add_oauth_routes(router, services);
        add_platform_routes(router, services);
    }

    /// Asks with a bearer and checks what every answer has.
    wire::http::Response call(std::string_view method, const std::string& target,
                              const std::string& bearer = {}, const std::string& body = {}) {
        wire::http::Headers headers;
        if (!bearer.empty()) headers.emplace_back("authorization", "Bearer " + bearer);
        auto response = ask(method, target, std::move(headers), body);
        check_frame(target, response);
        return response;
    }

    static void check_frame(const std::string& target, const wire::http::Response& response) {
        if (target.starts_with("/helix/") || target.starts_with("/mock/")) {
            EXPECT_EQ(header_of(response, "Ratelimit-Limit"), "800") << target;
            EXPECT_NE(header_of(response, "Ratelimit-Remaining"), "") << target;
            EXPECT_GT(std::stoll("0" + header_of(response, "Ratelimit-Reset")), 0) << target;
            EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), "*") << target;
        }
        if (response.status == 204) {
            EXPECT_EQ(response.body, "") << target;
            EXPECT_EQ(header_of(response, "Content-Type"), "") << target;
        }
        if (response.status >= 400) {
            EXPECT_EQ(header_of(response, "Content-Type"), "application/json") << target;
            const auto body = nlohmann::json::parse(response.body, nullptr, false);
            EXPECT_EQ(body.value("status", 0), response.status) << target << response.body;
            EXPECT_NE(body.value("message", ""), "") << target;
        }
    }

    nlohmann::json json(const wire::http::Response& response, int status = 200) {
        EXPECT_EQ(response.status, status) << response.body;
        return nlohmann::json::parse(response.body, nullptr, false);
    }
    /// `data` of an answer that is a list.
    nlohmann::json data(const wire::http::Response& response) {
        const auto body = json(response);
        EXPECT_TRUE(body.contains("data") && body["data"].is_array()) << response.body;
        return body.value("data", nlohmann::json::array());
    }
    static std::string message_of(const wire::http::Response& response) {
        const auto body = nlohmann::json::parse(response.body, nullptr, false);
        return body.is_object() ? body.value("message", "") : std::string();
    }
    /// `status: message` of an error.
    static std::string said(const wire::http::Response& response) {
        return std::to_string(response.status) + ": " + message_of(response);
    }

    static std::string id(const chat::User& user) { return std::to_string(user.id.value); }
    /// `broadcaster_id=..&moderator_id=..` of Dallas and mo.
    std::string by_mo() const { return "broadcaster_id=" + id(dallas) + "&moderator_id=" + id(mo); }
    std::string broadcaster() const { return "broadcaster_id=" + id(dallas); }

    chat::User make_user(std::string_view login) { return catalog.ensure_user(login).value(); }

    store::Channel channel = catalog.ensure_channel("dallas").value();
    chat::User dallas = make_user("dallas");
    chat::User mo = make_moderator("mo");
    chat::User alice = make_user("alice");
    chat::User bob = make_user("bob");

  private:
    chat::User make_moderator(std::string_view login) {
        const auto user = make_user(login);
        EXPECT_TRUE(catalog.set_role(channel.id, user.id, chat::Role::moderator));
        return user;
    }
};

}  // namespace clamor::api::helix
