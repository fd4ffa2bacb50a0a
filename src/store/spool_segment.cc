// SPDX-License-Identifier: Apache-2.0
#include "store/spool_segment.h"

#include <optional>
#include <vector>

#include <zlib.h>

#include "base/little_endian.h"

namespace clamor::store::spool_segment {

namespace {

constexpr std::string_view kMagic = "clamor spool 1\n";

std::uint32_t checksum(std::uint64_t number, std::string_view counted) {
    char seed[sizeof number];
    little_endian::write(seed, number);
    uLong sum = ::crc32(0, reinterpret_cast<const Bytef*>(seed), sizeof seed);
    sum = ::crc32_z(sum, reinterpret_cast<const Bytef*>(counted.data()), counted.size());
    return static_cast<std::uint32_t>(sum);
}

/// payload size, checksum of what follows, number of records, payload
std::string frame(std::uint64_t number, std::uint32_t records, std::string_view payload) {
    std::string bytes;
    bytes.reserve(kFrameHeaderBytes + payload.size());
    little_endian::append(bytes, static_cast<std::uint32_t>(payload.size()));
    little_endian::append(bytes, std::uint32_t{0});
    little_endian::append(bytes, records);
    bytes += payload;
    little_endian::write(bytes.data() + 4, checksum(number, std::string_view(bytes).substr(8)));
    return bytes;
}

struct Frame {
    std::uint32_t records;
    std::string_view payload;
    std::size_t bytes;
};

std::optional<Frame> frame_at(std::string_view bytes, std::uint64_t number) {
    if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
    const auto size = little_endian::read<std::uint32_t>(bytes);
    if (size > bytes.size() - kFrameHeaderBytes) return std::nullopt;
    const auto records = little_endian::read<std::uint32_t>(bytes.substr(8));
    // Cheap, and spares nearly all checksums where zeros or old bytes are searched for a frame.
    if (records > size / 4 || (records == 0 && size != 0)) return std::nullopt;
    if (little_endian::read<std::uint32_t>(bytes.substr(4)) !=
        checksum(number, bytes.substr(8, 4 + size))) {
        return std::nullopt;
    }
    return Frame{records, bytes.substr(kFrameHeaderBytes, size), kFrameHeaderBytes + size};
}

/// False when the records do not fill the payload.
bool split(const Frame& frame, std::vector<std::string_view>& records) {
    records.clear();
    std::string_view left = frame.payload;
    for (std::uint32_t i = 0; i < frame.records; ++i) {
        if (left.size() < 4) return false;
        const auto size = little_endian::read<std::uint32_t>(left);
        left.remove_prefix(4);
        if (size > left.size()) return false;
        records.push_back(left.substr(0, size));
        left.remove_prefix(size);
    }
    return left.empty();
}

}  // namespace

std::string make_header(std::uint64_t number) {
    std::string bytes(kMagic);
    bytes.resize(kHeaderBytes - 8);
    little_endian::append(bytes, number);
    return bytes;
}

std::string make_frame(std::uint64_t number, std::span<const std::string> records) {
    std::string payload;
    for (const std::string& record : records) {
        little_endian::append(payload, static_cast<std::uint32_t>(record.size()));
        payload += record;
    }
    return frame(number, static_cast<std::uint32_t>(records.size()), payload);
}

std::string make_end(std::uint64_t number) {
    return frame(number, 0, {});
}

Contents read(std::string_view bytes, std::uint64_t number,
              const std::function<void(std::string_view)>& each, std::uint64_t enough) {
    Contents contents;
    if (!bytes.starts_with(make_header(number))) return contents;
    contents.header_ok = true;
    std::vector<std::string_view> records;
    std::size_t at = kHeaderBytes;
    while (at < bytes.size() && contents.records < enough) {
        const auto found = frame_at(bytes.substr(at), number);
        if (!found || !split(*found, records)) {
            // A group is written once the one before it is on disk: if one can be read further on,
            // what lies between was damaged later.
            ++at;
            continue;
        }
        contents.unreadable_bytes += at - contents.end;
        at += found->bytes;
        contents.end = at;
        if (found->records == 0) {
            contents.closed = true;
            break;
        }
        for (const std::string_view record : records) each(record);
        contents.records += records.size();
    }
    return contents;
}

}  // namespace clamor::store::spool_segment
