// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <utility>

#include "hub/member.h"
#include "sim/violations.h"

namespace clamor::sim {

/// Holds that every request of a session that stayed is answered once, that a Stored may follow a
/// NotStoredYet and nothing else follows anything, and that nobody is answered after it went.
class AnswerChecker {
  public:
    enum class Kind { join, send, names, act };

    explicit AnswerChecker(Violations& violations) : violations_(violations) {}

    void asked(SessionId session, hub::RequestId request, Kind kind);
    /// `interim`: NotStoredYet, after which another answer follows.
    void answered(SessionId session, hub::RequestId request, Kind kind, bool interim);
    void gone(SessionId session);
    /// Whatever was asked is answered by now.
    void check_at_rest();

  private:
    struct Pending {
        Kind kind;
        bool had_interim = false;
    };
    using Question = std::pair<SessionId, hub::RequestId>;

    Violations& violations_;
    std::map<Question, Pending> pending_;
};

}  // namespace clamor::sim
