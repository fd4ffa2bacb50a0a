// SPDX-License-Identifier: Apache-2.0
// @twurple/api and @twurple/eventsub-ws, pointed here by their one switch; the REST calls are seen on IRC and the other way round.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { IrcClient } from './irc.mjs';
import { eventually, exitSoon, Server } from './server.mjs';
import { api, listen, point, skip, stopListening, subscribed } from './twurple_api.mjs';

const kTimeout = { timeout: 40_000, skip };
let server;

const first = (events, what) => eventually(() => events[0], what);

before(async () => {
    if (skip) return;
    server = await Server.start();
    point(server);
});
after(async () => {
    exitSoon();
    stopListening();
    await server?.stop();
});

test('twurple looks users, badges, emotes and settings up', kTimeout, async () => {
    const owner = api('helixowner');
    const me = await owner.users.getUserByName('helixowner');
    assert.equal(me.name, 'helixowner');
    assert.match(me.id, /^\d{4,}$/);
    assert.ok((await owner.chat.getGlobalBadges()).some((badge) => badge.id === 'moderator'));
    assert.ok((await owner.chat.getGlobalEmotes()).length > 0);
    const settings = await owner.chat.getSettings(me.id);
    assert.equal(settings.slowModeEnabled, false);
    assert.equal(await owner.users.getUserByName('no_such_user_1') !== undefined, true, 'in development mode users come into being');
});

test('twurple sends, deletes, announces, and everything is seen on IRC', kTimeout, async () => {
    const owner = api('helixroom');
    const me = await owner.users.getUserByName('helixroom');
    const viewer = await IrcClient.login(server, 'helixviewer', { channels: ['helixroom'] });
    const sent = await owner.asUser(me.id, (ctx) => ctx.chat.sendChatMessage(me.id, 'hello from REST'));
    assert.equal(sent.isSent, true);
    const heard = await viewer.hears('hello from REST');
    assert.equal(heard.tags.id, sent.id);
    await owner.chat.sendAnnouncement(me.id, { message: 'doors open', color: 'green' });
    const notice = await viewer.lines.next('msg-id=announcement');
    assert.equal(notice.tags['msg-param-color'], 'GREEN');
    const { tags } = await viewer.sayStored('helixroom', 'delete me');
    await owner.moderation.deleteChatMessages(me.id, tags.id);
    await viewer.lines.next(`target-msg-id=${tags.id}`);
    await owner.chat.updateSettings(me.id, { slowModeEnabled: true, slowModeDelay: 60 });
    await viewer.lines.next(';slow=60 :tmi.twitch.tv ROOMSTATE #helixroom');
    const chatters = await owner.chat.getChatters(me.id);
    assert.deepEqual(chatters.data.map(({ userName }) => userName), ['helixviewer']);
    await viewer.close();
});

test('in a delayed channel nobody but moderators sees what they take away in time', kTimeout, async () => {
    const owner = api('helixdelay');
    const me = await owner.users.getUserByName('helixdelay');
    await owner.chat.updateSettings(me.id, { nonModeratorChatDelayEnabled: true, nonModeratorChatDelay: 2 });
    assert.equal((await owner.chat.getSettingsPrivileged(me.id)).nonModeratorChatDelay, 2);
    const [moderator, viewer, author] = await Promise.all(['helixdelay', 'helixwatcher', 'helixauthor'].map((name) => IrcClient.login(server, name, { channels: ['helixdelay'] })));
    const { tags } = await author.sayStored('helixdelay', 'not for you');
    await moderator.hears('not for you');
    await owner.moderation.deleteChatMessages(me.id, tags.id);
    await moderator.lines.next(`target-msg-id=${tags.id}`);
    await author.sayStored('helixdelay', 'for everybody');
    await moderator.hears('for everybody');
    await viewer.hears('for everybody');
    assert.equal(viewer.lines.count('not for you'), 0);
    await owner.chat.updateSettings(me.id, { nonModeratorChatDelayEnabled: false });
    assert.equal((await owner.chat.getSettingsPrivileged(me.id)).nonModeratorChatDelayEnabled, false);
    await author.sayStored('helixdelay', 'at once again');
    await viewer.hears('at once again');
    for (const client of [moderator, viewer, author]) await client.close();
});

