// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>

/// The bytes of one segment file of the spool (docs/spool-format.md): a header, then frames, each
/// of which holds the records of one group and is there as a whole or not at all. Bytes in, values
/// out.
namespace clamor::store::spool_segment {

inline constexpr std::size_t kHeaderBytes = 32;
inline constexpr std::size_t kFrameHeaderBytes = 12;

std::string make_header(std::uint64_t number);
/// A frame's checksum covers the number of its segment, so that what a reused file held before is
/// not taken for fresh.
std::string make_frame(std::uint64_t number, std::span<const std::string> records);
/// Closes a segment: behind it there is nothing more.
std::string make_end(std::uint64_t number);

struct Contents {
    bool header_ok = false;  ///< false: nothing was read
    bool closed = false;     ///< the end mark was found
    std::uint64_t records = 0;
    std::size_t end = kHeaderBytes;    ///< of the last frame that can be read
    std::size_t unreadable_bytes = 0;  ///< between frames that can be read: damage, not a crash
};

/// Hands every record that can be read to `each`, in order; a frame that a crash cut short ends it,
/// or the frame with the last one of `enough`: behind that another may be written at this moment.
Contents read(std::string_view bytes, std::uint64_t number,
              const std::function<void(std::string_view)>& each,
              std::uint64_t enough = std::numeric_limits<std::uint64_t>::max());

}  // namespace clamor::store::spool_segment
