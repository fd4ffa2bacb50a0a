// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "reactor/tls.h"

namespace clamor::bus::redis {

/// What a fault of TLS with Redis means to whoever runs the server.
struct TlsRefusal {
    std::string why;  ///< with what would be right
    bool lasting;     ///< the same will come of another try
};

/// `host`: whom the certificate was to be for.
TlsRefusal explain(const reactor::TlsFault& fault, const std::string& host);

}  // namespace clamor::bus::redis
