// SPDX-License-Identifier: Apache-2.0
#include "eventsub/kept_webhook.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "base/check.h"

namespace clamor::eventsub {
namespace {

Condition condition_of(const std::string& document, std::span<const Field> fields) {
    Condition condition;
    const auto json = nlohmann::json::parse(document, nullptr, false);
    if (!json.is_object()) return condition;
    for (const Field field : fields) {
        const auto found = json.find(std::string(name_of(field)));
        if (found == json.end() || !found->is_string()) continue;
        const auto& text = found->get_ref<const std::string&>();
        std::uint64_t id = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (error == std::errc{} && end == text.data() + text.size()) condition[field] = UserId(id);
    }
    return condition;
}

}  // namespace

store::Webhook record_of(const Subscription& subscription) {
    const auto& transport = std::get<WebhookTransport>(subscription.transport);
    return {.id = subscription.id,
            .type = std::string(subscription.info().name),
            .version = subscription.version,
            .condition = to_json(subscription, Place::rest)["condition"].dump(),
            .callback = transport.callback,
            .secret = transport.secret,
            .verified = subscription.status == Status::enabled,
            .created_at = subscription.created_at,
            .cost = subscription.cost,
            .owner = subscription.owner,
            .client_id = subscription.client_id,
            .token_hash = subscription.token_hash,
            .token_kept = subscription.token_kept,
            .token_expires_at = subscription.token_expires_at,
            .may_read_email = subscription.may_read_email};
}

Result<std::optional<Subscription>> subscription_of(const store::Webhook& webhook,
                                                    store::Catalog& catalog) {
    const TypeInfo* info = find_type(webhook.type);
    if (info == nullptr || webhook.version < 1 || webhook.version > info->last_version)
        return std::nullopt;
    Subscription made;
    made.id = webhook.id;
    made.status =
        webhook.verified ? Status::enabled : Status::webhook_callback_verification_pending;
    made.type = info->type;
    made.version = static_cast<std::uint8_t>(webhook.version);
    made.condition = condition_of(webhook.condition, fields_of(info->audience));
    made.transport = WebhookTransport{webhook.callback, webhook.secret};
    made.created_at = webhook.created_at;
    made.cost = webhook.cost;
    made.owner = webhook.owner;
    made.client_id = webhook.client_id;
    made.token_hash = webhook.token_hash;
    made.token_kept = webhook.token_kept;
    made.token_expires_at = webhook.token_expires_at;
    made.may_read_email = webhook.may_read_email;
    if (const UserId id = broadcaster_of(made.condition)) {
        const auto channel = catalog.find_channel(ChannelId(id.value));
        if (!channel) return tl::unexpected(channel.error());
        // Of one that is gone the number is left: the look at its rights ends the subscription.
        made.channel = *channel ? chat::Person{id, (*channel)->login, (*channel)->display_name}
                                : chat::Person{id, {}, {}};
    }
    return made;
}

}  // namespace clamor::eventsub
