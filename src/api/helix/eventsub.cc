// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"
#include "eventsub/registry.h"

namespace clamor::api::helix {

namespace {

eventsub::Caller subscriber(const Call& call) {
    return {.user = call.caller.user ? call.caller.user->id : UserId(),
            .client_id = call.caller.client_id,
            .scopes = call.caller.scopes,
            .token_hash = call.caller.token_hash,
            .token_expires_at = call.caller.expires_at};
}

}  // namespace

Reply post_subscription(Call& call) {
    const Fields transport = call.fields.object("transport");
    const Fields condition = call.fields.object("condition");
    eventsub::CreateRequest wanted{.type = call.fields.text("type"),
                                   .version = call.fields.text("version"),
                                   .condition = {},
                                   .method = transport.text("method"),
                                   .session_id = transport.raw("session_id"),
                                   .callback = transport.raw("callback"),
                                   .secret = transport.raw("secret")};
    for (const char* field : {"broadcaster_user_id", "moderator_user_id", "user_id",
                              "from_broadcaster_user_id", "to_broadcaster_user_id"}) {
        if (!condition.has(field)) continue;
        wanted.condition[field] = condition.raw(field);
        // In development mode a channel comes into being when it is named.
        if (!call.services->dev || std::string_view(field) == "user_id") continue;
        if (const auto id = condition.optional_user_id(field)) call.find_channel(*id);
    }
    return Later(
        [self = call.shared_from_this(), wanted = std::move(wanted)](wire::http::Respond respond) {
            self->services->events.create(
                wanted, subscriber(*self), self->now.wall,
                [respond = std::move(respond)](const eventsub::Registry::CreateAnswer& answer) {
                    respond(answer ? json_reply(eventsub::to_json(*answer), 202)
                                   : error_reply(answer.error().status, answer.error().message));
                });
        });
}

Reply delete_subscription(Call& call) {
    const auto failed = call.services->events.remove(call.fields.text("id"), subscriber(call));
    return failed ? error_reply(failed->status, failed->message) : no_content();
}

Reply get_subscriptions(Call& call) {
    const eventsub::ListQuery query{.status = call.fields.raw("status"),
                                    .type = call.fields.raw("type"),
                                    .user_id = call.fields.raw("user_id"),
                                    .subscription_id = call.fields.raw("subscription_id"),
                                    .after = call.fields.raw("after")};
    const auto page = call.services->events.list(query, subscriber(call), call.now.wall);
    if (!page) return error_reply(page.error().status, page.error().message);
    return json_reply(eventsub::to_json(*page));
}

Reply post_eventsub_reconnect(Call& call) {
    call.services->events.reconnect_all();
    return no_content();
}

}  // namespace clamor::api::helix
