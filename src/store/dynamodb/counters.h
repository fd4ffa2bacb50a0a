// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "base/counters.h"

namespace clamor::store::dynamodb {

/// What the client has done; several writers, any reader.
struct Counters {
    using Number = std::atomic<std::uint64_t>;
    Number requests{0};     ///< with an answer of any kind, or none
    Number retries{0};      ///< of these, repeated ones
    Number throttled{0};    ///< answers that say so, and items left unprocessed
    Number failures{0};     ///< nobody answered, nonsense, or DynamoDB's own errors
    Number read_units{0};   ///< as DynamoDB counts them, in tenths
    Number write_units{0};  ///< likewise
    Number bytes_sent{0};
    Number items_written{0};
    LatencyHistogram latency;  ///< of each request; recorded under a lock
};

}  // namespace clamor::store::dynamodb
