// SPDX-License-Identifier: Apache-2.0
#include "store/memory_catalog.h"

namespace clamor::store {

Result<void> MemoryCatalog::add_webhook(const Webhook& webhook) {
    if (auto fine = check_webhook(webhook); !fine) return fine;
    Webhook kept = webhook;
    kept.id = *check_webhook_id(webhook.id);
    const std::lock_guard lock(mutex_);
    const std::string id = kept.id;
    if (!webhooks_.emplace(id, std::move(kept)).second) return webhook_exists(id);
    return {};
}

Result<bool> MemoryCatalog::set_webhook_verified(std::string_view id) {
    const auto key = check_webhook_id(id);
    if (!key) return tl::unexpected(key.error());
    const std::lock_guard lock(mutex_);
    const auto found = webhooks_.find(*key);
    if (found == webhooks_.end()) return false;
    found->second.verified = true;
    return true;
}

Result<bool> MemoryCatalog::remove_webhook(std::string_view id) {
    const auto key = check_webhook_id(id);
    if (!key) return tl::unexpected(key.error());
    const std::lock_guard lock(mutex_);
    return webhooks_.erase(*key) != 0;
}

Result<std::optional<Webhook>> MemoryCatalog::find_webhook(std::string_view id) {
    const auto key = check_webhook_id(id);
    if (!key) return tl::unexpected(key.error());
    const std::lock_guard lock(mutex_);
    const auto found = webhooks_.find(*key);
    if (found == webhooks_.end()) return std::optional<Webhook>();
    return std::optional(found->second);
}

Result<std::vector<Webhook>> MemoryCatalog::list_webhooks(std::string_view after_id,
                                                          std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<Webhook> webhooks;
    for (auto it = webhooks_.upper_bound(after_id);
         it != webhooks_.end() && webhooks.size() < limit; ++it)
        webhooks.push_back(it->second);
    return webhooks;
}

}  // namespace clamor::store
