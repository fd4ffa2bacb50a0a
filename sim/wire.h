// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "chat/event.h"
#include "hub/dialect.h"

namespace clamor::sim {

/// Events as bytes from which a simulated session reads everything again: the dialect, the
/// position, the event.
class Encoder final : public hub::Encoder {
  public:
    void append_lines(std::string& out, const chat::Event& event,
                      hub::Dialect dialect) const override;
    Frame seal(std::string_view lines, hub::Dialect dialect) const override;
};

/// Takes the first event off a frame's bytes. The first byte of a frame is the dialect that it was
/// sealed for. Errors: what cannot be read, or lines of another dialect than `dialect`.
Result<chat::Event> take_event(std::string_view& bytes, hub::Dialect dialect);

}  // namespace clamor::sim
