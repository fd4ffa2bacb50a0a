// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/helix/replies.h"

/// The endpoints, by the file that has them; endpoints.cc says what each may count on.
namespace clamor::api::helix {

class Call;

// users.cc
Reply get_users(Call& call);
Reply put_users(Call& call);
Reply get_blocks(Call& call);
Reply put_block(Call& call);
Reply delete_block(Call& call);
Reply get_authorizations(Call& call);

// chat.cc
Reply get_chatters(Call& call);
Reply get_nodes(Call& call);
Reply get_color(Call& call);
Reply put_color(Call& call);
Reply get_settings(Call& call);
Reply patch_settings(Call& call);
Reply post_announcement(Call& call);
Reply post_shoutout(Call& call);

// shared_chat.cc
Reply get_shared_session(Call& call);
Reply put_shared_chat(Call& call);
Reply delete_shared_chat(Call& call);

// messages.cc
Reply post_message(Call& call);
/// A platform event: a message with bits. The channel is known.
Reply post_cheer(Call& call);
Reply delete_messages(Call& call);
Reply get_pin(Call& call);
Reply put_pin(Call& call);
Reply patch_pin(Call& call);
Reply delete_pin(Call& call);
Reply post_whisper(Call& call);

// emotes.cc
Reply get_channel_emotes(Call& call);
Reply get_global_emotes(Call& call);
Reply get_emote_sets(Call& call);
Reply get_user_emotes(Call& call);
Reply get_channel_badges(Call& call);
Reply get_global_badges(Call& call);

// moderation.cc
Reply get_banned(Call& call);
Reply post_ban(Call& call);
Reply delete_ban(Call& call);
Reply get_unban_requests(Call& call);
Reply patch_unban_request(Call& call);
Reply post_warning(Call& call);
Reply get_shield_mode(Call& call);
Reply put_shield_mode(Call& call);
Reply post_suspicious_user(Call& call);
Reply delete_suspicious_user(Call& call);

// automod.cc
Reply get_blocked_terms(Call& call);
Reply post_blocked_term(Call& call);
Reply delete_blocked_term(Call& call);
Reply get_enforcement_status(Call& call);
Reply post_automod_message(Call& call);
Reply get_automod_settings(Call& call);
Reply put_automod_settings(Call& call);

// automod_rules.cc
Reply get_automod_rules(Call& call);
Reply patch_automod_rules(Call& call);
Reply get_automod_lists(Call& call);
Reply get_automod_list(Call& call);
Reply get_automod_terms(Call& call);
Reply post_automod_terms(Call& call);
Reply delete_automod_term(Call& call);
Reply post_automod_permit(Call& call);

// automod_review.cc
Reply get_held(Call& call);
Reply post_held(Call& call);
Reply get_verdict(Call& call);
Reply post_preview(Call& call);
Reply get_calibration(Call& call);
Reply post_calibration(Call& call);
Reply delete_calibration(Call& call);
Reply get_automod_report(Call& call);
Reply get_raid_breaker(Call& call);
Reply post_raid_revert(Call& call);
Reply post_raid_extend(Call& call);

// roles.cc
Reply get_moderators(Call& call);
Reply post_moderator(Call& call);
Reply delete_moderator(Call& call);
Reply get_moderated_channels(Call& call);
Reply get_vips(Call& call);
Reply post_vip(Call& call);
Reply delete_vip(Call& call);

// channels.cc
Reply get_channels(Call& call);
Reply get_streams(Call& call);
Reply get_followers(Call& call);
Reply get_followed(Call& call);
Reply post_raid(Call& call);
Reply delete_raid(Call& call);

// eventsub.cc
Reply post_subscription(Call& call);
Reply delete_subscription(Call& call);
Reply get_subscriptions(Call& call);
Reply post_eventsub_reconnect(Call& call);

// platform.cc
Reply put_user(Call& call);
Reply put_standing(Call& call);
Reply post_event(Call& call);

// audit.cc
Reply get_audit(Call& call);
Reply post_bulk_moderation(Call& call);
Reply post_undo(Call& call);

}  // namespace clamor::api::helix
