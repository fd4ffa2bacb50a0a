// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace clamor::app {

/// Where things are in a server's data folder.
inline std::string catalog_path(const std::filesystem::path& data) {
    return (data / "catalog.db").string();
}
inline std::string message_log_path(const std::filesystem::path& data) {
    return (data / "messages.db").string();
}

/// Last positions in a message log on another machine.
inline std::string positions_path(const std::filesystem::path& data) {
    return (data / "positions.db").string();
}
/// Entries that the message log never takes.
inline std::string refused_path(const std::filesystem::path& data) {
    return (data / "refused.jsonl").string();
}
inline std::string spool_path(const std::filesystem::path& data) {
    return (data / "spool").string();
}

}  // namespace clamor::app
