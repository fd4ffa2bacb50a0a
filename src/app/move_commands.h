// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>

#include "app/cli.h"
#include "base/result.h"

/// What takes a data folder elsewhere.
namespace clamor::app {

/// Into an empty database, or on with an import that did not come to its end. No server may run on
/// the folder.
Result<void> run_import(const ImportCommand& command, std::ostream& out);

/// Beside a running server or not.
Result<void> run_backup(const BackupCommand& command, std::ostream& out);

}  // namespace clamor::app
