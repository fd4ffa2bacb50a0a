// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/config.h"

namespace clamor::app {

/// Serves until SIGINT or SIGTERM: the first asks clients to reconnect and waits, a second ends at
/// once. SIGUSR1 is not used. Returns the process's exit code; what went wrong is on stderr.
int run_serve(const Config& config);

}  // namespace clamor::app
