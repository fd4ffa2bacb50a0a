// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "store/checks.h"
#include "store/moderation_checks.h"
#include "store/sql/catalog.h"
#include "store/sql/many.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

const std::string kWhoExists = "SELECT user_id FROM users WHERE user_id";
const std::string kPutBan =
    "INSERT INTO bans (channel_id, user_id, moderator_id, reason, created_at, expires_at)";
const std::string kOrReplaceBan =
    " ON CONFLICT (channel_id, user_id) DO UPDATE SET moderator_id = excluded.moderator_id, "
    "reason = excluded.reason, created_at = excluded.created_at, expires_at = excluded.expires_at";
const std::string kRemoveBan = "DELETE FROM bans WHERE channel_id = :channel AND user_id = :user";
const std::string kForgetTimeouts =
    "DELETE FROM bans WHERE channel_id = :channel AND expires_at IS NOT NULL AND expires_at <= "
    ":now";
const std::string kPutWarning =
    "INSERT INTO warnings (channel_id, user_id, moderator_id, reason, created_at) "
    "VALUES (:channel, :user, NULLIF(CAST(:moderator AS BIGINT), 0), :reason, :at) "
    "ON CONFLICT (channel_id, user_id) DO UPDATE SET moderator_id = excluded.moderator_id, "
    "reason = excluded.reason, created_at = excluded.created_at";
const std::string kRemoveWarning =
    "DELETE FROM warnings WHERE channel_id = :channel AND user_id = :user";
const std::string kPutSuspicion =
    "INSERT INTO suspicious_users (channel_id, user_id, moderator_id, suspicion, updated_at) "
    "VALUES (:channel, :user, NULLIF(CAST(:moderator AS BIGINT), 0), :suspicion, :at) "
    "ON CONFLICT (channel_id, user_id) DO UPDATE SET moderator_id = excluded.moderator_id, "
    "suspicion = excluded.suspicion, updated_at = excluded.updated_at";
const std::string kRemoveSuspicion =
    "DELETE FROM suspicious_users WHERE channel_id = :channel AND user_id = :user";
const std::string kPutModes =
    "UPDATE channels SET emote_only = :emote_only, followers_only_minutes = :followers, "
    "unique_chat = :unique_chat, slow_seconds = :slow, subscribers_only = :subscribers, "
    "delay_seconds = :delay "
    "WHERE channel_id = :id";
const std::string kPutShield =
    "INSERT INTO shields (channel_id, active, moderator_id, activated_at) VALUES (:channel, "
    ":active, NULLIF(CAST(:moderator AS BIGINT), 0), NULLIF(:at, 9223372036854775807)) "
    "ON CONFLICT (channel_id) DO UPDATE SET active = excluded.active, "
    "moderator_id = excluded.moderator_id, activated_at = excluded.activated_at";
const std::string kPutPin =
    "INSERT INTO pins (channel_id, message_id, moderator_id, starts_at, ends_at, updated_at) "
    "VALUES (:channel, :message, NULLIF(CAST(:moderator AS BIGINT), 0), :starts, "
    "NULLIF(:ends, 9223372036854775807), :updated) "
    "ON CONFLICT (channel_id) DO UPDATE SET message_id = excluded.message_id, "
    "moderator_id = excluded.moderator_id, starts_at = excluded.starts_at, "
    "ends_at = excluded.ends_at, updated_at = excluded.updated_at";
const std::string kRemovePin = "DELETE FROM pins WHERE channel_id = :channel";
const std::string kPutTerm =
    "INSERT INTO terms (channel_id, term_id, moderator_id, term, permitted, created_at, "
    "updated_at, expires_at, is_private, shadow, holds, list) VALUES (:channel, :id, "
    "NULLIF(CAST(:moderator AS BIGINT), 0), :term, :permitted, :created, :updated, "
    "NULLIF(:expires, 9223372036854775807), :private, :shadow, :holds, :list) "
    "ON CONFLICT (channel_id, term_id) DO UPDATE SET moderator_id = excluded.moderator_id, "
    "term = excluded.term, permitted = excluded.permitted, created_at = excluded.created_at, "
    "updated_at = excluded.updated_at, expires_at = excluded.expires_at, "
    "is_private = excluded.is_private, shadow = excluded.shadow, holds = excluded.holds, "
    "list = excluded.list";
