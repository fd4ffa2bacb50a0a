// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "edge/irc/commands.h"
#include "edge/irc/session.h"
#include "text/message.h"
#include "text/utf8.h"
#include "twitch/continuity.h"
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

twitch::Notice bad_position() {
    return {"clamor_bad_position",
            "The tag clamor.dev/after has to be what clamor.dev/seq was, EPOCH-SEQUENCE, one for "
            "each channel with commas between. The channel is joined without it."};
}

twitch::Notice position_unknown() {
    return {"clamor_position_unknown",
            "This position is not known here: the channel's history is another one. Read its "
            "newest messages to go on."};
}

}  // namespace

void Handlers::join(IrcSession& session, const Line& line) {
    std::optional<std::string> positions;
    if (session.numbered()) positions = line.tag(twitch::kAfterTag);
    std::string_view after = positions ? std::string_view(*positions) : std::string_view();
    std::vector<IrcSession::Wish> wishes;
    for_each_channel(line.param(0), [&](std::string name) {
        const std::string_view position = after.substr(0, after.find(','));
        after.remove_prefix(std::min(position.size() + 1, after.size()));
        wishes.push_back({std::move(name), std::string(position)});
    });
    if (!wishes.empty()) session.count_joins(std::move(wishes));
}

/// Over all nodes where they can be asked, the JOINs of a turn at once; what the client says
/// meanwhile waits.
void IrcSession::count_joins(std::vector<Wish> wishes) {
    if (shard_.shared_limits == nullptr || identity_.anonymous) {
        JoinLimits limits;
        for (std::size_t i = 0; i < wishes.size(); ++i) limits.push_back(count_join_here());
        return join_allowed(wishes, limits);
    }
    gathered_.insert(gathered_.end(), std::make_move_iterator(wishes.begin()),
                     std::make_move_iterator(wishes.end()));
    if (std::exchange(counting_, true)) return;
    at_end_of_turn(&IrcSession::ask_joins);
}

/// A JOIN that comes behind others in their turn.
bool IrcSession::gathers(std::string_view line) const {
    if (gathered_.empty() || replies_.places() + gathered_.size() >= limits::kPendingRepliesMax)
        return false;
    wire::irc::Line parsed;
    return wire::irc::parse_line(line, parsed) == wire::irc::ParseError::none &&
           text::equals_ignoring_ascii_case(parsed.command, "JOIN");
}

void IrcSession::ask_joins() {
    std::vector<Wish> wishes = std::exchange(gathered_, {});
    /// Answers come on another thread, one after the other.
    struct Asked {
        std::vector<std::optional<chat::LimitAnswer>> answers;
        std::size_t left;
    };
    const auto asked = std::make_shared<Asked>();
    asked->answers.resize(wishes.size());
    asked->left = wishes.size();
    const auto answered = [alive = std::weak_ptr<IrcSession*>(ticket()), asked,
                           wishes = std::move(wishes)] {
        const auto session = alive.lock();
        if (!session || (*session)->closed()) return;
        IrcSession& self = **session;
        JoinLimits limits;
        for (const auto& answer : asked->answers)
            limits.push_back(answer ? *answer : self.count_join_here());
        self.counting_ = false;
        self.join_allowed(wishes, limits);
        self.resume_when_possible();
    };
    const limits::Window& window =
        identity_.user.verified_bot ? shard_.options.joins_verified_bot : shard_.options.joins;
    for (std::size_t i = 0; i < asked->answers.size(); ++i) {
        shard_.shared_limits->check(
            hub::SharedLimits::Act::join, identity_.user.id, window,
            [asked, i, answered, &scheduler = shard_.scheduler,
             home = shard_.scheduler.shard()](std::optional<chat::LimitAnswer> answer) {
                asked->answers[i] = answer;
                if (--asked->left == 0) scheduler.post_to(home, Priority::control, answered);
            });
    }
}

