// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace clamor::load {

/// Lets this process have as many descriptors as it may: each connection is one.
void raise_descriptor_limit();

}  // namespace clamor::load
