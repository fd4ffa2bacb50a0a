// SPDX-License-Identifier: Apache-2.0
// @twurple/chat: waits for answers to the letter, and has no option for a port.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { announceEverything } from './announcer.mjs';
import { IrcClient } from './irc.mjs';
import { moderateEverything } from './moderator.mjs';
import { eventually, exitSoon, Server } from './server.mjs';

let ChatClient;
let skip = false;
try {
    ({ ChatClient } = await import('@twurple/chat'));
} catch (error) {
    skip = `@twurple/chat does not load on Node ${process.version}: ${error.message}`;
}
const kTimeout = { timeout: 30_000, skip };
let server;
const clients = [];

// The library asks Twitch itself whose token it has; this answers in its place, and lets nothing out of the house.
const outside = globalThis.fetch;
globalThis.fetch = async (url, options) => {
    if (!String(url).startsWith('https://')) return outside(url, options);
    assert.match(String(url), /^https:\/\/id\.twitch\.tv\/oauth2\/validate/);
    const token = new Headers(options.headers).get('authorization').split(' ')[1];
    return new Response(
        JSON.stringify({ client_id: 'client', login: token.split('-')[1] ?? token, scopes: ['chat:read', 'chat:edit'], user_id: '1', expires_in: 5000 }),
        { headers: { 'content-type': 'application/json' } },
    );
};

function client(login, channels, options = {}) {
    const token = { accessToken: options.token ?? `token-${login}`, scope: ['chat:read', 'chat:edit'], expiresIn: null, obtainmentTimestamp: Date.now(), refreshToken: null };
    const made = new ChatClient({
        ...(login && {
            authProvider: { clientId: 'client', getAccessTokenForIntent: async () => token, getAnyAccessToken: async () => token, getAccessTokenForUser: async () => token, getCurrentScopesForUser: () => token.scope },
        }),
        channels,
        hostName: `localhost:${server.http}/irc`,
        ssl: false,
        requestMembershipEvents: true,
        logger: { minLevel: 'critical' },
    });
    clients.push(made);
    return made;
}

const event = (binder) => new Promise((done) => binder((...values) => done(values)));

async function connected(made) {
    const join = event((listener) => made.onJoin(listener));
    made.connect();
    await join;
    return made;
}

before(async () => {
    if (!skip) server = await Server.start();
});
after(async () => {
    exitSoon();
    for (const made of clients) made.quit();
    await server?.stop();
});

test('twurple logs in, joins, speaks, acts and replies', kTimeout, async () => {
    const listener = await connected(client('tessa', ['twroom']));
    const speaker = await connected(client('tobi', ['twroom']));

    let message = event((done) => listener.onMessage(done));
    await speaker.say('twroom', 'hello from twurple');
    const [channel, user, text, info] = await message;
    assert.deepEqual([channel, user, text], ['twroom', 'tobi', 'hello from twurple']);
    assert.equal(info.userInfo.userName, 'tobi');
    assert.equal(info.isFirst, true);
    assert.match(info.id, /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs(info.date.getTime() - Date.now()) < 5000);

    const action = event((done) => listener.onAction(done));
    await speaker.action('twroom', 'nods');
    assert.equal((await action)[2], 'nods');

    message = event((done) => speaker.onMessage(done));
    await listener.say('twroom', 'I agree', { replyTo: info.id });
    const [, , , reply] = await message;
    assert.equal(reply.isReply, true);
    assert.equal(reply.parentMessageId, info.id);
    assert.equal(reply.parentMessageUserName, 'tobi');
    assert.equal(reply.parentMessageText, 'hello from twurple');
});

test('twurple reads anonymously, joins later and parts', kTimeout, async () => {
    const reader = client(null, []);
    const registered = event((done) => reader.onConnect(done));
    reader.connect();
    await registered;
    await reader.join('twlater');
    const message = event((done) => reader.onMessage(done));
    const speaker = await IrcClient.login(server, 'lateral');
    await speaker.sayStored('twlater', 'to whom it may concern');
    assert.equal((await message)[2], 'to whom it may concern');
    const part = event((done) => reader.onPart(done));
    reader.part('twlater');
    assert.equal((await part)[0], 'twlater');
    await speaker.close();
});

test('twurple is told that a message was refused', kTimeout, async () => {
    const speaker = await connected(client('tilda', ['twrefused']));
    const failed = event((done) => speaker.onMessageFailed(done));
    await speaker.say('twrefused', 'the same');
    await speaker.say('twrefused', 'the same');
    assert.deepEqual(await failed, ['twrefused', 'msg_duplicate']);
});