const std::string kRemoveTerm = "DELETE FROM terms WHERE channel_id = :channel AND term_id = :id";
const std::string kPutUnbanRequest =
    "INSERT INTO unban_requests (channel_id, request_id, user_id, request, status, created_at, "
    "resolved_at, moderator_id, resolution) VALUES (:channel, :id, :user, :request, :status, "
    ":created, NULLIF(:resolved, 9223372036854775807), NULLIF(CAST(:moderator AS BIGINT), 0), "
    ":resolution) "
    "ON CONFLICT (channel_id, request_id) DO UPDATE SET user_id = excluded.user_id, "
    "request = excluded.request, status = excluded.status, created_at = excluded.created_at, "
    "resolved_at = excluded.resolved_at, moderator_id = excluded.moderator_id, "
    "resolution = excluded.resolution";
const std::string kResolveUnbanRequest =
    "UPDATE unban_requests SET status = :status, resolved_at = NULLIF(:resolved, "
    "9223372036854775807), moderator_id = NULLIF(CAST(:moderator AS BIGINT), 0), resolution = "
    ":resolution WHERE channel_id = :channel AND request_id = :id AND status = 'pending'";
const std::string kPutAutoMod =
    "INSERT INTO automod_settings (channel_id, overall_level, aggression, bullying, disability, "
    "misogyny, race, sex_terms, sexuality, swearing, rules, version) VALUES (:channel, "
    "NULLIF(:overall, -1), :c0, :c1, :c2, :c3, :c4, :c5, :c6, :c7, :rules, :version) "
    "ON CONFLICT (channel_id) DO UPDATE SET overall_level = excluded.overall_level, "
    "aggression = excluded.aggression, bullying = excluded.bullying, "
    "disability = excluded.disability, misogyny = excluded.misogyny, race = excluded.race, "
    "sex_terms = excluded.sex_terms, sexuality = excluded.sexuality, "
    "swearing = excluded.swearing, rules = excluded.rules, version = excluded.version";
const std::string kPutRaidTrip =
    "INSERT INTO raid_trips (channel_id, batch, at, ends_at, shadow, ended, details) VALUES "
    "(:channel, :batch, :at, :until, :shadow, :over, :details) "
    "ON CONFLICT (channel_id) DO UPDATE SET batch = excluded.batch, at = excluded.at, "
    "ends_at = excluded.ends_at, shadow = excluded.shadow, ended = excluded.ended, "
    "details = excluded.details";
const std::string kSharesAlready =
    "SELECT COUNT(*) FROM shared_chats WHERE channel_id = :channel AND session_id <> :id";
const std::string kRemoveSharedChat = "DELETE FROM shared_chats WHERE session_id = :id";
const std::string kPutSharedChat =
    "INSERT INTO shared_chats (channel_id, session_id, host_id, place, created_at, updated_at) "
    "VALUES (:channel, :id, :host, :place, :created_at, :updated_at)";
const std::string kDecideHeld =
    "UPDATE held_messages SET status = :status, moderator_id = NULLIF(CAST(:moderator AS BIGINT), "
    "0), "
    "decided_at = :at WHERE channel_id = :channel AND message_id = :id AND status = 'pending'";

/// Writes changes inside a transaction. Whom they name is looked up together, and what many of them
/// have in common, once. Bans that follow one another are written together. Their ends are not:
/// PostgreSQL, which does not know yet how many a bulk has made, looks through all of a channel's
/// for each list of users.
class ChangeWriter {
  public:
    ChangeWriter(Session& sql, std::span<const Change> changes) : sql_(sql) {
        std::set<UserId> users;
        for (const Change& change : changes) {
            const Named named = named_by(change);
            if (named.user) users.insert(*named.user);
            if (named.moderator) users.insert(named.moderator);
        }
        Cells wanted;
        for (const UserId user : users) wanted.push_back(cell(user));
        for (const long long id : fetch_in<NumberRow>(sql_, kWhoExists, wanted))
            users_.insert(id_of<UserId>(id));
    }

