// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "chat/permissions.h"
#include "moderation/run.h"
#include "text/message.h"
#include "text/utf8.h"

/// Warnings, suspicion, and unban requests.
namespace clamor::moderation {

using chat::Denial;
using chat::Denied;
using chat::Done;
using chat::ModAction;
using nlohmann::json;

namespace {

std::string_view name_of(chat::Suspicion suspicion) {
    switch (suspicion) {
        case chat::Suspicion::monitored:
            return "monitored";
        case chat::Suspicion::restricted:
            return "restricted";
        case chat::Suspicion::none:
            break;
    }
    return "none";
}

}  // namespace

Service::Run::Answer Service::Run::operator()(const chat::act::Warn& act) {
    const std::string reason = text::clean_message(act.reason);
    if (reason.empty()) return Denied{.why = Denial::bad_text, .number = limits::kReasonCodePoints};
    auto found = find(act.target);
    if (!found) return tl::unexpected(found.error());
    if (*found == nullptr) return unknown(act.target);
    chat::Chatter& target = **found;
    if (const auto why = chat::protection(self_, target)) return denied(*why, target.user);
    chat::Moderation event = made(ModAction::warn, &target.user);
    event.reason = reason;
    change(store::change::PutWarning{channel_.id, target.user.id, actor_.user.id, reason, now_});
    target.standing.warned = true;
    audit(event, nullptr, {{"reason", reason}});
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::AcknowledgeWarning&) {
    if (!self_.standing.warned) return Denied{.why = Denial::not_warned};
    self_.standing.warned = false;
    change(store::change::RemoveWarning{channel_.id, self_.user.id});
    chat::Moderation event = made(ModAction::acknowledge_warning, &self_.user);
    audit(event, nullptr, nullptr);
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::Suspect& act) {
    auto found = find(act.target);
    if (!found) return tl::unexpected(found.error());
    if (*found == nullptr) return unknown(act.target);
    chat::Chatter& target = **found;
    if (act.suspicion != chat::Suspicion::none) {
        if (const auto why = chat::protection(self_, target)) return denied(*why, target.user);
    }
    const chat::Suspicion before = target.standing.suspicion;
    if (before == act.suspicion) return denied(Denial::already_so, target.user);
    target.standing.suspicion = act.suspicion;
    change(
        store::change::PutSuspicion{channel_.id, store::SuspiciousUser{.user = target.user.id,
                                                                       .moderator = actor_.user.id,
                                                                       .suspicion = act.suspicion,
                                                                       .updated_at = now_}});
    const ModAction action = act.suspicion == chat::Suspicion::none ? ModAction::trust
                             : act.suspicion == chat::Suspicion::monitored
                                 ? ModAction::monitor
                                 : ModAction::restrict_user;
    chat::Moderation event = made(action, &target.user);
    audit(event, {{"suspicion", name_of(before)}}, {{"suspicion", name_of(act.suspicion)}});
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::RequestUnban& act) {
    const std::string text = text::clean_message(act.text);
    if (text.empty()) return Denied{.why = Denial::bad_text, .number = limits::kMessageCodePoints};
    if (!self_.standing.banned(now_)) return denied(Denial::not_banned, self_.user);
    const auto pending = service_.catalog_.list_unban_requests(
        channel_.id, store::UnbanRequestStatus::pending, self_.user.id, {}, 1);
    if (!pending) return tl::unexpected(pending.error());
    if (!pending->empty()) return Denied{.why = Denial::already_requested};
    chat::Moderation event = made(ModAction::request_unban, &self_.user);
    event.text = text;
    event.message_id = new_id();
    change(store::change::PutUnbanRequest{
        store::UnbanRequest{.id = event.message_id.to_string(),
                            .channel = channel_.id,
                            .user = self_.user.id,
                            .text = text,
                            .status = store::UnbanRequestStatus::pending,
                            .created_at = now_,
                            .resolved_at = {},
                            .moderator = {},
                            .resolution_text = {}}});
    audit(event, nullptr, {{"text", text}});
    return Done{{std::move(event)}};
}

Service::Run::Answer Service::Run::operator()(const chat::act::ResolveUnban& act) {
    auto found = service_.catalog_.find_unban_request(channel_.id, act.request_id);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return Denied{.why = Denial::unknown_request};
    store::UnbanRequest request = **std::move(found);
    if (request.status != store::UnbanRequestStatus::pending)
        return Denied{.why = Denial::already_decided};
    auto user = find({.id = request.user});
    if (!user) return tl::unexpected(user.error());
    if (*user == nullptr) return Denied{.why = Denial::unknown_user};
    chat::Chatter& target = **user;
    request.status =
        act.approve ? store::UnbanRequestStatus::approved : store::UnbanRequestStatus::denied;
    request.resolved_at = now_;
    request.moderator = actor_.user.id;
    request.resolution_text = text::cut_code_points(act.text, limits::kReasonCodePoints);
    Done done;
    if (act.approve) {
        const auto ban = ban_of(target);
        if (!ban) return tl::unexpected(ban.error());
        if (*ban) done.events.emplace_back(lift(target, *ban));
    }
    chat::Moderation event =
        made(act.approve ? ModAction::approve_unban_request : ModAction::deny_unban_request,
             &target.user);
    event.message_id = MessageId::parse(request.id).value_or(MessageId{});
    event.reason = request.resolution_text;
    event.text = request.text;
    audit(event, {{"status", "pending"}}, {{"status", act.approve ? "approved" : "denied"}});
    change(store::change::PutUnbanRequest{std::move(request), true});
    done.events.emplace_back(std::move(event));
    return done;
}

}  // namespace clamor::moderation
