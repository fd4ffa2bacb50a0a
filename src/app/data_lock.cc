// SPDX-License-Identifier: Apache-2.0
#include "app/data_lock.h"

#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace clamor::app {

DataLock::~DataLock() {
    if (fd_ >= 0) ::close(fd_);
}

Result<void> DataLock::take(const std::filesystem::path& folder) {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    if (code) return fail(code, "the data folder " + folder.string() + " cannot be made");
    const std::string file = (folder / "lock").string();
    fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0) return fail_errno("cannot open " + file);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        return fail(
            std::errc::device_or_resource_busy,
            "another clamor serves from " + folder.string() + "; stop it or give another --data");
    }
    return {};
}

}  // namespace clamor::app
