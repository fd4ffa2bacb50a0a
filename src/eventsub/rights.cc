// SPDX-License-Identifier: Apache-2.0
#include "eventsub/rights.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "eventsub/public_address.h"
#include "store/grants.h"

namespace clamor::eventsub {
namespace {

constexpr std::string_view kNoAuthorization = "subscription missing proper authorization";
constexpr std::size_t kSecretMin = 10;
constexpr std::size_t kSecretMax = 100;
constexpr std::size_t kCallbackMax = 1000;

tl::unexpected<Failure> refuse(int status, std::string message) {
    return tl::unexpected(Failure{status, std::move(message)});
}
tl::unexpected<Failure> refuse_rights() {
    return refuse(403, std::string(kNoAuthorization));
}
tl::unexpected<Failure> store_failed(const Error& error) {
    log::error("a subscription could not be checked", {{"error", error.to_string()}});
    return refuse(500, "the server could not look this up; try again");
}

UserId parse_id(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return UserId(value);
}

bool holds(const std::vector<std::string>& scopes, std::span<const AnyOf> groups) {
    return std::ranges::all_of(groups, [&](const AnyOf& group) {
        return std::ranges::any_of(group, [&](std::string_view scope) {
            return !scope.empty() && std::ranges::find(scopes, scope) != scopes.end();
        });
    });
}

bool has(const std::vector<std::string>& scopes, std::string_view scope) {
    return std::ranges::find(scopes, scope) != scopes.end();
}

/// On whose rights a subscription of the type rests; none: on nobody's.
UserId person_of(Audience audience, const Condition& condition) {
    switch (audience) {
        case Audience::reader:
        case Audience::user:
            return condition[Field::user];
        case Audience::moderator:
            return condition[Field::moderator];
        case Audience::broadcaster:
            return condition[Field::broadcaster];
        case Audience::anyone:
        case Audience::raid:
            return {};
    }
    return {};
}

bool moderates(const chat::User& user, const chat::Standing& standing) {
    return standing.role >= chat::Role::moderator || user.type != chat::AccountType::ordinary;
}

/// One request on its way through the rules.
class Check {
  public:
    Check(const CreateRequest& request, const Caller& caller, store::Catalog& catalog,
          const Registry::Options& options, WallTime now)
        : request_(request), caller_(caller), catalog_(catalog), options_(options), now_(now) {}

    tl::expected<Subscription, Failure> run() {
        using Step = tl::expected<void, Failure> (Check::*)();
        for (const Step step : {&Check::type, &Check::condition, &Check::transport, &Check::person,
                                &Check::scopes, &Check::channel, &Check::standing}) {
            if (auto passed = (this->*step)(); !passed) return tl::unexpected(passed.error());
        }
        made_.owner = caller_.user;
        made_.client_id = caller_.client_id;
        made_.token_hash = caller_.token_hash;
        made_.token_expires_at = caller_.token_expires_at;
        if (!caller_.token_hash.empty()) {
            const auto kept = catalog_.has_token(caller_.token_hash, now_);
            if (!kept) return store_failed(kept.error());
            made_.token_kept = *kept;
        }
        made_.created_at = now_;
        return std::move(made_);
    }

  private:
    tl::expected<void, Failure> type() {
        info_ = find_type(request_.type);
        const auto version = parse_id(request_.version).value;
        if (info_ == nullptr || version < 1 || version > info_->last_version)
            return refuse(400, "invalid subscription type and version");
        if (version < info_->first_version)
            return refuse(410, "this version of the subscription type was removed");
        made_.type = info_->type;
        made_.version = static_cast<std::uint8_t>(version);
        return {};
    }

    tl::expected<void, Failure> condition() {
        std::size_t given = 0;
        const auto fields = fields_of(info_->audience);
        for (const Field field : fields) {
            const auto found = request_.condition.find(std::string(name_of(field)));
            if (found == request_.condition.end() || found->second.empty()) continue;
            made_.condition[field] = parse_id(found->second);
            if (!made_.condition[field])
                return refuse(400, "the condition's " + found->first + " is not an id");
            ++given;
        }
        if (info_->audience == Audience::raid) {
            if (given != 1)
                return refuse(400,
                              "the condition needs either from_broadcaster_user_id or "
                              "to_broadcaster_user_id");
            return {};
        }
        if (given == fields.size()) return {};
        std::string names;
        for (const Field field : fields) {
            if (!names.empty()) names += " and ";
            names += name_of(field);
        }
        return refuse(400, "the condition needs " + names);
    }

    tl::expected<void, Failure> transport() {
        if (request_.method == "websocket") {
            if (!caller_.user)
                return refuse(400,
                              "invalid transport and auth combination: a websocket needs a user "
                              "access token");
            if (request_.session_id.empty()) return refuse(400, "the transport needs session_id");
            made_.transport = WebSocketTransport{.session_id = request_.session_id};
            return {};
        }
        if (request_.method != "webhook" || !options_.webhooks)
            return refuse(400, "this transport method is not supported here");
        if (request_.secret.size() < kSecretMin || request_.secret.size() > kSecretMax ||
            !std::ranges::all_of(request_.secret, [](char c) { return c >= ' ' && c <= '~'; }))
            return refuse(400, "the transport's secret must have 10 to 100 ASCII characters");
        const std::string& callback = request_.callback;
        const bool known_scheme = callback.starts_with("https://") ||
                                  (options_.plain_http_webhooks && callback.starts_with("http://"));
        if (!known_scheme || callback.size() > kCallbackMax ||
            !std::ranges::all_of(callback, [](char c) { return c > ' ' && c <= '~'; }))
            return refuse(400, "the transport's callback must be an https:// address");
        if (!options_.private_callbacks && !may_be_public(callback))
            return refuse(400, "the transport's callback must be at a public address");
        made_.transport = WebhookTransport{callback, request_.secret};
        made_.status = Status::webhook_callback_verification_pending;
        return {};
    }

