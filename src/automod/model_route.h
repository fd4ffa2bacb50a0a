// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "automod/verdict.h"
#include "base/counters.h"

namespace clamor::automod {

/// Why a model said nothing of a message: the built-in verdict stands.
enum class Unavailable : std::uint8_t {
    queue_full,    ///< not asked: as many wait as the queue takes, or the server answers in time
    breaker_open,  ///< not asked, or not sent any more: the server failed too often
    late,          ///< nothing within the deadline
    unreachable,   ///< no connection, or it broke
    refused,       ///< an answer with another status than 200
    nonsense,      ///< an answer that is none
    stopped,       ///< the route ended
};
inline constexpr int kUnavailable = 7;
std::string_view name_of(Unavailable reason);

/// What a model says of one message, as probabilities.
struct ModelScores {
    float toxicity = 0;                           ///< of whatever kind
    std::array<float, kCategories> categories{};  ///< 0 where the model does not tell it apart
    bool exclusive = false;  ///< the scores of all labels add up to 1, as if one alone were true
    friend bool operator==(const ModelScores&, const ModelScores&) = default;
};

/// Which model answers, by what its server says of itself; findings carry it.
struct ModelIdentity {
    std::string name = "unknown";
    std::string version = "unknown";
    friend bool operator==(const ModelIdentity&, const ModelIdentity&) = default;
};

/// What the labels of a model are answered with.
enum class ScoreKind : std::uint8_t {
    probabilities,  ///< as the server makes them; it is asked with raw_scores false
    logits,         ///< made probabilities here, each by itself; asked with raw_scores true
};

/// What a route has counted. Whatever was asked is answered, unavailable for one reason, or waits.
struct ModelCounters {
    Counter asked;
    Counter answered;
    std::array<Counter, kUnavailable> unavailable;  // by reason
    Counter batches;
    Counter batches_failed;
    Counter breaker_opened;        // times, failed probes included
    Counter breaker_state;         // now: 0 closed, 1 open, 2 half open
    Counter waiting;               // now, under way included
    LatencyHistogram answer_time;  // from the question to its answer, microseconds
    LatencyHistogram batch_time;   // from sending a batch to its end, microseconds
};

/// A model in a process of its own, asked over HTTP. curl/curl_model_route.h implements it.
class ModelRoute {
  public:
    struct Options {
        std::string url{};            ///< as parse_model_url() takes it; empty: there is no model
        std::size_t queue_max = 256;  ///< questions that wait or are under way; more: not asked
        std::size_t batch_max = 8;
        std::chrono::milliseconds batch_wait{5};  ///< for more questions to fill a batch
        std::size_t batches_under_way = 2;
        std::chrono::milliseconds deadline{150};        ///< of one message, from its question on
        int breaker_failures = 5;                       ///< batches in a row; then nothing is asked
        std::chrono::milliseconds breaker_pause{1000};  ///< doubles with each probe that fails
        std::chrono::milliseconds breaker_pause_max{30'000};
        ScoreKind scores = ScoreKind::probabilities;
        std::vector<std::string> labels{};  ///< rules of ModelLabels; none: those of toxic-bert
    };
    using Answer = tl::expected<ModelScores, Unavailable>;
    using Answered = std::function<void(const Answer&)>;

    virtual ~ModelRoute() = default;

    /// Any thread, never waits. Gives nothing when the message is asked about: then `answered` is
    /// called once, by the deadline, on the route's thread, which it must not keep. Gives the
    /// reason when not: then it is not called.
    virtual std::optional<Unavailable> ask(std::string text, Answered answered) = 0;
    virtual const ModelCounters& counters() const = 0;
    /// Any thread. A model that was exchanged is known within limits::kModelInfoEvery.
    virtual ModelIdentity identity() const = 0;
};

/// What is wrong with options, as a sentence; empty when nothing is. Names settings as the
/// configuration does.
std::string fault_in(const ModelRoute::Options& options);

}  // namespace clamor::automod