test('twurple sees all that a moderator does', kTimeout, async () => {
    const watcher = await connected(client('twwatcher', ['twmods']));
    const seen = [];
    const hears = (name, facts) => watcher[name]((channel, ...rest) => seen.push([name, ...facts(channel, ...rest)]));
    hears('onMessageRemove', (channel, id, line) => [id, line.userName, line.text]);
    hears('onTimeout', (channel, user, seconds) => [user, seconds]);
    hears('onBan', (channel, user) => [user]);
    hears('onChatClear', () => []);
    for (const mode of ['onSlow', 'onFollowersOnly']) hears(mode, (channel, on, delay) => (on ? [on, delay] : [on]));
    for (const mode of ['onSubsOnly', 'onEmoteOnly', 'onUniqueChat']) hears(mode, (channel, on) => [on]);
    hears('onAnnouncement', (channel, user, info) => [user, info.color]);
    hears('onRaid', (channel, user, info) => [user, info.viewerCount]);
    hears('onWhisper', (user, text) => [user, text]);
    const { messageId } = await moderateEverything(server, 'twmods', 'twvictim', 'twwatcher');
    await eventually(() => seen.length >= 17, 'everything');
    const whisper = seen.findIndex(([name]) => name === 'onWhisper');
    assert.deepEqual(seen.splice(whisper, 1), [['onWhisper', 'twmods', 'between us']]);
    assert.deepEqual(seen, [
        ['onMessageRemove', messageId, 'twvictim', 'rude words'],
        ['onTimeout', 'twvictim', 30],
        ['onBan', 'twvictim'],
        ['onChatClear'],
        ['onSlow', true, 45],
        ['onSlow', false],
        ['onFollowersOnly', true, 30],
        ['onFollowersOnly', false],
        ['onSubsOnly', true],
        ['onSubsOnly', false],
        ['onEmoteOnly', true],
        ['onEmoteOnly', false],
        ['onUniqueChat', true],
        ['onUniqueChat', false],
        ['onAnnouncement', 'twmods', 'BLUE'],
        ['onRaid', 'twvictim', 42],
    ]);
});

test('twurple shows all that the platform announces', kTimeout, async () => {
    const watcher = await connected(client('twfan', ['twevents']));
    const seen = [];
    const left = [];
    watcher.onDisconnect((manually, reason) => left.push(String(reason)));
    const hears = (name, facts) => watcher[name]((channel, user, ...rest) => seen.push([name, user, ...facts(...rest)]));
    hears('onSub', ({ plan, isPrime, months, streak }) => [plan, isPrime, months, streak]);
    hears('onResub', ({ plan, isPrime, months, streak, message, originalGiftInfo: gift }) => [plan, isPrime, months, streak, message, gift?.userName, gift?.duration, gift?.redeemedMonth]);
    hears('onCommunitySub', ({ plan, count, gifter, gifterGiftCount }) => [plan, count, gifter, gifterGiftCount]);
    hears('onSubGift', ({ plan, gifter, gifterGiftCount, giftDuration, months, userId }) => [plan, gifter, gifterGiftCount, giftDuration, months, userId]);
    hears('onGiftPaidUpgrade', ({ gifter, gifterDisplayName }) => [gifter, gifterDisplayName]);
    hears('onPrimePaidUpgrade', ({ plan }) => [plan]);
    hears('onStandardPayForward', ({ originalGifterUserId, recipientUserId }) => [originalGifterUserId, recipientUserId]);
    hears('onCommunityPayForward', ({ originalGifterUserId }) => [originalGifterUserId]);
    hears('onRaid', ({ displayName, viewerCount }) => [displayName, viewerCount]);
    watcher.onRaidCancel((channel) => seen.push(['onRaidCancel', channel]));
    hears('onBitsBadgeUpgrade', ({ threshold }) => [threshold]);
    hears('onViewerMilestone', ({ categoryName, value, reward, message }) => [categoryName, value, reward, message]);
    hears('onMessage', (text, { bits, isCheer }) => [text, bits, isCheer]);
    const { fan, giver, lucky } = await announceEverything(server, 'twevents');
    await eventually(() => seen.some(([name]) => name === 'onMessage'), 'the last event');
    // It has no events for an anonymous gift that is paid on, for a moderator's anniversary and for donations.
    assert.deepEqual(seen, [
        ['onSub', 'fan', '2000', false, 1, undefined],
        ['onResub', 'fan', 'Prime', true, 6, 2, 'Great stream', undefined, undefined, undefined],
        ['onResub', 'lucky', '1000', false, 3, undefined, undefined, 'giver', 6, 3],
        ['onCommunitySub', 'giver', '1000', 10, 'giver', 20],
        ['onSubGift', 'lucky', '3000', 'giver', 21, 6, 4, lucky],
        ['onSubGift', 'lucky', '1000', undefined, undefined, 1, 1, lucky],
        ['onGiftPaidUpgrade', 'lucky', 'giver', 'Giver'],
        ['onPrimePaidUpgrade', 'fan', '1000'],
        ['onStandardPayForward', 'lucky', giver, fan],
        ['onCommunityPayForward', 'lucky', undefined],
        ['onRaid', 'giver', 'Giver', 42],
        ['onRaidCancel', 'twevents'],
        ['onBitsBadgeUpgrade', 'fan', 1000],
        ['onViewerMilestone', 'fan', 'watch-streak', 10, 450, 'again'],
        ['onMessage', 'fan', 'well played', 100, true],
    ]);
    assert.ok(watcher.isConnected);
    assert.deepEqual(left, []);
});

test('twurple is told why a login failed', kTimeout, async () => {
    const refused = client('tobi', [], { token: 'invalid' });
    const failure = event((done) => refused.onAuthenticationFailure(done));
    refused.connect();
    assert.equal((await failure)[0], 'Login authentication failed');
    refused.quit();
});
