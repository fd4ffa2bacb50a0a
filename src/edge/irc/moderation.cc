// SPDX-License-Identifier: Apache-2.0
#include "twitch/moderation.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "edge/irc/commands.h"
#include "edge/irc/session.h"
#include "edge/irc/slash_commands.h"
#include "hub/gateway.h"
#include "text/message.h"
#include "text/utf8.h"
#include "twitch/colors.h"
#include "twitch/lines.h"

/// What people type to moderate, and what concerns their own account.
namespace clamor::edge::irc {
namespace {

twitch::Notice usage(std::string_view id, std::string_view word, std::string_view arguments,
                     std::string_view meaning) {
    return {id, fmt::format("Usage: \"/{}{}{}\" - {}", word, arguments.empty() ? "" : " ",
                            arguments, meaning)};
}

twitch::Notice busy() {
    return {"clamor_busy", "The server is busy. Please try again."};
}

twitch::Notice notice_of(hub::ActRefusal refusal) {
    switch (refusal) {
        case hub::ActRefusal::no_such_channel:
            return twitch::channel_suspended();
        case hub::ActRefusal::no_permission:
            return twitch::no_permission();
        case hub::ActRefusal::busy:
            break;
    }
    return busy();
}

twitch::Notice notice_of(hub::WhisperAnswer answer, std::string_view login) {
    switch (answer) {
        case hub::WhisperAnswer::sent:
            return {};
        case hub::WhisperAnswer::unknown_user:
            return {"whisper_invalid_login", "No user matching that login."};
        case hub::WhisperAnswer::to_self:
            return {"whisper_invalid_self", "You cannot whisper to yourself."};
        case hub::WhisperAnswer::refused:
            return {"whisper_restricted_recipient",
                    "That user's settings prevent them from receiving this whisper."};
        case hub::WhisperAnswer::too_fast_second:
            return {"whisper_limit_per_sec",
                    "You are sending whispers too fast. Try again in a second."};
        case hub::WhisperAnswer::too_fast_minute:
            return {"whisper_limit_per_min",
                    "You are sending whispers too fast. Try again in a minute."};
        case hub::WhisperAnswer::too_many_recipients:
            // Clients know the id, and give up waiting for it.
            return {"whisper_limit_per_min",
                    "You have whispered to too many new people today. Try again tomorrow."};
        case hub::WhisperAnswer::busy:
            break;
    }
    return {"clamor_busy", fmt::format("Your whisper to {} was not sent since the server is busy. "
                                       "Please try again.",
                                       login)};
}

/// 30 where nothing is said; nothing for what is no length of a commercial.
std::optional<int> commercial_seconds(std::string_view text) {
    constexpr int kStep = 30, kMost = 180;
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return kStep;
    text = text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (seconds < kStep || seconds > kMost || seconds % kStep != 0) return std::nullopt;
    return seconds;
}

std::string joined(const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

bool Handlers::slash_act(IrcSession& session, std::string channel, std::string_view word,
                         std::string_view arguments) {
    const ActCommand* command = find_act_command(word);
    if (command == nullptr) return false;
    auto act = command->parse(arguments);
    if (!act) {
        session.say_notice(
            channel, usage(command->usage_id, command->word, command->arguments, command->meaning));
        return true;
    }
    if (!text::is_valid_login(channel)) {
        session.say_notice(channel, twitch::channel_suspended());
        return true;
    }
    const hub::RequestId place = session.ask(IrcSession::Question::Kind::act, channel);
    session.questions_.at(place).act = std::make_unique<chat::Act>(*act);
    session.shard_.hub.act(session.ref_, place, std::move(channel), *std::move(act));
    return true;
}

void IrcSession::on_act_answer(hub::RequestId request, hub::ActAnswer answered) {
    const std::optional<Question> question = take_question(request);
    if (!question) return;
    const std::string& channel = question->channel;
    if (const auto* refusal = std::get_if<hub::ActRefusal>(&answered))
        return answer(request, notice_lines(channel, notice_of(*refusal)));
    const auto& told = std::get<chat::ActAnswer>(answered);
    if (const auto* done = std::get_if<chat::Done>(&told)) {
        const twitch::Notice notice = twitch::notice_of(*done, rooms_.contains(channel));
        return answer(request, notice.id.empty() ? std::string() : notice_lines(channel, notice));
    }
    const auto& denied = std::get<chat::Denied>(told);
    std::string lines;
    // tmi.js waits for the ROOMSTATE of slow and followers-only mode and does not know that they
    // were on before (spec twitch-chat 10.2).
    const auto* change = std::get_if<chat::act::ChangeModes>(question->act.get());
    if (denied.why == chat::Denial::already_so && change != nullptr && commands()) {
        const auto room = rooms_.find(channel);
        if (room != rooms_.end() && change->patch.slow_seconds) {
            twitch::append_changed_mode(lines, channel, room->second, chat::ModAction::slow,
                                        denied.modes, tags());
        } else if (room != rooms_.end() && change->patch.followers_only_minutes) {
            twitch::append_changed_mode(lines, channel, room->second, chat::ModAction::followers,
                                        denied.modes, tags());
        }
    }
    answer(request,
           lines + notice_lines(channel, twitch::notice_of(denied, *question->act, channel)));
}

void IrcSession::on_self_changed(ChannelId, const std::string& login, const chat::Chatter& self) {
    if (!commands()) return;
    std::string lines;
    twitch::append_user_state(lines, login, self, tags());
    say(lines);
}

void IrcSession::on_evicted(ChannelId, const std::string& login) {
    rooms_.erase(login);
    std::string lines;
    twitch::append_part(lines, identity_.user.login, login);
    say(lines);
}

void IrcSession::on_whisper(const hub::WhisperReceived& whisper) {
    if (!commands()) return;
    std::string lines;
    twitch::append_whisper(lines,
                           {.from = whisper.from,
                            .to = whisper.to,
                            .number = whisper.number,
                            .text = whisper.text,
                            .action = whisper.action,
                            .emotes = whisper.emotes},
                           tags());
    say(lines);
}

void IrcSession::on_account_changed(const chat::User& user) {
    identity_.user = user;
    if (!commands()) return;
    std::string lines;
    twitch::append_global_user_state(lines, user, tags());
    say(lines);
}

void IrcSession::on_token_revoked() {
    std::string lines;
    twitch::append_bare_notice(lines, "Login authentication failed");
    write(lines);
    close_when_turn_ends(CloseReason::token_revoked);
}

void IrcSession::answer_later(hub::RequestId place, const twitch::Notice& notice) {
    const std::optional<Question> question = take_question(place);
    if (!question) return;
    answer(place, notice.id.empty() ? std::string() : notice_lines(question->channel, notice));
}

template <class Told>
auto IrcSession::on_own_shard(hub::RequestId place, Told told) {
    return [place, told = std::move(told), &scheduler = shard_.scheduler,
            alive = std::weak_ptr<IrcSession*>(ticket())](auto answered) {
        scheduler.post_to(scheduler.shard(), Priority::control,
                          [place, told, alive, answered = std::move(answered)]() mutable {
                              if (const auto session = alive.lock())
                                  (*session)->answer_later(place, told(std::move(answered)));
                          });
    };
}

void Handlers::slash_color(IrcSession& session, const Line& line, std::string_view rest) {
    const std::string channel = channel_of(line);
    const auto color = twitch::parse_color(text::clean_message(rest), &twitch::NamedColor::in_chat);
    if (!color) {
        return session.say_notice(
            channel,
            usage("usage_color", "color", "<color>",
                  "Changes the colour of your name. Colours: " +
                      twitch::color_names(&twitch::NamedColor::in_chat) + ", or #RRGGBB."));
    }
    const hub::RequestId place = session.ask(IrcSession::Question::Kind::other, channel);
    session.shard_.gateway.set_color(
        session.identity_.user.id, *color, session.on_own_shard(place, [](bool done) {
            return done ? twitch::Notice{"color_changed", "Your color has been changed."} : busy();
        }));
}

void Handlers::slash_whisper(IrcSession& session, const Line& line, std::string_view rest) {
    const std::string channel = channel_of(line);
    hub::Whisper whisper{.from = session.identity_.user,
                         .to = {.id = {}, .login = take_login(rest)},
                         .text = {},
                         .action = rest.starts_with("/me ")};
    if (whisper.action) rest.remove_prefix(4);
    whisper.text = text::clean_message(rest);
    if (whisper.to.login.empty() || whisper.text.empty())
        return session.say_notice(channel, {"whisper_invalid_args", "Usage: <login> <message>"});
    if (!session.identity_.may_whisper) return session.say_notice(channel, twitch::no_permission());
    const hub::RequestId place = session.ask(IrcSession::Question::Kind::other, channel);
    session.shard_.gateway.whisper(
        whisper, session.on_own_shard(place, [login = whisper.to.login](hub::WhisperAnswer told) {
            return notice_of(told, login);
        }));
}

void Handlers::block(IrcSession& session, const Line& line, std::string_view rest, bool on) {
    const std::string channel = channel_of(line);
    const std::string login = take_login(rest);
    if (login.empty()) {
        return session.say_notice(
            channel, on ? usage("usage_block", "block", "<username>", "Hides a user from you.")
                        : usage("usage_unblock", "unblock", "<username>", "Ends that."));
    }
    const hub::RequestId place = session.ask(IrcSession::Question::Kind::other, channel);
    session.shard_.gateway.set_block(
        session.identity_.user.id, {.id = {}, .login = login}, on,
        session.on_own_shard(place, [login, on](hub::BlockAnswer told) -> twitch::Notice {
            switch (told) {
                case hub::BlockAnswer::done:
                    return {"clamor_block",
                            fmt::format("You have {} {}.", on ? "blocked" : "unblocked", login)};
                case hub::BlockAnswer::to_self:
                    return {"clamor_block", "You cannot block yourself."};
                case hub::BlockAnswer::unknown_user:
                    return twitch::invalid_user(login);
                case hub::BlockAnswer::busy:
                    break;
            }
            return busy();
        }));
}

void Handlers::slash_block(IrcSession& session, const Line& line, std::string_view rest) {
    block(session, line, rest, true);
}

void Handlers::slash_unblock(IrcSession& session, const Line& line, std::string_view rest) {
    block(session, line, rest, false);
}

void Handlers::slash_mods(IrcSession& session, const Line& line, std::string_view) {
    const std::string channel = channel_of(line);
    const hub::RequestId place = session.ask(IrcSession::Question::Kind::other, channel);
    session.shard_.gateway.list_role(
        channel, chat::Role::moderator,
        session.on_own_shard(
            place, [](const std::optional<std::vector<std::string>>& names) -> twitch::Notice {
                if (!names) return busy();
                if (names->empty()) return {"no_mods", "There are no moderators of this channel."};
                return {"room_mods", "The moderators of this channel are: " + joined(*names)};
            }));
}

void Handlers::slash_vips(IrcSession& session, const Line& line, std::string_view) {
    const std::string channel = channel_of(line);
    const hub::RequestId place = session.ask(IrcSession::Question::Kind::other, channel);
    session.shard_.gateway.list_role(
        channel, chat::Role::vip,
        session.on_own_shard(
            place, [](const std::optional<std::vector<std::string>>& names) -> twitch::Notice {
                if (!names) return busy();
                if (names->empty()) return {"no_vips", "This channel does not have any VIPs."};
                return {"vips_success", "The VIPs of this channel are: " + joined(*names) + "."};
            }));
}

void Handlers::slash_help(IrcSession& session, const Line& line, std::string_view rest) {
    const std::string channel = channel_of(line);
    const std::size_t begin = std::min(rest.find_first_not_of(" /."), rest.size());
    const std::string_view word = rest.substr(begin, rest.find(' ', begin) - begin);
    if (word.empty()) {
        std::string list = "/me /color /w /block /unblock /mods /vips /disconnect /help";
        for (const ActCommand& command : act_commands()) list += fmt::format(" /{}", command.word);
        return session.say_notice(
            channel,
            {"cmds_available",
             "Commands available to you in this room (use /help <command> for details): " + list});
    }
    if (const ActCommand* command = find_act_command(word)) {
        return session.say_notice(
            channel, usage(command->usage_id, command->word, command->arguments, command->meaning));
    }
    session.say_notice(channel, {"no_help", "No help available."});
}

void Handlers::slash_unavailable(IrcSession& session, const Line& line, std::string_view) {
    const std::string_view text = line.param(1);
    const std::string_view word = text.substr(1, text.find(' ') - 1);
    session.say_notice(channel_of(line),
                       {"unavailable_command",
                        fmt::format("Sorry, \"/{}\" is not available through this client.", word)});
}

/// clamor shows no commercials; bots and clients wait for the answer (spec twitch-chat 10.1).
void Handlers::slash_commercial(IrcSession& session, const Line& line, std::string_view rest) {
    const std::string channel = channel_of(line);
    const auto seconds = commercial_seconds(rest);
    if (!seconds) {
        return session.say_notice(channel,
                                  usage("usage_commercial", "commercial", "[30|60|90|120|150|180]",
                                        "Triggers a commercial, of 30 seconds when no length is "
                                        "given."));
    }
    if (session.identity_.user.login != channel) {
        return session.say_notice(channel, twitch::no_permission());
    }
    session.say_notice(channel,
                       {"commercial_success",
                        fmt::format("Initiating {} second commercial break. Please keep in mind "
                                    "that your stream is still live and not everyone will get a "
                                    "commercial.",
                                    *seconds)});
}

void Handlers::slash_marker(IrcSession& session, const Line& line, std::string_view) {
    session.say_notice(channel_of(line), {"bad_marker_client",
                                          "Sorry, /marker is not available through this client."});
}

void Handlers::slash_host(IrcSession& session, const Line& line, std::string_view rest) {
    session.say_notice(channel_of(line),
                       {"bad_host_error", fmt::format("There was a problem hosting {}. Please try "
                                                      "again in a minute.",
                                                      take_login(rest))});
}

void Handlers::slash_unhost(IrcSession& session, const Line& line, std::string_view) {
    session.say_notice(channel_of(line), {"not_hosting", "No channel is currently being hosted."});
}

}  // namespace clamor::edge::irc
