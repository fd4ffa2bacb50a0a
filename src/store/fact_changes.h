// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "store/catalog.h"

/// Facts of people and channels that are set outside of chat (REST, the claims of tokens, the
/// command line): their names, and the one way to set them, which leaves a line in the audit log.
namespace clamor::store {

/// What roles and account types are called outside, by their value.
inline constexpr std::array<std::string_view, 4> kRoleNames{"viewer", "vip", "moderator",
                                                            "broadcaster"};
inline constexpr std::array<std::string_view, 4> kAccountTypeNames{"", "global_mod", "admin",
                                                                   "staff"};
std::string_view name_of(chat::Role role);
std::string_view name_of(chat::AccountType type);

/// The facts as REST shows and the audit log keeps them, by name. Of a standing: not bans,
/// warnings and suspicion, which are moderators' acts.
nlohmann::ordered_json facts_of(const chat::Standing& standing);
nlohmann::ordered_json facts_of(const chat::User& user);
nlohmann::ordered_json facts_of(const Channel& channel);

/// When and by which door something is set. It is nobody's in particular.
struct Source {
    WallTime at{};
    std::string_view origin{};  ///< as AuditEntry::origin
};

/// Writes some facts to the catalog and says whether it changed any. It is given what they are.
template <class Facts>
using SetFacts = std::function<Result<bool>(const Facts& before)>;

/// The facts of somebody in a channel: has `set` write them, and puts those that differ afterwards
/// into the channel's audit log as `standing`, also where `set` gives an error. Gives what `set`
/// gives. Blocks.
Result<bool> change_standing(Catalog& catalog, ChannelId channel, UserId user, Source source,
                             const SetFacts<chat::Standing>& set);
/// The same of an account, in the log of its own channel, as `account`.
Result<bool> change_account(Catalog& catalog, const chat::User& before, Source source,
                            const SetFacts<chat::User>& set);
/// The same of a channel, as `channel`.
Result<bool> change_channel(Catalog& catalog, const Channel& before, Source source,
                            const SetFacts<Channel>& set);

}  // namespace clamor::store
