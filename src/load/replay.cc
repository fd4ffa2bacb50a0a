// SPDX-License-Identifier: Apache-2.0
#include "load/replay.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <unordered_set>

#include <fmt/format.h>

#include "load/author_pool.h"
#include "load/descriptors.h"
#include "load/progress.h"
#include "reactor/clock.h"
#include "reactor/engine.h"
#include "wire/irc/line.h"

namespace clamor::load {
namespace {

using reactor::read_mono_clock;
using namespace std::chrono_literals;

constexpr auto kJoinPatience = 10s;
constexpr auto kEndPatience = 5s;
// Authors log in so much ahead of their message.
constexpr auto kLookAhead = 1s;

std::uint64_t microseconds(MonoClock::duration duration) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::microseconds>(duration).count()));
}

/// What happened to each message.
struct Fate {
    MonoTime said_at;
    bool seen = false;
};

/// An anonymous reader of the channel, who recognises the messages by their nonce.
class Watcher final : public ChatClient {
  public:
    Watcher(reactor::Engine& engine, const Target& target, wire::ws::Workspace& workspace,
            Profile profile, std::vector<Fate>& fates, ReplayReport& report)
        : ChatClient(engine, target, workspace, std::move(profile)),
          fates_(fates),
          report_(report) {}

    std::string refusal;  // why it is not there, or not any more
    bool gone = false;

  private:
    void on_ready() override {}
    void on_line(std::string_view line) override;
    void on_gone(std::string_view why) override {
        gone = true;
        if (refusal.empty()) refusal = why;
    }

    std::vector<Fate>& fates_;
    ReplayReport& report_;
};

void Watcher::on_line(std::string_view line) {
    wire::irc::Line parts;
    if (wire::irc::parse_line(line, parts) != wire::irc::ParseError::none) return;
    if (parts.command == "NOTICE" && state() != State::ready) refusal = parts.param(1);
    if (parts.command != "PRIVMSG") return;
    const auto nonce = parts.raw_tag("client-nonce");
    if (!nonce || !nonce->starts_with('r')) return;
    std::size_t number = 0;
    const auto [end, error] =
        std::from_chars(nonce->data() + 1, nonce->data() + nonce->size(), number);
    if (error != std::errc{} || number >= fates_.size()) return;
    Fate& fate = fates_[number];
    if (fate.seen) {
        ++report_.duplicated;
        return;
    }
    fate.seen = true;
    ++report_.delivered;
    report_.latency.record(microseconds(received_at() - fate.said_at));
}

/// One run: the recording, the clock it is played by, and the two sides that send and watch.
class Replay final : public AuthorListener {
  public:
    Replay(const ReplayOptions& options, const ChatLog& log, const Target& target,
           reactor::Engine& engine, ReplayReport& report)
        : options_(options),
          log_(log),
          engine_(engine),
          report_(report),
          fates_(log.lines.size()),
          progress_("messages", log.lines.size(), options.quiet),
          watcher_(engine, target, workspace_,
                   {.login = "justinfan1",
                    .token = {},
                    .channels = {options.channel},
                    .path = target.path},
                   fates_, report),
          pool_(engine,
                {.target = target,
                 .channel = options.channel,
                 .token = options.token,
                 .connections_max = options.authors_max},
                *this) {
        for (const ChatLogLine& line : log.lines) logins_.push_back(to_login(line.user));
        report.messages = log.lines.size();
        report.authors = std::unordered_set<std::string>(logins_.begin(), logins_.end()).size();
    }

    ~Replay() override {
        watcher_.close(reactor::CloseMode::hard);
        while (watching_ && !watcher_.gone) engine_.turn(10ms);
    }

    Result<void> run();

  private:
    Result<void> join();
    void play(MonoTime start);
    MonoTime due(std::size_t number, MonoTime start) const;
    void turn(MonoTime until);
    bool all_done() const;
    std::string details() const;

    void on_said(std::size_t number, MonoTime at) override {
        ++report_.sent;
        fates_[number].said_at = at;
    }
    void on_answered(std::size_t number, std::string_view refusal, MonoTime at) override;
    void on_unanswered(std::size_t) override { ++report_.unanswered; }

    const ReplayOptions& options_;
    const ChatLog& log_;
    reactor::Engine& engine_;
    ReplayReport& report_;
    std::vector<Fate> fates_;
    std::vector<std::string> logins_;
    std::size_t prepared_ = 0;  // lines whose authors were told to log in
    std::size_t played_ = 0;    // lines handed to the pool
    Progress progress_;
    wire::ws::Workspace workspace_;
    Watcher watcher_;
    bool watching_ = false;
    AuthorPool pool_;
};

Result<void> Replay::run() {
    if (auto joined = join(); !joined) return joined;
    const MonoTime start = read_mono_clock();
    play(start);
    MonoTime give_up = read_mono_clock() + kEndPatience;
    for (std::uint64_t seen = 0;
         !all_done() && read_mono_clock() < give_up && pool_.failure().empty();) {
        turn(read_mono_clock() + 20ms);
        const std::uint64_t now_seen = report_.delivered + report_.accepted;
        if (now_seen != seen) give_up = read_mono_clock() + kEndPatience;
        seen = now_seen;
    }
    report_.seconds = std::chrono::duration<double>(read_mono_clock() - start).count();
    report_.unanswered += pool_.unfinished();
    progress_.finish(report_.sent, details());
    if (!pool_.failure().empty())
        return fail(std::errc::connection_refused, "authors cannot log in: " + pool_.failure());
    if (watcher_.gone)
        return fail(std::errc::connection_aborted,
                    "the watching viewer is gone: " + watcher_.refusal);
    return {};
}

