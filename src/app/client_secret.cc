// SPDX-License-Identifier: Apache-2.0
#include "app/client_secret.h"

#include <fstream>

#include <fmt/format.h>

namespace clamor::app {

Result<std::string> read_client_secret(const std::string& path) {
    constexpr std::size_t kLeast = 16;
    constexpr std::size_t kMost = 256;
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail_errno("cannot read " + path);
    std::string line(kMost + 3, '\0');
    file.read(line.data(), static_cast<std::streamsize>(line.size()));
    line.resize(static_cast<std::size_t>(file.gcount()));
    if (line.ends_with('\n')) line.pop_back();
    if (line.ends_with('\r')) line.pop_back();
    const bool one_line = line.find_first_of("\r\n") == std::string::npos;
    if (line.size() < kLeast || line.size() > kMost || !one_line) {
        return fail(std::errc::invalid_argument,
                    fmt::format("{} does not hold a secret: one line of {} to {} bytes", path,
                                kLeast, kMost));
    }
    return line;
}

}  // namespace clamor::app
