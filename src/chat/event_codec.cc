// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "chat/event.h"
#include "chat/event_bytes.h"

// The layout is described byte by byte in docs/protocol/event-encoding.md; the two change together.
namespace clamor::chat {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kKindMessage = 1;
constexpr std::uint8_t kKindMembership = 2;
constexpr std::uint8_t kKindModeration = 3;
constexpr std::uint8_t kKindUserNotice = 4;
constexpr std::uint8_t kKindHeldMessage = 5;

constexpr std::uint8_t kFlagSubscriber = 1;
constexpr std::uint8_t kFlagFirstMessage = 2;
constexpr std::uint8_t kFlagAction = 4;
constexpr std::uint8_t kFlagEmoteOnly = 8;
constexpr std::uint8_t kFlagReply = 16;
constexpr std::uint8_t kFlagExtras = 32;
constexpr std::uint8_t kFlagsKnown = 63;

constexpr std::uint8_t kExtraTurbo = 1;
constexpr std::uint8_t kExtraReturning = 2;
constexpr std::uint8_t kExtraMonitored = 4;
constexpr std::uint8_t kExtraRestricted = 8;
constexpr std::uint8_t kExtraMarks = 16;
constexpr std::uint8_t kExtraSource = 32;
constexpr std::uint8_t kExtraSourceOnly = 64;
constexpr std::uint8_t kExtrasKnown = 127;

constexpr std::uint8_t kActEnds = 1;
constexpr std::uint8_t kActTextIsAction = 2;
constexpr std::uint8_t kActFlagsKnown = 3;

constexpr std::uint8_t kModeEmoteOnly = 1;
constexpr std::uint8_t kModeUniqueChat = 2;
constexpr std::uint8_t kModeSubscribersOnly = 4;
constexpr std::uint8_t kModeDelay = 8;
constexpr std::uint8_t kModesKnown = 15;

std::size_t expected_size(const Message& message) {
    std::size_t size = 160 + message.text.size() + message.emotes.size() * 44 +
                       (message.badges.size() + message.badge_info.size()) * 24;
    if (message.reply) size += 160 + message.reply->parent_text.size();
    return size;
}

void write_badges(Writer& out, const std::vector<Badge>& badges) {
    out.list(badges, [&](const Badge& badge) {
        out.string(badge.name);
        out.string(badge.version);
    });
}

std::vector<Badge> read_badges(Reader& in) {
    return in.list<Badge>(2, [&] {
        Badge badge;
        badge.name = in.string();
        badge.version = in.string();
        if (badge.name.empty() || badge.version.empty()) in.fail("has an incomplete badge");
        return badge;
    });
}

void write_reply(Writer& out, const ReplyTo& reply) {
    out.id(reply.parent_id);
    out.number(reply.parent_user_id.value);
    out.string(reply.parent_login);
    out.string(reply.parent_display_name);
    out.string(reply.parent_text);
    out.id(reply.thread_id);
    out.number(reply.thread_user_id.value);
    out.string(reply.thread_login);
    out.string(reply.thread_display_name);
}

ReplyTo read_reply(Reader& in) {
    ReplyTo reply;
    reply.parent_id = in.id();
    reply.parent_user_id = UserId(in.number());
    reply.parent_login = in.string();
    reply.parent_display_name = in.string();
    reply.parent_text = in.string();
    reply.thread_id = in.id();
    reply.thread_user_id = UserId(in.number());
    reply.thread_login = in.string();
    reply.thread_display_name = in.string();
    return reply;
}

void write_source(Writer& out, const Source& source) {
    out.person(source.broadcaster);
    out.id(source.message);
    write_badges(out, source.badges);
    write_badges(out, source.badge_info);
}

Source read_source(Reader& in) {
    Source source;
    source.broadcaster = in.person();
    source.message = in.id();
    source.badges = read_badges(in);
    source.badge_info = read_badges(in);
    return source;
}

/// Facts that few messages have.
bool has_extras(const Message& message) {
    return message.turbo || message.returning_chatter ||
           message.author_type != AccountType::ordinary || message.bits != 0 ||
           message.author_suspicion != Suspicion::none || !message.kind.empty() ||
           !message.custom_reward_id.empty() || !message.animation_id.empty() ||
           !message.marks.empty() || message.source || message.source_only;
}

std::uint8_t suspicion_flag(Suspicion suspicion) {
    switch (suspicion) {
        case Suspicion::none:
            return 0;
        case Suspicion::monitored:
            return kExtraMonitored;
        case Suspicion::restricted:
            return kExtraRestricted;
    }
    return 0;
}

void write_extras(Writer& out, const Message& message) {
    out.byte(static_cast<std::uint8_t>(
        (message.turbo ? kExtraTurbo : 0) | (message.returning_chatter ? kExtraReturning : 0) |
        (message.marks.empty() ? 0 : kExtraMarks) | (message.source ? kExtraSource : 0) |
        (message.source_only ? kExtraSourceOnly : 0) | suspicion_flag(message.author_suspicion)));
    out.byte(static_cast<std::uint8_t>(message.author_type));
    out.number(message.bits);
    out.string(message.kind);
    out.string(message.custom_reward_id);
    out.string(message.animation_id);
    if (!message.marks.empty()) {
        out.list(message.marks, [&](const TextMark& mark) {
            out.number(mark.first);
            out.number(mark.last);
            out.byte(static_cast<std::uint8_t>(mark.letter));
            out.byte(mark.score);
        });
    }
    if (message.source) write_source(out, *message.source);
}

std::uint32_t read_index(Reader& in) {
    return static_cast<std::uint32_t>(in.number(std::numeric_limits<std::uint32_t>::max()));
}

void read_marks(Reader& in, Message& message) {
    message.marks = in.list<TextMark>(4, [&] {
        TextMark mark;
        mark.first = read_index(in);
        mark.last = read_index(in);
        mark.letter = static_cast<char>(in.byte());
        mark.score = in.byte();
        const bool letter = std::string_view("AIPS").find(mark.letter) != std::string_view::npos;
        if (!letter || mark.score > 9 || mark.last < mark.first) in.fail("has a mark that is none");
        return mark;
    });
    if (message.marks.empty()) in.fail("has no marks where it says that it has some");
}

void read_extras(Reader& in, Message& message) {
    const std::uint8_t extras = in.flags(kExtrasKnown);
    message.turbo = (extras & kExtraTurbo) != 0;
    message.returning_chatter = (extras & kExtraReturning) != 0;
    if ((extras & kExtraMonitored) != 0) message.author_suspicion = Suspicion::monitored;
    if ((extras & kExtraRestricted) != 0) message.author_suspicion = Suspicion::restricted;
    message.author_type = in.one_of(AccountType::staff, "has an unknown account type");
    message.bits = static_cast<std::uint32_t>(in.number(std::numeric_limits<std::uint32_t>::max()));
    message.kind = in.string();
    message.custom_reward_id = in.string();
    message.animation_id = in.string();
    message.source_only = (extras & kExtraSourceOnly) != 0;
    if ((extras & kExtraMarks) != 0) read_marks(in, message);
    if ((extras & kExtraSource) != 0) message.source = read_source(in);
}

void write_message(Writer& out, const Message& message) {
    const bool extras = has_extras(message);
    out.id(message.id);
    out.time(message.sent_at);
    out.number(message.author_id.value);
    out.string(message.author_login);
    out.string(message.author_display_name);
    out.string(message.author_color);
    out.byte(static_cast<std::uint8_t>(message.author_role));
    out.byte(static_cast<std::uint8_t>(
        (message.subscriber ? kFlagSubscriber : 0) |
        (message.first_message ? kFlagFirstMessage : 0) | (message.action ? kFlagAction : 0) |
        (message.emote_only ? kFlagEmoteOnly : 0) | (message.reply.has_value() ? kFlagReply : 0) |
        (extras ? kFlagExtras : 0)));
    write_badges(out, message.badges);
    write_badges(out, message.badge_info);
    out.string(message.text);
    out.list(message.emotes, [&](const EmoteOccurrence& emote) {
        out.string(emote.emote_id);
        out.number(emote.first);
        out.number(emote.last);
    });
    out.string(message.client_nonce);
    if (message.reply) write_reply(out, *message.reply);
    if (extras) write_extras(out, message);
}

Message read_message(Reader& in) {
    Message message;
    message.id = in.id();
    message.sent_at = in.time();
    message.author_id = UserId(in.number());
    message.author_login = in.string();
    message.author_display_name = in.string();
    message.author_color = in.string();
    message.author_role = in.one_of(Role::broadcaster, "has an unknown role");
    const std::uint8_t flags = in.flags(kFlagsKnown);
    message.subscriber = (flags & kFlagSubscriber) != 0;
    message.first_message = (flags & kFlagFirstMessage) != 0;
    message.action = (flags & kFlagAction) != 0;
    message.emote_only = (flags & kFlagEmoteOnly) != 0;
    message.badges = read_badges(in);
    message.badge_info = read_badges(in);
    message.text = in.string();
    message.emotes = in.list<EmoteOccurrence>(3, [&] {
        constexpr std::uint32_t kMax = std::numeric_limits<std::uint32_t>::max();
        EmoteOccurrence emote;
        emote.emote_id = in.string();
        emote.first = static_cast<std::uint32_t>(in.number(kMax));
        emote.last = static_cast<std::uint32_t>(in.number(kMax));
        if (emote.last < emote.first) in.fail("has an emote that ends before it begins");
        return emote;
    });
    message.client_nonce = in.string();
    if ((flags & kFlagReply) != 0) message.reply = read_reply(in);
    if ((flags & kFlagExtras) != 0) read_extras(in, message);
    return message;
}

void write_membership(Writer& out, const MembershipChanged& changed) {
    const auto write_login = [&](const std::string& login) { out.string(login); };
    out.list(changed.joined, write_login);
    out.list(changed.parted, write_login);
}

MembershipChanged read_membership(Reader& in) {
    const auto read_login = [&] { return in.string(); };
    MembershipChanged changed;
    changed.joined = in.list<std::string>(1, read_login);
    changed.parted = in.list<std::string>(1, read_login);
    return changed;
}

void write_modes(Writer& out, const RoomState& modes) {
    out.byte(static_cast<std::uint8_t>((modes.emote_only ? kModeEmoteOnly : 0) |
                                       (modes.unique_chat ? kModeUniqueChat : 0) |
                                       (modes.subscribers_only ? kModeSubscribersOnly : 0) |
                                       (modes.delay_seconds != 0 ? kModeDelay : 0)));
    out.number(static_cast<std::uint64_t>(modes.followers_only_minutes + 1));
    out.number(modes.slow_seconds);
    if (modes.delay_seconds != 0) out.number(modes.delay_seconds);
}

RoomState read_modes(Reader& in) {
    const std::uint8_t flags = in.flags(kModesKnown);
    RoomState modes;
    modes.emote_only = (flags & kModeEmoteOnly) != 0;
    modes.unique_chat = (flags & kModeUniqueChat) != 0;
    modes.subscribers_only = (flags & kModeSubscribersOnly) != 0;
    modes.followers_only_minutes =
        static_cast<std::int32_t>(in.number(std::numeric_limits<std::int32_t>::max())) - 1;
    modes.slow_seconds =
        static_cast<std::uint32_t>(in.number(std::numeric_limits<std::uint32_t>::max()));
    if ((flags & kModeDelay) != 0)
        modes.delay_seconds =
            static_cast<std::uint32_t>(in.number(std::numeric_limits<std::uint32_t>::max()));
    return modes;
}

void write_moderation(Writer& out, const Moderation& act) {
    out.byte(static_cast<std::uint8_t>(act.action));
    out.id(act.id);
    out.time(act.at);
    out.person(act.moderator);
    out.person(act.target);
    out.string(act.reason);
    out.byte(static_cast<std::uint8_t>((act.ends_at ? kActEnds : 0) |
                                       (act.text_is_action ? kActTextIsAction : 0)));
    if (act.ends_at) out.time(*act.ends_at);
    out.number(act.number);
    out.id(act.message_id);
    out.string(act.text);
    write_modes(out, act.modes);
}

Moderation read_moderation(Reader& in) {
    Moderation act;
    act.action = in.one_of(static_cast<ModAction>(kModActions - 1), "has an unknown action");
    act.id = in.id();
    act.at = in.time();
    act.moderator = in.person();
    act.target = in.person();
    act.reason = in.string();
    const std::uint8_t flags = in.flags(kActFlagsKnown);
    if ((flags & kActEnds) != 0) act.ends_at = in.time();
    act.text_is_action = (flags & kActTextIsAction) != 0;
    act.number = in.number();
    act.message_id = in.id();
    act.text = in.string();
    act.modes = read_modes(in);
    return act;
}

void write_user_notice(Writer& out, const UserNotice& notice) {
    write_message(out, notice.message);
    out.string(notice.kind);
    out.string(notice.system_text);
    out.byte(notice.anonymous ? 1 : 0);
    out.list(notice.parameters, [&](const auto& parameter) {
        out.string(parameter.first);
        out.string(parameter.second);
    });
}

UserNotice read_user_notice(Reader& in) {
    UserNotice notice;
    notice.message = read_message(in);
    notice.kind = in.string();
    notice.system_text = in.string();
    notice.anonymous = in.flags(1) != 0;
    notice.parameters = in.list<std::pair<std::string, std::string>>(2, [&] {
        std::string name = in.string();
        std::string value = in.string();
        return std::pair(std::move(name), std::move(value));
    });
    return notice;
}

void write_held_message(Writer& out, const HeldMessage& held) {
    out.id(held.id);
    out.time(held.at);
    write_message(out, held.message);
    out.time(held.held_at);
    out.byte(static_cast<std::uint8_t>(held.status));
    out.person(held.moderator);
    out.list(held.reasons, [&](const HoldReason& reason) {
        out.byte(static_cast<std::uint8_t>(reason.kind));
        out.string(reason.name);
        out.byte(reason.level);
        out.list(reason.spans, [&](const auto& span) {
            out.number(span.first);
            out.number(span.second);
        });
    });
}

HeldMessage read_held_message(Reader& in) {
    HeldMessage held;
    held.id = in.id();
    held.at = in.time();
    held.message = read_message(in);
    held.held_at = in.time();
    held.status = in.one_of(HoldStatus::expired, "has an unknown status");
    held.moderator = in.person();
    held.reasons = in.list<HoldReason>(4, [&] {
        HoldReason reason;
        reason.kind = in.one_of(HoldReason::Kind::spam, "has an unknown kind of reason");
        reason.name = in.string();
        reason.level = in.byte();
        reason.spans = in.list<std::pair<std::uint32_t, std::uint32_t>>(2, [&] {
            const std::uint32_t first = read_index(in);
            const std::uint32_t last = read_index(in);
            if (last < first) in.fail("has a span that ends before it begins");
            return std::pair(first, last);
        });
        return reason;
    });
    return held;
}

std::uint8_t kind_of(const Event& event) {
    constexpr std::uint8_t kinds[] = {kKindMessage, kKindMembership, kKindModeration,
                                      kKindUserNotice, kKindHeldMessage};
    return kinds[event.body.index()];
}

}  // namespace

