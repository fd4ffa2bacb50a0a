// SPDX-License-Identifier: Apache-2.0
#include "chat/shared_chat.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/helix/call.h"
#include "api/helix/handlers.h"
#include "api/parameters.h"
#include "base/limits.h"

/// Channels that share their chats: the operator's platform says which, everybody may ask.
namespace clamor::api::helix {

namespace {

chat::Person broadcaster_of(const store::Channel& channel) {
    return {user_of(channel.id), channel.login, channel.display_name};
}

[[noreturn]] void refuse_participants(std::string_view rule) {
    throw Refusal{400, fmt::format("The parameter \"participants\" was malformed: {}", rule)};
}

/// The host and whom the body names. All is understood before a channel is looked for, which may
/// make it.
std::vector<std::string> participants_of(const Call& call) {
    std::vector<std::string> logins{call.login_of_path(0)};
    for (const std::string& text : call.fields.texts("participants", limits::kSharedChatChannels)) {
        auto login = parse_login(text);
        if (!login) refuse_participants(login.error());
        if (std::ranges::find(logins, *login) == logins.end()) logins.push_back(*std::move(login));
    }
    if (logins.size() < 2 || logins.size() > limits::kSharedChatChannels) {
        refuse_participants(
            fmt::format("2 to {} channels share a chat, that of the path among them",
                        limits::kSharedChatChannels));
    }
    return logins;
}

Json session_json(const chat::SharedChat& session) {
    Json participants = Json::array();
    for (const chat::Person& one : session.participants)
        participants.push_back({{"id", id_text(one.id)}, {"login", one.login}});
    return {{"session_id", session.id},
            {"host", session.host.login},
            {"participants", std::move(participants)},
            {"created_at", unix_ms(session.created_at)},
            {"updated_at", unix_ms(session.updated_at)}};
}

std::string logins_of(const chat::SharedChat& session) {
    Json logins = Json::array();
    for (const chat::Person& one : session.participants) logins.push_back(one.login);
    return logins.empty() ? std::string() : Json{{"participants", std::move(logins)}}.dump();
}

/// In the catalog and in the audit log of each channel that it concerns; then the chat is told.
void write(Call& call, hub::SharedChatChanged change) {
    std::vector<store::AuditEntry> lines;
    for (const ChannelId channel : change.channels()) {
        lines.push_back({.channel = channel,
                         .at = call.now.wall,
                         .action = "shared_chat",
                         .target = change.after.host.id,
                         .before = logins_of(change.before),
                         .after = logins_of(change.after),
                         .origin = "api"});
    }
    const store::Change put = store::change::PutSharedChat{change.after};
    const auto written = call.catalog().apply(std::span(&put, 1), lines);
    if (!written && written.error().code == std::errc::file_exists)
        throw Refusal{409, written.error().detail};
    take(written);
    call.services->live.shared_chat_changed(std::move(change));
}

}  // namespace

Reply get_shared_session(Call& call) {
    const auto channel = call.find_channel(call.fields.user_id("broadcaster_id"), "broadcaster_id");
    const auto session = take(call.catalog().shared_chat(channel.id));
    Json list = Json::array();
    if (!session) return data_reply(std::move(list));
    Json participants = Json::array();
    for (const chat::Person& one : session->participants)
        participants.push_back({{"broadcaster_id", id_text(one.id)}});
    list.push_back({{"session_id", session->id},
                    {"host_broadcaster_id", id_text(session->host.id)},
                    {"participants", std::move(participants)},
                    {"created_at", rfc3339(session->created_at)},
                    {"updated_at", rfc3339(session->updated_at)}});
    return data_reply(std::move(list));
}

Reply put_shared_chat(Call& call) {
    const auto logins = participants_of(call);
    const auto host = call.find_named_channel(logins.front());
    hub::SharedChatChanged change;
    if (auto session = take(call.catalog().shared_chat(host.id))) {
        if (session->host.id != user_of(host.id)) {
            throw Refusal{409, fmt::format("'{}' is in the shared chat of '{}'", host.login,
                                           session->host.login)};
        }
        change.before = *std::move(session);
        change.after.id = change.before.id;
        change.after.created_at = change.before.created_at;
    } else {
        change.after.id = call.new_uuid();
        change.after.created_at = call.now.wall;
    }
    change.after.host = broadcaster_of(host);
    change.after.updated_at = call.now.wall;
    for (const std::string& login : logins)
        change.after.participants.push_back(broadcaster_of(call.find_named_channel(login)));
    auto answer = session_json(change.after);
    if (change.after.participants != change.before.participants) write(call, std::move(change));
    return json_reply(std::move(answer));
}

Reply delete_shared_chat(Call& call) {
    const auto channel = call.find_named_channel(call.login_of_path(0));
    auto session = take(call.catalog().shared_chat(channel.id));
    if (!session)
        throw Refusal{404, fmt::format("'{}' shares its chat with nobody", channel.login)};
    hub::SharedChatChanged change{.before = *session, .after = *std::move(session)};
    change.after.updated_at = call.now.wall;
    // Whoever began it ends it for all, and nobody shares a chat alone.
    auto& left = change.after.participants;
    std::erase_if(left, [&](const chat::Person& one) { return one.id == user_of(channel.id); });
    if (left.size() < 2 || change.after.host.id == user_of(channel.id)) left.clear();
    write(call, std::move(change));
    return no_content();
}

}  // namespace clamor::api::helix
