// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace clamor::bus::redis {

/// One message as it lies in a stream: docs/protocol/bus.md. (node, number) names one publishing: a
/// node's numbers grow in each stream, so that whoever has seen one knows all earlier ones for
/// done.
struct Envelope {
    std::uint64_t node = 0;
    std::uint64_t number = 0;
    std::string_view bytes;
};

std::string encode_envelope(const Envelope& envelope);
/// `bytes` points into `text`. Nothing when it is not an envelope of a version that we know.
std::optional<Envelope> decode_envelope(std::string_view text);

/// A stream's entry id, `<epoch>-<sequence>`.
std::string to_entry_id(Position position);
std::optional<Position> parse_entry_id(std::string_view text);

/// What is published: the entry id, a blank, the envelope.
struct Published {
    Position position;
    std::string_view envelope;
};
std::optional<Published> parse_published(std::string_view payload);

}  // namespace clamor::bus::redis