test('twurple moderates: bans, roles, terms, and is refused with the reason', kTimeout, async () => {
    const owner = api('helixmods');
    const me = await owner.users.getUserByName('helixmods');
    const viewer = await IrcClient.login(server, 'helixbad', { channels: ['helixmods'] });
    const bad = await owner.users.getUserByName('helixbad');
    const [ban] = await owner.moderation.banUser(me.id, { user: bad.id, duration: 60, reason: 'cool down' });
    assert.ok(ban.expiryDate > new Date());
    await viewer.lines.next('@ban-duration=60;');
    assert.deepEqual((await owner.moderation.getBannedUsers(me.id)).data.map(({ userName, reason }) => [userName, reason]), [['helixbad', 'cool down']]);
    await owner.moderation.unbanUser(me.id, bad.id);
    await assert.rejects(owner.moderation.unbanUser(me.id, bad.id), /is not banned/);
    await assert.rejects(owner.moderation.banUser(me.id, { user: me.id, reason: '' }), /may not be banned/);
    await owner.moderation.addModerator(me.id, bad.id);
    const state = await viewer.lines.next(/mod=1;.* USERSTATE #helixmods/);
    assert.equal(state.tags['user-type'], 'mod');
    assert.deepEqual((await owner.moderation.getModerators(me.id)).data.map(({ userName }) => userName), ['helixbad']);
    await owner.moderation.removeModerator(me.id, bad.id);
    const [term] = await owner.moderation.addBlockedTerm(me.id, 'crypto*');
    assert.deepEqual((await owner.moderation.getBlockedTerms(me.id)).data.map(({ text }) => text), ['crypto*']);
    await owner.moderation.removeBlockedTerm(me.id, me.id, term.id);
    const stranger = api('helixbad');
    await assert.rejects(stranger.asUser(bad.id, (ctx) => ctx.moderation.banUser(me.id, { user: bad.id, reason: '' })), /403|moderators/);
    await viewer.close();
});

test('twurple hears by EventSub what happens on IRC, with the same ids', kTimeout, async () => {
    const owner = api('eventroom');
    const me = await owner.users.getUserByName('eventroom');
    const listener = listen(owner);
    const messages = await subscribed(listener, 'onChannelChatMessage', me.id, me.id);
    const bans = await subscribed(listener, 'onChannelBan', me.id);
    const unbans = await subscribed(listener, 'onChannelUnban', me.id);
    const mods = await subscribed(listener, 'onChannelModeratorAdd', me.id);
    const deletions = await subscribed(listener, 'onChannelChatMessageDelete', me.id, me.id);
    const notices = await subscribed(listener, 'onChannelChatNotification', me.id, me.id);
    const acts = await subscribed(listener, 'onChannelModerate', me.id, me.id);

    const boss = await IrcClient.login(server, 'eventroom', { channels: ['eventroom'] });
    const viewer = await IrcClient.login(server, 'eventviewer', { channels: ['eventroom'] });
    const { tags } = await viewer.sayStored('eventroom', 'over the wire');
    const message = await first(messages, 'the message arrives');
    assert.equal(message.messageId, tags.id);
    assert.equal(message.messageText, 'over the wire');
    assert.equal(message.chatterName, 'eventviewer');
    boss.say('eventroom', `/delete ${tags.id}`);
    assert.equal((await first(deletions, 'the deletion')).messageId, tags.id);
    boss.say('eventroom', '/announce hear hear');
    assert.equal((await first(notices, 'the announcement')).messageText, 'hear hear');
    boss.say('eventroom', '/timeout eventviewer 60 too loud');
    const ban = await first(bans, 'the timeout');
    assert.equal(ban.userName, 'eventviewer');
    assert.equal(ban.reason, 'too loud');
    assert.equal(ban.isPermanent, false);
    boss.say('eventroom', '/untimeout eventviewer');
    assert.equal((await first(unbans, 'the unban')).userName, 'eventviewer');
    boss.say('eventroom', '/mod eventviewer');
    assert.equal((await first(mods, 'the new moderator')).userName, 'eventviewer');
    await eventually(() => acts.length >= 4, 'channel.moderate tells of all of them');
    assert.deepEqual(acts.map(({ moderationAction }) => moderationAction).slice(0, 4), ['delete', 'timeout', 'untimeout', 'mod']);
    await boss.close();
    await viewer.close();
});

test('whispers reach EventSub, and a token without the scope is refused', kTimeout, async () => {
    const reader = api('whisperreader');
    const me = await reader.users.getUserByName('whisperreader');
    const listener = listen(reader);
    const whispers = await subscribed(listener, 'onUserWhisperMessage', me.id);
    const writer = await IrcClient.login(server, 'whisperwriter');
    writer.say('jtv', '/w whisperreader psst');
    assert.equal((await first(whispers, 'the whisper')).messageText, 'psst');
    await writer.close();
    const response = await server.get('/helix/moderation/bans?broadcaster_id=1&moderator_id=1&user_id=2', {
        method: 'DELETE',
        headers: { authorization: 'Bearer whisperreader:chat:read', 'client-id': 'e2e' },
    });
    assert.equal(response.status, 401);
    assert.match(response.json.message, /^Missing scope/i);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.ok(response.headers.get('ratelimit-remaining'));
});

test('what the operator\'s platform announces is seen as Twitch shows it', kTimeout, async () => {
    const platform = (path, body, method = 'POST') => server.get(`/api/platform/${path}`, {
        method, headers: { authorization: 'Bearer app', 'content-type': 'application/json' }, body: JSON.stringify(body) });
    const viewer = await IrcClient.login(server, 'platviewer', { channels: ['platroom'] });
    const fan = await IrcClient.login(server, 'platfan', { channels: ['platroom'] });
    const standing = await platform('channels/platroom/standings/platfan', { subscription_tier: 1, subscription_months: 14, bits: 900 }, 'PUT');
    assert.equal(standing.status, 200, standing.text);
    const state = await fan.lines.next(/subscriber=1;.* USERSTATE #platroom/);
    assert.match(state.tags.badges, /^founder\/0,bits\/100$/);
    const sub = await platform('channels/platroom/events', { type: 'subscription', user: 'platfan', months: 14, tier: 1, text: 'still here' });
    assert.equal(sub.status, 204, sub.text);
    const notice = await viewer.lines.next('msg-id=resub');
    assert.equal(notice.tags['msg-param-cumulative-months'], '14');
    assert.equal(notice.text, 'still here');
    const cheer = await platform('channels/platroom/events', { type: 'cheer', user: 'platfan', bits: 100, message: 'Cheer100 yay' });
    assert.equal(cheer.json.data[0].is_sent, true, cheer.text);
    const cheered = await viewer.hears('Cheer100 yay');
    assert.equal(cheered.tags.bits, '100');
    assert.match((await fan.lines.next(/bits\/1000.* USERSTATE #platroom/)).tags.badges, /bits\/1000/);
    await viewer.close();
    await fan.close();
});
