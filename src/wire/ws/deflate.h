// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace clamor::wire::ws {

inline constexpr int kWindowBitsMin = 9;  ///< zlib cannot write streams for a window of 8
inline constexpr int kWindowBitsMax = 15;

/// Compresses single messages for permessage-deflate (RFC 7692) without context takeover, so that
/// one result serves every connection. Holds zlib's memory (about 200 KiB) and an output buffer:
/// one for each thread, not for each connection.
class Compressor {
  public:
    explicit Compressor(int window_bits = kWindowBitsMax);
    ~Compressor();
    Compressor(Compressor&&) noexcept;
    Compressor& operator=(Compressor&&) noexcept;

    /// The payload of a frame with the compressed bit; nothing where that would not be smaller than
    /// the message. Valid until the next call.
    std::optional<std::string_view> compress(std::string_view message);

  private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
    std::string out_;
};

/// Undoes it, message by message, with any window. One for each thread; zlib's memory is taken at
/// first use.
class Inflater {
  public:
    enum class Outcome : std::uint8_t { ok, bad_data, too_big };

    Inflater();
    ~Inflater();
    Inflater(Inflater&&) noexcept;
    Inflater& operator=(Inflater&&) noexcept;

    /// Inflates one whole message into `out` (cleared first); stops as soon as it passes `limit`
    /// bytes.
    Outcome inflate(std::string_view payload, std::size_t limit, std::string& out);

  private:
    struct Stream;
    std::unique_ptr<Stream> stream_;
};

}  // namespace clamor::wire::ws
