// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/cli.h"

namespace clamor::app {

/// Serves until SIGINT or SIGTERM: the first asks clients to reconnect and waits, a second ends at
/// once. SIGHUP is reload(). Returns the process's exit code; what went wrong is on stderr.
int run_serve(const ServeCommand& command);

}  // namespace clamor::app
