// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/http/service.h"

namespace clamor::wire::http {

/// Status line and headers of a response, for the clients among our own tools.
struct ResponseHead {
    int status = 0;
    Headers headers;  ///< names in lower case

    /// The first value of the name, or empty.
    std::string_view header(std::string_view lower_case_name) const;
};

enum class HeadState : std::uint8_t { need_more, ready, bad };

/// Reads a response head from the start of all bytes received so far. `size` is the head's length
/// when it is ready: what follows is the body, or the first frames. Bad when it is garbage or
/// longer than limits::kHttpHeaderBytes.
[[nodiscard]] HeadState parse_response_head(std::string_view bytes, ResponseHead& out,
                                            std::size_t& size);

}  // namespace clamor::wire::http
