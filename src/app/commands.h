// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// One JSON document a line, oldest first, as GET /api/channels/{login}/messages has them.
Result<void> run_export(const ExportCommand& command, store::Catalog& catalog,
                        store::MessageLog& log, std::ostream& out);

}  // namespace clamor::app