Result<void> Replay::join() {
    if (auto started = watcher_.open(); !started) return started;
    watching_ = true;
    const MonoTime give_up = read_mono_clock() + kJoinPatience;
    while (watcher_.state() != ChatClient::State::ready && !watcher_.gone &&
           watcher_.refusal.empty()) {
        if (read_mono_clock() > give_up)
            return fail(std::errc::timed_out, fmt::format("joining #{}", options_.channel));
        engine_.turn(20ms);
    }
    if (watcher_.state() == ChatClient::State::ready) return {};
    return fail(std::errc::connection_refused,
                fmt::format("joining #{}: {}", options_.channel, watcher_.refusal));
}

void Replay::play(MonoTime start) {
    while (played_ < log_.lines.size() && pool_.failure().empty() && !watcher_.gone) {
        const MonoTime now = read_mono_clock();
        while (prepared_ < log_.lines.size() && due(prepared_, start) <= now + kLookAhead)
            pool_.prepare(logins_[prepared_++]);
        while (played_ < log_.lines.size() && due(played_, start) <= now) {
            pool_.say(logins_[played_], {played_, to_sendable_text(log_.lines[played_])});
            ++played_;
        }
        MonoTime until = now + 100ms;
        if (played_ < log_.lines.size()) until = std::min(until, due(played_, start));
        turn(until);
    }
}

/// When a message is to be sent. Recordings whose times go back are played without going back.
MonoTime Replay::due(std::size_t number, MonoTime start) const {
    const double seconds =
        options_.rate > 0 ? static_cast<double>(number) / options_.rate
                          : static_cast<double>(log_.lines[number].t_ms) / 1000 / options_.speed;
    return start +
           std::chrono::duration_cast<MonoClock::duration>(std::chrono::duration<double>(seconds));
}

void Replay::turn(MonoTime until) {
    const MonoTime now = read_mono_clock();
    pool_.step(now);
    progress_.show(report_.sent, details(), now);
    engine_.turn(std::max<MonoClock::duration>(until - now, 0ns));
}

bool Replay::all_done() const {
    return pool_.unfinished() == 0 && report_.delivered >= report_.accepted;
}

std::string Replay::details() const {
    std::uint64_t refused = 0;
    for (const auto& entry : report_.refused) refused += entry.second;
    return fmt::format("{} delivered, {} refused, {} connections, p99 {:.1f} ms", report_.delivered,
                       refused, pool_.connections(),
                       static_cast<double>(report_.latency.percentile_us(0.99)) / 1000);
}

void Replay::on_answered(std::size_t number, std::string_view refusal, MonoTime at) {
    if (!refusal.empty()) {
        ++report_.refused[std::string(refusal)];
        return;
    }
    ++report_.accepted;
    report_.echo.record(microseconds(at - fates_[number].said_at));
}

void print_latency(std::string_view name, const LatencyHistogram& histogram) {
    const auto ms = [&](double share) {
        return static_cast<double>(histogram.percentile_us(share)) / 1000;
    };
    fmt::print("{:<12}p50 {:.1f} ms, p99 {:.1f} ms, p99.9 {:.1f} ms\n", name, ms(0.5), ms(0.99),
               ms(0.999));
}

void print_summary(const ReplayReport& report) {
    fmt::print("messages    {} by {} authors in {:.1f} s\n", report.messages, report.authors,
               report.seconds);
    fmt::print("sent        {}\naccepted    {}\n", report.sent, report.accepted);
    for (const auto& [why, count] : report.refused) fmt::print("refused     {} {}\n", count, why);
    if (report.unanswered > 0) fmt::print("unanswered  {}\n", report.unanswered);
    fmt::print("delivered   {} (lost {}, duplicated {})\n", report.delivered,
               report.accepted > report.delivered ? report.accepted - report.delivered : 0,
               report.duplicated);
    print_latency("latency", report.latency);
    print_latency("echo", report.echo);
}

Result<ChatLog> read_log_file(const ReplayOptions& options) {
    std::ifstream file(options.file);
    if (!file) return fail_errno(options.file);
    return read_chat_log(
        file, {.name = options.file, .skip_bad = options.skip_bad, .limit = options.limit});
}

}  // namespace

Result<void> replay(const ReplayOptions& options, const ChatLog& log, ReplayReport& report) {
    const auto target = Target::parse(options.server);
    if (!target) return tl::unexpected<Error>(target.error());
    auto engine = reactor::make_engine(reactor::EngineKind::epoll, {});
    if (!engine) return tl::unexpected<Error>(engine.error());
    return Replay(options, log, *target, *engine->engine, report).run();
}

int run_replay(const ReplayOptions& options) {
    const auto failed = [](const Error& error) {
        fmt::print(stderr, "clamor replay: {}\n", error.to_string());
        return 2;
    };
    if (options.speed <= 0 || options.rate < 0)
        return failed(
            {std::make_error_code(std::errc::invalid_argument), "speed and rate must be above 0"});
    const auto log = read_log_file(options);
    if (!log) return failed(log.error());
    for (const std::string& what : log->skipped) fmt::print(stderr, "skipped {}\n", what);

    raise_descriptor_limit();
    ReplayReport report;
    const auto played = replay(options, *log, report);
    if (report.sent > 0) print_summary(report);
    if (!played) return failed(played.error());
    return report.delivered >= report.accepted && report.unanswered == 0 ? 0 : 1;
}

}  // namespace clamor::load
