// SPDX-License-Identifier: Apache-2.0
#include "load/swarm.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/limits.h"
#include "reactor/clock.h"

namespace clamor::load {
namespace {

using reactor::read_mono_clock;
using namespace std::chrono_literals;

// Arrivals of chance gather: a limit holds when it is so many standard deviations above what is
// expected.
constexpr double kDeviations = 4.5;
constexpr std::size_t kOpensPerStep = 64;

/// The rival's path for the readers of one topic, and for those of many.
std::string bare_viewer_path(const std::vector<std::string>& channels) {
    return channels.size() == 1 ? "/t/" + channels.front() : "/m";
}

}  // namespace

Swarm::Swarm(reactor::Engine& engine, SwarmOptions options)
    : engine_(engine),
      options_(std::move(options)),
      audience_(options_.channels.size()),
      random_(options_.seed) {
    CLAMOR_CHECK(!options_.targets.empty(), "a swarm goes somewhere");
    CLAMOR_CHECK(options_.channels.size() <= Stamp::kChannelMax, "a stamp can name every channel");
}

Swarm::~Swarm() {
    const auto hang_up = [](Participant& participant) {
        participant.close(reactor::CloseMode::hard);
    };
    for (Viewer& viewer : viewers_) hang_up(viewer);
    for (Sender& sender : senders_) hang_up(sender);
    while (ledger_.gone < opened_) engine_.turn(10ms);
}

void Swarm::add_viewers(std::size_t count, std::size_t first_channel, std::size_t channels_each,
                        bool checked) {
    const auto begin = options_.channels.begin() + static_cast<std::ptrdiff_t>(first_channel);
    Profile profile{.dialect = options_.dialect,
                    .login = {},
                    .token = {},
                    .channels = {begin, begin + static_cast<std::ptrdiff_t>(channels_each)}};
    for (std::size_t i = 0; i < count; ++i) {
        const Target& target = target_of(viewers_.size());
        profile.path =
            options_.dialect == Dialect::bare ? bare_viewer_path(profile.channels) : target.path;
        profile.login = fmt::format("justinfan{}", 1000 + viewers_.size());
        viewers_.emplace_back(engine_, target, workspace_, profile, ledger_,
                              static_cast<std::uint32_t>(first_channel), checked);
        waiting_.push_back(&viewers_.back());
    }
    if (!checked) return;
    for (std::size_t i = 0; i < channels_each; ++i)
        audience_[first_channel + i] += static_cast<std::uint32_t>(count);
}

void Swarm::add_senders(double per_second, std::size_t channel_count) {
    CLAMOR_CHECK(senders_.empty(), "senders are added once");
    const limits::Window& limit = limits::kMessagesViewer;
    const double messages = per_second * std::chrono::duration<double>(limit.length).count();
    // What a single sender can be given: x + kDeviations * sqrt(x) = limit.
    const double root =
        (std::sqrt(kDeviations * kDeviations + 4.0 * limit.count) - kDeviations) / 2;
    const auto groups =
        std::min(channel_count, static_cast<std::size_t>(std::ceil(messages / (root * root))));
    const double per_group = messages / static_cast<double>(groups);
    group_size_ = static_cast<std::size_t>(
        std::ceil((per_group + kDeviations * std::sqrt(per_group)) / limit.count));
    next_in_group_.resize(groups);
    for (std::size_t i = 0; i < groups * group_size_; ++i) {
        senders_.emplace_back(engine_, target_of(i), workspace_, sender_profile(i), ledger_);
        waiting_.push_back(&senders_.back());
    }
}

std::size_t Swarm::next_sender_of(std::size_t channel) {
    const std::size_t group = channel % next_in_group_.size();
    std::uint32_t& next = next_in_group_[group];
    const std::size_t sender = group * group_size_ + next;
    next = (next + 1) % static_cast<std::uint32_t>(group_size_);
    return sender;
}

Profile Swarm::sender_profile(std::size_t index) const {
    Profile profile{.dialect = options_.dialect,
                    .login = fmt::format("{}{}", options_.name_prefix, index),
                    .token = options_.token,
                    .channels = {}};
    if (options_.dialect == Dialect::irc) {
        profile.path = target_of(index).path;
    } else {
        profile.path = options_.channels.size() == 1 ? "/p/" + options_.channels.front() : "/m";
    }
    return profile;
}

void Swarm::begin_window() {
    auto tally = std::make_unique<Tally>();
    tally->run = ++run_ & Stamp::kRunMax;
    tally->senders.resize(options_.channels.size());
    tally->orders.resize(options_.channels.size());
    ledger_.tally = std::move(tally);
    const MonoTime now = read_mono_clock();
    for (Viewer& viewer : viewers_) viewer.begin_window(now);
    for (Sender& sender : senders_) sender.begin_window();
}

void Swarm::start_traffic(double per_second, std::size_t channel_count) {
    traffic_channels_ = channel_count;
    arrivals_.emplace(per_second, random_(), read_mono_clock());
}

void Swarm::step(MonoTime until) {
    MonoTime now = read_mono_clock();
    open_waiting(now);
    while (arrivals_ && arrivals_->next() <= now) {
        send_next(now);
        arrivals_->advance();
    }
    if (arrivals_) until = std::min(until, arrivals_->next());
    // Engines wait in whole milliseconds, rounded up: the last one is spent turning, so that
    // nothing is sent too late.
    engine_.wait(std::max<MonoClock::duration>(until - now - 1ms, 0ns));
    const MonoTime woken = read_mono_clock();
    if (engine_.report() > 0) busy_ += read_mono_clock() - woken;
}

void Swarm::open_waiting(MonoTime now) {
    for (std::size_t i = 0;
         i < kOpensPerStep && !waiting_.empty() && opened_ - ledger_.settled < options_.opening_max;
         ++i) {
        Participant* next = waiting_.front();
        waiting_.pop_front();
        ++opened_;
        if (const auto started = next->start(now); !started) {
            ++ledger_.settled;
            ++ledger_.gone;
            if (ledger_.first_failure.empty()) ledger_.first_failure = started.error().to_string();
        }
    }
}

void Swarm::send_next(MonoTime now) {
    CLAMOR_CHECK(!senders_.empty(), "traffic needs senders");
    Tally& tally = *ledger_.tally;
    const std::size_t channel = traffic_channels_ == 1 ? 0 : random_() % traffic_channels_;
    const std::size_t sender = next_sender_of(channel);

    auto& senders = tally.senders[channel];
    const Stamp stamp{tally.run, static_cast<std::uint32_t>(channel),
                      static_cast<std::uint32_t>(senders.size()), now};
    senders.push_back(static_cast<std::uint32_t>(sender));
    ++tally.sent;
    const bool by_path = options_.dialect == Dialect::bare && options_.channels.size() == 1;
    senders_[sender].send(by_path ? std::string_view{} : options_.channels[channel],
                          stamped_text(stamp, random_()), now);
}

std::uint64_t Swarm::deliveries_due() const {
    std::uint64_t due = 0;
    for (std::size_t channel = 0; channel < audience_.size(); ++channel)
        due += audience_[channel] * tally().senders[channel].size();
    if (tally().sent == 0) return due;
    std::uint64_t refused = 0;
    for (const auto& entry : tally().refused) refused += entry.second;
    return due * (tally().sent - std::min(refused, tally().sent)) / tally().sent;
}

std::uint64_t Swarm::unanswered() const {
    std::uint64_t count = 0;
    for (const Sender& sender : senders_) count += sender.unanswered();
    return count;
}

void Swarm::drain(MonoClock::duration patience) {
    stop_traffic();
    std::uint64_t seen = 0;
    const MonoTime stopped = read_mono_clock();
    for (Viewer& viewer : viewers_) viewer.end_window(stopped);
    MonoTime give_up = stopped + patience;
    for (;;) {
        const std::uint64_t now_seen =
            tally().delivered + tally().delivered_unchecked + tally().echoed;
        const MonoTime now = read_mono_clock();
        if (now_seen != seen) give_up = now + patience;
        seen = now_seen;
        if ((tally().delivered >= deliveries_due() && unanswered() == 0) || now >= give_up) break;
        step(now + 20ms);
    }
}

std::uint64_t Swarm::viewer_bytes() const {
    std::uint64_t bytes = 0;
    for (const Viewer& viewer : viewers_) bytes += viewer.bytes_received();
    return bytes;
}

std::unique_ptr<LatencyHistogram> Swarm::take_recent() {
    return std::exchange(ledger_.recent, std::make_unique<LatencyHistogram>());
}

}  // namespace clamor::load
