// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

/// Numbers of fixed width as files keep them.
namespace clamor::little_endian {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "built for little-endian machines only");

template <std::integral Number>
void append(std::string& out, Number number) {
    char bytes[sizeof(Number)];
    std::memcpy(bytes, &number, sizeof(Number));
    out.append(bytes, sizeof(Number));
}

template <std::integral Number>
void write(char* at, Number number) {
    std::memcpy(at, &number, sizeof(Number));
}

/// `bytes` holds at least the number.
template <std::integral Number>
Number read(std::string_view bytes) {
    Number number;
    std::memcpy(&number, bytes.data(), sizeof(Number));
    return number;
}

}  // namespace clamor::little_endian
