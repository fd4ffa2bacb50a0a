// SPDX-License-Identifier: Apache-2.0
#include "moderation/service.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "chat/anonymous.h"
#include "chat/permissions.h"
#include "moderation/run.h"
#include "text/message.h"

namespace clamor::moderation {

using nlohmann::json;

Result<std::vector<chat::ActAnswer>> Service::perform(const store::Channel& channel,
                                                      const Actor& actor,
                                                      std::span<const chat::Act> acts,
                                                      const RoomFacts& facts, WallTime now,
                                                      std::uint64_t random) {
    return Run(*this, channel, actor, facts, now, random).all(acts);
}

Service::Run::Run(Service& service, const store::Channel& channel, const Actor& actor,
                  const RoomFacts& facts, WallTime now, std::uint64_t random)
    : service_(service),
      channel_(channel),
      actor_(actor),
      facts_(facts),
      now_(now),
      random_(random) {}

Result<std::vector<chat::ActAnswer>> Service::Run::all(std::span<const chat::Act> acts) {
    auto standing = service_.catalog_.standing(channel_.id, actor_.user.id);
    if (!standing) return tl::unexpected(standing.error());
    self_ = {.user = actor_.user, .standing = *std::move(standing)};
    if (acts.size() > 1) {
        std::vector<chat::Target> targets;
        for (const chat::Act& act : acts) {
            std::visit(
                [&](const auto& one) {
                    if constexpr (requires { one.target; }) targets.push_back(one.target);
                },
                act);
        }
        if (auto read = prefetch(targets); !read) return tl::unexpected(read.error());
    }
    std::vector<chat::ActAnswer> answers;
    answers.reserve(acts.size());
    for (const chat::Act& act : acts) {
        if (!chat::may(self_, act)) {
            answers.emplace_back(chat::Denied{.why = chat::Denial::no_permission});
            continue;
        }
        auto answer = std::visit([this](const auto& one) { return (*this)(one); }, act);
        if (!answer) return tl::unexpected(answer.error());
        answers.push_back(*std::move(answer));
    }
    if (!changes_.empty() || !audit_.empty()) {
        auto written = service_.catalog_.apply(changes_, audit_);
        // Somebody else, or time, was faster with the one held message or request.
        if (!written && written.error().code == std::errc::file_exists && acts.size() == 1 &&
            (std::holds_alternative<chat::act::DecideHeld>(acts.front()) ||
             std::holds_alternative<chat::act::ResolveUnban>(acts.front()))) {
            return std::vector<chat::ActAnswer>{chat::Denied{.why = chat::Denial::already_decided}};
        }
        if (!written) return tl::unexpected(written.error());
    }
    return answers;
}

Result<void> Service::Run::prefetch(std::span<const chat::Target> targets) {
    constexpr std::size_t kTogether = 100;  // what the catalog takes at once
    std::vector<UserId> ids;
    std::vector<std::string> logins;
    const auto read = [&]() -> Result<void> {
        const auto users = service_.catalog_.find_users(ids, logins);
        if (!users) return tl::unexpected(users.error());
        ids.clear();
        logins.clear();
        for (const chat::User& user : *users) ids.push_back(user.id);
        auto standings = service_.catalog_.standings(channel_.id, ids);
        if (!standings) return tl::unexpected(standings.error());
        ids.clear();
        for (std::size_t i = 0; i < users->size(); ++i) {
            const chat::User& user = (*users)[i];
            ids_.emplace(user.login, user.id);
            users_.try_emplace(user.id,
                               chat::Chatter{.user = user, .standing = std::move((*standings)[i])});
        }
        return {};
    };
    for (const chat::Target& target : targets) {
        if (target.id) {
            if (!users_.contains(target.id)) ids.push_back(target.id);
        } else if (text::is_valid_login(target.login) && !ids_.contains(target.login)) {
            logins.push_back(target.login);
        }
        if (ids.size() + logins.size() < kTogether) continue;
        if (auto done = read(); !done) return done;
    }
    return ids.empty() && logins.empty() ? Result<void>() : read();
}

Result<chat::Chatter*> Service::Run::find(const chat::Target& target) {
    std::optional<chat::User> user;
    if (target.id) {
        if (const auto known = users_.find(target.id); known != users_.end()) return &known->second;
        auto found = service_.catalog_.find_user(target.id);
        if (!found) return tl::unexpected(found.error());
        user = *std::move(found);
    } else if (const auto known = ids_.find(target.login); known != ids_.end()) {
        return &users_.at(known->second);
    } else if (text::is_valid_login(target.login)) {
        auto found = service_.catalog_.find_user(target.login);
        if (!found) return tl::unexpected(found.error());
        user = *std::move(found);
        if (!user && service_.options_.create_users && !chat::is_anonymous_login(target.login)) {
            auto made = service_.catalog_.ensure_user(target.login);
            if (!made) return tl::unexpected(made.error());
            user = *std::move(made);
        }
    }
    if (!user) return nullptr;
    if (const auto known = users_.find(user->id); known != users_.end()) return &known->second;
    auto standing = service_.catalog_.standing(channel_.id, user->id);
    if (!standing) return tl::unexpected(standing.error());
    const UserId id = user->id;
    return &users_
                .emplace(id,
                         chat::Chatter{.user = *std::move(user), .standing = *std::move(standing)})
                .first->second;
}

Result<std::optional<chat::Message>> Service::Run::find_message(MessageId id) {
    for (const chat::EventRef& event : facts_.recent) {
        const auto* message = std::get_if<chat::Message>(&event->body);
        if (message != nullptr && message->id == id) return std::optional(*message);
    }
    auto stored = service_.log_.find(channel_.id, id);
    if (!stored) return tl::unexpected(stored.error());
    if (!*stored || (*stored)->kind != store::EntryKind::message) return std::nullopt;
    auto event = chat::decode_event((*stored)->event);
    if (!event) return tl::unexpected(event.error());
    return std::optional(std::get<chat::Message>(std::move(event->body)));
}

MessageId Service::Run::new_id() {
    const std::uint64_t high = random_();
    return MessageId::at(now_, high, random_());
}

chat::Moderation Service::Run::made(chat::ModAction action, const chat::User* target) {
    chat::Moderation act{.action = action,
                         .id = new_id(),
                         .at = now_,
                         .moderator = chat::person_of(actor_.user),
                         .target = {},
                         .reason = {},
                         .ends_at = {},
                         .number = 0,
                         .message_id = {},
                         .text = {},
                         .text_is_action = false,
                         .modes = channel_.modes};
    if (target != nullptr) act.target = chat::person_of(*target);
    return act;
}

void Service::Run::audit(const chat::Moderation& act, const json& before, const json& after) {
    audit(chat::name_of(act.action), act.id, act.target.id, act.reason, before, after);
}

void Service::Run::audit(std::string_view action, MessageId act, UserId target,
                         const std::string& reason, const json& before, const json& after) {
    json what = after.is_object() ? after : json::object();
    what["act"] = act.to_string();
    audit_.push_back({.id = 0,
                      .channel = channel_.id,
                      .at = now_,
                      .actor = actor_.user.id,
                      .action = std::string(action),
                      .target = target,
                      .before = before.is_null() ? std::string() : before.dump(),
                      .after = what.dump(),
                      .reason = reason,
                      .origin = actor_.origin,
                      .batch = actor_.batch});
}

chat::UserNotice Service::Run::notice(std::string kind, std::string text) {
    chat::UserNotice notice;
    chat::Message& message = notice.message;
    message.id = new_id();
    message.sent_at = now_;
    chat::set_author(message, self_);
    message.text = std::move(text);
    notice.kind = std::move(kind);
    return notice;
}

}  // namespace clamor::moderation
