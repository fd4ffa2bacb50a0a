// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/errors.h"

#include <sqlite3.h>

namespace clamor::store {

std::error_code code_of_sqlite(int result) {
    constexpr int kPlain = 0xff;
    switch (result & kPlain) {
        case SQLITE_FULL:
            return std::make_error_code(std::errc::no_space_on_device);
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return std::make_error_code(std::errc::device_or_resource_busy);
        case SQLITE_READONLY:
            return std::make_error_code(std::errc::read_only_file_system);
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return std::make_error_code(std::errc::permission_denied);
        case SQLITE_CANTOPEN:
            return std::make_error_code(std::errc::no_such_file_or_directory);
        case SQLITE_NOMEM:
            return std::make_error_code(std::errc::not_enough_memory);
        case SQLITE_TOOBIG:
            return std::make_error_code(std::errc::value_too_large);
        case SQLITE_CONSTRAINT:
            return std::make_error_code(std::errc::file_exists);
        default:
            return std::make_error_code(std::errc::io_error);
    }
}

}  // namespace clamor::store
