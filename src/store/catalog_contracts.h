// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/automod_contract.h"
#include "store/catalog_contract.h"
#include "store/moderation_contract.h"
#include "store/people_contract.h"
#include "store/webhook_contract.h"

/// Everything that a catalog promises, of the one that `Fixture` has.
#define CLAMOR_TEST_CATALOG(Name, Fixture)                             \
    INSTANTIATE_TYPED_TEST_SUITE_P(Name, CatalogContract, Fixture);    \
    INSTANTIATE_TYPED_TEST_SUITE_P(Name, ModerationContract, Fixture); \
    INSTANTIATE_TYPED_TEST_SUITE_P(Name, PeopleContract, Fixture);     \
    INSTANTIATE_TYPED_TEST_SUITE_P(Name, AutoModContract, Fixture);    \
    INSTANTIATE_TYPED_TEST_SUITE_P(Name, WebhookContract, Fixture)
