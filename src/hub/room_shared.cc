// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "chat/shared_chat.h"
#include "hub/room_host.h"
#include "store/catalog.h"
#include "store/log_queue.h"

/// Shared chat: what is said in one channel is published in the others of its session, too. The
/// node where it was said does that, so that it is done once.
namespace clamor::hub {

void RoomHost::note_source(const HostedRoom& room, chat::Event& event) {
    chat::Message* const said = chat::said_in(event);
    if (!room.shared_chat || said == nullptr || said->source) return;
    const auto& participants = room.shared_chat->participants;
    const auto here =
        std::ranges::find(participants, UserId(room.channel.value), &chat::Person::id);
    if (here == participants.end()) return;
    said->source = chat::Source{.broadcaster = *here,
                                .message = said->id,
                                .badges = said->badges,
                                .badge_info = said->badge_info};
}

void RoomHost::share(const HostedRoom& room, const chat::EventRef& event) {
    const chat::Message* const said = chat::said_in(*event);
    if (!room.shared_chat || said == nullptr || !said->source || said->source_only) return;
    if (chat::is_copy(*said, room.channel) || chat::for_moderators_only(*said)) return;
    const auto* notice = std::get_if<chat::UserNotice>(&event->body);
    if (notice != nullptr && !chat::is_shared(notice->kind)) return;
    IdentityRef author;
    if (const auto known = room.chatters.find(said->author_id); known != room.chatters.end())
        author = std::make_shared<const Identity>(Identity{.user = known->second.chatter.user});
    for (const chat::Person& one : room.shared_chat->participants) {
        const ChannelId other(one.id.value);
        if (other != room.channel) outlet_.share(other, event, author);
    }
}

void RoomHost::shared_arrives(ChannelId channel, const chat::EventRef& event,
                              const IdentityRef& author) {
    const auto* notice = std::get_if<chat::UserNotice>(&event->body);
    const bool anonymous = notice != nullptr && notice->anonymous;
    if (!author && !anonymous) return look_up_author(channel, event);
    const auto lost = [this] { counters_.shared_lost.add(); };
    in_room(
        channel, "shared",
        [this, event, author, anonymous, lost](HostedRoom& room) {
            if (!room.shared_chat || !room.shared_chat->has(event->channel)) return;
            if (anonymous) return publish_copy(room, nullptr, *event);
            for_chatter(
                room, author, "shared",
                [this, event](HostedRoom& there, ChatterEntry& by) {
                    publish_copy(there, &by, *event);
                },
                lost);
        },
        lost);
}

void RoomHost::look_up_author(ChannelId channel, const chat::EventRef& event) {
    const bool queued = services_.workers.post([this, channel, event, home = scheduler_.shard()] {
        auto found = services_.catalog.find_user(chat::said_in(*event)->author_id);
        scheduler_.post_to(home, Priority::control, [this, channel, event, found] {
            if (!found || !*found) return counters_.shared_lost.add();
            shared_arrives(channel, event,
                           std::make_shared<const Identity>(Identity{.user = **found}));
        });
    });
    if (!queued) counters_.shared_lost.add();
}

/// Whoever may not speak here is not heard here, and AutoMod is this channel's; its modes and the
/// limits of speed are for those who write in it.
void RoomHost::publish_copy(HostedRoom& room, ChatterEntry* author, const chat::Event& event) {
    const WallTime now = scheduler_.now().wall;
    if (!services_.log_queue.accepting() || !bus_.accepting()) return counters_.shared_lost.add();
    if (author != nullptr && chat::check_standing(author->chatter.standing, now))
        return counters_.shared_refused.add();
    counters_.shared.add();
    if (const auto* told = std::get_if<chat::UserNotice>(&event.body)) {
        chat::UserNotice notice = *told;
        notice.message.id = new_id(now);
        notice.message.sent_at = now;
        if (author != nullptr) chat::set_author(notice.message, author->chatter);
        return publish_event(room, chat::Event{.channel = room.channel,
                                               .channel_login = room.login,
                                               .position = {},
                                               .body = std::move(notice)});
    }
    chat::Message said = std::get<chat::Message>(event.body);
    said.id = {};
    said.client_nonce.clear();
    said.marks.clear();
    moderate(room, *author, MemberRef{.shard = kRemote}, 0, std::move(said));
}

}  // namespace clamor::hub
