// SPDX-License-Identifier: Apache-2.0
// @mastondzn/dank-twitch-irc: the strictest parser of all; it drops the connection at any line that it does not like.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket, { createWebSocketStream } from 'ws';
import { announceEverything, kAnnounced } from './announcer.mjs';
import { IrcClient } from './irc.mjs';
import { moderateEverything } from './moderator.mjs';
import { eventually, exitSoon, Server } from './server.mjs';

let ChatClient;
let skip = false;
try {
    ({ ChatClient } = await import('@mastondzn/dank-twitch-irc'));
} catch (error) {
    skip = `@mastondzn/dank-twitch-irc does not load on Node ${process.version}: ${error.message}`;
}
const kTimeout = { timeout: 30_000, skip };
let server;
const clients = [];
const errors = [];

// Its own WebSocket transport hands net.connect() an option that Node refuses, so it can do wss:// only; this is what it would do.
function overWebSocket() {
    return createWebSocketStream(new WebSocket(server.ws), { encoding: 'utf8', decodeStrings: false });
}

function client(login, transport = 'websocket', options = {}) {
    const made = new ChatClient({
        ...(login && { username: login, password: 'oauth:dev' }),
        connection: transport === 'websocket' ? { type: 'duplex', stream: overWebSocket } : { type: 'tcp', secure: false, host: '127.0.0.1', port: server.irc },
        requestMembershipCapability: true,
        installDefaultMixins: false,
        ...options,
    });
    made.on('error', (error) => errors.push(error));
    clients.push(made);
    return made;
}

const message = (made, text) => new Promise((done) => made.on('PRIVMSG', (said) => said.messageText === text && done(said)));

before(async () => {
    if (!skip) server = await Server.start();
});
after(async () => {
    exitSoon();
    for (const made of clients) made.destroy();
    await server?.stop();
});

for (const transport of ['websocket', 'tcp']) {
    test(`dank-twitch-irc joins, speaks, acts and replies over ${transport}`, kTimeout, async () => {
        const room = `dank${transport}`;
        const speaker = client(`doris${transport}`, transport);
        const listener = client(`dieter${transport}`, transport);
        await Promise.all([speaker.connect(), listener.connect()]);
        await listener.join(room);
        await listener.ping();

        let said = message(listener, 'plain words');
        await speaker.say(room, 'plain words');
        const first = await said;
        assert.equal(first.senderUsername, `doris${transport}`);
        assert.equal(first.channelName, room);
        assert.equal(first.isMod, false);
        assert.equal(first.badges.length, 0);
        assert.ok(Math.abs(first.serverTimestamp.getTime() - Date.now()) < 5000);

        said = message(listener, 'bows');
        await speaker.me(room, 'bows');
        assert.equal((await said).isAction, true);

        said = message(listener, '/not a command');
        await speaker.say(room, '/not a command');
        await said;

        said = message(listener, `@${first.displayName} I see`);
        await speaker.reply(room, first.messageID, 'I see');
        assert.equal((await said).replyParentMessageID, first.messageID);
    });
}

test('dank-twitch-irc joins fifteen channels at once, and parts', kTimeout, async () => {
    const made = client('dankmany');
    await made.connect();
    const names = Array.from({ length: 15 }, (_, i) => `dankmany${i}`);
    const result = await made.joinAll(names);
    assert.deepEqual(Object.entries(result).filter(([, error]) => error !== undefined), []);
    assert.equal(made.joinedChannels.size, 15);
    await made.part('dankmany3');
    assert.equal(made.joinedChannels.size, 14);
});

test('dank-twitch-irc reads anonymously', kTimeout, async () => {
    const reader = client(null);
    await reader.connect();
    await reader.join('dankanon');
    const said = message(reader, 'listen');
    const speaker = await IrcClient.login(server, 'dankspeaker');
    await speaker.sayStored('dankanon', 'listen');
    assert.equal((await said).senderUsername, 'dankspeaker');
    await speaker.close();
});

test('dank-twitch-irc is told that a message was refused', kTimeout, async () => {
    const speaker = client('dankparrot');
    await speaker.connect();
    await speaker.say('danktwice', 'once');
    await assert.rejects(speaker.say('danktwice', 'once'), (error) => /msg_duplicate/.test(error.cause?.message));
});

test('dank-twitch-irc is told why a login failed', kTimeout, async () => {
    const refused = client('doris', 'tcp', { password: 'oauth:invalid' });
    const failure = new Promise((done) => refused.on('error', done));
    refused.connect().catch(() => {});
    const error = await failure;
    assert.match(`${error.message} ${error.cause?.message}`, /Login authentication failed/);
    refused.destroy();
    errors.length = 0;
});

