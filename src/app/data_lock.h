// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "base/result.h"

namespace clamor::app {

/// Holds a data folder for one process: two servers on one would give the same positions twice.
class DataLock {
  public:
    DataLock() = default;
    ~DataLock();
    DataLock(const DataLock&) = delete;
    DataLock& operator=(const DataLock&) = delete;

    /// Makes the folder where there is none. std::errc::device_or_resource_busy: another process
    /// holds it.
    Result<void> take(const std::filesystem::path& folder);

  private:
    int fd_ = -1;
};

}  // namespace clamor::app