std::string encode_event(const Event& event) {
    const auto* message = std::get_if<Message>(&event.body);
    Writer out(message != nullptr ? expected_size(*message) : 256);
    out.byte(kVersion);
    out.byte(kind_of(event));
    out.number(event.channel.value);
    out.string(event.channel_login);
    if (message != nullptr) {
        write_message(out, *message);
    } else if (const auto* act = std::get_if<Moderation>(&event.body)) {
        write_moderation(out, *act);
    } else if (const auto* notice = std::get_if<UserNotice>(&event.body)) {
        write_user_notice(out, *notice);
    } else if (const auto* held = std::get_if<HeldMessage>(&event.body)) {
        write_held_message(out, *held);
    } else {
        write_membership(out, std::get<MembershipChanged>(event.body));
    }
    return out.take();
}

Result<Event> decode_event(std::string_view bytes) {
    Reader in(bytes);
    if (in.byte() != kVersion) in.fail("is of an unknown version");
    const std::uint8_t kind = in.byte();
    Event event;
    event.channel = ChannelId(in.number());
    event.channel_login = in.string();
    if (kind == kKindMessage) {
        event.body = read_message(in);
    } else if (kind == kKindMembership) {
        event.body = read_membership(in);
    } else if (kind == kKindModeration) {
        event.body = read_moderation(in);
    } else if (kind == kKindUserNotice) {
        event.body = read_user_notice(in);
    } else if (kind == kKindHeldMessage) {
        event.body = read_held_message(in);
    } else {
        in.fail("is of an unknown kind");
    }
    if (in.left() != 0) in.fail("goes on after its end");
    if (in.error() != nullptr)
        return fail(std::errc::bad_message, std::string("the event ") + in.error());
    return event;
}

}  // namespace clamor::chat
