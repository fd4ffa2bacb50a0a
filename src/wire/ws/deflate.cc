// SPDX-License-Identifier: Apache-2.0
#include "wire/ws/deflate.h"

#include <algorithm>

#include <zlib.h>

#include "base/check.h"

namespace clamor::wire::ws {
namespace {

constexpr int kLevel = 1;
/// Each message starts by clearing the hash table, 2^(kMemLevel + 8) bytes: a small one suits
/// messages of some KiB.
constexpr int kMemLevel = 6;
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);

Bytef* input(std::string_view bytes) {
    return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

struct Compressor::Stream {
    explicit Stream(int window_bits) {
        const int result =
            deflateInit2(&z, kLevel, Z_DEFLATED, -window_bits, kMemLevel, Z_DEFAULT_STRATEGY);
        CLAMOR_CHECK(result == Z_OK, "zlib takes the window bits and has memory");
    }
    ~Stream() { deflateEnd(&z); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    z_stream z{};
};

Compressor::Compressor(int window_bits) : stream_(std::make_unique<Stream>(window_bits)) {}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

std::optional<std::string_view> Compressor::compress(std::string_view message) {
    if (message.empty()) return std::nullopt;
    z_stream& z = stream_->z;
    deflateReset(&z);
    // Room for exactly what would be worth sending: running out of it means that compression does
    // not pay.
    const std::size_t room = message.size() + kTail.size();
    if (out_.size() < room) out_.resize(room);
    z.next_in = input(message);
    z.avail_in = static_cast<uInt>(message.size());
    z.next_out = reinterpret_cast<Bytef*>(out_.data());
    z.avail_out = static_cast<uInt>(room);
    const int result = deflate(&z, Z_SYNC_FLUSH);
    if (result != Z_OK || z.avail_out == 0) return std::nullopt;
    std::string_view packed(out_.data(), room - z.avail_out);
    CLAMOR_CHECK(packed.ends_with(kTail), "a sync flush ends in an empty stored block");
    packed.remove_suffix(kTail.size());
    return packed.size() < message.size() ? std::optional(packed) : std::nullopt;
}

struct Inflater::Stream {
    Stream() {
        const int result = inflateInit2(&z, -kWindowBitsMax);
        CLAMOR_CHECK(result == Z_OK, "zlib has memory");
    }
    ~Stream() { inflateEnd(&z); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Inflates one piece of the payload. A final block does not end a message: what follows starts
    /// anew.
    Outcome run(std::string_view piece, std::size_t limit, std::string& out) {
        constexpr std::size_t kStep = 4096;
        ended = false;
        z.next_in = input(piece);
        z.avail_in = static_cast<uInt>(piece.size());
        while (true) {
            const std::size_t before = out.size();
            // One byte beyond the limit is enough to know.
            const std::size_t room = std::min(std::max(kStep, before), limit + 1 - before);
            out.resize(before + room);
            z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
            z.avail_out = static_cast<uInt>(room);
            const int result = ::inflate(&z, Z_SYNC_FLUSH);
            out.resize(before + room - z.avail_out);
            if (out.size() > limit) return Outcome::too_big;
            if (result == Z_STREAM_END) {
                inflateReset(&z);
                ended = z.avail_in == 0;
                if (ended) return Outcome::ok;
            } else if (result != Z_OK && result != Z_BUF_ERROR) {
                return Outcome::bad_data;
            } else if (z.avail_out > 0) {
                return z.avail_in == 0 ? Outcome::ok : Outcome::bad_data;
            }
        }
    }

    /// zlib's word for standing between two blocks.
    bool between_blocks() const { return (z.data_type & 128) != 0; }

    z_stream z{};
    bool ended = false;  ///< the last piece ended together with a final block
};

Inflater::Inflater() = default;
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Inflater::Outcome Inflater::inflate(std::string_view payload, std::size_t limit, std::string& out) {
    out.clear();
    if (payload.empty()) return Outcome::ok;  // what some peers make of an empty message
    if (!stream_) stream_ = std::make_unique<Stream>();
    inflateReset(&stream_->z);
    const Outcome outcome = stream_->run(payload, limit, out);
    // Where a peer ended its stream with the message, the tail that senders strip was never there.
    if (outcome != Outcome::ok || stream_->ended) return outcome;
    const Outcome tail = stream_->run(kTail, limit, out);
    if (tail != Outcome::ok) return tail;
    return stream_->between_blocks() ? Outcome::ok : Outcome::bad_data;
}

}  // namespace clamor::wire::ws
