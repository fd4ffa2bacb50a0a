// SPDX-License-Identifier: Apache-2.0
#include "store/moderation_checks.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "store/checks.h"

namespace clamor::store {
namespace {

constexpr std::size_t kAskedUsers = 100;
constexpr std::uint8_t kHighestLevel = 4;

Result<void> check_texts(
    std::initializer_list<std::pair<std::string_view, std::string_view>> texts) {
    for (const auto& [name, text] : texts) {
        if (auto fine = check_text(name, text); !fine) return fine;
    }
    return {};
}

Result<void> check_uuid(std::string_view what, std::string_view id) {
    if (!MessageId::parse(id)) {
        return fail(std::errc::invalid_argument,
                    fmt::format("the id of {} is a UUID of 36 characters", what));
    }
    return {};
}

struct ChangeChecker {
    Result<void> operator()(const change::PutBan& put) const {
        return check_text("reason", put.ban.reason);
    }
    Result<void> operator()(const change::PutRole& put) const {
        return check_role(put.channel, put.user, put.role);
    }
    Result<void> operator()(const change::PutWarning& put) const {
        return check_text("reason", put.reason);
    }
    Result<void> operator()(const change::PutPin& put) const {
        if (!put.pin.message)
            return fail(std::errc::invalid_argument, "a pin needs the message that it pins");
        return {};
    }
    Result<void> operator()(const change::PutTerm& put) const {
        if (auto fine = check_uuid("a term", put.term.id); !fine) return fine;
        if (put.term.text.empty())
            return fail(std::errc::invalid_argument, "a term must not be empty");
        return check_texts({{"term", put.term.text}, {"list of a term", put.term.list}});
    }
    Result<void> operator()(const change::RemoveTerm& removal) const {
        return check_uuid("a term", removal.id);
    }
    Result<void> operator()(const change::PutUnbanRequest& put) const {
        if (auto fine = check_uuid("an unban request", put.request.id); !fine) return fine;
        return check_texts(
            {{"request", put.request.text}, {"resolution", put.request.resolution_text}});
    }
    Result<void> operator()(const change::PutAutoMod& put) const {
        const auto too_high = [](std::uint8_t level) { return level > kHighestLevel; };
        if (too_high(put.settings.overall_level.value_or(0)) ||
            std::ranges::any_of(put.settings.categories, too_high)) {
            return fail(std::errc::invalid_argument,
                        fmt::format("a level of AutoMod is 0 to {}", kHighestLevel));
        }
        return check_text("rules of AutoMod", put.settings.rules);
    }
    Result<void> operator()(const change::PutRaidTrip& put) const {
        if (put.trip.batch.empty())
            return fail(std::errc::invalid_argument, "a raid trip has a batch");
        return check_texts({{"batch", put.trip.batch}, {"details", put.trip.details}});
    }
    Result<void> operator()(const change::PutSharedChat& put) const {
        return check_uuid("a shared chat", put.session.id);
    }
    Result<void> operator()(const change::DecideHeld& decision) const {
        if (decision.status == chat::HoldStatus::pending)
            return fail(std::errc::invalid_argument, "a decision is made once and for all");
        return {};
    }
    template <class Other>
    Result<void> operator()(const Other&) const {
        return {};
    }
};

struct NameFinder {
    Named operator()(const change::PutBan& put) const {
        return {put.ban.channel, put.ban.user, put.ban.moderator};
    }
    Named operator()(const change::RemoveBan& removal) const {
        return {removal.channel, removal.user, {}};
    }
    Named operator()(const change::PutRole& put) const { return {put.channel, put.user, {}}; }
    Named operator()(const change::PutModes& put) const { return {put.channel, {}, {}}; }
    Named operator()(const change::PutWarning& put) const {
        return {put.channel, put.user, put.moderator};
    }
    Named operator()(const change::RemoveWarning& removal) const {
        return {removal.channel, removal.user, {}};
    }
    Named operator()(const change::PutSuspicion& put) const {
        return {put.channel, put.user.user, put.user.moderator};
    }
    Named operator()(const change::PutShield& put) const {
        return {put.channel, {}, put.shield.moderator};
    }
    Named operator()(const change::PutPin& put) const {
        return {put.channel, {}, put.pin.moderator};
    }
    Named operator()(const change::RemovePin& removal) const { return {removal.channel, {}, {}}; }
    Named operator()(const change::PutTerm& put) const {
        return {put.term.channel, {}, put.term.moderator};
    }
    Named operator()(const change::RemoveTerm& removal) const { return {removal.channel, {}, {}}; }
    Named operator()(const change::PutUnbanRequest& put) const {
        return {put.request.channel, put.request.user, put.request.moderator};
    }
    Named operator()(const change::PutAutoMod& put) const { return {put.channel, {}, {}}; }
    Named operator()(const change::PutRaidTrip& put) const { return {put.trip.channel, {}, {}}; }
    Named operator()(const change::PutSharedChat& put) const {
        return {ChannelId(put.session.host.id.value), {}, {}};
    }
    Named operator()(const change::DecideHeld& decision) const {
        return {decision.channel, {}, decision.moderator};
    }
};

}  // namespace

Result<void> check_change(const Change& change) {
    return std::visit(ChangeChecker(), change);
}

Result<void> check_held(const Held& held) {
    if (!held.id) return fail(std::errc::invalid_argument, "a held message has an id");
    return {};
}

tl::unexpected<Error> shares_already(UserId broadcaster) {
    return fail(std::errc::file_exists,
                fmt::format("the channel {} is in another shared chat", broadcaster.value));
}

tl::unexpected<Error> not_pending(MessageId message) {
    return fail(std::errc::file_exists,
                fmt::format("the message {} does not wait for a decision", message.to_string()));
}

tl::unexpected<Error> request_not_pending(std::string_view id) {
    return fail(std::errc::file_exists,
                fmt::format("the request {} does not wait for a decision", id));
}

Result<void> check_verdict(const VerdictRecord& verdict) {
    if (!verdict.message) return fail(std::errc::invalid_argument, "a verdict is on a message");
    return check_texts({{"text", verdict.text}, {"findings", verdict.findings}});
}

Result<void> check_audit(const AuditEntry& entry) {
    return check_texts({{"action", entry.action},
                        {"state before", entry.before},
                        {"state after", entry.after},
                        {"reason", entry.reason},
                        {"origin", entry.origin},
                        {"batch", entry.batch}});
}

Result<void> check_listed_role(chat::Role role) {
    if (role != chat::Role::moderator && role != chat::Role::vip)
        return fail(std::errc::invalid_argument, "only moderators and VIPs are listed");
    return {};
}

Result<void> check_profile(const Profile& profile) {
    const std::string_view type = profile.broadcaster_type;
    if (!type.empty() && type != "affiliate" && type != "partner") {
        return fail(std::errc::invalid_argument,
                    "the broadcaster type is affiliate, partner or empty");
    }
    return check_texts({{"description", profile.description},
                        {"profile image URL", profile.profile_image_url},
                        {"offline image URL", profile.offline_image_url},
                        {"email address", profile.email}});
}

Result<void> check_extras(const chat::Standing& standing) {
    for (const chat::Badge& badge : standing.custom_badges) {
        if (auto fine = check_badge_name(badge); !fine) return fine;
    }
    return {};
}

Result<void> check_asked_users(std::span<const UserId> ids, std::span<const std::string> logins) {
    if (ids.size() + logins.size() > kAskedUsers) {
        return fail(std::errc::invalid_argument,
                    fmt::format("at most {} users are asked for at once", kAskedUsers));
    }
    for (const std::string& login : logins) {
        if (auto fine = check_login(login); !fine) return fine;
    }
    return {};
}

Named named_by(const Change& change) {
    return std::visit(NameFinder(), change);
}

std::optional<std::string> uuid_key(std::string_view id) {
    const auto uuid = MessageId::parse(id);
    return uuid ? std::optional(uuid->to_string()) : std::nullopt;
}

Result<std::string> uuid_cursor(std::string_view after_id) {
    if (after_id.empty()) return MessageId().to_string();
    auto key = uuid_key(after_id);
    if (!key) {
        return fail(std::errc::invalid_argument,
                    "a list goes on after a UUID of 36 characters, or begins after nothing");
    }
    return *std::move(key);
}

}  // namespace clamor::store
