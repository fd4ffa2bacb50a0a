// SPDX-License-Identifier: Apache-2.0
#include "automod/model_queue.h"

#include <algorithm>

#include "base/check.h"

namespace clamor::automod {
namespace {

std::uint64_t microseconds(MonoClock::duration time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time).count(), 0));
}

}  // namespace

ModelQueue::ModelQueue(const ModelRoute::Options& options, ModelCounters& counters)
    : options_(options),
      counters_(counters),
      breaker_({.failures = options.breaker_failures,
                .pause = options.breaker_pause,
                .pause_max = options.breaker_pause_max}) {}

ModelQueue::Asked ModelQueue::ask(std::string text, ModelRoute::Answered answered, MonoTime now) {
    counters_.asked.add();
    std::optional<Unavailable> refused;
    if (undecided_ >= std::min(options_.queue_max, answerable()))
        refused = Unavailable::queue_full;
    else if (!breaker_.allow(now))
        refused = Unavailable::breaker_open;
    if (refused) {
        counters_.unavailable[static_cast<std::size_t>(*refused)].add();
        return {.refused = refused};
    }
    show_breaker();
    waiting_.push_back({.text = std::move(text),
                        .answered = std::move(answered),
                        .asked = now,
                        .probe = breaker_.state() == CircuitBreaker::State::half_open});
    counters_.waiting.set(++undecided_);
    return {.refused = {}, .wake = waiting_.size() == 1 || waiting_.size() == options_.batch_max};
}

std::optional<ModelQueue::Batch> ModelQueue::take(MonoTime now) {
    if (!can_send()) return {};
    if (waiting_.size() < options_.batch_max && now < waiting_.front().asked + options_.batch_wait)
        return {};
    Batch batch{.id = ++last_batch_, .texts = {}};
    UnderWay under_way{.questions = {}, .sent = now};
    while (!waiting_.empty() && batch.texts.size() < options_.batch_max) {
        batch.texts.push_back(std::move(waiting_.front().text));
        under_way.questions.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    under_way_.emplace(batch.id, std::move(under_way));
    counters_.batches.add();
    return batch;
}

void ModelQueue::finish(BatchId id, Outcome outcome, MonoTime now, Decisions& decisions) {
    auto found = under_way_.extract(id);
    if (found.empty()) return;
    auto& [questions, sent] = found.mapped();
    counters_.batch_time.record(microseconds(now - sent));
    if (outcome) measure(found.mapped(), now);
    CLAMOR_CHECK(!outcome || outcome->size() == questions.size(), "each text has its scores");
    for (std::size_t i = 0; i < questions.size(); ++i) {
        if (!questions[i].answered) continue;
        if (outcome)
            decide(questions[i], (*outcome)[i], now, decisions);
        else
            decide(questions[i], tl::unexpected(outcome.error()), now, decisions);
    }
    if (outcome) {
        breaker_.succeeded();
        show_breaker();
    } else {
        batch_failed(now, decisions);
    }
}

std::vector<ModelQueue::BatchId> ModelQueue::expire(MonoTime now, Decisions& decisions) {
    std::vector<BatchId> given_up;
    for (auto it = under_way_.begin(); it != under_way_.end();) {
        bool some_wait = false;
        for (auto& question : it->second.questions) {
            if (!question.answered) continue;
            if (deadline_of(question) <= now)
                decide(question, tl::unexpected(Unavailable::late), now, decisions);
            else
                some_wait = true;
        }
        if (some_wait) {
            ++it;
            continue;
        }
        given_up.push_back(it->first);
        counters_.batch_time.record(microseconds(now - it->second.sent));
        measure(it->second, now);
        it = under_way_.erase(it);
    }
    while (!waiting_.empty() && deadline_of(waiting_.front()) <= now)
        drop_first(Unavailable::late, now, decisions);
    for (std::size_t i = 0; i < given_up.size(); ++i) batch_failed(now, decisions);
    return given_up;
}

void ModelQueue::stop(Decisions& decisions) {
    for (auto& [id, batch] : under_way_) {
        for (auto& question : batch.questions) {
            if (question.answered)
                decide(question, tl::unexpected(Unavailable::stopped), question.asked, decisions);
        }
    }
    under_way_.clear();
    while (!waiting_.empty()) drop_first(Unavailable::stopped, waiting_.front().asked, decisions);
}

std::optional<MonoTime> ModelQueue::wake_at() const {
    std::optional<MonoTime> at;
    const auto no_later_than = [&at](MonoTime time) { at = at ? std::min(*at, time) : time; };
    for (const auto& [id, batch] : under_way_) {
        for (const auto& question : batch.questions) {
            if (question.answered) no_later_than(deadline_of(question));
        }
    }
    if (!waiting_.empty()) no_later_than(deadline_of(waiting_.front()));
    if (can_send()) {
        const bool full = waiting_.size() >= options_.batch_max;
        no_later_than(waiting_.front().asked +
                      (full ? std::chrono::milliseconds(0) : options_.batch_wait));
    }
    return at;
}

std::size_t ModelQueue::answerable() const {
    // More than it answers in time would all be answered late: better some in time, and the others
    // told at once. One may always ask, or it would never be known when the server is faster again.
    if (text_time_ <= MonoClock::duration(0)) return options_.queue_max;
    const auto room = (options_.deadline - options_.batch_wait) * 3 / 4;
    return static_cast<std::size_t>(std::max<std::int64_t>(room / text_time_, 1));
}

void ModelQueue::measure(const UnderWay& batch, MonoTime now) {
    // Batches are computed one after the other.
    const auto busy = now - std::max(batch.sent, last_end_);
    const auto each = busy / static_cast<std::int64_t>(batch.questions.size());
    constexpr int kSmooth = 8;
    text_time_ =
        text_time_ == MonoClock::duration(0) ? each : text_time_ + (each - text_time_) / kSmooth;
    last_end_ = now;
}

void ModelQueue::decide(Question& question, ModelRoute::Answer answer, MonoTime now,
                        Decisions& decisions) {
    counters_.waiting.set(--undecided_);
    if (answer) {
        counters_.answered.add();
        counters_.answer_time.record(microseconds(now - question.asked));
    } else {
        counters_.unavailable[static_cast<std::size_t>(answer.error())].add();
    }
    decisions.push_back({.answered = std::exchange(question.answered, nullptr), .answer = answer});
}

void ModelQueue::drop_first(Unavailable reason, MonoTime now, Decisions& decisions) {
    if (waiting_.front().probe) breaker_.probe_gone();
    decide(waiting_.front(), tl::unexpected(reason), now, decisions);
    waiting_.pop_front();
}

void ModelQueue::batch_failed(MonoTime now, Decisions& decisions) {
    counters_.batches_failed.add();
    if (breaker_.failed(now)) {
        counters_.breaker_opened.add();
        while (!waiting_.empty()) drop_first(Unavailable::breaker_open, now, decisions);
    }
    show_breaker();
}

void ModelQueue::show_breaker() {
    counters_.breaker_state.set(static_cast<std::uint64_t>(breaker_.state()));
}

}  // namespace clamor::automod
