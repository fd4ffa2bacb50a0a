// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "hub/dialect.h"

namespace clamor::edge::irc {

/// The Twitch line dialects over bare bytes and over WebSocket. Stateless but for a compressor a
/// thread, made when it is first needed.
class IrcEncoder final : public hub::Encoder {
  public:
    void append_lines(std::string& out, const chat::Event& event,
                      hub::Dialect dialect) const override;
    Frame seal(std::string_view lines, hub::Dialect dialect) const override;
};

}  // namespace clamor::edge::irc
