// SPDX-License-Identifier: Apache-2.0
#include "sim/answer_checker.h"

#include <limits>

namespace clamor::sim {

void AnswerChecker::asked(SessionId session, hub::RequestId request, Kind kind) {
    pending_.emplace(Question(session, request), Pending{.kind = kind, .had_interim = false});
}

void AnswerChecker::answered(SessionId session, hub::RequestId request, Kind kind, bool interim) {
    const auto found = pending_.find(Question(session, request));
    if (found == pending_.end() || found->second.kind != kind) {
        violations_.add("session {} got an answer to {}, which it does not wait for", session,
                        request);
        return;
    }
    if (!interim) {
        pending_.erase(found);
        return;
    }
    if (found->second.had_interim)
        violations_.add("session {} was told twice that {} is not stored yet", session, request);
    found->second.had_interim = true;
}

void AnswerChecker::gone(SessionId session) {
    pending_.erase(
        pending_.lower_bound(Question(session, 0)),
        pending_.upper_bound(Question(session, std::numeric_limits<hub::RequestId>::max())));
}

void AnswerChecker::check_at_rest() {
    for (const auto& [question, pending] : pending_) {
        violations_.add("session {} never got an answer to {} ({})", question.first,
                        question.second,
                        pending.kind == Kind::join   ? "join"
                        : pending.kind == Kind::send ? "send"
                        : pending.kind == Kind::act  ? "act"
                                                     : "names");
    }
    pending_.clear();
}

}  // namespace clamor::sim
