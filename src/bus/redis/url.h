// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace clamor::bus::redis {

enum class Mode : std::uint8_t {
    direct,    ///< one server, or several of which the one that is the master is used
    sentinel,  ///< the addresses are sentinels, which are asked for the master
    cluster,   ///< the addresses are some nodes of a Redis Cluster
};

/// Where Redis is and how to log in there.
struct Url {
    Mode mode = Mode::direct;
    std::vector<std::string> addresses{};  ///< HOST:PORT, at least one
    std::string user{};                    ///< empty: the default user
    std::string password{};                ///< empty: none
    std::string master = "mymaster";       ///< what sentinels call the master
    std::uint16_t database = 0;
    bool tls = false;                 ///< to sentinels as well
    std::string sentinel_user{};      ///< of the sentinels' own login; empty: the default user
    std::string sentinel_password{};  ///< empty: none

    /// Without the passwords: for logs and pages.
    std::string to_string() const;
    friend bool operator==(const Url&, const Url&) = default;
};

/// `redis://[[user]:password@]host[:port][,host[:port]...][/database]`,
/// `redis+sentinel://[...]host[:port][,...][/master name]`, with
/// `?sentinel_user=U&sentinel_password=P` behind it where sentinels have a login of their own,
/// `redis+cluster://[...]host[:port][,...]`. With `rediss` in place of `redis` TLS is spoken. Users
/// and passwords may have %XX. An error says what would be right, and not the password.
Result<Url> parse_url(std::string_view text);

}  // namespace clamor::bus::redis