    Result<void> write(const Change& change) {
        if (auto known = check_known(named_by(change)); !known) return known;
        if (!std::holds_alternative<change::PutBan>(change)) write_bans();
        refused_ = {};
        std::visit(*this, change);
        return refused_;
    }

    /// Behind the last change. Timeouts that had ended when the last ban of their channel was
    /// written are of no use to anybody and would make its list of bans slow in time.
    void finish() {
        write_bans();
        for (const auto& [channel, banned_at] : banned_at_)
            sql_.change(kForgetTimeouts, number(channel), number(banned_at));
    }

    void operator()(const change::PutBan& put) {
        const Ban& ban = put.ban;
        // A second ban of a user is written behind the first.
        if (!banned_.emplace(ban.channel, ban.user).second) {
            write_bans();
            banned_.emplace(ban.channel, ban.user);
        }
        bans_.push_back({cell(ban.channel), cell(ban.user),
                         ban.moderator ? cell(ban.moderator) : Cell(), ban.reason,
                         cell(ban.created_at), ban.expires_at ? cell(*ban.expires_at) : Cell()});
        WallTime& banned_at = banned_at_.try_emplace(ban.channel, ban.created_at).first->second;
        banned_at = std::max(banned_at, ban.created_at);
    }
    void operator()(const change::RemoveBan& removal) {
        sql_.change(kRemoveBan, number(removal.channel), number(removal.user));
    }
    void operator()(const change::PutRole& put) { put_role(sql_, put.channel, put.user, put.role); }
    void operator()(const change::PutModes& put) {
        const chat::RoomState& modes = put.modes;
        sql_.change(kPutModes, int{modes.emote_only}, modes.followers_only_minutes,
                    int{modes.unique_chat}, static_cast<long long>(modes.slow_seconds),
                    int{modes.subscribers_only}, static_cast<long long>(modes.delay_seconds),
                    number(put.channel));
    }
    void operator()(const change::PutWarning& put) {
        sql_.change(kPutWarning, number(put.channel), number(put.user), number(put.moderator),
                    put.reason, number(put.at));
    }
    void operator()(const change::RemoveWarning& removal) {
        sql_.change(kRemoveWarning, number(removal.channel), number(removal.user));
    }
    void operator()(const change::PutSuspicion& put) {
        const SuspiciousUser& user = put.user;
        if (user.suspicion == chat::Suspicion::none) {
            sql_.change(kRemoveSuspicion, number(put.channel), number(user.user));
            return;
        }
        const bool monitored = user.suspicion == chat::Suspicion::monitored;
        sql_.change(kPutSuspicion, number(put.channel), number(user.user), number(user.moderator),
                    std::string(monitored ? "monitored" : "restricted"), number(user.updated_at));
    }
    void operator()(const change::PutShield& put) {
        sql_.change(kPutShield, number(put.channel), int{put.shield.active},
                    number(put.shield.moderator), number(put.shield.activated_at));
    }
    void operator()(const change::PutPin& put) {
        const PinnedMessage& pin = put.pin;
        sql_.change(kPutPin, number(put.channel), pin.message.to_string(), number(pin.moderator),
                    number(pin.starts_at), number(pin.ends_at), number(pin.updated_at));
    }
    void operator()(const change::RemovePin& removal) {
        sql_.change(kRemovePin, number(removal.channel));
    }
    void operator()(const change::PutTerm& put) {
        const Term& term = put.term;
        sql_.change(kPutTerm, number(term.channel), *uuid_key(term.id), number(term.moderator),
                    term.text, int{term.permitted}, number(term.created_at),
                    number(term.updated_at), number(term.expires_at), int{term.private_term},
                    int{term.shadow}, int{term.holds}, term.list);
    }
    void operator()(const change::RemoveTerm& removal) {
        sql_.change(kRemoveTerm, number(removal.channel), *uuid_key(removal.id));
    }
    void operator()(const change::PutUnbanRequest& put) {
        const UnbanRequest& request = put.request;
        if (put.resolves) {
            const std::string id = *uuid_key(request.id);
            if (sql_.change(kResolveUnbanRequest, std::string(name_of(request.status)),
                            number(request.resolved_at), number(request.moderator),
                            request.resolution_text, number(request.channel), id) == 0) {
                refused_ = request_not_pending(id);
            }
            return;
        }
        sql_.change(kPutUnbanRequest, number(request.channel), *uuid_key(request.id),
                    number(request.user), request.text, std::string(name_of(request.status)),
                    number(request.created_at), number(request.resolved_at),
                    number(request.moderator), request.resolution_text);
    }
    void operator()(const change::PutAutoMod& put) {
        const auto level = [&](std::size_t category) {
            return int{put.settings.categories[category]};
        };
        const auto& overall = put.settings.overall_level;
        sql_.change(kPutAutoMod, number(put.channel), overall ? int{*overall} : -1, level(0),
                    level(1), level(2), level(3), level(4), level(5), level(6), level(7),
                    put.settings.rules, static_cast<long long>(put.settings.version));
    }
    void operator()(const change::PutRaidTrip& put) {
        const RaidTrip& trip = put.trip;
        sql_.change(kPutRaidTrip, number(trip.channel), trip.batch, number(trip.at),
                    number(trip.until), int{trip.shadow}, int{trip.over}, trip.details);
    }
    void operator()(const change::PutSharedChat& put) {
        const chat::SharedChat& session = put.session;
        const std::string id = *uuid_key(session.id);
        sql_.change(kRemoveSharedChat, id);
        int place = 0;
        for (const chat::Person& one : session.participants) {
            const ChannelId channel(one.id.value);
            if (!channel_exists(sql_, channel)) {
                refused_ = no_such_channel(channel);
            } else if (sql_.fetch_one<NumberRow>(kSharesAlready, number(channel), id) != 0) {
                refused_ = shares_already(one.id);
            } else {
                sql_.change(kPutSharedChat, number(channel), id, number(session.host.id), ++place,
                            number(session.created_at), number(session.updated_at));
            }
            if (!refused_) return;
        }
    }
    void operator()(const change::DecideHeld& decision) {
        const auto decided = sql_.change(kDecideHeld, std::string(chat::name_of(decision.status)),
                                         number(decision.moderator), number(decision.at),
                                         number(decision.channel), decision.message.to_string());
        if (decided == 0) refused_ = not_pending(decision.message);
    }