test('dank-twitch-irc sees all that a moderator does', kTimeout, async () => {
    const watcher = client('dankwatcher', 'tcp');
    await watcher.connect();
    await watcher.join('dankmods');
    const seen = {};
    for (const kind of ['CLEARCHAT', 'CLEARMSG', 'ROOMSTATE', 'USERNOTICE', 'WHISPER']) {
        seen[kind] = [];
        watcher.on(kind, (line) => seen[kind].push(line));
    }
    const done = message(watcher, 'all done');
    const { messageId } = await moderateEverything(server, 'dankmods', 'dankvictim', 'dankwatcher');
    const last = await done;
    assert.equal(last.colorRaw, '#00FF7F');
    assert.ok(last.badges.hasBroadcaster);
    const [deleted] = seen.CLEARMSG;
    assert.deepEqual([deleted.targetUsername, deleted.targetMessageID, deleted.targetMessageContent], ['dankvictim', messageId, 'rude words']);
    const [timeout, ban, clear] = seen.CLEARCHAT;
    assert.deepEqual([timeout.isTimeout(), timeout.targetUsername, timeout.banDuration], [true, 'dankvictim', 30]);
    assert.deepEqual([ban.isPermaban(), ban.targetUsername], [true, 'dankvictim']);
    assert.equal(clear.wasChatCleared(), true);
    assert.deepEqual(
        seen.ROOMSTATE.map((state) => state.extractRoomState()).map(({ slowModeDuration, followersOnlyDuration, subscribersOnly, emoteOnly, r9k }) =>
            [slowModeDuration, followersOnlyDuration, subscribersOnly, emoteOnly, r9k].find((value) => value !== undefined)),
        [45, 0, 30, -1, true, false, true, false, true, false],
    );
    const [announcement, raid] = seen.USERNOTICE;
    assert.deepEqual([announcement.messageTypeID, announcement.messageText, announcement.eventParams.color], ['announcement', 'look here', 'BLUE']);
    assert.deepEqual([raid.messageTypeID, raid.eventParams.login, raid.eventParams.viewerCount], ['raid', 'dankvictim', 42]);
    const whisper = await eventually(() => seen.WHISPER[0], 'the whisper');
    assert.deepEqual([whisper.senderUsername, whisper.recipientUsername, whisper.messageText], ['dankmods', 'dankwatcher', 'between us']);
});

test('dank-twitch-irc shows all that the platform announces', kTimeout, async () => {
    const watcher = client('dankfan', 'tcp');
    await watcher.connect();
    await watcher.join('dankevents');
    const seen = [];
    watcher.on('USERNOTICE', (line) => seen.push(line));
    const cheer = message(watcher, 'well played');
    const ids = await announceEverything(server, 'dankevents');
    const { bits, displayName } = await cheer;
    assert.deepEqual([displayName, bits], ['Fan', 100]);
    assert.deepEqual(seen.map(({ messageTypeID }) => messageTypeID), kAnnounced);
    assert.deepEqual(seen.map(({ senderUsername }) => senderUsername), [
        'fan', 'fan', 'lucky', 'giver', 'giver', 'ananonymousgifter', 'lucky', 'lucky', 'fan', 'lucky', 'lucky', 'giver', 'dankevents', 'fan', 'fan', 'fan', 'fan',
    ]);
    const has = (index, wanted) => {
        const { eventParams } = seen[index];
        assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, eventParams[key]])), wanted);
    };
    has(0, { subPlan: '2000', cumulativeMonths: 1, shouldShareStreak: false, wasGifted: 'false' });
    has(1, { subPlan: 'Prime', cumulativeMonths: 6, shouldShareStreak: true, streakMonths: 2 });
    has(2, { subPlan: '1000', cumulativeMonths: 3, wasGifted: 'true', gifterLogin: 'giver', gifterID: ids.giver, giftMonths: 6, giftMonthBeingRedeemed: '3' });
    has(3, { subPlan: '1000', massGiftCount: 10, senderCount: 20 });
    has(4, { subPlan: '3000', recipientUsername: 'lucky', recipientID: ids.lucky, giftMonths: 6, months: 4, senderCount: 21 });
    has(5, { subPlan: '1000', recipientDisplayName: 'Lucky', giftMonths: 1, months: 1, senderCount: 0 });
    has(6, { senderLogin: 'giver', senderName: 'Giver' });
    has(8, { subPlan: '1000' });
    has(9, { priorGifterAnonymous: 'false', priorGifterID: ids.giver, recipientID: ids.fan });
    has(10, { priorGifterAnonymous: 'true' });
    has(11, { login: 'giver', displayName: 'Giver', viewerCount: 42 });
    has(13, { threshold: 1000 });
    has(14, { category: 'watch-streak', value: 10, copoReward: 450 });
    has(15, { months: 18 });
    has(16, { charityName: 'Sea Rescue', donationAmount: '1005', donationCurrency: 'EUR', exponent: '2' });
    assert.equal(seen[1].messageText, 'Great stream');
    assert.equal(seen[4].systemMessage, 'Giver gifted 6 months of Tier 3 to Lucky. They have given 21 Gift Subs in the channel!');
    assert.ok(watcher.joinedChannels.has('dankevents'));
});

test('dank-twitch-irc is answered when it moderates', kTimeout, async () => {
    const owner = client('dankowner');
    await owner.connect();
    await owner.join('dankowner');
    const notices = [];
    owner.on('NOTICE', (notice) => notices.push(notice.messageID));
    const commands = ['/ban dankspammer spam', '/unban dankspammer', '/slow 20', '/mod dankhelper', '/unmod dankhelper', '/pin mind the rules'];
    // It has several connections, between which there is no order.
    for (const [i, command] of commands.entries()) {
        await owner.privmsg('dankowner', command);
        await eventually(() => notices.length > i, `an answer to ${command}`);
    }
    assert.deepEqual(notices.slice(0, 5), ['ban_success', 'unban_success', 'slow_on', 'mod_success', 'unmod_success']);
    const pins = await server.get('/api/channels/dankowner/messages');
    assert.equal(pins.json.messages.at(-1).text, 'mind the rules');
});

test('dank-twitch-irc found no fault in any line', kTimeout, () => {
    assert.deepEqual(errors.map(String), []);
});
