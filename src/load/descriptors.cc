// SPDX-License-Identifier: Apache-2.0
#include "load/descriptors.h"

#include <sys/resource.h>

namespace clamor::load {

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace clamor::load