    /// A user token speaks for its user only; an app token for all who granted its client scopes.
    tl::expected<void, Failure> person() {
        person_ = person_of(info_->audience, made_.condition);
        if (!person_) return {};
        if (caller_.user && caller_.user != person_) return refuse_rights();
        return {};
    }

    tl::expected<void, Failure> scopes() {
        if (!person_) return {};
        const auto groups = scopes_of(*info_, made_.version);
        if (caller_.user) {
            made_.may_read_email = has(caller_.scopes, "user:read:email");
            if (!holds(caller_.scopes, groups)) return refuse_rights();
            return {};
        }
        const auto granted = store::granted_scopes(catalog_, person_, caller_.client_id, now_);
        if (!granted) return store_failed(granted.error());
        made_.may_read_email = has(*granted, "user:read:email");
        if (!holds(*granted, groups)) return refuse_rights();
        if (info_->audience == Audience::reader && !has(*granted, "user:bot"))
            return refuse_rights();
        return {};
    }

    tl::expected<void, Failure> channel() {
        const UserId id = broadcaster_of(made_.condition);
        // Scopes make a subscription free; without any it is when it is about one's own channel.
        made_.cost = person_ || id == caller_.user ? 0 : 1;
        if (!id) return {};
        const auto found = catalog_.find_channel(ChannelId(id.value));
        if (!found) return store_failed(found.error());
        if (!*found) return refuse(400, "the condition names a broadcaster who does not exist");
        made_.channel = {id, (*found)->login, (*found)->display_name};
        return {};
    }

    tl::expected<void, Failure> standing() {
        if (info_->audience != Audience::reader && info_->audience != Audience::moderator)
            return {};
        const ChannelId channel = made_.watched();
        const auto user = catalog_.find_user(person_);
        if (!user) return store_failed(user.error());
        if (!*user) return refuse(400, "the condition names a user who does not exist");
        const auto standing = catalog_.standing(channel, person_);
        if (!standing) return store_failed(standing.error());
        const bool moderator = moderates(**user, *standing);
        if (info_->audience == Audience::moderator) {
            if (!moderator) return refuse_rights();
            return {};
        }
        if (standing->banned_for_good()) return refuse_rights();
        if (caller_.user || moderator) return {};
        const auto granted =
            store::granted_scopes(catalog_, made_.channel.id, caller_.client_id, now_);
        if (!granted) return store_failed(granted.error());
        if (!has(*granted, "channel:bot")) return refuse_rights();
        return {};
    }

    const CreateRequest& request_;
    const Caller& caller_;
    store::Catalog& catalog_;
    const Registry::Options& options_;
    const WallTime now_;
    const TypeInfo* info_ = nullptr;
    UserId person_;  ///< on whose rights the subscription rests; none: on nobody's
    Subscription made_;
};

}  // namespace

tl::expected<Subscription, Failure> check_request(const CreateRequest& request,
                                                  const Caller& caller, store::Catalog& catalog,
                                                  const Registry::Options& options, WallTime now) {
    return Check(request, caller, catalog, options, now).run();
}

Result<std::optional<Status>> lost_right(const Subscription& subscription, store::Catalog& catalog,
                                         WallTime now) {
    const TypeInfo& info = subscription.info();
    if (subscription.version < info.first_version) return Status::version_removed;
    const UserId person = person_of(info.audience, subscription.condition);
    std::optional<chat::User> user;
    for (const UserId id : {subscription.owner, person}) {
        if (!id) continue;
        auto found = catalog.find_user(id);
        if (!found) return tl::unexpected(found.error());
        if (!*found) return Status::user_removed;
        user = *std::move(found);
    }
    if (subscription.channel.id) {
        const auto channel = catalog.find_channel(subscription.watched());
        if (!channel) return tl::unexpected(channel.error());
        if (!*channel) return Status::user_removed;
    }

    std::vector<std::string> granted;
    if (subscription.owner) {
        if (subscription.token_expires_at && *subscription.token_expires_at <= now)
            return Status::authorization_revoked;
        if (subscription.token_kept) {
            const auto kept = catalog.has_token(subscription.token_hash, now);
            if (!kept) return tl::unexpected(kept.error());
            if (!*kept) return Status::authorization_revoked;
        }
    } else if (person) {
        auto scopes = store::granted_scopes(catalog, person, subscription.client_id, now);
        if (!scopes) return tl::unexpected(scopes.error());
        granted = *std::move(scopes);
        if (!holds(granted, scopes_of(info, subscription.version)))
            return Status::authorization_revoked;
        if (info.audience == Audience::reader && !has(granted, "user:bot"))
            return Status::authorization_revoked;
    }

    if (info.audience != Audience::reader && info.audience != Audience::moderator)
        return std::nullopt;
    const auto standing = catalog.standing(subscription.watched(), person);
    if (!standing) return tl::unexpected(standing.error());
    const bool moderator = moderates(*user, *standing);
    if (info.audience == Audience::moderator)
        return moderator ? std::nullopt : std::optional(Status::moderator_removed);
    if (standing->banned_for_good()) return Status::chat_user_banned;
    if (subscription.owner || moderator) return std::nullopt;
    const auto bots =
        store::granted_scopes(catalog, subscription.channel.id, subscription.client_id, now);
    if (!bots) return tl::unexpected(bots.error());
    return has(*bots, "channel:bot") ? std::nullopt : std::optional(Status::authorization_revoked);
}

}  // namespace clamor::eventsub
