// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "api/static_files.h"

namespace clamor::app {

/// The page and its pictures as they were built into the binary: web/dist at `/`, web/static at
/// `/static/`. What was missing at build time is missing here.
std::span<const api::StaticFile> web_files();

}  // namespace clamor::app
