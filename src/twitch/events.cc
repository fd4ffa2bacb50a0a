// SPDX-License-Identifier: Apache-2.0
#include "twitch/events.h"

#include <algorithm>

#include "twitch/lines.h"
#include "twitch/moderation.h"
#include "twitch/values.h"
#include "wire/irc/writer.h"

namespace clamor::twitch {
namespace {

using wire::irc::TagWriter;

/// Where the value of the one tag that may be cut stands in the line.
struct Cuttable {
    std::size_t first = 0;
    std::size_t last = 0;
};

Cuttable add_reply_tags(TagWriter& tags, std::string& out, const chat::ReplyTo& reply) {
    Cuttable body;
    tags.add("reply-parent-display-name", reply.parent_display_name);
    tags.add_raw("reply-parent-msg-body", {});
    body.first = out.size();
    wire::irc::append_escaped_tag(out, reply.parent_text);
    body.last = out.size();
    tags.add_raw("reply-parent-msg-id", Uuid(reply.parent_id));
    tags.add("reply-parent-user-id", reply.parent_user_id.value);
    tags.add("reply-parent-user-login", reply.parent_login);
    tags.add("reply-thread-parent-display-name", reply.thread_display_name);
    tags.add_raw("reply-thread-parent-msg-id", Uuid(reply.thread_id));
    tags.add("reply-thread-parent-user-id", reply.thread_user_id.value);
    tags.add("reply-thread-parent-user-login", reply.thread_login);
    return body;
}

/// `0-4:P.3,8-12:A.6/I.6`: marks of one place are told together.
void append_marks(std::string& out, const std::vector<chat::TextMark>& marks) {
    const chat::TextMark* before = nullptr;
    for (const chat::TextMark& mark : marks) {
        const bool same =
            before != nullptr && before->first == mark.first && before->last == mark.last;
        if (!same) {
            if (before != nullptr) out += ',';
            out += std::to_string(mark.first) + '-' + std::to_string(mark.last) + ':';
        } else {
            out += '/';
        }
        out += mark.letter;
        out += '.';
        out += static_cast<char>('0' + mark.score);
        before = &mark;
    }
}

/// Takes `excess` bytes or a few more from the end of an escaped value, never half a character or
/// half an escape.
void cut_escaped(std::string& out, Cuttable value, std::size_t excess) {
    const std::size_t size = value.last - value.first;
    std::size_t keep = value.first + (excess < size ? size - excess : 0);
    while (keep > value.first && (static_cast<unsigned char>(out[keep]) & 0xC0) == 0x80) --keep;
    std::size_t backslashes = 0;
    while (keep - backslashes > value.first && out[keep - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 1) --keep;
    out.erase(keep, value.last - keep);
}

/// In alphabetical order, each with its '=': the strictest client drops the connection where one is
/// missing (spec 5).
void append_message_tags(std::string& out, const chat::Event& event, const chat::Message& message,
                         const History* history) {
    const std::size_t start = out.size();
    const bool moderator = message.author_role == chat::Role::moderator;
    Cuttable parent_text;
    TagWriter tags(out);
    if (!message.animation_id.empty()) tags.add("animation-id", message.animation_id);
    add_badges(tags, out, "badge-info", message.badge_info);
    add_badges(tags, out, "badges", message.badges);
    if (message.bits != 0) tags.add("bits", message.bits);
    if (!message.client_nonce.empty()) tags.add("client-nonce", message.client_nonce);
    tags.add("color", message.author_color);
    if (!message.custom_reward_id.empty()) tags.add("custom-reward-id", message.custom_reward_id);
    tags.add("display-name", message.author_display_name);
    if (message.emote_only) tags.add_raw("emote-only", "1");
    tags.add_raw("emotes", {});
    append_emotes(out, message.emotes);
    tags.add("first-msg", message.first_message);
    tags.add_raw("flags", {});
    append_marks(out, message.marks);
    if (history != nullptr) tags.add_raw("historical", "1");
    tags.add_raw("id", Uuid(message.id));
    tags.add("mod", moderator);
    if (!message.kind.empty()) tags.add("msg-id", message.kind);
    if (message.reply) parent_text = add_reply_tags(tags, out, *message.reply);
    tags.add("returning-chatter", message.returning_chatter);
    if (history != nullptr) {
        if (history->deleted) tags.add_raw("rm-deleted", "1");
        tags.add("rm-received-ts", unix_ms(message.sent_at));
    }
    tags.add("room-id", event.channel.value);
    add_source(tags, out, message);
    tags.add("subscriber", message.subscriber);
    tags.add("tmi-sent-ts", unix_ms(message.sent_at));
    tags.add("turbo", message.turbo);
    tags.add("user-id", message.author_id.value);
    tags.add_raw("user-type", user_type(message.author_type, message.author_role));
    if (message.author_role == chat::Role::vip) tags.add_raw("vip", "1");
    tags.finish();
    if (const std::size_t size = out.size() - start; size > kTagsBytesOut)
        cut_escaped(out, parent_text, size - kTagsBytesOut);
}

void append_privmsg(std::string& out, const chat::Event& event, const chat::Message& message) {
    const std::string& login = message.author_login;
    out += ':';
    out += login;
    out += '!';
    out += login;
    out += '@';
    out += login;
    out += ".tmi.twitch.tv PRIVMSG #";
    out += event.channel_login;
    out += message.action ? " :\x01"
                            "ACTION "
                          : " :";
    append_text(out, message.text);
    out += message.action ? "\x01\r\n" : "\r\n";
}

void append_membership(std::string& out, const chat::Event& event,
                       const chat::MembershipChanged& change) {
    for (const std::string& login : change.joined) append_join(out, login, event.channel_login);
    for (const std::string& login : change.parted) append_part(out, login, event.channel_login);
}

}  // namespace

void append_event(std::string& out, const chat::Event& event, Shows shows) {
    if (const auto* message = std::get_if<chat::Message>(&event.body)) {
        if (shows.tags) append_message_tags(out, event, *message, nullptr);
        append_privmsg(out, event, *message);
    } else if (const auto* change = std::get_if<chat::MembershipChanged>(&event.body)) {
        if (shows.membership) append_membership(out, event, *change);
    } else if (const auto* act = std::get_if<chat::Moderation>(&event.body)) {
        if (shows.commands) append_moderation(out, event, *act, shows.tags, nullptr);
    } else if (const auto* notice = std::get_if<chat::UserNotice>(&event.body)) {
        if (shows.commands) append_user_notice(out, event, *notice, shows.tags, nullptr);
    }
}

void append_history_line(std::string& out, const chat::Event& event, bool deleted) {
    const History history{deleted};
    if (const auto* message = std::get_if<chat::Message>(&event.body)) {
        append_message_tags(out, event, *message, &history);
        append_privmsg(out, event, *message);
    } else if (const auto* act = std::get_if<chat::Moderation>(&event.body)) {
        append_moderation(out, event, *act, true, &history);
    } else if (const auto* notice = std::get_if<chat::UserNotice>(&event.body)) {
        append_user_notice(out, event, *notice, true, &history);
    }
}

}  // namespace clamor::twitch
