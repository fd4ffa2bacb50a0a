// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "base/log.h"
#include "hub/room_host.h"
#include "moderation/automod_findings.h"
#include "moderation/automod_roles.h"
#include "moderation/service.h"
#include "store/catalog.h"
#include "text/utf8.h"

/// What AutoMod says of messages that the room's rules have accepted, and the messages that it
/// holds.
namespace clamor::hub {

namespace {

namespace role = automod::role;

constexpr std::chrono::milliseconds kVerdictsEvery{500};
constexpr std::size_t kVerdictBatch = 256;
constexpr std::chrono::hours kForgetEvery{1};
constexpr std::chrono::seconds kExpireAgain{5};
/// The mention in front of a reply, which is the server's.
std::string_view prefix_of(const chat::Message& said) {
    if (!said.reply) return {};
    return std::string_view(said.text).substr(0, said.reply->parent_display_name.size() + 2);
}

void shift_spans(automod::Judgement& judgement, std::uint32_t by) {
    if (by == 0) return;
    for (automod::Finding& finding : judgement.findings) {
        for (text::CodePoints& span : finding.spans) {
            span.first += by;
            span.last += by;
        }
    }
    judgement.scores.span.first += by;
    judgement.scores.span.last += by;
}

/// The built-in verdict stands where the model gave no answer.
automod::Verdict verdict_of(const automod::Judgement& fast,
                            const std::optional<LargerModel::Answer>& answer,
                            const automod::Policy& policy) {
    if (!answer) return fast;
    return automod::combine(
        fast, {.model = answer->model, .version = answer->version, .scores = answer->scores},
        policy);
}

store::VerdictRecord record_of(ChannelId channel, const chat::Message& said, UserId author,
                               WallTime at, const automod::Verdict& verdict) {
    return {.channel = channel,
            .message = said.id,
            .author = author,
            .at = at,
            .action = static_cast<std::uint8_t>(verdict.action),
            .text = said.text,
            .findings = moderation::findings_document(verdict.findings)};
}

/// The event of a message that has waited too long; nothing when it was decided meanwhile.
Result<std::optional<chat::HeldMessage>> expire(store::Catalog& catalog, ChannelId channel,
                                                MessageId id, MessageId event_id, WallTime now) {
    auto found = catalog.find_held(channel, id);
    if (!found) return tl::unexpected(found.error());
    if (!*found || (*found)->status != chat::HoldStatus::pending) return std::nullopt;
    auto event = chat::decode_event((*found)->event);
    if (!event) return tl::unexpected(event.error());
    auto* held = std::get_if<chat::HeldMessage>(&event->body);
    if (held == nullptr) return fail(std::errc::bad_message, "what is held is no message");
    const store::Change change =
        store::change::DecideHeld{channel, id, chat::HoldStatus::expired, {}, now};
    if (auto written = catalog.apply(std::span(&change, 1), {}); !written) {
        if (written.error().code == std::errc::file_exists) return std::nullopt;
        return tl::unexpected(written.error());
    }
    held->id = event_id;
    held->at = now;
    held->status = chat::HoldStatus::expired;
    return std::optional(std::move(*held));
}

}  // namespace

MessageId RoomHost::new_id(WallTime at) {
    const std::uint64_t high = random_();
    return MessageId::at(at, high, random_());
}

void RoomHost::moderate(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                        chat::Message said) {
    const Now now = scheduler_.now();
    const bool copy = chat::is_copy(said, room.channel);
    if (room.watches_raids() && !copy) watch_first_message(room, entry, said.text);
    const automod::Roles roles = moderation::roles_of(entry.chatter, now.wall);
    if (!room.automod || (roles & role::kAlwaysExempt) != 0)
        return publish(room, entry, who, request, std::move(said));
    const std::string_view prefix = prefix_of(said);
    const auto shift = static_cast<std::uint32_t>(text::count_code_points(prefix));
    emote_spans_.clear();
    for (const chat::EmoteOccurrence& emote : said.emotes)
        emote_spans_.push_back({emote.first - shift, emote.last - shift});
    automod::Judgement judgement =
        automod_.judge({.text = std::string_view(said.text).substr(prefix.size()),
                        .emotes = emote_spans_,
                        .author = entry.chatter.user.id,
                        .roles = roles},
                       *room.automod->policy, room.automod_memory, now);
    shift_spans(judgement, shift);
    if (!judgement.ask_model || services_.model == nullptr || !room.automod->ask_model)
        return carry_out(room, entry, who, request, std::move(said), judgement);
    // In shadow the model's word is recorded and no more: the message does not wait for it, and
    // where it is not let pass the record goes with it.
    if (!room.automod->policy->settings.classifier_shadow) {
        if (ask_model(room, entry, who, request, said, judgement)) return;
    } else if (judgement.action == automod::Action::allow) {
        said.id = new_id(now.wall);
        if (record_with_model(room, said, entry.chatter.user.id, judgement))
            return publish(room, entry, who, request, std::move(said));
    }
    carry_out(room, entry, who, request, std::move(said), judgement);
}

bool RoomHost::ask_model(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                         const chat::Message& said, const automod::Judgement& fast) {
    const ChannelId channel = room.channel;
    const UserId user = entry.chatter.user.id;
    // While the model thinks, the chatter's later messages wait behind this one.
    const std::uint64_t lookup = hold_back(entry);
    const auto answered =
        [this, channel, user, lookup, who, request, said, fast,
         policy = room.automod->policy](const std::optional<LargerModel::Answer>& answer) {
            const auto refuse = [this, who, request] {
                outlet_.answer_send(who, request, SendRefusal::busy);
            };
            resume(
                channel, user, lookup, "model",
                [&](HostedRoom& in, ChatterEntry& by) {
                    // Nothing comes after a ban that came meanwhile.
                    if (const auto refused =
                            chat::check_standing(by.chatter.standing, scheduler_.now().wall)) {
                        counters_.messages_refused.add();
                        outlet_.answer_send(who, request, *refused);
                        return;
                    }
                    carry_out(in, by, who, request, said, verdict_of(fast, answer, *policy));
                },
                refuse);
        };
    if (ask_model_about(said, answered)) return true;
    entry.lookup = 0;
    entry.ready = true;
    return false;
}

bool RoomHost::record_with_model(const HostedRoom& room, const chat::Message& said, UserId author,
                                 const automod::Judgement& fast) {
    const auto at = scheduler_.now().wall;
    return ask_model_about(said, [this, channel = room.channel, said, author, at, fast,
                                  policy = room.automod->policy](const auto& answer) {
        const automod::Verdict verdict = verdict_of(fast, answer, *policy);
        if (!verdict.findings.empty()) record(record_of(channel, said, author, at, verdict));
    });
}

bool RoomHost::ask_model_about(
    const chat::Message& said,
    std::function<void(const std::optional<LargerModel::Answer>&)> answered) {
    return services_.model->ask(
        std::string(std::string_view(said.text).substr(prefix_of(said).size())),
        [this, answered = std::move(answered),
         home = scheduler_.shard()](std::optional<LargerModel::Answer> answer) {
            scheduler_.post_to(home, Priority::control,
                               [answered, answer = std::move(answer)] { answered(answer); });
        });
}

void RoomHost::carry_out(HostedRoom& room, ChatterEntry& entry, MemberRef who, RequestId request,
                         chat::Message said, const automod::Verdict& verdict) {
    if (verdict.findings.empty() && verdict.action == automod::Action::allow)
        return publish(room, entry, who, request, std::move(said));
    const WallTime now = scheduler_.now().wall;
    said.id = new_id(now);
    if (verdict.action == automod::Action::hold)
        return hold(room, entry, who, request, std::move(said), verdict);
    record(record_of(room.channel, said, entry.chatter.user.id, now, verdict));
    if (verdict.action == automod::Action::block) {
        counters_.automod_blocked.add();
        outlet_.answer_send(who, request, chat::Refused{.why = chat::Refusal::rejected});
        return;
    }
    said.marks = moderation::marks_of(verdict);
    publish(room, entry, who, request, std::move(said));
}

void RoomHost::hold(HostedRoom& room, const ChatterEntry& entry, MemberRef who, RequestId request,
                    chat::Message said, const automod::Verdict& verdict) {
    const WallTime now = scheduler_.now().wall;
    // The catalog holds the bound; here a flood is kept from the workers.
    if (room.held.size() + room.holding >= limits::kHeldPerChannel) {
        counters_.automod_hold_full.add();
        record(record_of(room.channel, said, entry.chatter.user.id, now, verdict));
        outlet_.answer_send(who, request, chat::Refused{.why = chat::Refusal::rejected});
        return;
    }
    chat::set_author(said, entry.chatter);
    said.sent_at = now;
    said.first_message = !entry.chatter.standing.has_spoken;
    said.client_nonce.clear();  // of a message that the sender is told was not sent
    auto verdict_record = record_of(room.channel, said, said.author_id, now, verdict);
    const auto event = std::make_shared<chat::Event>();
    event->channel = room.channel;
    event->channel_login = room.login;
    event->body = chat::HeldMessage{.id = new_id(now),
                                    .at = now,
                                    .message = std::move(said),
                                    .held_at = now,
                                    .status = chat::HoldStatus::pending,
                                    .moderator = {},
                                    .reasons = moderation::reasons_of(verdict)};
    ++room.holding;
    const bool queued = services_.workers.post([this, event, who, request,
                                                verdict_record = std::move(verdict_record),
                                                home = scheduler_.shard()] {
        const auto& held = std::get<chat::HeldMessage>(event->body);
        const auto kept = services_.catalog.hold({.channel = event->channel,
                                                  .id = held.message.id,
                                                  .author = held.message.author_id,
                                                  .event = chat::encode_event(*event),
                                                  .held_at = held.held_at},
                                                 limits::kHeldPerChannel);
        auto recorded = services_.catalog.record_verdicts(std::span(&verdict_record, 1));
        if (!kept || !recorded) {
            const Error& error = !kept ? kept.error() : recorded.error();
            log::warn("a held message could not be stored", {{"error", error.to_string()}});
        }
        const Holding outcome = !kept ? Holding::failed : *kept ? Holding::kept : Holding::full;
        scheduler_.post_to(home, Priority::control, [this, event, who, request, outcome] {
            held_stored(*event, who, request, outcome);
        });
    });
    if (!queued) held_stored(*event, who, request, Holding::failed);
}

void RoomHost::held_stored(const chat::Event& event, MemberRef who, RequestId request,
                           Holding outcome) {
    const MessageId id = std::get<chat::HeldMessage>(event.body).message.id;
    const auto answer = [&](chat::Refusal why, std::uint32_t retry = 0) {
        outlet_.answer_send(who, request, chat::Refused{.why = why, .retry_after_seconds = retry});
    };
    if (const auto room = rooms_.find(event.channel); room != rooms_.end()) {
        --room->second->holding;
        room->second->last_used = scheduler_.now().mono;
    }
    if (outcome == Holding::failed) return answer(chat::Refusal::store_unavailable, 5);
    if (outcome == Holding::full) {
        counters_.automod_hold_full.add();
        return answer(chat::Refusal::rejected);
    }
    counters_.automod_held.add();
    guarded(
        event.channel, "hold",
        [&](HostedRoom& room) {
            note_held(room, id, scheduler_.now().mono + services_.moderation.hold_for());
            publish_event(room, event);
        },
        [] {});
    answer(chat::Refusal::held);
}

void RoomHost::note_held(HostedRoom& room, MessageId id, MonoTime until) {
    if (!room.held.emplace(id, until).second) return;
    counters_.automod_pending.add();
    arm_expiry(until);
}

void RoomHost::forget_held(HostedRoom& room, MessageId id) {
    if (room.held.erase(id) != 0) counters_.automod_pending.sub();
}

void RoomHost::arm_expiry(MonoTime at) {
    if (expiry_timer_ && expiry_at_ <= at) return;
    if (expiry_timer_) scheduler_.cancel(expiry_timer_);
    expiry_at_ = at;
    expiry_timer_ = scheduler_.call_at(at, [this] { expire_held(); });
}

void RoomHost::expire_held() {
    expiry_timer_ = {};
    const Now now = scheduler_.now();
    std::optional<MonoTime> next;
    for (auto& [channel, room] : rooms_) {
        std::vector<MessageId> due;
        for (const auto& [id, until] : room->held) {
            if (until <= now.mono) {
                due.push_back(id);
            } else if (!next || until < *next) {
                next = until;
            }
        }
        for (const MessageId id : due) expire_one(*room, id);
    }
    if (next) arm_expiry(*next);
}

void RoomHost::expire_one(HostedRoom& room, MessageId id) {
    forget_held(room, id);
    ++room.holding;
    const WallTime now = scheduler_.now().wall;
    const bool queued = services_.workers.post(
        [this, channel = room.channel, id, now, event_id = new_id(now), home = scheduler_.shard()] {
            auto held = expire(services_.catalog, channel, id, event_id, now);
            if (!held) {
                log::warn("a held message could not expire",
                          {{"channel", channel.value}, {"error", held.error().to_string()}});
            }
            scheduler_.post_to(home, Priority::control,
                               [this, channel, id, held = std::move(held)]() mutable {
                                   expired(channel, id, std::move(held));
                               });
        });
    if (!queued) expired(room.channel, id, fail(std::errc::resource_unavailable_try_again));
}

void RoomHost::expired(ChannelId channel, MessageId id,
                       Result<std::optional<chat::HeldMessage>> held) {
    const auto found = rooms_.find(channel);
    if (found == rooms_.end()) return;
    --found->second->holding;
    if (!held) return note_held(*found->second, id, scheduler_.now().mono + kExpireAgain);
    if (!*held) return;
    counters_.automod_expired.add();
    guarded(
        channel, "expire",
        [&](HostedRoom& room) {
            publish_event(room, chat::Event{.channel = room.channel,
                                            .channel_login = room.login,
                                            .position = {},
                                            .body = **std::move(held)});
        },
        [] {});
}

void RoomHost::was_held(HostedRoom& room, chat::Message& message) {
    forget_held(room, message.id);
    const auto author = room.chatters.find(message.author_id);
    if (author == room.chatters.end()) return;
    bool& has_spoken = author->second.chatter.standing.has_spoken;
    // They may have said something else meanwhile.
    if (has_spoken) message.first_message = false;
    has_spoken = true;
}

void RoomHost::received_held(HostedRoom& room, const chat::EventRef& event,
                             const bus::Received& received) {
    const auto& held = std::get<chat::HeldMessage>(event->body);
    if (held.status != chat::HoldStatus::pending) {
        forget_held(room, held.message.id);
    } else if (!received.published_here) {
        note_held(room, held.message.id, scheduler_.now().mono + services_.moderation.hold_for());
    }
    deliver(room, event, nullptr);
}

void RoomHost::permit(HostedRoom& room, const chat::Moderation& act) {
    const MonoTime until = scheduler_.now().mono + std::chrono::seconds(act.number);
    if (act.action == chat::ModAction::permit_links)
        room.automod_memory.permit_links(act.target.id, until);
    if (act.action != chat::ModAction::allow_once) return;
    text::Normalised phrase;
    services_.moderation.automod().normaliser().normalise(act.text, {}, phrase);
    room.automod_memory.allow_once(act.target.id, std::move(phrase.text), until);
}

void RoomHost::wake(ChannelId channel) {
    in_room(
        channel, "wake", [](HostedRoom&) {},
        [this, channel] {
            scheduler_.call_at(scheduler_.now().mono + kExpireAgain,
                               [this, channel] { wake(channel); });
        });
}

void RoomHost::use(const std::shared_ptr<const automod::Classifier>& classifier) {
    automod_.use(classifier);
}

void RoomHost::record(store::VerdictRecord verdict) {
    if (verdicts_.size() >= limits::kVerdictsBuffered) {
        counters_.automod_verdicts_dropped.add();
        return;
    }
    verdicts_.push_back(std::move(verdict));
    if (verdicts_.size() >= kVerdictBatch) return write_verdicts();
    if (!verdicts_timer_) {
        verdicts_timer_ = scheduler_.call_at(scheduler_.now().mono + kVerdictsEvery, [this] {
            verdicts_timer_ = {};
            write_verdicts();
        });
    }
}

void RoomHost::write_verdicts() {
    if (verdicts_.empty() || writing_verdicts_) return;
    writing_verdicts_ = true;
    const Now now = scheduler_.now();
    const bool forget = now.mono - forgotten_at_ >= kForgetEvery;
    if (forget) forgotten_at_ = now.mono;
    const auto batch =
        std::make_shared<std::vector<store::VerdictRecord>>(std::exchange(verdicts_, {}));
    const auto written = [this, count = batch->size()](bool ok) {
        writing_verdicts_ = false;
        if (!ok) counters_.automod_verdicts_dropped.add(count);
        write_verdicts();
    };
    const bool queued = services_.workers.post([this, batch, forget, written, wall = now.wall,
                                                home = scheduler_.shard()] {
        const auto kept = services_.catalog.record_verdicts(*batch);
        if (!kept) log::warn("verdicts could not be stored", {{"error", kept.error().to_string()}});
        const auto forgotten = forget
                                   ? services_.catalog.forget_automod(wall - limits::kVerdictsKept)
                                   : Result<void>();
        if (!forgotten) {
            log::warn("old verdicts could not be removed",
                      {{"error", forgotten.error().to_string()}});
        }
        scheduler_.post_to(home, Priority::control,
                           [written, ok = kept.has_value()] { written(ok); });
    });
    if (!queued) written(false);
}

}  // namespace clamor::hub
