// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "edge/irc/commands.h"
#include "edge/irc/session.h"
#include "text/message.h"
#include "text/utf8.h"
#include "twitch/lines.h"

namespace clamor::edge::irc {
namespace {

/// Calls `each` with every name of a comma list that has its '#', without it and in lower case.
/// Stops when it returns false.
template <class Each>
void for_each_channel(std::string_view list, Each&& each) {
    list = list.substr(0, list.find(' '));
    while (!list.empty()) {
        const std::string_view name = list.substr(0, list.find(','));
        list.remove_prefix(std::min(name.size() + 1, list.size()));
        if (name.size() > 1 && name.front() == '#') each(text::fold_ascii(name.substr(1)));
    }
}

twitch::Notice join_rate_limited(std::size_t channels, std::chrono::milliseconds retry_after) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after).count();
    return {"clamor_join_ratelimit",
            fmt::format("You are joining channels too quickly; {} of them {} not joined. You can "
                        "join again in {} seconds.",
                        channels, channels == 1 ? "was" : "were", seconds)};
}

twitch::Notice notice_of(hub::JoinRefusal refusal, std::string_view channel) {
    switch (refusal) {
        case hub::JoinRefusal::no_such_channel:
            return twitch::channel_suspended();
        case hub::JoinRefusal::banned:
            return twitch::banned_from(channel);
        case hub::JoinRefusal::too_many_channels:
            return twitch::too_many_channels();
        case hub::JoinRefusal::busy:
            break;
    }
    return {"clamor_busy",
            "The channel was not joined since the server is busy. Please try again."};
}

}  // namespace

void Handlers::join(IrcSession& session, const Line& line) {
    std::size_t too_quick = 0;
    std::string first_too_quick;
    std::chrono::milliseconds retry_after{0};
    for_each_channel(line.param(0), [&](std::string name) {
        const chat::LimitAnswer limit = session.count_join();
        if (limit.allowed) return session.join_one(std::move(name));
        if (too_quick++ == 0) first_too_quick = std::move(name);
        retry_after = limit.retry_after;
    });
    if (too_quick == 0) return;
    session.shard_.counters.joins_rate_limited.add(too_quick);
    session.say_notice(text::repair_utf8(first_too_quick),
                       join_rate_limited(too_quick, retry_after));
}

/// Anonymous sessions have no account: their limit is the connection's.
chat::LimitAnswer IrcSession::count_join() {
    const MonoTime now = shard_.scheduler.now().mono;
    if (identity_.anonymous) return join_window_.check(shard_.options.joins, now);
    const limits::Window& window =
        identity_.user.verified_bot ? shard_.options.joins_verified_bot : shard_.options.joins;
    return shard_.accounts.joins.check(identity_.user.id, window, now);
}

void IrcSession::join_one(std::string name) {
    if (!text::is_valid_login(name))
        return say_notice(text::repair_utf8(name), twitch::channel_suspended());
    if (!identity_.may_read) return say_notice(name, twitch::no_permission());
    const bool again = rooms_.find(name) != rooms_.end();
    if (!again && !identity_.user.verified_bot &&
        rooms_.size() + joins_asked_ >= shard_.options.rooms_max) {
        return say_notice(name, twitch::too_many_channels());
    }
    ++joins_asked_;
    const hub::RequestId place = ask(Question::Kind::join, name);
    shard_.hub.join(ref_, place, std::move(name));
}

void IrcSession::on_join_answer(hub::RequestId request, hub::JoinAnswer answered) {
    const std::optional<Question> question = take_question(request);
    if (!question) return;
    --joins_asked_;
    if (const auto* refusal = std::get_if<hub::JoinRefusal>(&answered)) {
        return answer(request,
                      notice_lines(question->channel, notice_of(*refusal, question->channel)));
    }
    const auto& joined = std::get<hub::Joined>(answered);
    if (!question->parted) rooms_.insert_or_assign(question->channel, joined.channel);
    answer(request, join_block(joined));
}

/// The order is fixed: libraries resolve their promise at the ROOMSTATE and want the USERSTATE
/// before it (spec 3.1).
std::string IrcSession::join_block(const hub::Joined& joined) const {
    const std::string& login = identity_.user.login;
    std::string lines;
    twitch::append_join(lines, login, joined.login);
    twitch::append_names(lines, login, joined.login,
                         membership() ? joined.names : std::vector<std::string>{});
    if (commands()) {
        if (!identity_.anonymous)
            twitch::append_user_state(lines, joined.login, joined.self, tags());
        twitch::append_room_state(lines, joined.login, joined.channel, joined.modes, tags());
    }
    return lines;
}

void Handlers::part(IrcSession& session, const Line& line) {
    for_each_channel(line.param(0), [&](const std::string& name) {
        if (!text::is_valid_login(name)) return;
        for (auto& [place, question] : session.questions_) {
            if (question.kind == IrcSession::Question::Kind::join && question.channel == name)
                question.parted = true;
        }
        session.shard_.hub.leave(session.ref_, name);
        session.rooms_.erase(name);
        std::string lines;
        twitch::append_part(lines, session.identity_.user.login, name);
        session.say(lines);
    });
}

/// Answers for the first channel of a list only: the answer may be a thousand times longer than the
/// question.
void Handlers::names(IrcSession& session, const Line& line) {
    bool first = true;
    for_each_channel(line.param(0), [&](std::string name) {
        if (!std::exchange(first, false) || !text::is_valid_login(name)) return;
        if (!session.membership()) {
            std::string lines;
            twitch::append_names(lines, session.identity_.user.login, name, {});
            return session.say(lines);
        }
        const hub::RequestId place = session.ask(IrcSession::Question::Kind::names, name);
        session.shard_.hub.names(session.ref_, place, std::move(name));
    });
}

void IrcSession::on_names_answer(hub::RequestId request, hub::NamesAnswer answered) {
    const std::optional<Question> question = take_question(request);
    if (!question) return;
    std::string lines;
    twitch::append_names(lines, identity_.user.login, question->channel, answered.names);
    answer(request, lines);
}

}  // namespace clamor::edge::irc
