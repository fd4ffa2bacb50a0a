// SPDX-License-Identifier: Apache-2.0
#include "hub/fanout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace clamor::hub {

namespace {

using std::chrono::nanoseconds;

// A room is held one millisecond for so many deliveries a second, from kCoalesceMin on: 1,000
// viewers at 12.5 messages a second reach 50 ms, 10 viewers never wait. From docs/performance.md,
// "what holding costs and saves".
constexpr double kRoomDeliveriesPerMs = 250;
// To reach one member takes so long, and the last is to be reached so long after the first message:
// a room of more than 2,500 members is held shorter, but by no more than half.
constexpr double kReachOneMs = 0.006;
constexpr double kLastReachedAfterMs = 65;
// All rooms of a shard together are held, too: they share ticks from 1,000 sends a second on, of 50
// ms from 10,000 on.
constexpr double kShardSendsPerMs = 200;
// What an event's line is counted as beyond its text, towards kBatchBytes.
constexpr std::size_t kLineOverheadBytes = 400;

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

/// Sends one roster's open batch, over one or more turns: each text dialect is encoded once, each
/// wire dialect sealed once.
class Fanout::Flush {
  public:
    /// Takes the roster's open batch.
    Flush(const Encoder& encoder, HubCounters& counters, Roster& roster)
        : encoder_(encoder),
          counters_(counters),
          roster_(roster),
          items_(std::exchange(roster.open, {})),
          newcomers_(std::exchange(roster.newcomers, {})) {
        for (const Item& item : items_) {
            if (item.own_slot != kNobody) authors_.push_back(item.own_slot);
            for_all_ = for_all_ && item.for_all();
            if (const auto* change = std::get_if<chat::MembershipChanged>(&item.event->body))
                joined_.insert(change->joined.begin(), change->joined.end());
        }
    }

    /// Goes on until `most` frames are handed over or every member was reached; returns how many.
    std::size_t run(std::size_t most) {
        std::size_t sends = 0;
        for (; reached_ < roster_.entries.size() && sends < most; ++reached_)
            sends += send_to(roster_.entries[reached_]);
        return sends;
    }
    bool done() const { return reached_ >= roster_.entries.size(); }
    /// The roster's first so many entries have got theirs.
    std::size_t reached() const { return reached_; }
    /// One of them leaves; returns how many remain.
    std::size_t one_less() { return --reached_; }
    std::vector<Item> take_items() { return std::move(items_); }

    /// Joined while this flush is under way: none of it is for them.
    void add_newcomer(std::uint32_t slot) { newcomers_[slot] = items_.size(); }

  private:
    /// The first item that the member gets: what was there before it joined is not for it.
    std::size_t begins_for(std::uint32_t slot) const {
        if (newcomers_.empty()) return 0;
        const auto newcomer = newcomers_.find(slot);
        return newcomer == newcomers_.end() ? 0 : newcomer->second;
    }

