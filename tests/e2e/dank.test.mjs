// SPDX-License-Identifier: Apache-2.0
// @mastondzn/dank-twitch-irc: the strictest parser of all; it drops the connection at any line that it does not like.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import WebSocket, { createWebSocketStream } from 'ws';
import { IrcClient } from './irc.mjs';
import { exitSoon, Server } from './server.mjs';

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

test('dank-twitch-irc found no fault in any line', kTimeout, () => {
    assert.deepEqual(errors.map(String), []);
});
