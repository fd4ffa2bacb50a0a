// SPDX-License-Identifier: Apache-2.0
#include "automod/model_route.h"

#include "automod/model_labels.h"
#include "automod/model_wire.h"
#include "base/limits.h"

namespace clamor::automod {

std::string_view name_of(Unavailable reason) {
    switch (reason) {
        case Unavailable::queue_full:
            return "queue_full";
        case Unavailable::breaker_open:
            return "breaker_open";
        case Unavailable::late:
            return "late";
        case Unavailable::unreachable:
            return "unreachable";
        case Unavailable::refused:
            return "refused";
        case Unavailable::nonsense:
            return "nonsense";
        case Unavailable::stopped:
            return "stopped";
    }
    return "";
}

std::string fault_in(const ModelRoute::Options& options) {
    using std::chrono::milliseconds;
    if (const auto address = parse_model_url(options.url); !address) return address.error().detail;
    if (const auto labels = ModelLabels::parse(options.labels); !labels)
        return labels.error().detail;
    if (options.batch_max < 1 || options.batch_max > limits::kModelBatch)
        return "batch_max is 1 to " + std::to_string(limits::kModelBatch);
    if (options.queue_max < options.batch_max || options.queue_max > limits::kModelQueueMax)
        return "queue_max is batch_max to " + std::to_string(limits::kModelQueueMax);
    if (options.batches_under_way < 1 || options.batches_under_way > limits::kModelBatchesUnderWay)
        return "batches_under_way is 1 to " + std::to_string(limits::kModelBatchesUnderWay);
    if (options.deadline < milliseconds(1) || options.deadline > limits::kModelDeadlineMax)
        return "deadline_ms is 1 to " + std::to_string(limits::kModelDeadlineMax.count());
    if (options.batch_wait < milliseconds(0) || options.batch_wait >= options.deadline)
        return "batch_wait_ms is less than deadline_ms";
    if (options.breaker_failures < 1) return "breaker_failures is at least 1";
    if (options.breaker_pause < milliseconds(1) ||
        options.breaker_pause > options.breaker_pause_max ||
        options.breaker_pause_max > limits::kModelPauseMax)
        return "breaker_pause_ms is 1 to breaker_pause_max_ms, and that at most " +
               std::to_string(milliseconds(limits::kModelPauseMax).count());
    return {};
}

}  // namespace clamor::automod
