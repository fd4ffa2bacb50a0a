// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "edge/irc/commands.h"
#include "edge/irc/session.h"
#include "text/message.h"
#include "text/utf8.h"
#include "twitch/continuity.h"
#include "twitch/lines.h"

namespace clamor::edge::irc {
namespace {

constexpr std::string_view kActionStart =
    "\x01"
    "ACTION ";

twitch::Notice notice_of(hub::SendRefusal refusal) {
    switch (refusal) {
        case hub::SendRefusal::no_such_channel:
            return twitch::channel_suspended();
        case hub::SendRefusal::no_permission:
            return twitch::no_permission();
        case hub::SendRefusal::busy:
            break;
    }
    return {"clamor_busy",
            "Your message was not sent because the server is busy. Please try again."};
}

twitch::Notice not_stored_yet() {
    return {"msg_not_stored_yet",
            "Your message was delivered but could not be stored yet. It will be stored as soon as "
            "the server can."};
}

std::string client_nonce_of(const wire::irc::Line& line) {
    std::string nonce = line.tag("client-nonce").value_or("");
    if (nonce.size() > limits::kClientNonceBytes || !text::is_valid_utf8(nonce)) nonce.clear();
    return nonce;
}

MessageId reply_parent_of(const wire::irc::Line& line) {
    const auto value = line.raw_tag("reply-parent-msg-id");
    if (!value) return {};
    return MessageId::parse(*value).value_or(MessageId{});
}

/// `/word rest` or `.word rest`; a mark alone, `..` and a mark before a blank are plain text.
bool is_slash_command(std::string_view text) {
    if (text.size() < 2 || (text[0] != '/' && text[0] != '.')) return false;
    return text[1] != ' ' && !text.starts_with("..");
}

/// Takes the wrapper `\x01ACTION ...\x01` off, however many there are: a text never starts with
/// one.
bool unwrap_action(std::string_view& text) {
    bool action = false;
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
        if (!text.starts_with(kActionStart)) return action;
        text.remove_prefix(kActionStart.size());
        if (text.ends_with('\x01')) text.remove_suffix(1);
        action = true;
    }
}

bool is_escaped(std::string_view text) {
    return text.starts_with("/ ") || text.starts_with(". ");
}

}  // namespace

std::string Handlers::channel_of(const Line& line) {
    const std::string_view target = line.param(0);
    return target.starts_with('#') ? text::repair_utf8(text::fold_ascii(target.substr(1)))
                                   : std::string();
}

void Handlers::privmsg(IrcSession& session, const Line& line) {
    if (session.identity_.anonymous || !line.param(0).starts_with('#')) return;
    const std::string_view text = line.param(1);
    if (is_escaped(text)) return send(session, line, text.substr(2), false);
    if (!is_slash_command(text)) return send(session, line, text, false);

    const std::string_view word = text.substr(1, text.find(' ') - 1);
    const std::string_view rest = text.substr(std::min(word.size() + 2, text.size()));
    if (const SlashCommand* command = find_slash_command(word))
        return command->run(session, line, rest);
    if (slash_act(session, channel_of(line), word, rest)) return;
    session.say_notice(channel_of(line),
                       twitch::unrecognized_command(fmt::format("/{}", text::repair_utf8(word))));
}

void Handlers::slash_me(IrcSession& session, const Line& line, std::string_view rest) {
    if (!text::clean_message(rest).empty()) return send(session, line, rest, true);
    session.say_notice(
        channel_of(line),
        {"usage_me", "Usage: \"/me <message>\" - Express an action in the third-person."});
}

void Handlers::slash_disconnect(IrcSession& session, const Line&, std::string_view) {
    session.close(CloseReason::client_left);
}

void Handlers::send(IrcSession& session, const Line& line, std::string_view text, bool action) {
    hub::SendRequest request;
    request.channel_login = channel_of(line);
    if (!text::is_valid_login(request.channel_login)) {
        return session.say_notice(request.channel_login, twitch::channel_suspended());
    }
    request.action = unwrap_action(text) || action;
    request.text = text::clean_message(text);
    if (request.text.empty()) return;
    if (!session.identity_.may_write)
        return session.say_notice(request.channel_login, twitch::no_permission());
    if (session.late_ >= limits::kPendingRepliesMax) {
        return session.say_notice(
            request.channel_login,
            twitch::notice_of({.why = chat::Refusal::store_unavailable}, request.channel_login));
    }
    request.client_nonce = client_nonce_of(line);
    request.reply_parent = reply_parent_of(line);
    const hub::RequestId place =
        session.ask(IrcSession::Question::Kind::send, request.channel_login, request.client_nonce);
    session.shard_.hub.send(session.ref_, place, std::move(request));
}

void IrcSession::on_send_answer(hub::RequestId request, hub::SendAnswer answered) {
    const auto found = questions_.find(request);
    if (found == questions_.end()) return;
    if (std::holds_alternative<hub::NotStoredYet>(answered)) {
        ++late_;
        found->second.late = true;
        return answer(request, notice_lines(found->second.channel, not_stored_yet()));
    }
    const Question question = *take_question(request);
    if (question.late) --late_;
    std::string lines;
    if (const auto* stored = std::get_if<hub::Stored>(&answered); stored != nullptr && commands()) {
        const twitch::Echo echo{stored->id, question.client_nonce};
        twitch::append_user_state(lines, question.channel, stored->self, tags(), &echo);
        if (numbered()) twitch::stamp_lines(lines, 0, stored->position, stored->beside);
    } else if (const auto* refused = std::get_if<chat::Refused>(&answered)) {
        lines = notice_lines(question.channel, twitch::notice_of(*refused, question.channel));
    } else if (const auto* refusal = std::get_if<hub::SendRefusal>(&answered)) {
        lines = notice_lines(question.channel, notice_of(*refusal));
    }
    answer(request, lines);
}

}  // namespace clamor::edge::irc