/// Anonymous sessions have no account: their limit is the connection's.
chat::LimitAnswer IrcSession::count_join_here() {
    const MonoTime now = shard_.scheduler.now().mono;
    if (identity_.anonymous) return join_window_.check(shard_.options.joins, now);
    const limits::Window& window =
        identity_.user.verified_bot ? shard_.options.joins_verified_bot : shard_.options.joins;
    return shard_.accounts.joins.check(identity_.user.id, window, now);
}

struct IrcSession::Missed {
    std::vector<hub::CatchUp::Range> ranges;  ///< by region; none: nothing
    bool unknown = false;                     ///< the client has another history
};

/// How far a client is in the channel when it has joined, in the node's region and in others.
struct IrcSession::JoinedAt {
    Position own;
    std::vector<Position> others;
};

/// What lies behind what the client has.
IrcSession::Missed IrcSession::missed_of(const std::vector<Position>& had,
                                         const hub::Joined& joined) {
    std::vector<Position> here = joined.beside;
    here.insert(here.begin(), joined.last);
    Missed missed;
    bool new_events = false;
    for (const Position upto : here) {
        const unsigned region = upto.region();
        const auto found =
            std::ranges::find_if(had, [region](Position one) { return one.region() == region; });
        const Position after = found != had.end() ? *found : Position::before_first(region);
        // Where there are regions, one may simply be ahead of what has come here.
        const bool ahead = after > upto && (here.size() == 1 || after.epoch > upto.epoch);
        missed.unknown = missed.unknown || ahead;
        new_events = new_events || after < upto;
        missed.ranges.push_back({.after = after, .upto = upto});
    }
    if (!new_events) missed.ranges.clear();
    return missed;
}

IrcSession::JoinedAt IrcSession::began_at(const Missed& missed) {
    JoinedAt at{.own = missed.ranges.front().after, .others = {}};
    for (const auto& range : missed.ranges) {
        if (&range != &missed.ranges.front() && range.after.epoch != 0)
            at.others.push_back(range.after);
    }
    return at;
}

void IrcSession::join_allowed(const std::vector<Wish>& wishes, const JoinLimits& limits) {
    std::size_t too_quick = 0;
    std::string_view first_too_quick;
    std::chrono::milliseconds retry_after{0};
    for (std::size_t i = 0; i < wishes.size(); ++i) {
        if (limits[i].allowed) {
            join_one(wishes[i].channel, wishes[i].after);
            continue;
        }
        if (too_quick++ == 0) first_too_quick = wishes[i].channel;
        retry_after = limits[i].retry_after;
    }
    if (too_quick == 0) return;
    shard_.counters.joins_rate_limited.add(too_quick);
    say_notice(text::repair_utf8(first_too_quick), join_rate_limited(too_quick, retry_after));
}

void IrcSession::join_one(std::string name, std::string_view after) {
    if (!text::is_valid_login(name))
        return say_notice(text::repair_utf8(name), twitch::channel_suspended());
    if (!identity_.may_read) return say_notice(name, twitch::no_permission());
    const bool again = rooms_.find(name) != rooms_.end();
    if (!again && !identity_.user.verified_bot &&
        rooms_.size() + joins_asked_ >= shard_.options.rooms_max) {
        return say_notice(name, twitch::too_many_channels());
    }
    const auto positions = twitch::parse_positions(after);
    if (!after.empty() && !positions) say_notice(name, bad_position());
    ++joins_asked_;
    const hub::RequestId place = ask(Question::Kind::join, name);
    if (positions) {
        // Behind the answer to the JOIN and before what is asked later.
        const hub::RequestId behind = ask(Question::Kind::other, name);
        questions_.at(place).after = *positions;
        questions_.at(place).catch_up = behind;
    }
    shard_.hub.join(ref_, place, std::move(name), positions.value_or(std::vector<Position>()));
}

