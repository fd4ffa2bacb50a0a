// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "base/counters.h"
#include "chat/event.h"

namespace clamor::hub {

/// What one shard's hub has counted. Written on its thread, read by anyone.
struct HubCounters {
    Counter members;      // sessions here, now
    Counter memberships;  // (session, channel) pairs here, now
    Counter rooms;        // rooms owned here, now
    Counter messages_accepted;
    Counter messages_refused;
    Counter deliveries;   // event x member
    Counter flushes;      // batches sent
    Counter flush_sends;  // frames handed to members
    Counter frames_encoded;
    std::array<Counter, chat::kShedClasses>
        skipped;                       // events not delivered to slow members, by class
    Counter mailbox_shed;              // deliveries refused by a full mailbox
    Counter room_faults;               // rooms reset after an exception
    Counter role_changes_refused;      // acts over Options::role_changes
    Counter store_refused;             // messages refused since the log queue was full
    Counter automod_blocked;           // messages
    Counter automod_held;              // messages
    Counter automod_pending;           // held messages of rooms owned here, now
    Counter automod_expired;           // held messages that nobody decided
    Counter automod_hold_full;         // messages blocked since limits::kHeldPerChannel were held
    Counter automod_raids;             // times that newcomers looked like a raid by bots
    Counter automod_acts_repeated;     // what the raid breaker did, tried again since it was busy
    Counter automod_acts_given_up;     // and not done after limits::kSystemActTries
    Counter automod_verdicts_dropped;  // verdicts that were not recorded
    Counter bus_refused;               // messages refused since too much waits for the bus
    Counter gaps_read;                 // times that the log was read for what the bus did not bring
    Counter gap_events;                // events that were found there
    Counter joins_ahead;               // with a position that the room did not reach in time
    Counter delayed_early;             // events of delayed channels shown since too many waited
    Counter shared;          // messages and notices that came from other channels of a shared chat
    Counter shared_refused;  // since their authors may not speak in this one
    Counter shared_lost;     // since something was busy or away
    Counter rooms_reread;    // rooms whose facts were read again since a node or news were lost
    Counter undone_forgotten;     // acts that were undone, over limits::kUndoneActs of a channel
    Counter deletions_forgotten;  // deleted messages, over limits::kMissedEvents of a channel
    LatencyHistogram hold;        // time that events waited in an open batch, microseconds
};

}  // namespace clamor::hub
