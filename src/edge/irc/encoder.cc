// SPDX-License-Identifier: Apache-2.0
#include "edge/irc/encoder.h"

#include "twitch/continuity.h"
#include "twitch/events.h"
#include "wire/ws/deflate.h"
#include "wire/ws/protocol.h"

namespace clamor::edge::irc {
namespace {

using hub::Dialect;
using wire::ws::Opcode;

Frame text_frame(std::string_view payload, bool compressed) {
    std::string head;  // within the small-string buffer
    wire::ws::append_frame_header(head, Opcode::text, payload.size(), compressed);
    return Frame::concat(head, payload);
}

}  // namespace

void IrcEncoder::append_lines(std::string& out, const chat::Event& event, Dialect dialect) const {
    const std::size_t from = out.size();
    twitch::append_event(out, event,
                         {dialect.has(Dialect::kTags), dialect.has(Dialect::kCommands),
                          dialect.has(Dialect::kMembership)});
    if (dialect.has(Dialect::kSequence))
        twitch::stamp_lines(out, from, event.position, event.beside);
}

Frame IrcEncoder::seal(std::string_view lines, Dialect dialect) const {
    if (!dialect.has(Dialect::kWebSocket)) return Frame::copy(lines);
    if (!dialect.has(Dialect::kDeflate)) return text_frame(lines, false);
    thread_local wire::ws::Compressor compressor;
    const auto compressed = compressor.compress(lines);
    return compressed ? text_frame(*compressed, true) : text_frame(lines, false);
}

}  // namespace clamor::edge::irc
