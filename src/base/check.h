// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace clamor::detail {
[[noreturn]] void check_failed(const char* file, int line, const char* condition, const char* why);
}

/// Stops the process on a bug of ours, in every build: `why` says what invariant was broken.
#define CLAMOR_CHECK(condition, why)                                             \
    do {                                                                         \
        if (!(condition)) [[unlikely]]                                           \
            ::clamor::detail::check_failed(__FILE__, __LINE__, #condition, why); \
    } while (false)

#ifdef NDEBUG
#define CLAMOR_DCHECK(condition, why) \
    do {                              \
    } while (false)
#else
#define CLAMOR_DCHECK(condition, why) CLAMOR_CHECK(condition, why)
#endif
