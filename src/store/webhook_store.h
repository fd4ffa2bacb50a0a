// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace clamor::store {

/// An EventSub subscription that is posted to a callback. What type, version and condition mean is
/// EventSub's matter.
struct Webhook {
    std::string id{};  ///< UUID text
    std::string type{};
    std::uint32_t version = 1;
    std::string condition{};  ///< a JSON document
    std::string callback{};
    std::string secret{};   ///< as it was given: notifications are signed with it
    bool verified = false;  ///< the callback has answered the challenge
    WallTime created_at{};
    std::uint32_t cost = 0;
    UserId owner{};  ///< none: of an app token
    std::string client_id{};
    std::string token_hash{};  ///< hexadecimal; empty: not known
    bool token_kept = false;   ///< the token is one of the catalog's
    std::optional<WallTime> token_expires_at{};
    bool may_read_email = false;
    friend bool operator==(const Webhook&, const Webhook&) = default;
};

/// The webhooks that live, so that they outlast a restart. Calls block and are for worker threads;
/// every call is safe from any thread. Ids are given back in lower case; one that is no UUID, and
/// texts with a NUL byte, are std::errc::invalid_argument.
class WebhookStore {
  public:
    virtual ~WebhookStore() = default;
    /// Fails with file_exists when the id is known. The owner may be unknown.
    virtual Result<void> add_webhook(const Webhook& webhook) = 0;
    /// The callback has answered. False when there is no such webhook (any more).
    virtual Result<bool> set_webhook_verified(std::string_view id) = 0;
    /// False when there was none.
    virtual Result<bool> remove_webhook(std::string_view id) = 0;
    virtual Result<std::optional<Webhook>> find_webhook(std::string_view id) = 0;
    /// By id; `after_id` empty: from the first on.
    virtual Result<std::vector<Webhook>> list_webhooks(std::string_view after_id,
                                                       std::size_t limit) = 0;
};

}  // namespace clamor::store
