// SPDX-License-Identifier: Apache-2.0
#include "automod/classifier.h"

namespace clamor::automod {

Classifier::~Classifier() = default;

}  // namespace clamor::automod
