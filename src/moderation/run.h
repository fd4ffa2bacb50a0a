// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "moderation/service.h"

namespace clamor::moderation {

inline chat::Denied denied(chat::Denial why, const chat::User& target) {
    return {.why = why, .target = chat::person_of(target), .target_type = target.type};
}

inline chat::Denied unknown(const chat::Target& target) {
    return {.why = chat::Denial::unknown_user, .target = {target.id, target.login, target.login}};
}

/// One call of Service::perform: gathers what its acts change, and sees its own changes, so that a
/// later act of the same call decides on what an earlier one did.
class Service::Run {
  public:
    Run(Service& service, const store::Channel& channel, const Actor& actor, const RoomFacts& facts,
        WallTime now, std::uint64_t random);

    Result<std::vector<chat::ActAnswer>> all(std::span<const chat::Act> acts);

  private:
    using Answer = Result<chat::ActAnswer>;

    // One for each act.
    Answer operator()(const chat::act::Ban& act);
    Answer operator()(const chat::act::Unban& act);
    Answer operator()(const chat::act::DeleteMessage& act);
    Answer operator()(const chat::act::ClearChat& act);
    Answer operator()(const chat::act::ChangeModes& act);
    Answer operator()(const chat::act::GiveRole& act);
    Answer operator()(const chat::act::TakeRole& act);
    Answer operator()(const chat::act::Announce& act);
    Answer operator()(const chat::act::Warn& act);
    Answer operator()(const chat::act::AcknowledgeWarning& act);
    Answer operator()(const chat::act::Suspect& act);
    Answer operator()(const chat::act::Shield& act);
    Answer operator()(const chat::act::Raid& act);
    Answer operator()(const chat::act::CancelRaid& act);
    Answer operator()(const chat::act::Shoutout& act);
    Answer operator()(const chat::act::Pin& act);
    Answer operator()(const chat::act::Unpin& act);
    Answer operator()(const chat::act::AddTerm& act);
    Answer operator()(const chat::act::RemoveTerm& act);
    Answer operator()(const chat::act::RequestUnban& act);
    Answer operator()(const chat::act::ResolveUnban& act);
    Answer operator()(const chat::act::DecideHeld& act);
    Answer operator()(const chat::act::ChangeAutoMod& act);
    Answer operator()(const chat::act::Permit& act);
    Answer operator()(const chat::act::NoteTrip& act);
    Answer operator()(const chat::act::ExtendTrip& act);
    Answer operator()(const chat::act::Undo& act);

    /// Reads together what find() would read of each; whom it does not find here, find() tries
    /// alone.
    Result<void> prefetch(std::span<const chat::Target> targets);
    /// A user with what the channel knows of them, as this run has left it; null when unknown.
    Result<chat::Chatter*> find(const chat::Target& target);
    Result<std::optional<chat::Message>> find_message(MessageId id);

    chat::Moderation made(chat::ModAction action, const chat::User* target = nullptr);
    MessageId new_id();
    std::string new_uuid() { return new_id().to_string(); }
    void change(store::Change change) { changes_.push_back(std::move(change)); }
    /// A line in the audit log about what `act` says.
    void audit(const chat::Moderation& act, const nlohmann::json& before,
               const nlohmann::json& after);
    void audit(std::string_view action, MessageId act, UserId target, const std::string& reason,
               const nlohmann::json& before, const nlohmann::json& after);
    /// Lifts what keeps `target` from speaking; the event to publish.
    chat::Moderation lift(chat::Chatter& target, const std::optional<store::Ban>& ban);
    /// With what a ban takes along: the role. Tells which one that was.
    chat::Role put_ban(chat::Chatter& target, const chat::Moderation& act);
    Result<std::optional<store::Ban>> ban_of(const chat::Chatter& target);
    chat::UserNotice notice(std::string kind, std::string text);
    /// What one entry of the audit log did is taken back; false where that is not possible.
    Result<bool> undo_entry(const store::AuditEntry& entry, chat::Done& done);
    Result<bool> undo_automod(const store::AuditEntry& entry, chat::Done& done);
    /// The raid breaker's trip, where it acted under that batch, is over; false: it did not.
    Result<bool> end_trip(const std::string& batch, chat::Done& done);
    Result<std::optional<store::RaidTrip>> trip_in_force();
    Result<bool> undo_shield(const store::AuditEntry& entry, chat::Done& done);
    Result<std::size_t> count_terms();
    chat::Moderation put_term(const store::Term& term);
    chat::Moderation remove_term(const store::Term& term);
    /// As this run has left them.
    Result<store::AutoModSettings> automod_settings();
    chat::Moderation put_automod(store::AutoModSettings settings);
    bool undo_modes(const store::AuditEntry& entry, chat::Done& done);
    bool undo_role(const store::AuditEntry& entry, chat::Chatter& target, chat::Done& done);
    /// The events of going from the present modes to `wanted`, one for each that differs.
    void set_modes(const chat::RoomState& wanted, chat::Done& done);
    Answer set_role(const chat::Target& target, chat::Role role, bool give);

    Service& service_;
    store::Channel channel_;
    const Actor& actor_;
    const RoomFacts& facts_;
    const WallTime now_;
    std::mt19937_64 random_;
    chat::Chatter self_;
    std::map<UserId, chat::Chatter> users_;
    std::unordered_map<std::string, UserId> ids_;       ///< by login, of those who were prefetched
    std::map<UserId, std::optional<store::Ban>> bans_;  ///< as this run has left them
    std::vector<store::Change> changes_;
    std::vector<store::AuditEntry> audit_;
    std::optional<WallTime> shouted_;
    std::optional<std::size_t> terms_;
    std::optional<store::AutoModSettings> automod_;
};

}  // namespace clamor::moderation
