// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <system_error>
#include <utility>

#include <tl/expected.hpp>

namespace clamor {

/// Why the world failed us: a code to branch on and a sentence for the operator.
struct Error {
    std::error_code code;
    std::string detail;

    std::string to_string() const {
        return detail.empty() ? code.message() : detail + ": " + code.message();
    }
};

/// A value, or the reason why there is none. Rule refusals are not errors (chat::Verdict), bugs are
/// CLAMOR_CHECK.
template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::error_code code, std::string detail = {}) {
    return tl::unexpected<Error>(Error{code, std::move(detail)});
}

inline tl::unexpected<Error> fail(std::errc code, std::string detail = {}) {
    return fail(std::make_error_code(code), std::move(detail));
}

/// The current errno as an error.
tl::unexpected<Error> fail_errno(std::string detail);

}  // namespace clamor
