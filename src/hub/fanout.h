// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/scheduler.h"
#include "hub/counters.h"
#include "hub/member.h"

namespace clamor::hub {

/// All members of a channel, or where slots are given only those, or all but those.
struct Audience {
    std::shared_ptr<const std::unordered_set<std::uint32_t>> slots{};
    bool but = false;

    bool has(std::uint32_t slot) const { return !slots || slots->contains(slot) != but; }
};

/// A channel where only those who moderate it are shown at once what happens, so that they can take
/// it away before anybody else has seen it.
struct ChatDelay {
    using Users = std::unordered_set<UserId>;

    std::chrono::seconds by{0};                 ///< 0: there is none
    std::shared_ptr<const Users> moderators{};  ///< and the broadcaster, as far as they are present
};

/// The sessions of one shard by channel, and the way of an event to them.
///
/// A quiet channel is flushed at the end of the turn: nothing waits. In a busy one events gather in
/// an open batch for a window that begins with the first of them and grows with rate x members, and
/// go to every member as one frame per dialect. All channels of a busy shard, quiet ones, too,
/// leave in ticks whose distance grows with its sends, so that it wakes and calls the kernel once
/// for all of them. A flush to many members goes on over several turns, so that the shard hears
/// what comes meanwhile. What moderators do is never held, and takes what is left of such a flush
/// along. A member never gets what it said itself or what was said before it joined, and a slow one
/// gets what its intake still takes. In a delayed channel moderators are ahead of the others, who
/// get the same in the same order without the messages that were taken away meanwhile.
///
/// Lives on its shard. Bounded: an open batch of limits::kBatchBytes is flushed at once, and of
/// more than limits::kDelayedEvents that wait in a channel the oldest is shown.
class Fanout {
  public:
    Fanout(Scheduler& scheduler, const Encoder& encoder, HubCounters& counters,
           std::chrono::milliseconds hold_max);
    ~Fanout();

    /// Puts a member, known by its slot, into a channel; false when it is there already.
    bool add(ChannelId channel, std::uint32_t slot, Member& member);
    /// Takes it out; false when it was not there.
    bool remove(ChannelId channel, std::uint32_t slot);
    /// Takes it out of all channels, which are returned.
    std::vector<ChannelId> remove_all(std::uint32_t slot);
    std::size_t channels_of(std::uint32_t slot) const;
    bool contains(ChannelId channel, std::uint32_t slot) { return find(channel, slot) != nullptr; }

    /// Queues an event for the channel's members here. `own_slot` said it and does not get it;
    /// kNobody where the author's session is elsewhere.
    void append(chat::EventRef event, std::uint32_t own_slot, Audience audience = {},
                const ChatDelay& delay = {});
    /// The node ends soon: what is delayed is shown now, and nothing is delayed any more.
    void hurry();

    /// Events that did not get here: the channel's members are told.
    void tell_skipped(ChannelId channel, const Skipped& skipped);

    static constexpr std::uint32_t kNobody = 0xffffffff;
    /// Frames that are handed to members in one turn: about two milliseconds of the kernel's work.
    static constexpr std::size_t kSendsPerTurn = 500;

  private:
    class Flush;
    struct Roster;
    struct Place {
        Roster* roster;
        std::uint32_t index;  // in the roster's entries
    };
    struct Entry {
        Member* member;
        std::uint32_t slot;
        std::uint32_t place;   // in places_[slot]
        std::uint64_t joined;  // number of the join
    };
    struct Item {
        chat::EventRef event;
        std::uint32_t own_slot;
        MonoTime appended_at;
        Audience audience;
        // Of a delayed channel: for them alone at first, and late for those others who were there.
        std::shared_ptr<const ChatDelay::Users> moderators{};
        bool late = false;
        std::uint64_t joins = 0;
        UserId only{};  // and of these for this one alone

        bool for_all() const { return !audience.slots && !moderators && !only; }
        bool is_for(const Entry& entry) const;
    };
    struct Delayed {
        MonoTime due;
        Item item;
    };
    /// A rate that forgets what is older than about a second.
    struct Rate {
        double per_second = 0;
        MonoTime at{};
        void add(double amount, MonoTime now);
        double read(MonoTime now) const;
    };
    /// Members that joined while a batch was open, by slot: the first item that is for them.
    using Newcomers = std::unordered_map<std::uint32_t, std::size_t>;
    struct Roster {
        explicit Roster(ChannelId of);
        ~Roster();

        ChannelId channel;
        std::vector<Entry> entries;
        std::vector<Item> open;
        Newcomers newcomers;  // since `open` is
        std::size_t open_bytes = 0;
        bool at_once = false;  // something in `open` must not wait, not even for its turn
        MonoTime due{};
        Rate events;
        std::unique_ptr<Flush> flush;  // under way; null: none
        std::list<Delayed> delayed;    // in the channel's order
        TimerId delay_timer{};
    };
    /// The lines of one batch in one text dialect, and where each event's lines end.
    struct Lines {
        std::string bytes;
        std::vector<std::uint32_t> ends;
        bool built = false;
    };

    Place* find(ChannelId channel, std::uint32_t slot);
    void take_out(Place place, std::uint32_t slot);
    void queue(Roster& roster, Item item);
    void delay(Roster& roster, Item item, std::chrono::seconds by);
    void show_delayed(Roster& roster, MonoTime due);
    void show_oldest(Roster& roster);
    void drop_if_empty(Roster& roster);
    /// What a load asks for, within the bounds of holding.
    std::chrono::nanoseconds window_of(double ms) const;
    std::chrono::nanoseconds room_window(const Roster& roster, MonoTime now) const;
    std::chrono::nanoseconds shard_window(MonoTime now) const;
    void schedule(MonoTime due);
    void flush_due();
    void go_on_next_turn();
    bool is_due(const Roster& roster, MonoTime now) const;
    /// Hands over at most `most` frames, more where something must not wait; returns how many.
    std::size_t flush(Roster& roster, std::size_t most, MonoTime now);

    Scheduler& scheduler_;
    const Encoder& encoder_;
    HubCounters& counters_;
    const std::chrono::nanoseconds hold_max_;
    std::unordered_map<ChannelId, std::unique_ptr<Roster>> rosters_;
    std::vector<std::vector<Place>> places_;  // by slot
    std::vector<Roster*> open_;               // rosters with an open batch or a flush under way
    std::uint64_t joins_ = 0;
    bool in_a_hurry_ = false;
    Rate sends_;             // frames handed to members, of the whole shard
    MonoTime last_flush_{};  // when the last batch began to leave
    bool end_of_turn_requested_ = false;
    bool going_on_ = false;
    TimerId timer_{};
    MonoTime timer_at_{};
};

}  // namespace clamor::hub
