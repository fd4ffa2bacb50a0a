// SPDX-License-Identifier: Apache-2.0
#include "wire/ws/decoder.h"

#include <algorithm>

#include "text/utf8.h"

namespace clamor::wire::ws {

struct Decoder::FrameHeader {
    std::uint64_t payload_size = 0;
    Mask mask{};
    Opcode opcode = Opcode::continuation;
    std::uint8_t size = 0;  ///< of the header itself
    bool fin = false;
    bool compressed = false;

    bool is_control() const { return static_cast<std::uint8_t>(opcode) >= 8; }
};

/// What is kept between two feeds: the piece of a header, the frame in progress, the fragmented
/// message so far.
struct Decoder::Pending {
    std::string header_bytes;
    std::string control;  ///< payload of a control frame in progress
    std::string message;  ///< payload of the data frames so far
    std::uint64_t frame_left = 0;
    FrameHeader frame;
    std::uint8_t mask_phase = 0;
    bool in_frame = false;
    bool in_message = false;  ///< a data frame has begun whose message is not whole
    bool message_compressed = false;
    Opcode message_kind = Opcode::text;
    text::Utf8Validator utf8;

    bool checks_utf8() const { return message_kind == Opcode::text && !message_compressed; }
};

namespace {

constexpr Failure kBadUtf8{kCloseBadData, "invalid UTF-8"};

constexpr Failure protocol_error(std::string_view reason) {
    return {kCloseProtocolError, reason};
}

bool is_known(std::uint8_t opcode) {
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

Decoder::Decoder(Options options) : options_(options) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Failure Decoder::feed(std::string_view bytes, Workspace& workspace, Handler& handler) {
    Failure failure;
    while (!bytes.empty() && !finished_) {
        failure = pending_ && pending_->in_frame ? continue_frame(bytes, workspace, handler)
                                                 : start_frame(bytes, workspace, handler);
        if (failure) finished_ = true;
    }
    release_if_idle();
    return failure;
}

Decoder::Pending& Decoder::pending() {
    if (!pending_) pending_ = std::make_unique<Pending>();
    return *pending_;
}

void Decoder::release_if_idle() {
    if (!pending_) return;
    if (finished_ ||
        (!pending_->in_frame && !pending_->in_message && pending_->header_bytes.empty()))
        pending_.reset();
}

Decoder::HeaderState Decoder::read_header(std::string_view bytes, FrameHeader& header,
                                          Failure& failure) const {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    header = FrameHeader();
    const auto fail_with = [&](Failure why) {
        failure = why;
        return HeaderState::failed;
    };
    if (bytes.empty()) return HeaderState::need_more;
    if ((byte(0) & 0x30) != 0) return fail_with(protocol_error("reserved bits set"));
    if (!is_known(byte(0) & 0x0F)) return fail_with(protocol_error("unknown opcode"));
    header.opcode = static_cast<Opcode>(byte(0) & 0x0F);
    header.fin = (byte(0) & 0x80) != 0;
    header.compressed = (byte(0) & 0x40) != 0;
    if (bytes.size() < 2) return HeaderState::need_more;

    const bool masked = (byte(1) & 0x80) != 0;
    if (masked != (options_.role == Role::server))
        return fail_with(
            protocol_error(masked ? "masked frame from a server" : "unmasked frame from a client"));
    const std::uint8_t short_size = byte(1) & 0x7F;
    const std::size_t length_bytes = short_size == 127 ? 8 : short_size == 126 ? 2 : 0;
    if (header.is_control() && length_bytes != 0)
        return fail_with(protocol_error("control frame too long"));
    header.size = static_cast<std::uint8_t>(2 + length_bytes + (masked ? 4 : 0));
    if (bytes.size() < header.size) return HeaderState::need_more;

    header.payload_size = short_size;
    if (length_bytes != 0) {
        header.payload_size = 0;
        for (std::size_t i = 0; i < length_bytes; ++i)
            header.payload_size = header.payload_size << 8 | byte(2 + i);
        if (header.payload_size <= (length_bytes == 2 ? 125u : 0xFFFFu))
            return fail_with(protocol_error("length not in its shortest form"));
        if (header.payload_size >> 63 != 0) return fail_with(protocol_error("length above 2^63"));
    }
    if (masked)
        for (std::size_t i = 0; i < 4; ++i) header.mask.bytes[i] = byte(2 + length_bytes + i);
    failure = check_header(header);
    return failure ? HeaderState::failed : HeaderState::ready;
}

Failure Decoder::check_header(const FrameHeader& header) const {
    const bool in_message = pending_ && pending_->in_message;
    if (header.is_control()) {
        if (!header.fin) return protocol_error("fragmented control frame");
        if (header.compressed) return protocol_error("compressed control frame");
        return {};
    }
    if (header.opcode == Opcode::continuation) {
        if (!in_message) return protocol_error("continuation without a message");
        if (header.compressed) return protocol_error("compressed bit on a continuation");
    } else if (in_message) {
        return protocol_error("new message inside a fragmented one");
    }
    if (header.compressed && !options_.deflate) return protocol_error("compression was not agreed");
    const std::size_t so_far = in_message ? pending_->message.size() : 0;
    if (header.payload_size > options_.message_bytes_max - so_far)
        return {kCloseTooBig, "message too big"};
    return {};
}

Failure Decoder::start_frame(std::string_view& bytes, Workspace& workspace, Handler& handler) {
    constexpr std::size_t kHeaderMax = 14;
    FrameHeader header;
    Failure failure;
    HeaderState state;
    if (pending_ && !pending_->header_bytes.empty()) {
        std::string& held = pending_->header_bytes;
        const std::size_t before = held.size();
        held.append(bytes.substr(0, kHeaderMax - before));
        state = read_header(held, header, failure);
        bytes.remove_prefix(state == HeaderState::ready ? header.size - before : bytes.size());
        if (state == HeaderState::ready) held.clear();
    } else {
        state = read_header(bytes, header, failure);
        if (state == HeaderState::need_more) pending().header_bytes = bytes;
        bytes.remove_prefix(state == HeaderState::ready ? header.size : bytes.size());
    }
    if (state != HeaderState::ready) return failure;

    const bool whole = bytes.size() >= header.payload_size;
    const bool alone = header.is_control() || (header.fin && header.opcode != Opcode::continuation);
    if (whole && alone) {
        std::string_view payload = bytes.substr(0, header.payload_size);
        bytes.remove_prefix(payload.size());
        if (options_.role == Role::server) {
            workspace.payload.clear();
            append_unmasked(workspace.payload, payload, header.mask, 0);
            payload = workspace.payload;
        }
        if (header.is_control()) return deliver_control(header.opcode, payload, handler);
        return deliver_message(header.opcode, header.compressed, false, payload, workspace,
                               handler);
    }

    Pending& state_of = pending();
    state_of.frame = header;
    state_of.frame_left = header.payload_size;
    state_of.mask_phase = 0;
    state_of.in_frame = true;
    if (!header.is_control() && header.opcode != Opcode::continuation) {
        state_of.in_message = true;
        state_of.message_kind = header.opcode;
        state_of.message_compressed = header.compressed;
        state_of.utf8.reset();
    }
    return header.payload_size == 0 ? end_frame(workspace, handler) : Failure{};
}

Failure Decoder::continue_frame(std::string_view& bytes, Workspace& workspace, Handler& handler) {
    Pending& state = *pending_;
    const std::string_view piece =
        bytes.substr(0, std::min<std::uint64_t>(state.frame_left, bytes.size()));
    bytes.remove_prefix(piece.size());
    std::string& target = state.frame.is_control() ? state.control : state.message;
    const std::size_t before = target.size();
    append_unmasked(target, piece, state.frame.mask, state.mask_phase);  // a server's mask is zero
    state.mask_phase = static_cast<std::uint8_t>((state.mask_phase + piece.size()) & 3);
    state.frame_left -= piece.size();
    if (!state.frame.is_control() && state.checks_utf8() &&
        !state.utf8.feed(std::string_view(state.message).substr(before)))
        return kBadUtf8;
    return state.frame_left == 0 ? end_frame(workspace, handler) : Failure{};
}

Failure Decoder::end_frame(Workspace& workspace, Handler& handler) {
    Pending& state = *pending_;
    state.in_frame = false;
    if (state.frame.is_control()) {
        const std::string payload = std::move(state.control);
        state.control.clear();
        return deliver_control(state.frame.opcode, payload, handler);
    }
    if (!state.frame.fin) return {};
    state.in_message = false;
    if (state.checks_utf8() && !state.utf8.complete()) return kBadUtf8;
    const std::string payload = std::move(state.message);
    state.message.clear();
    return deliver_message(state.message_kind, state.message_compressed, true, payload, workspace,
                           handler);
}

Failure Decoder::deliver_message(Opcode kind, bool compressed, bool checked,
                                 std::string_view payload, Workspace& workspace, Handler& handler) {
    if (compressed) {
        switch (
            workspace.inflater.inflate(payload, options_.message_bytes_max, workspace.inflated)) {
            case Inflater::Outcome::ok:
                break;
            case Inflater::Outcome::too_big:
                return {kCloseTooBig, "message too big"};
            case Inflater::Outcome::bad_data:
                return {kCloseBadData, "bad compressed data"};
        }
        payload = workspace.inflated;
    }
    if (kind == Opcode::text && (compressed || !checked) && !text::is_valid_utf8(payload))
        return kBadUtf8;
    if (!handler.on_message(kind, payload)) finished_ = true;
    return {};
}

Failure Decoder::deliver_control(Opcode opcode, std::string_view payload, Handler& handler) {
    if (opcode == Opcode::close) return deliver_close(payload, handler);
    const bool go_on = opcode == Opcode::ping ? handler.on_ping(payload) : handler.on_pong(payload);
    if (!go_on) finished_ = true;
    return {};
}

Failure Decoder::deliver_close(std::string_view payload, Handler& handler) {
    std::uint16_t code = kCloseNoCode;
    std::string_view reason;
    if (payload.size() == 1) return protocol_error("close code of one byte");
    if (!payload.empty()) {
        code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                          static_cast<std::uint8_t>(payload[1]));
        if (!is_sendable_close_code(code)) return protocol_error("bad close code");
        reason = payload.substr(2);
        if (!text::is_valid_utf8(reason)) return kBadUtf8;
    }
    finished_ = true;
    handler.on_close(code, reason);
    return {};
}

}  // namespace clamor::wire::ws
