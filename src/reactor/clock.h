// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/time.h"

namespace clamor::reactor {

/// The system's monotonic and real-time clocks. Only threads of the reactor and stand-alone tools
/// read them; everything above is given the time.
Now read_clocks();
MonoTime read_mono_clock();

}  // namespace clamor::reactor