  private:
    void write_bans() {
        insert_rows(sql_, kPutBan, bans_, kOrReplaceBan);
        bans_.clear();
        banned_.clear();
    }

    Result<void> check_known(const Named& named) {
        if (!channels_.contains(named.channel)) {
            if (!channel_exists(sql_, named.channel)) return no_such_channel(named.channel);
            channels_.insert(named.channel);
        }
        if (named.user) {
            if (auto known = check_known(*named.user); !known) return known;
        }
        return named.moderator ? check_known(named.moderator) : Result<void>();
    }

    Result<void> check_known(UserId user) {
        return users_.contains(user) ? Result<void>() : no_such_user(user);
    }

    Session& sql_;
    std::vector<Cells> bans_;  ///< to be written together
    std::set<std::pair<ChannelId, UserId>> banned_;
    std::unordered_set<ChannelId> channels_;
    std::unordered_set<UserId> users_;
    std::map<ChannelId, WallTime> banned_at_;
    Result<void> refused_;  ///< what the last change found decided
};

}  // namespace

Result<void> SqlCatalog::apply(std::span<const Change> changes, std::span<const AuditEntry> audit) {
    for (const Change& change : changes) {
        if (auto fine = check_change(change); !fine) return fine;
    }
    for (const AuditEntry& entry : audit) {
        if (auto fine = check_audit(entry); !fine) return fine;
    }
    return database_->run("applying moderation", [&](Session& sql) -> Result<void> {
        Transaction transaction(sql);
        // First, also when it takes no number: see next_number.
        const long long last_id =
            next_number(sql, "audit_id", static_cast<long long>(audit.size()));
        ChangeWriter writer(sql, changes);
        for (const Change& change : changes) {
            if (auto written = writer.write(change); !written) return written;
        }
        writer.finish();
        write_audit(sql, audit, last_id);
        transaction.commit();
        return {};
    });
}

}  // namespace clamor::store
