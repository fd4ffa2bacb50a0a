// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>

#include "app/cli.h"
#include "base/result.h"
#include "store/catalog.h"
#include "store/message_log.h"

/// What the commands do that work on a data folder. They print to `out`; an error says what was
/// wrong and what to do.
namespace clamor::app {

/// The user with the login, or an error that says how to make one.
Result<chat::User> existing_user(store::Catalog& catalog, const std::string& login);

/// `now` is when it is done.
Result<void> run_token(const TokenCommand& command, store::Catalog& catalog, WallTime now,
                       std::ostream& out);
Result<void> run_mint(const MintCommand& command, WallTime now, std::ostream& out);
/// What these two change is in the audit log, with the origin `cli`.
Result<void> run_user(const UserCommand& command, store::Catalog& catalog, WallTime now,
                      std::ostream& out);
Result<void> run_channel(const ChannelCommand& command, store::Catalog& catalog, WallTime now,
                         std::ostream& out);

/// What an export has come to: the time of what was printed last, out of the time that the history
/// covers.
struct ExportProgress {
    std::chrono::seconds done{0};
    std::chrono::seconds whole{0};
    std::uint64_t messages = 0;
};

/// One JSON document a line, as GET /api/channels/{login}/messages has them: oldest first, and all
/// `regions` (1: there are none) as one history, by time, then region, then sequence. `progress` is
/// told after each message.
Result<void> run_export(const ExportCommand& command, store::Catalog& catalog,
                        store::MessageLog& log, unsigned regions, std::ostream& out,
                        const std::function<void(const ExportProgress&)>& progress);

}  // namespace clamor::app
