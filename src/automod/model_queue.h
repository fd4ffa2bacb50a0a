// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "automod/circuit_breaker.h"
#include "automod/model_route.h"
#include "base/time.h"

namespace clamor::automod {

/// The questions of a route, from being asked until they are decided: batches, deadlines, breaker,
/// counters. Knows no clock, network or lock; its owner calls it one call at a time. What it
/// decides it hands out, so that the owner can tell without holding a lock.
class ModelQueue {
  public:
    struct Decided {
        ModelRoute::Answered answered;
        ModelRoute::Answer answer;
        void tell() const { answered(answer); }
    };
    using Decisions = std::vector<Decided>;
    using BatchId = std::uint64_t;
    struct Batch {
        BatchId id;
        std::vector<std::string> texts;
    };
    using Outcome = tl::expected<std::vector<ModelScores>, Unavailable>;

    /// Options without a fault; counters that outlive it.
    ModelQueue(const ModelRoute::Options& options, ModelCounters& counters);

    struct Asked {
        std::optional<Unavailable> refused;
        bool wake = false;  ///< wake_at() is sooner than it was
    };
    Asked ask(std::string text, ModelRoute::Answered answered, MonoTime now);

    /// The next batch to send, if one is due.
    std::optional<Batch> take(MonoTime now);
    /// What became of a batch; scores are as many as its texts.
    void finish(BatchId id, Outcome outcome, MonoTime now, Decisions& decisions);
    /// Decides what is past its deadline. Gives the batches that nobody waits for any more; they
    /// are finished.
    std::vector<BatchId> expire(MonoTime now, Decisions& decisions);
    /// Decides everything.
    void stop(Decisions& decisions);

    /// When expire() or take() is to be called next; nothing while nothing is asked.
    std::optional<MonoTime> wake_at() const;
    CircuitBreaker::State breaker() const { return breaker_.state(); }

  private:
    struct Question {
        std::string text;
        ModelRoute::Answered answered;  // empty: decided
        MonoTime asked;
        bool probe = false;
    };
    struct UnderWay {
        std::vector<Question> questions;
        MonoTime sent;
    };

    MonoTime deadline_of(const Question& question) const {
        return question.asked + options_.deadline;
    }
    bool can_send() const {
        return !waiting_.empty() && under_way_.size() < options_.batches_under_way;
    }
    void decide(Question& question, ModelRoute::Answer answer, MonoTime now, Decisions& decisions);
    void drop_first(Unavailable reason, MonoTime now, Decisions& decisions);
    void batch_failed(MonoTime now, Decisions& decisions);
    void show_breaker();
    /// How many questions the server answers within the deadline.
    std::size_t answerable() const;
    void measure(const UnderWay& batch, MonoTime now);

    const ModelRoute::Options options_;
    ModelCounters& counters_;
    CircuitBreaker breaker_;
    std::deque<Question> waiting_;
    std::map<BatchId, UnderWay> under_way_;
    std::size_t undecided_ = 0;
    BatchId last_batch_ = 0;
    MonoClock::duration text_time_{};  // that the server needs for one, smoothed; 0: not known
    MonoTime last_end_{};              // of a batch
};

}  // namespace clamor::automod
