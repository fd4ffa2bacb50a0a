// SPDX-License-Identifier: Apache-2.0
#include "hub/fanout.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/check.h"
#include "base/limits.h"

namespace clamor::hub {

namespace {

using std::chrono::nanoseconds;

// A room is held one millisecond for so many deliveries a second, from kCoalesceMin on: 1,000
// viewers at 17 messages a second reach 50 ms, 10 viewers never wait. From docs/performance.md,
// "what holding costs and saves".
constexpr double kRoomDeliveriesPerMs = 330;
// The same for all rooms of a shard together: from 2,000 sends a second on they share ticks, of 10
// ms from 10,000 on.
constexpr double kShardSendsPerMs = 1000;
constexpr nanoseconds kShardWindowMin = std::chrono::milliseconds(2);
constexpr nanoseconds kShardWindowMax = std::chrono::milliseconds(10);
// What an event's line is counted as beyond its text, towards kBatchBytes.
constexpr std::size_t kLineOverheadBytes = 400;

nanoseconds from_ms(double ms) {
    return nanoseconds(static_cast<std::int64_t>(ms * 1e6));
}

std::size_t line_bytes(const chat::Event& event) {
    const auto* message = std::get_if<chat::Message>(&event.body);
    return kLineOverheadBytes + (message == nullptr ? 0 : message->text.size());
}

bool concerns(const chat::Event& event, const Identity& identity) {
    const auto* message = std::get_if<chat::Message>(&event.body);
    if (message == nullptr || identity.anonymous) return false;
    if (message->reply && message->reply->parent_user_id == identity.user.id) return true;
    const std::string& login = identity.user.login;
    std::size_t at = 0;
    while ((at = message->text.find('@', at)) != std::string::npos) {
        ++at;
        if (message->text.size() - at < login.size()) return false;
        const bool same = std::equal(
            login.begin(), login.end(), message->text.begin() + static_cast<std::ptrdiff_t>(at),
            [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
        if (same) return true;
    }
    return false;
}

}  // namespace

void Fanout::Rate::add(double amount, MonoTime now) {
    per_second = read(now) + amount;
    at = now;
}

double Fanout::Rate::read(MonoTime now) const {
    if (per_second == 0) return 0;
    const double seconds = std::chrono::duration<double>(now - at).count();
    return per_second * std::exp(-seconds);
}

Fanout::Fanout(Scheduler& scheduler, const Encoder& encoder, HubCounters& counters,
               std::chrono::milliseconds hold_max)
    : scheduler_(scheduler), encoder_(encoder), counters_(counters), hold_max_(hold_max) {}

Fanout::~Fanout() = default;

bool Fanout::add(ChannelId channel, std::uint32_t slot, Member& member) {
    if (slot >= places_.size()) places_.resize(slot + 1);
    if (find(channel, slot) != nullptr) return false;
    auto& roster = rosters_[channel];
    if (!roster) {
        roster = std::make_unique<Roster>();
        roster->channel = channel;
    }
    auto& places = places_[slot];
    roster->entries.push_back({&member, slot, static_cast<std::uint32_t>(places.size())});
    places.push_back({roster.get(), static_cast<std::uint32_t>(roster->entries.size() - 1)});
    counters_.memberships.add();
    return true;
}

Fanout::Place* Fanout::find(ChannelId channel, std::uint32_t slot) {
    if (slot >= places_.size()) return nullptr;
    const auto found = rosters_.find(channel);
    if (found == rosters_.end()) return nullptr;
    Roster& roster = *found->second;
    auto& places = places_[slot];
    // Either list names the other's place; a bot is in many channels and a channel has many
    // members, so the shorter is read.
    if (places.size() <= roster.entries.size()) {
        for (Place& place : places) {
            if (place.roster == &roster) return &place;
        }
        return nullptr;
    }
    for (const Entry& entry : roster.entries) {
        if (entry.slot == slot) return &places[entry.place];
    }
    return nullptr;
}

bool Fanout::remove(ChannelId channel, std::uint32_t slot) {
    Place* place = find(channel, slot);
    if (place == nullptr) return false;
    Roster& roster = *place->roster;
    take_out(*place, slot);
    drop_if_empty(roster);
    return true;
}

std::vector<ChannelId> Fanout::remove_all(std::uint32_t slot) {
    std::vector<ChannelId> channels;
    if (slot >= places_.size()) return channels;
    while (!places_[slot].empty()) {
        const Place place = places_[slot].back();
        channels.push_back(place.roster->channel);
        take_out(place, slot);
        drop_if_empty(*place.roster);
    }
    places_[slot].shrink_to_fit();
    return channels;
}

std::size_t Fanout::channels_of(std::uint32_t slot) const {
    return slot < places_.size() ? places_[slot].size() : 0;
}

void Fanout::take_out(Place place, std::uint32_t slot) {
    auto& entries = place.roster->entries;
    const std::uint32_t place_index = entries[place.index].place;
    if (place.index + 1 != entries.size()) {
        entries[place.index] = entries.back();
        const Entry& moved = entries[place.index];
        places_[moved.slot][moved.place].index = place.index;
    }
    entries.pop_back();
    auto& places = places_[slot];
    if (place_index + 1 != places.size()) {
        places[place_index] = places.back();
        const Place& moved = places[place_index];
        moved.roster->entries[moved.index].place = place_index;
    }
    places.pop_back();
    counters_.memberships.sub();
}

void Fanout::drop_if_empty(Roster& roster) {
    if (!roster.entries.empty()) return;
    if (!roster.open.empty()) std::erase(open_, &roster);
    rosters_.erase(roster.channel);
}

nanoseconds Fanout::room_window(const Roster& roster, MonoTime now) const {
    const double load = roster.events.read(now) * static_cast<double>(roster.entries.size());
    const nanoseconds window = from_ms(load / kRoomDeliveriesPerMs);
    if (window < limits::kCoalesceMin) return nanoseconds(0);
    return std::min(window, hold_max_);
}

nanoseconds Fanout::shard_window(MonoTime now) const {
    const nanoseconds window = from_ms(sends_.read(now) / kShardSendsPerMs);
    if (window < kShardWindowMin) return nanoseconds(0);
    return std::min({window, kShardWindowMax, hold_max_});
}

void Fanout::append(chat::EventRef event, std::uint32_t own_slot) {
    const auto found = rosters_.find(event->channel);
    if (found == rosters_.end()) return;  // the last member left while the event was on its way
    Roster& roster = *found->second;
    const MonoTime now = scheduler_.now().mono;
    const bool first = roster.open.empty();
    const bool at_once = chat::shed_class(*event) == chat::ShedClass::control;
    roster.events.add(1, now);
    roster.open_bytes += line_bytes(*event);
    roster.open.push_back({std::move(event), own_slot, now});
    if (first) {
        open_.push_back(&roster);
        roster.due = std::max(
            {now, roster.last_flush + room_window(roster, now), last_flush_ + shard_window(now)});
        schedule(roster.due);
    }
    // Moderation acts at once, and takes along what was said before it.
    if ((at_once || roster.open_bytes >= limits::kBatchBytes) && roster.due > now) {
        roster.due = now;
        schedule(now);
    }
}

void Fanout::schedule(MonoTime due) {
    if (due <= scheduler_.now().mono) {
        if (end_of_turn_requested_) return;
        end_of_turn_requested_ = true;
        scheduler_.call_at_end_of_turn([this] {
            end_of_turn_requested_ = false;
            flush_due();
        });
        return;
    }
    if (timer_ && timer_at_ <= due) return;
    if (timer_) scheduler_.cancel(timer_);
    timer_at_ = due;
    timer_ = scheduler_.call_at(due, [this] {
        timer_ = {};
        flush_due();
    });
}

/// Sends one roster's open batch: each text dialect is encoded once, each wire dialect sealed once.
class Fanout::Flush {
  public:
    Flush(const Encoder& encoder, HubCounters& counters, const Roster& roster)
        : encoder_(encoder), counters_(counters), roster_(roster) {}

    std::size_t run() {
        std::vector<std::uint32_t> authors;
        for (const Item& item : roster_.open) {
            if (item.own_slot != kNobody) authors.push_back(item.own_slot);
            if (const auto* change = std::get_if<chat::MembershipChanged>(&item.event->body))
                joined_.insert(change->joined.begin(), change->joined.end());
        }
        std::size_t sends = 0;
        for (const Entry& entry : roster_.entries) {
            const bool author = !authors.empty() && std::find(authors.begin(), authors.end(),
                                                              entry.slot) != authors.end();
            const chat::ShedClass intake = entry.member->intake();
            if (author || intake != chat::ShedClass::membership || has_joined(*entry.member)) {
                sends += send_part(entry, intake);
                continue;
            }
            const Frame& frame = shared_frame(entry.member->dialect());
            if (frame.size() == 0) continue;
            entry.member->deliver(frame);
            counters_.deliveries.add(roster_.open.size());
            ++sends;
        }
        return sends;
    }

  private:
    /// Its own JOIN line went out with the answer to its command.
    bool has_joined(const Member& member) const {
        return !joined_.empty() && member.dialect().has(Dialect::kMembership) &&
               joined_.contains(member.identity().user.login);
    }

    /// The lines of an event with joins, for a member that is among them.
    std::string without_own_join(const chat::Event& event, const Member& member) const {
        chat::Event others = event;
        std::erase(std::get<chat::MembershipChanged>(others.body).joined,
                   member.identity().user.login);
        std::string bytes;
        encoder_.append_lines(bytes, others, member.dialect());
        return bytes;
    }

    const Lines& lines_of(Dialect dialect) {
        Lines& lines = lines_[dialect.text()];
        if (lines.built) return lines;
        lines.built = true;
        for (const Item& item : roster_.open) {
            encoder_.append_lines(lines.bytes, *item.event, dialect);
            lines.ends.push_back(static_cast<std::uint32_t>(lines.bytes.size()));
        }
        return lines;
    }

    const Frame& shared_frame(Dialect dialect) {
        const std::uint8_t index = dialect.bits % Dialect::kCount;
        if (!sealed_[index]) {
            sealed_[index] = true;
            const Lines& lines = lines_of(dialect);
            if (!lines.bytes.empty()) {
                frames_[index] = encoder_.seal(lines.bytes, dialect);
                counters_.frames_encoded.add();
            }
        }
        return frames_[index];
    }

    // For the few that do not get the whole batch: authors, without what they said, those who have
    // just joined, without their own JOIN, and slow readers.
    std::size_t send_part(const Entry& entry, chat::ShedClass intake) {
        const Dialect dialect = entry.member->dialect();
        const Lines& lines = lines_of(dialect);
        std::string part;
        std::array<std::uint32_t, chat::kShedClasses> skipped{};
        bool any_skipped = false;
        std::size_t delivered = 0;
        std::uint32_t begin = 0;
        for (std::size_t i = 0; i < roster_.open.size(); ++i) {
            const Item& item = roster_.open[i];
            const std::uint32_t end = lines.ends[i];
            const std::string_view bytes = std::string_view(lines.bytes).substr(begin, end - begin);
            begin = end;
            if (bytes.empty() || item.own_slot == entry.slot) continue;
            chat::ShedClass shed = chat::shed_class(*item.event);
            if (shed > intake && shed > chat::ShedClass::mention &&
                concerns(*item.event, entry.member->identity())) {
                shed = chat::ShedClass::mention;
            }
            if (shed > intake) {
                ++skipped[static_cast<std::size_t>(shed)];
                counters_.skipped[static_cast<std::size_t>(shed)].add();
                any_skipped = true;
                continue;
            }
            if (std::holds_alternative<chat::MembershipChanged>(item.event->body) &&
                has_joined(*entry.member)) {
                part += without_own_join(*item.event, *entry.member);
            } else {
                part += bytes;
            }
            ++delivered;
        }
        if (any_skipped) entry.member->on_skipped(roster_.channel, skipped);
        if (part.empty()) return 0;
        entry.member->deliver(encoder_.seal(part, dialect));
        counters_.deliveries.add(delivered);
        return 1;
    }

    const Encoder& encoder_;
    HubCounters& counters_;
    const Roster& roster_;
    std::unordered_set<std::string_view> joined_;
    std::array<Lines, Dialect::kTextBits + 1> lines_;
    std::array<Frame, Dialect::kCount> frames_;
    std::array<bool, Dialect::kCount> sealed_{};
};

void Fanout::flush_due() {
    const MonoTime now = scheduler_.now().mono;
    std::size_t kept = 0;
    std::size_t sends = 0;
    for (std::size_t i = 0; i < open_.size(); ++i) {
        Roster& roster = *open_[i];
        // What would be due soon leaves in this tick, too.
        if (roster.due > now + (roster.due - roster.last_flush) / 4) {
            open_[kept++] = &roster;
            continue;
        }
        sends += Flush(encoder_, counters_, roster).run();
        for (const Item& item : roster.open) {
            const auto held =
                std::chrono::duration_cast<std::chrono::microseconds>(now - item.appended_at)
                    .count();
            counters_.hold.record(static_cast<std::uint64_t>(std::max<std::int64_t>(held, 0)));
        }
        counters_.flushes.add();
        roster.open.clear();
        if (roster.open.capacity() > 64) roster.open.shrink_to_fit();
        roster.open_bytes = 0;
        roster.last_flush = now;
    }
    open_.resize(kept);
    if (sends > 0) {
        counters_.flush_sends.add(sends);
        sends_.add(static_cast<double>(sends), now);
        last_flush_ = now;
    }
    if (open_.empty()) return;
    MonoTime next = open_.front()->due;
    for (const Roster* roster : open_) next = std::min(next, roster->due);
    schedule(std::max(next, now + std::chrono::milliseconds(1)));
}

}  // namespace clamor::hub