    std::size_t send_to(const Entry& entry) {
        const bool author =
            std::find(authors_.begin(), authors_.end(), entry.slot) != authors_.end();
        const chat::ShedClass intake = entry.member->intake();
        const std::size_t begins = begins_for(entry.slot);
        if (begins == items_.size()) return 0;
        const bool all = for_all_ && !author && intake == chat::ShedClass::membership &&
                         begins == 0 && !has_joined(*entry.member);
        if (!all) return send_part(entry, intake, begins);
        const Frame& frame = shared_frame(entry.member->dialect());
        if (frame.size() == 0) return 0;
        entry.member->deliver(frame);
        counters_.deliveries.add(items_.size());
        return 1;
    }

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
        for (const Item& item : items_) {
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
    std::size_t send_part(const Entry& entry, chat::ShedClass intake, std::size_t begins) {
        const Dialect dialect = entry.member->dialect();
        const Lines& lines = lines_of(dialect);
        std::string part;
        Skipped skipped;
        std::size_t delivered = 0;
        std::uint32_t begin = 0;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            const Item& item = items_[i];
            const std::uint32_t end = lines.ends[i];
            const std::string_view bytes = std::string_view(lines.bytes).substr(begin, end - begin);
            begin = end;
            if (i < begins || bytes.empty() || item.own_slot == entry.slot) continue;
            if (!item.is_for(entry)) continue;
            chat::ShedClass shed = chat::shed_class(*item.event);
            if (shed > intake && shed > chat::ShedClass::mention &&
                concerns(*item.event, entry.member->identity())) {
                shed = chat::ShedClass::mention;
            }
            if (shed > intake) {
                skipped.add(shed, item.event->position);
                counters_.skipped[static_cast<std::size_t>(shed)].add();
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
        if (skipped != Skipped{}) entry.member->on_skipped(roster_.channel, skipped);
        if (part.empty()) return 0;
        entry.member->deliver(encoder_.seal(part, dialect));
        counters_.deliveries.add(delivered);
        return 1;
    }

    const Encoder& encoder_;
    HubCounters& counters_;
    const Roster& roster_;
    std::vector<Item> items_;
    Newcomers newcomers_;
    std::vector<std::uint32_t> authors_;
    std::unordered_set<std::string_view> joined_;
    std::size_t reached_ = 0;
    bool for_all_ = true;
    std::array<Lines, Dialect::kTextBits + 1> lines_;
    std::array<Frame, Dialect::kCount> frames_;
    std::array<bool, Dialect::kCount> sealed_{};
};

bool Fanout::Item::is_for(const Entry& entry) const {
    if (!audience.has(entry.slot)) return false;
    const Identity& identity = entry.member->identity();
    if (only && (identity.anonymous || identity.user.id != only)) return false;
    if (!moderators) return true;
    const bool moderates = !identity.anonymous && moderators->contains(identity.user.id);
    return late ? !moderates && entry.joined <= joins : moderates;
}

void Fanout::tell_skipped(ChannelId channel, const Skipped& skipped) {
    const auto found = rosters_.find(channel);
    if (found == rosters_.end()) return;
    for (const Entry& entry : found->second->entries) entry.member->on_skipped(channel, skipped);
}

Fanout::Roster::Roster(ChannelId of) : channel(of) {}
Fanout::Roster::~Roster() = default;

Fanout::Fanout(Scheduler& scheduler, const Encoder& encoder, HubCounters& counters,
               std::chrono::milliseconds hold_max)
    : scheduler_(scheduler), encoder_(encoder), counters_(counters), hold_max_(hold_max) {}

Fanout::~Fanout() {
    for (const auto& [channel, roster] : rosters_) scheduler_.cancel(roster->delay_timer);
}

bool Fanout::add(ChannelId channel, std::uint32_t slot, Member& member) {
    if (slot >= places_.size()) places_.resize(slot + 1);
    if (find(channel, slot) != nullptr) return false;
    auto& roster = rosters_[channel];
    if (!roster) roster = std::make_unique<Roster>(channel);
    auto& places = places_[slot];
    roster->entries.push_back({&member, slot, static_cast<std::uint32_t>(places.size()), ++joins_});
    places.push_back({roster.get(), static_cast<std::uint32_t>(roster->entries.size() - 1)});
    if (!roster->open.empty()) roster->newcomers[slot] = roster->open.size();
    if (roster->flush) roster->flush->add_newcomer(slot);
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
    Roster& roster = *place.roster;
    auto& entries = roster.entries;
    const std::uint32_t place_index = entries[place.index].place;
    std::uint32_t hole = place.index;
    const auto fill_from = [&](std::size_t from) {
        if (from == hole) return;
        entries[hole] = entries[from];
        places_[entries[hole].slot][entries[hole].place].index = hole;
        hole = static_cast<std::uint32_t>(from);
    };
    // Those whom a flush has reached stay in front of those whom it has not.
    if (roster.flush && hole < roster.flush->reached()) fill_from(roster.flush->one_less());
    fill_from(entries.size() - 1);
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
    if (roster.flush || !roster.open.empty()) std::erase(open_, &roster);
    scheduler_.cancel(roster.delay_timer);
    rosters_.erase(roster.channel);
}

nanoseconds Fanout::window_of(double ms) const {
    const nanoseconds window(static_cast<std::int64_t>(ms * 1e6));
    return window < limits::kCoalesceMin ? nanoseconds(0) : std::min(window, hold_max_);
}

/// For the first message of a batch; by what was said until now.
nanoseconds Fanout::room_window(const Roster& roster, MonoTime now) const {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    const double rate = roster.events.read(now);
    const auto members = static_cast<double>(roster.entries.size());
    const double hold_max = Milliseconds(hold_max_).count();
    const double most =
        std::clamp(kLastReachedAfterMs - members * kReachOneMs, hold_max / 2, hold_max);
    const double ms = std::min(rate * members / kRoomDeliveriesPerMs, most);
    // Less where hardly anything is likely to come within it.
    return window_of(ms * std::min(1.0, 2 * rate * ms / 1000));
}

nanoseconds Fanout::shard_window(MonoTime now) const {
    return window_of(sends_.read(now) / kShardSendsPerMs);
}

void Fanout::append(chat::EventRef event, std::uint32_t own_slot, Audience audience,
                    const ChatDelay& delay) {
    const auto found = rosters_.find(event->channel);
    if (found == rosters_.end()) return;  // the last member left while the event was on its way
    Roster& roster = *found->second;
    Item item{.event = std::move(event),
              .own_slot = own_slot,
              .appended_at = {},
              .audience = std::move(audience)};
    // Behind what is still delayed everything is, so that it comes in order.
    if ((delay.by.count() == 0 && roster.delayed.empty()) || in_a_hurry_)
        return queue(roster, std::move(item));
    item.moderators = delay.moderators;
    if (item.moderators) queue(roster, item);
    this->delay(roster, std::move(item), delay.by);
}

/// For those who are no moderators. What an act takes away they are not shown at all.
void Fanout::delay(Roster& roster, Item item, std::chrono::seconds by) {
    const auto* act = std::get_if<chat::Moderation>(&item.event->body);
    if (act != nullptr && chat::hides_messages(act->action)) {
        std::erase_if(roster.delayed, [&](const Delayed& delayed) {
            const auto* message = std::get_if<chat::Message>(&delayed.item.event->body);
            if (message == nullptr || !chat::hides(*act, *message)) return false;
            // The deletion has the text, too: only its author has seen that.
            if (act->action == chat::ModAction::delete_message) item.only = message->author_id;
            return true;
        });
    }
    item.late = true;
    item.joins = joins_;
    MonoTime due = scheduler_.now().mono + by;
    if (!roster.delayed.empty()) due = std::max(due, roster.delayed.back().due);
    roster.delayed.push_back({due, std::move(item)});
    if (roster.delayed.size() > limits::kDelayedEvents) {
        counters_.delayed_early.add();
        show_oldest(roster);
    }
    if (!roster.delay_timer) show_delayed(roster, scheduler_.now().mono);
}

void Fanout::show_oldest(Roster& roster) {
    Item item = std::move(roster.delayed.front().item);
    roster.delayed.pop_front();
    queue(roster, std::move(item));
}

/// Those that are due by then; the others have a timer.
void Fanout::show_delayed(Roster& roster, MonoTime due) {
    while (!roster.delayed.empty() && roster.delayed.front().due <= due) show_oldest(roster);
    scheduler_.cancel(std::exchange(roster.delay_timer, {}));
    if (roster.delayed.empty()) return;
    roster.delay_timer = scheduler_.call_at(roster.delayed.front().due, [this, &roster] {
        roster.delay_timer = {};
        show_delayed(roster, scheduler_.now().mono);
    });
}

void Fanout::hurry() {
    in_a_hurry_ = true;
    for (const auto& [channel, roster] : rosters_) show_delayed(*roster, MonoTime::max());
}

void Fanout::queue(Roster& roster, Item item) {
    const MonoTime now = scheduler_.now().mono;
    const bool first = roster.open.empty();
    // Moderation acts at once, and takes along what was said before it.
    roster.at_once |= chat::shed_class(*item.event) == chat::ShedClass::control;
    roster.open_bytes += line_bytes(*item.event);
    item.appended_at = now;
    roster.open.push_back(std::move(item));
    if (first) {
        if (!roster.flush) open_.push_back(&roster);
        roster.due = std::max(now + room_window(roster, now), last_flush_ + shard_window(now));
        schedule(roster.due);
    }
    roster.events.add(1, now);
    if ((roster.at_once || roster.open_bytes >= limits::kBatchBytes) && roster.due > now) {
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

bool Fanout::is_due(const Roster& roster, MonoTime now) const {
    // What would be due soon leaves in this tick, too.
    return roster.flush || roster.due <= now + (roster.due - roster.open.front().appended_at) / 4;
}

std::size_t Fanout::flush(Roster& roster, std::size_t most, MonoTime now) {
    if (std::exchange(roster.at_once, false)) most = std::numeric_limits<std::size_t>::max();
    std::size_t sends = 0;
    if (roster.flush) {
        sends += roster.flush->run(most);
        if (!roster.flush->done()) return sends;
        roster.flush.reset();
    }
    if (sends >= most || roster.open.empty() || !is_due(roster, now)) return sends;
    for (const Item& item : roster.open) {
        const auto held =
            std::chrono::duration_cast<std::chrono::microseconds>(now - item.appended_at).count();
        counters_.hold.record(static_cast<std::uint64_t>(std::max<std::int64_t>(held, 0)));
    }
    counters_.flushes.add();
    roster.open_bytes = 0;
    last_flush_ = now;
    Flush flush(encoder_, counters_, roster);
    sends += flush.run(most - sends);
    if (flush.done()) {
        roster.open = flush.take_items();
        roster.open.clear();
        if (roster.open.capacity() > 64) roster.open.shrink_to_fit();
    } else {
        roster.flush = std::make_unique<Flush>(std::move(flush));
    }
    return sends;
}

void Fanout::flush_due() {
    const MonoTime now = scheduler_.now().mono;
    std::size_t kept = 0;
    std::size_t sends = 0;
    Roster* unfinished = nullptr;
    for (std::size_t i = 0; i < open_.size(); ++i) {
        Roster& roster = *open_[i];
        const bool has_turn = sends < kSendsPerTurn && is_due(roster, now);
        if (has_turn || roster.at_once)
            sends += flush(roster, kSendsPerTurn - std::min(sends, kSendsPerTurn), now);
        if (roster.flush && has_turn) {
            unfinished = &roster;
        } else if (roster.flush || !roster.open.empty()) {
            open_[kept++] = &roster;
        }
    }
    open_.resize(kept);
    // The others have their turn first.
    if (unfinished != nullptr) open_.push_back(unfinished);
    if (sends > 0) {
        counters_.flush_sends.add(sends);
        sends_.add(static_cast<double>(sends), now);
    }
    if (open_.empty()) return;
    MonoTime next = open_.front()->due;
    for (const Roster* roster : open_) {
        if (is_due(*roster, now)) return go_on_next_turn();
        next = std::min(next, roster->due);
    }
    schedule(std::max(next, now + std::chrono::milliseconds(1)));
}

void Fanout::go_on_next_turn() {
    if (std::exchange(going_on_, true)) return;
    scheduler_.post_to(scheduler_.shard(), Priority::control, [this] {
        going_on_ = false;
        schedule(scheduler_.now().mono);
    });
}

}  // namespace clamor::hub