void IrcSession::on_join_answer(hub::RequestId request, hub::JoinAnswer answered) {
    const std::optional<Question> question = take_question(request);
    if (!question) return;
    --joins_asked_;
    if (const auto* refusal = std::get_if<hub::JoinRefusal>(&answered)) {
        answer(request, notice_lines(question->channel, notice_of(*refusal, question->channel)));
        if (take_question(question->catch_up)) answer(question->catch_up, {});
        return;
    }
    const auto& joined = std::get<hub::Joined>(answered);
    if (!question->parted) rooms_.insert_or_assign(question->channel, joined.channel);
    // Who comes back is not as far as the channel yet: it may lose this connection, too, before it
    // has had all that follows.
    JoinedAt at{.own = joined.last, .others = joined.beside};
    if (question->catch_up == 0) return answer(request, join_block(joined, at));
    const Missed missed = missed_of(question->after, joined);
    if (!missed.unknown && !missed.ranges.empty()) at = began_at(missed);
    answer(request, join_block(joined, at));
    catch_up(*question, joined, missed);
}

/// What is said meanwhile waits, so that the client gets everything in order.
void IrcSession::catch_up(const Question& join, const hub::Joined& joined, const Missed& missed) {
    if (missed.unknown || missed.ranges.empty() || join.parted) {
        take_question(join.catch_up);
        return answer(join.catch_up, missed.unknown ? notice_lines(joined.login, position_unknown())
                                                    : std::string());
    }
    holds_frames_until_ = join.catch_up;
    shard_.hub.catch_up(ref_, join.catch_up, joined.channel, missed.ranges);
}

void IrcSession::on_caught_up(hub::RequestId request, std::vector<hub::CaughtUp> missed) {
    const std::optional<Question> question = take_question(request);
    if (!question) return;
    if (!rooms_.contains(question->channel)) return answer(request, {});  // left meanwhile
    const auto count = [](std::uint64_t events) { return fmt::format("history:{}", events); };
    std::string lines;
    for (const hub::CaughtUp& region : missed) {
        if (region.older == 0) continue;
        twitch::append_gap(lines, question->channel,
                           {.after = region.after,
                            .before = region.first,
                            .skipped = count(region.older),
                            .sentence = fmt::format("{} earlier events are not repeated here, "
                                                    "since there are too many.",
                                                    region.older)});
    }
    for (const hub::CaughtUp& region : missed) {
        for (const chat::EventRef& event : region.events)
            shard_.encoder.append_lines(lines, *event, dialect_);
    }
    for (const hub::CaughtUp& region : missed) {
        if (region.unread == 0 && !region.perhaps) continue;
        twitch::append_gap(
            lines, question->channel,
            {.after = region.unread_after,
             .before = region.unread_before,
             .skipped = count(std::max<std::uint64_t>(region.unread, 1)),
             .sentence = region.unread == 0 ? kPerhapsSkipped
                                            : fmt::format("{} events cannot be read at the moment.",
                                                          region.unread)});
    }
    answer(request, lines);
}

void IrcSession::deliver(const Frame& frame) {
    if (holds_frames_until_ == 0) return transport_.deliver(frame);
    if (held_frames_.empty()) held_frames_since_ = shard_.scheduler.now().mono;
    held_frames_bytes_ += frame.size();
    held_frames_.push_back(frame);
}

void IrcSession::release_frames() {
    if (holds_frames_until_ == 0 || !replies_.taken(holds_frames_until_)) return;
    holds_frames_until_ = 0;
    held_frames_bytes_ = 0;
    for (const Frame& frame : std::exchange(held_frames_, {})) transport_.deliver(frame);
}

/// The order is fixed: libraries resolve their promise at the ROOMSTATE and want the USERSTATE
/// before it (spec 3.1).
std::string IrcSession::join_block(const hub::Joined& joined, const JoinedAt& at) const {
    const std::string& login = identity_.user.login;
    std::string lines;
    twitch::append_join(lines, login, joined.login);
    twitch::append_names(lines, login, joined.login,
                         membership() ? joined.names : std::vector<std::string>{});
    if (commands()) {
        if (!identity_.anonymous)
            twitch::append_user_state(lines, joined.login, joined.self, tags());
        const std::size_t from = lines.size();
        twitch::append_room_state(lines, joined.login, joined.channel, joined.modes, tags());
        if (numbered()) twitch::stamp_lines(lines, from, at.own, at.others);
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
