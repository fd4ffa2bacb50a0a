// SPDX-License-Identifier: Apache-2.0
#include "load/participants.h"

#include <algorithm>

#include "wire/irc/line.h"

namespace clamor::load {
namespace {

std::uint64_t microseconds(MonoClock::duration duration) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::microseconds>(duration).count()));
}

}  // namespace

void Participant::on_ready() {
    settled_ = true;
    ++ledger_.ready;
    ++ledger_.settled;
    ledger_.join.record(microseconds(received_at() - opened_at_));
}

void Participant::on_gone(std::string_view why) {
    ++ledger_.gone;
    if (!settled_) ++ledger_.settled;
    settled_ = true;
    if (ledger_.first_failure.empty()) ledger_.first_failure = why;
}

Viewer::Viewer(reactor::Engine& engine, const Target& target, wire::ws::Workspace& workspace,
               Profile profile, Ledger& ledger, std::uint32_t first_channel, bool checked)
    : Participant(engine, target, workspace, std::move(profile), ledger),
      first_channel_(first_channel) {
    if (!checked) return;
    checks_.resize(this->profile().channels.size());
    astray_.resize(checks_.size());
}

void Viewer::begin_window(MonoTime now) {
    for (DeliveryCheck& check : checks_) check.reset();
    astray_.assign(checks_.size(), false);
    heard_at_ = now;
}

void Viewer::end_window(MonoTime now) {
    if (is_checked())
        ledger_.tally->silence_max = std::max(ledger_.tally->silence_max, now - heard_at_);
}

void Viewer::on_line(std::string_view line) {
    if (const auto stamp = Stamp::at_end_of(line)) record(*stamp);
}

void Viewer::record(const Stamp& stamp) {
    Tally& tally = *ledger_.tally;
    if (stamp.run != tally.run) {
        ++tally.strays;
        return;
    }
    if (!is_checked()) {
        ++tally.delivered_unchecked;
        return;
    }
    const std::size_t index = stamp.channel - first_channel_;
    if (index >= checks_.size() || stamp.channel >= tally.senders.size()) {
        ++tally.strays;
        return;
    }
    DeliveryCheck& check = checks_[index];
    switch (check.record(stamp.number)) {
        case DeliveryCheck::Arrival::duplicate:
            ++tally.duplicated;
            return;
        case DeliveryCheck::Arrival::late: {
            const auto& senders = tally.senders[stamp.channel];
            const auto sender_of = [&](std::uint32_t number) {
                return number < senders.size() ? senders[number] : ~0u;
            };
            if (check.overtaken_by_own(stamp.number, sender_of)) ++tally.reordered;
            break;
        }
        case DeliveryCheck::Arrival::in_order:
        case DeliveryCheck::Arrival::early:
            break;
    }
    ++tally.delivered;
    if (!astray_[index] && !tally.orders[stamp.channel].agrees(check)) {
        astray_[index] = true;
        ++tally.other_order;
    }
    const MonoTime now = received_at();
    const std::uint64_t latency_us = microseconds(now - stamp.sent_at);
    tally.latency.record(latency_us);
    if (ledger_.recent) ledger_.recent->record(latency_us);
    tally.silence_max = std::max(tally.silence_max, now - heard_at_);
    heard_at_ = now;
}

void Sender::send(std::string_view channel, std::string_view text, MonoTime now) {
    if (profile().dialect == Dialect::irc) sent_at_.push_back(now);
    say(channel, text);
}

void Sender::on_line(std::string_view line) {
    wire::irc::Line parts;
    if (wire::irc::parse_line(line, parts) != wire::irc::ParseError::none) return;
    const bool echo = parts.command == "USERSTATE";
    if (!echo && parts.command != "NOTICE") return;
    Tally& tally = *ledger_.tally;
    if (echo) {
        ++tally.echoed;
        if (!sent_at_.empty()) tally.echo.record(microseconds(received_at() - sent_at_.front()));
    } else {
        ++tally.refused[std::string(parts.raw_tag("msg-id").value_or("no msg-id"))];
    }
    if (!sent_at_.empty()) sent_at_.pop_front();
}

}  // namespace clamor::load
