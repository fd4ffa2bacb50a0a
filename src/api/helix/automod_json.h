// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/helix/call.h"
#include "automod/verdict.h"
#include "store/automod_store.h"

/// What the moderators' pages about AutoMod have in common. Times are Unix milliseconds, as
/// everywhere below /api.
namespace clamor::api::helix {

Json automod_person(const chat::Person& person);
Json automod_findings(std::span<const automod::Finding> findings);
/// The term of a request; throws the Refusal of what is wrong with it.
chat::act::AddTerm read_term(const Fields& fields, WallTime now);
/// The batch that the request names, or a new one: what is done can be undone by it.
std::string read_batch(Call& call);
/// Has all of it done and answers `{"batch", ...}` with what `then` adds.
Reply act_in_batch(Call& call, chat::Act act, std::function<Json(Call&)> then);

}  // namespace clamor::api::helix
