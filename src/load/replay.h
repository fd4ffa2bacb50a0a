// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/counters.h"
#include "base/result.h"
#include "load/chat_log.h"
#include "load/target.h"

namespace clamor::load {

/// `clamor replay`: plays a recorded chat through real connections as its authors.
struct ReplayOptions {
    std::string file;
    std::string channel;
    std::string server = "ws://127.0.0.1:8080";
    std::string token;               ///< of the authors; empty: development login
    double speed = 1;                ///< times the recorded speed
    double rate = 0;                 ///< messages a second instead of the recorded times; 0: not
    std::size_t limit = 0;           ///< plays so many messages; 0: all
    std::size_t authors_max = 2000;  ///< connections at the same time
    bool skip_bad = false;           ///< leaves out lines of the file that cannot be read
    bool quiet = false;              ///< no progress
};

struct ReplayReport {
    std::size_t messages = 0;
    std::size_t authors = 0;
    std::uint64_t sent = 0;
    std::uint64_t accepted = 0;
    std::uint64_t unanswered = 0;
    std::map<std::string, std::uint64_t> refused;  ///< by msg-id of the NOTICE
    std::uint64_t delivered = 0;
    std::uint64_t duplicated = 0;
    double seconds = 0;
    LatencyHistogram latency;  ///< from sending to the viewer
    LatencyHistogram echo;     ///< from sending to USERSTATE: until the message is durable
};

/// Plays `log` and fills in `report`. An error when the server cannot be reached or joined.
Result<void> replay(const ReplayOptions& options, const ChatLog& log, ReplayReport& report);

/// The command: reads the file, plays it with a progress bar, prints a summary. Returns the exit
/// status: 0 when every accepted message was delivered, 1 when not, 2 when it could not be played.
/// Blocks; one thread.
int run_replay(const ReplayOptions& options);

}  // namespace clamor::load
