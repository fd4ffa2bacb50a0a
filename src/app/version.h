// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace clamor::app {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace clamor::app
