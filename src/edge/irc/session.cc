// SPDX-License-Identifier: Apache-2.0
#include "edge/irc/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "edge/irc/commands.h"
#include "twitch/continuity.h"
#include "twitch/lines.h"

namespace clamor::edge::irc {
namespace {

/// How often a slow reader's outbox is looked at, until it can be told what it missed.
constexpr auto kSkippedCheck = std::chrono::seconds(1);

using SkippedByClass = std::array<std::uint32_t, chat::kShedClasses>;

std::string skipped_sentence(const SkippedByClass& by_class) {
    std::uint64_t messages = 0;
    for (const std::uint32_t count : by_class) messages += count;
    const std::uint32_t comings = by_class[static_cast<std::size_t>(chat::ShedClass::membership)];
    messages -= comings;
    const std::string_view rest =
        "were skipped since this connection or the server could not keep up.";
    if (messages == 0) return fmt::format("{} joins and parts {}", comings, rest);
    if (comings == 0) return fmt::format("{} messages {}", messages, rest);
    return fmt::format("{} messages and {} joins and parts {}", messages, comings, rest);
}

/// `message:3,staff:1`
std::string skipped_list(const SkippedByClass& by_class) {
    std::string list;
    for (std::size_t i = 0; i < by_class.size(); ++i) {
        if (by_class[i] == 0) continue;
        if (!list.empty()) list += ',';
        list += fmt::format("{}:{}", chat::name_of(static_cast<chat::ShedClass>(i)), by_class[i]);
    }
    return list;
}

}  // namespace

IrcSession::IrcSession(const Shard& shard, Transport& transport)
    : shard_(shard), transport_(transport) {
    if (transport.is_websocket()) dialect_.bits |= hub::Dialect::kWebSocket;
    if (transport.deflate()) dialect_.bits |= hub::Dialect::kDeflate;
    last_input_ = shard.scheduler.now().mono;
    arm_timer(last_input_ + shard.options.registration_timeout);
}

IrcSession::~IrcSession() {
    end();
}

bool IrcSession::on_line(std::string_view line) {
    if (closed()) return false;
    note_input();
    shard_.counters.lines.add();
    if (!held_.empty() || must_hold(line)) {
        hold(line);
    } else {
        run_line(line);
    }
    return !closed();
}

bool IrcSession::on_overlong_lines(std::size_t count) {
    if (closed()) return false;
    note_input();
    shard_.counters.overlong_lines.add(count);
    overlong_lines_ = static_cast<std::uint8_t>(
        std::min<std::size_t>(overlong_lines_ + count, limits::kOverlongLinesMax));
    if (overlong_lines_ == limits::kOverlongLinesMax) close(CloseReason::input_flood);
    return !closed();
}

void IrcSession::note_input() {
    last_input_ = shard_.scheduler.now().mono;
    pinged_ = false;
}

void IrcSession::run_line(std::string_view line) {
    wire::irc::Line parsed;
    const wire::irc::ParseError error = wire::irc::parse_line(line, parsed);
    if (error != wire::irc::ParseError::none) {
        if (error != wire::irc::ParseError::empty) shard_.counters.bad_lines.add();
        return;
    }
    const Command* command = find_command(parsed.command);
    std::string refusal;
    if (command == nullptr || (command->needs_login && !logged_in())) {
        shard_.counters.unknown_commands.add();
        twitch::append_unknown_command(refusal, nick(), parsed.command);
        say(refusal);
    } else if (parsed.param_count < command->params_min) {
        twitch::append_missing_parameters(refusal, nick(), command->name);
        say(refusal);
    } else {
        command->run(*this, parsed);
    }
}

bool IrcSession::must_hold() const {
    return stage_ == Stage::authenticating || counting_ ||
           replies_.places() >= limits::kPendingRepliesMax;
}

void IrcSession::hold(std::string_view line) {
    if (held_.size() + line.size() + 1 > kHeldInputBytes) return close(CloseReason::input_flood);
    held_ += line;
    held_ += '\n';
    if (!receiving_) return;
    receiving_ = false;
    shard_.counters.receiving_paused.add();
    transport_.set_receiving(false);
}

/// The input goes on at the end of the turn and not from within an answer of the hub: handlers ask
/// it.
void IrcSession::resume_when_possible() {
    if (receiving_ || resuming_ || closed() || must_hold()) return;
    resuming_ = true;
    at_end_of_turn(&IrcSession::run_held_lines);
}

void IrcSession::run_held_lines() {
    resuming_ = false;
    note_input();
    std::size_t done = 0;
    while (done < held_.size() && !closed()) {
        const std::size_t end = held_.find('\n', done);
        const std::string_view line = std::string_view(held_).substr(done, end - done);
        if (must_hold(line)) break;
        run_line(line);
        done = end + 1;
    }
    if (closed()) return;
    held_.erase(0, done);
    if (!held_.empty()) return;
    held_ = std::string();
    receiving_ = true;
    transport_.set_receiving(true);
}

void IrcSession::say(std::string_view lines) {
    if (lines.empty()) return;
    if (replies_.empty()) return write(lines);
    replies_.say(lines);
}

void IrcSession::say_notice(std::string_view channel, const twitch::Notice& notice) {
    say(notice_lines(channel, notice));
}

void IrcSession::answer(hub::RequestId place, std::string_view lines) {
    if (replies_.fill(place, lines)) {
        flush_replies();
    } else {
        write(lines);
    }
}

void IrcSession::flush_replies() {
    write(replies_.take_ready());
    release_frames();
    resume_when_possible();
}

void IrcSession::write(std::string_view lines) {
    if (lines.empty() || closed()) return;
    transport_.write(lines);
    if (outbox_over_hard(outbox())) close_when_turn_ends(CloseReason::slow_reader);
}

std::string IrcSession::notice_lines(std::string_view channel, const twitch::Notice& notice) const {
    std::string lines;
    if (!commands()) return lines;
    twitch::append_notice(lines, fmt::format("#{}", channel), notice.id, notice.text, tags(),
                          notice.target);
    return lines;
}

std::string_view IrcSession::nick() const {
    return logged_in() ? std::string_view(identity_.user.login) : "*";
}

hub::RequestId IrcSession::ask(Question::Kind kind, std::string channel, std::string client_nonce) {
    const hub::RequestId place = replies_.open();
    questions_.emplace(place, Question{.kind = kind,
                                       .channel = std::move(channel),
                                       .client_nonce = std::move(client_nonce),
                                       .act = nullptr});
    return place;
}

std::optional<IrcSession::Question> IrcSession::take_question(hub::RequestId request) {
    const auto found = questions_.find(request);
    if (found == questions_.end()) return std::nullopt;
    Question question = std::move(found->second);
    questions_.erase(found);
    return question;
}

void IrcSession::arm_timer(MonoTime when) {
    shard_.scheduler.cancel(timer_);
    timer_ = shard_.scheduler.call_at(when, [this] { on_timer(); });
}

void IrcSession::on_timer() {
    if (!logged_in()) {
        if (stage_ == Stage::registering && !registration_->nick.empty())
            return fail_login(LoginFailure::improperly_formatted);
        return close(CloseReason::registration_timeout);
    }
    const MonoTime now = shard_.scheduler.now().mono;
    if (join_window_.idle(shard_.options.joins, now)) join_window_ = {};

    if (!receiving_) note_input();  // silent since we do not listen
    if (pinged_) return close(CloseReason::ping_timeout);
    const MonoTime silent_at = last_input_ + shard_.options.ping_after_silence;
    if (now < silent_at) return arm_timer(silent_at);
    pinged_ = true;
    arm_timer(now + shard_.options.pong_timeout);
    std::string lines;
    twitch::append_ping(lines);
    write(lines);
}

void IrcSession::start_reconnect() {
    if (!logged_in() || !commands()) return;
    std::string lines;
    twitch::append_reconnect(lines);
    write(lines);
}

void IrcSession::close(CloseReason reason) {
    if (closed()) return;
    shard_.counters.closed[static_cast<std::size_t>(reason)].add();
    end();
    transport_.close(reason);
}

void IrcSession::on_transport_closed() {
    end();
}

void IrcSession::end() {
    if (closed()) return;
    if (logged_in()) shard_.hub.remove(ref_);
    stage_ = Stage::closed;
    ticket_.reset();
    shard_.scheduler.cancel(timer_);
    if (skipped_ != nullptr) shard_.scheduler.cancel(skipped_->timer);
}

void IrcSession::close_when_turn_ends(CloseReason reason) {
    if (doom_ || closed()) return;
    doom_ = reason;
    at_end_of_turn(&IrcSession::close_doomed);
}

void IrcSession::close_doomed() {
    if (*doom_ == CloseReason::slow_reader) {
        std::string lines;
        twitch::append_bare_notice(
            lines, "This connection is closed since it reads too slowly. Please connect again.");
        if (commands()) transport_.write(lines);
    }
    close(*doom_);
}

void IrcSession::at_end_of_turn(void (IrcSession::*what)()) {
    shard_.scheduler.call_at_end_of_turn([what, alive = std::weak_ptr<IrcSession*>(ticket())] {
        if (const auto session = alive.lock()) ((*session)->*what)();
    });
}

const std::shared_ptr<IrcSession*>& IrcSession::ticket() {
    if (ticket_ == nullptr) ticket_ = std::make_shared<IrcSession*>(this);
    return ticket_;
}

Outbox IrcSession::outbox() const {
    Outbox outbox = transport_.outbox();
    if (held_frames_bytes_ == 0) return outbox;
    if (outbox.bytes == 0) outbox.oldest = held_frames_since_;
    outbox.bytes += held_frames_bytes_;
    return outbox;
}

bool IrcSession::outbox_over_hard(const Outbox& outbox) const {
    if (outbox.bytes == 0) return false;
    return outbox.bytes > shard_.options.outbox_hard_bytes ||
           shard_.scheduler.now().mono - outbox.oldest > shard_.options.outbox_age;
}

chat::ShedClass IrcSession::intake() const {
    const Outbox outbox = this->outbox();
    if (outbox.bytes == 0) return chat::ShedClass::membership;
    if (outbox_over_hard(outbox)) return chat::ShedClass::control;
    const Options& options = shard_.options;
    const auto age = shard_.scheduler.now().mono - outbox.oldest;
    // From half of the way to the hard threshold on, only what concerns the viewer is still taken.
    if (outbox.bytes > (options.outbox_soft_bytes + options.outbox_hard_bytes) / 2) {
        return chat::ShedClass::mention;
    }
    if (outbox.bytes > options.outbox_soft_bytes || age > options.outbox_age / 2) {
        return chat::ShedClass::user_notice;
    }
    return chat::ShedClass::membership;
}

void IrcSession::on_skipped(ChannelId channel, const hub::Skipped& skipped) {
    if (closed()) return;
    if (skipped_ == nullptr) {
        skipped_ = std::make_unique<Skipped>();
        skipped_->timer = shard_.scheduler.call_at(shard_.scheduler.now().mono + kSkippedCheck,
                                                   [this] { tell_skipped(); });
    }
    skipped_->channels[channel].add(skipped);
    if (outbox_over_hard(outbox())) close_when_turn_ends(CloseReason::slow_reader);
}

/// Once the outbox is well below its soft threshold again; until then it looks again and again.
void IrcSession::tell_skipped() {
    const Outbox outbox = this->outbox();
    if (outbox_over_hard(outbox)) return close_when_turn_ends(CloseReason::slow_reader);
    if (outbox.bytes > shard_.options.outbox_soft_bytes / 2) {
        skipped_->timer = shard_.scheduler.call_at(shard_.scheduler.now().mono + kSkippedCheck,
                                                   [this] { tell_skipped(); });
        return;
    }
    const std::unique_ptr<Skipped> skipped = std::move(skipped_);
    std::string lines;
    for (const auto& [name, id] : rooms_) {
        const auto found = skipped->channels.find(id);
        if (found == skipped->channels.end()) continue;
        const hub::Skipped& events = found->second;
        if (events.perhaps && !numbered()) continue;
        const std::string sentence =
            events.perhaps ? kPerhapsSkipped : skipped_sentence(events.by_class);
        if (!numbered() || events.first == Position{}) {
            lines += notice_lines(name, {"clamor_skipped", sentence});
            continue;
        }
        Position after = events.first;
        Position before = events.last;
        --after.sequence;
        ++before.sequence;
        twitch::append_gap(lines, name,
                           {.after = after,
                            .before = before,
                            .skipped = skipped_list(events.by_class),
                            .sentence = sentence});
    }
    write(lines);
}

}  // namespace clamor::edge::irc
