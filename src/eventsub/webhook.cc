// SPDX-License-Identifier: Apache-2.0
#include "eventsub/webhook.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace clamor::eventsub {

std::string signature_of(std::string_view secret, std::string_view id, std::string_view timestamp,
                         std::string_view body) {
    std::string signed_text(id);
    signed_text += timestamp;
    signed_text += body;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const auto* made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                            reinterpret_cast<const unsigned char*>(signed_text.data()),
                            signed_text.size(), digest, &size);
    CLAMOR_CHECK(made != nullptr, "SHA-256 is always there");
    std::string text = "sha256=";
    for (unsigned int i = 0; i < size; ++i)
        fmt::format_to(std::back_inserter(text), "{:02x}", digest[i]);
    return text;
}

Webhooks::Webhooks(Scheduler& scheduler, Poster& poster, Options options)
    : scheduler_(scheduler),
      poster_(poster),
      options_(std::move(options)),
      ticket_(std::make_shared<Webhooks*>(this)) {}

Webhooks::~Webhooks() {
    for (const auto& [id, line] : lines_) {
        if (line.timer) scheduler_.cancel(line.timer);
    }
}

Post Webhooks::make_post(const Subscription& subscription, std::string_view kind,
                         const Waiting& what, std::size_t retry) const {
    const auto& transport = std::get<WebhookTransport>(subscription.transport);
    const std::string id = what.id.to_string();
    const std::string at = rfc3339(what.at);
    return {
        .url = transport.callback,
        .headers = {{"Content-Type", "application/json"},
                    {"Twitch-Eventsub-Message-Id", id},
                    {"Twitch-Eventsub-Message-Retry", std::to_string(retry)},
                    {"Twitch-Eventsub-Message-Type", std::string(kind)},
                    {"Twitch-Eventsub-Message-Signature",
                     signature_of(transport.secret, id, at, what.body)},
                    {"Twitch-Eventsub-Message-Timestamp", at},
                    {"Twitch-Eventsub-Subscription-Type", std::string(subscription.info().name)},
                    {"Twitch-Eventsub-Subscription-Version", std::to_string(subscription.version)}},
        .body = what.body};
}

bool Webhooks::send(Post post, std::function<void(const PostAnswer&)> answered) {
    const std::weak_ptr<Webhooks*> ticket = ticket_;
    return poster_.post(std::move(post), [ticket, answered = std::move(answered),
                                          home = scheduler_.shard(),
                                          &scheduler = scheduler_](PostAnswer answer) {
        scheduler.post_to(home, Priority::control, [ticket, answered, answer = std::move(answer)] {
            if (!ticket.expired()) answered(answer);
        });
    });
}

void Webhooks::verify(SubscriptionRef subscription, std::function<void(bool)> verified) {
    const std::string challenge =
        fmt::format("{:016x}{:016x}", options_.random(), options_.random());
    const nlohmann::ordered_json body{
        {"challenge", challenge}, {"subscription", to_json(*subscription, Place::notification)}};
    const Now now = scheduler_.now();
    const Waiting what{MessageId::at(now.wall, options_.random(), options_.random()), now.wall,
                       body.dump()};
    const bool sent = send(make_post(*subscription, "webhook_callback_verification", what, 0),
                           [this, challenge, verified](const PostAnswer& answer) {
                               const bool agreed = answer.status >= 200 && answer.status < 300 &&
                                                   answer.body == challenge;
                               (agreed ? counters_.verified : counters_.not_verified).add();
                               verified(agreed);
                           });
    if (sent) return;
    counters_.not_verified.add();
    verified(false);
}

void Webhooks::notify(SubscriptionRef subscription, const MessageId& id, std::string body) {
    const std::string& name = subscription->id;
    auto found = lines_.find(name);
    if (found == lines_.end())
        found =
            lines_.emplace(name, Line{.subscription = subscription, .number = ++lines_made_}).first;
    Line& line = found->second;
    if (line.waiting.size() >= limits::kWebhookQueue) {
        counters_.dropped.add();
        return;
    }
    line.waiting.push_back({id, scheduler_.now().wall, std::move(body)});
    if (line.waiting.size() == 1) try_first(name);
}

void Webhooks::try_first(const std::string& id) {
    Line& line = lines_.find(id)->second;
    const std::size_t retry = line.tries++;
    if (retry > 0) counters_.retries.add();
    const bool sent =
        send(make_post(*line.subscription, "notification", line.waiting.front(), retry),
             [this, id, number = line.number](const PostAnswer& answer) {
                 answered(id, number, answer);
             });
    // Nothing was tried, so nothing failed: only the pause passes.
    if (!sent) try_later(id, line);
}

void Webhooks::answered(const std::string& id, std::uint64_t number, const PostAnswer& answer) {
    const auto found = lines_.find(id);
    if (found == lines_.end() || found->second.number != number) return;
    Line& line = found->second;
    if (answer.status < 200 || answer.status >= 300) return try_later(id, line);
    counters_.delivered.add();
    line.tries = 0;
    line.waiting.pop_front();
    if (line.waiting.empty()) {
        lines_.erase(found);
    } else {
        try_first(id);
    }
}

void Webhooks::try_later(const std::string& id, Line& line) {
    if (line.tries > std::size(kPauses)) {
        counters_.failed.add(line.waiting.size());
        const std::string over = id;
        forget(over);
        if (failed_) failed_(over);
        return;
    }
    const auto pause = std::chrono::milliseconds(kPauses[line.tries - 1]) / options_.hurry;
    line.timer =
        scheduler_.call_at(scheduler_.now().mono + pause, [this, id, number = line.number] {
            const auto found = lines_.find(id);
            if (found == lines_.end() || found->second.number != number) return;
            found->second.timer = {};
            try_first(id);
        });
}

void Webhooks::revoke(SubscriptionRef subscription, const MessageId& id, std::string body) {
    forget(subscription->id);
    const Waiting what{id, scheduler_.now().wall, std::move(body)};
    // Once: whoever does not take it learns from the list of subscriptions.
    send(make_post(*subscription, "revocation", what, 0), [](const PostAnswer&) {});
}

void Webhooks::forget(const std::string& subscription_id) {
    const auto found = lines_.find(subscription_id);
    if (found == lines_.end()) return;
    if (found->second.timer) scheduler_.cancel(found->second.timer);
    lines_.erase(found);
}

}  // namespace clamor::eventsub
