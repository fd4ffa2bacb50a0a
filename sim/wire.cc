// SPDX-License-Identifier: Apache-2.0
#include "sim/wire.h"

#include <cstdint>
#include <cstring>

namespace clamor::sim {

namespace {

struct Head {
    std::uint32_t bytes;
    std::uint32_t text_dialect;
    Position position;
};

}  // namespace

void Encoder::append_lines(std::string& out, const chat::Event& event, hub::Dialect dialect) const {
    const bool membership = std::holds_alternative<chat::MembershipChanged>(event.body);
    if (membership && !dialect.has(hub::Dialect::kMembership)) return;
    const std::string body = chat::encode_event(event);
    const Head head{static_cast<std::uint32_t>(body.size()), dialect.text(), event.position};
    out.append(reinterpret_cast<const char*>(&head), sizeof(head));
    out += body;
}

Frame Encoder::seal(std::string_view lines, hub::Dialect dialect) const {
    const char mark = static_cast<char>(dialect.bits);
    return Frame::concat(std::string_view(&mark, 1), lines);
}

Result<chat::Event> take_event(std::string_view& bytes, hub::Dialect dialect) {
    Head head;
    if (bytes.size() < sizeof(head)) return fail(std::errc::bad_message, "half a line");
    std::memcpy(&head, bytes.data(), sizeof(head));
    bytes.remove_prefix(sizeof(head));
    if (head.text_dialect != dialect.text())
        return fail(std::errc::bad_message, "a line of another dialect");
    auto event = chat::decode_event(bytes.substr(0, head.bytes));
    if (!event) return event;
    bytes.remove_prefix(head.bytes);
    event->position = head.position;
    return event;
}

}  // namespace clamor::sim
