// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/counters.h"
#include "base/limits.h"
#include "base/scheduler.h"
#include "eventsub/registry.h"
#include "wire/http/service.h"

namespace clamor::eventsub {

struct Post {
    std::string url;
    wire::http::Headers headers;
    std::string body;
};
struct PostAnswer {
    int status = 0;      ///< 0: there was no answer
    std::string body{};  ///< its beginning
};

/// Sends POST requests; curl/poster.h implements it.
class Poster {
  public:
    virtual ~Poster() = default;
    /// Any thread. `done` is called once, from any thread; not at all when it gives false: its
    /// queue is at its bound.
    virtual bool post(Post post, std::function<void(PostAnswer)> done) = 0;
};

/// Takes what goes to webhooks.
class WebhookSink {
  public:
    /// Asks the callback whether it wants this.
    virtual void verify(SubscriptionRef subscription, std::function<void(bool)> verified) = 0;
    virtual void notify(SubscriptionRef subscription, const MessageId& id, std::string body) = 0;
    /// Says why it is over; what still waits is not sent.
    virtual void revoke(SubscriptionRef subscription, const MessageId& id, std::string body) = 0;
    /// Nothing more is sent for it.
    virtual void forget(const std::string& subscription_id) = 0;
    /// Called when a webhook does not take its notifications, with the subscription's id.
    virtual void set_on_failed(std::function<void(const std::string&)> failed) = 0;

  protected:
    ~WebhookSink() = default;
};

/// What one shard's webhooks have counted. Written on its thread, read by anyone.
struct WebhookCounters {
    Counter delivered;
    Counter retries;
    Counter failed;   // notifications given up
    Counter dropped;  // over limits::kWebhookQueue
    Counter verified;
    Counter not_verified;
};

/// `sha256=` and the HMAC over message id, timestamp and body.
std::string signature_of(std::string_view secret, std::string_view id, std::string_view timestamp,
                         std::string_view body);

/// One shard's webhooks: signs, keeps the order of each subscription's notifications, and tries
/// again after growing pauses. All calls are for the shard's thread. Bounded by
/// limits::kWebhookQueue notifications for each subscription.
class Webhooks final : public WebhookSink {
  public:
    /// Between the tries of one notification; after the last one it is given up.
    static constexpr std::chrono::seconds kPauses[] = {
        std::chrono::seconds(1), std::chrono::seconds(5), std::chrono::seconds(25),
        std::chrono::seconds(125), std::chrono::seconds(625)};

    struct Options {
        std::function<std::uint64_t()> random;  ///< unguessable; for challenges
        std::uint32_t hurry = 1;                ///< pauses are this many times shorter
    };
    /// What it is given outlives it.
    Webhooks(Scheduler& scheduler, Poster& poster, Options options);
    ~Webhooks();

    void verify(SubscriptionRef subscription, std::function<void(bool)> verified) override;
    void notify(SubscriptionRef subscription, const MessageId& id, std::string body) override;
    void revoke(SubscriptionRef subscription, const MessageId& id, std::string body) override;
    void forget(const std::string& subscription_id) override;
    void set_on_failed(std::function<void(const std::string&)> failed) override {
        failed_ = std::move(failed);
    }

    const WebhookCounters& counters() const { return counters_; }

  private:
    struct Waiting {
        MessageId id;
        WallTime at{};
        std::string body;
    };
    /// The notifications of one subscription; the first one is under way.
    struct Line {
        SubscriptionRef subscription;
        std::deque<Waiting> waiting{};
        std::size_t tries = 0;  ///< of the first one
        TimerId timer{};
        std::uint64_t number = 0;  ///< names it among those that had the same id
    };

    Post make_post(const Subscription& subscription, std::string_view kind, const Waiting& what,
                   std::size_t retry) const;
    /// False: `answered` will not be called.
    bool send(Post post, std::function<void(const PostAnswer&)> answered);
    void try_first(const std::string& id);
    void answered(const std::string& id, std::uint64_t number, const PostAnswer& answer);
    void try_later(const std::string& id, Line& line);

    Scheduler& scheduler_;
    Poster& poster_;
    const Options options_;
    WebhookCounters counters_;
    std::map<std::string, Line> lines_;
    std::uint64_t lines_made_ = 0;
    std::function<void(const std::string&)> failed_;
    std::shared_ptr<Webhooks*> ticket_;
};

}  // namespace clamor::eventsub
