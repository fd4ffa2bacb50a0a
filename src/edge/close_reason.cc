// SPDX-License-Identifier: Apache-2.0
#include "edge/close_reason.h"

#include <array>

#include "base/check.h"

namespace clamor::edge {
namespace {

// In the order of CloseReason. Codes below 1012 mean "stay away or look at what you do", 1012 and
// 1013 "come back".
constexpr std::array<CloseInfo, kCloseReasons> kTable{{
    {1000, "goodbye", false, false, "client_left"},
    {1000, "login failed", false, false, "login_failed"},
    {1000, "the nick cannot be changed", false, false, "nick_again"},
    {1008, "no login in time", true, false, "registration_timeout"},
    {1008, "no answer to PING", true, false, "ping_timeout"},
    {1008, "too much input", false, false, "input_flood"},
    {1013, "reading too slowly", true, false, "slow_reader"},
    {1008, "the token is not valid any more", true, false, "token_revoked"},
    {1012, "server restarts", true, true, "server_shutdown"},
    {1011, "internal error", true, false, "internal_error"},
}};

}  // namespace

const CloseInfo& close_info(CloseReason reason) {
    const auto index = static_cast<std::size_t>(reason);
    CLAMOR_CHECK(index < kTable.size(), "every close reason has a row");
    return kTable[index];
}

}  // namespace clamor::edge
