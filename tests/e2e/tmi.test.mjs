// SPDX-License-Identifier: Apache-2.0
// tmi.js, the client library that most bots are made with. It gives up on every answer after 600 ms.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import tmi from 'tmi.js';
import { eventually, exitSoon, Server } from './server.mjs';

const kTimeout = { timeout: 40_000 };
let server;
const bots = [];

function bot(login, channels = [], password = 'oauth:dev', connection = {}) {
    const client = new tmi.Client({
        options: { skipUpdatingEmotesets: true, joinInterval: 300 },
        connection: { server: '127.0.0.1', port: server.http, secure: false, reconnect: false, ...connection },
        identity: login ? { username: login, password } : {},
        channels,
        logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
    });
    bots.push(client);
    return client;
}

/** The next message of a channel that the bot hears. */
async function heard(client, channel, text) {
    return new Promise((done) => {
        const listener = (to, state, message, self) => {
            if (to !== `#${channel}` || message !== text) return;
            client.off('message', listener);
            done({ state, self });
        };
        client.on('message', listener);
    });
}

async function joined(login, channel) {
    const client = bot(login, [channel]);
    const join = once(client, 'roomstate');
    await client.connect();
    await join;
    return client;
}

before(async () => (server = await Server.start()));
after(async () => {
    exitSoon();
    for (const client of bots) {
        client.reconnect = false;
        await client.disconnect().catch(() => {});
    }
    await server.stop();
});

test('tmi.js logs in, joins, speaks and is heard with the right tags', kTimeout, async () => {
    const speaker = bot('tina');
    assert.deepEqual(await speaker.connect(), ['127.0.0.1', server.http]);
    assert.equal(speaker.getUsername(), 'tina');
    assert.deepEqual(await speaker.join('tmiroom'), ['#tmiroom']);
    const listener = await joined('theo', 'tmiroom');

    const first = heard(listener, 'tmiroom', 'hello there');
    await speaker.say('tmiroom', 'hello there');
    const { state, self } = await first;
    assert.equal(self, false);
    assert.equal(state.username, 'tina');
    assert.equal(state['display-name'].toLowerCase(), 'tina');
    assert.equal(state['message-type'], 'chat');
    assert.equal(state['first-msg'], true);
    assert.equal(state.mod, false);
    assert.equal(state.subscriber, false);
    assert.match(state['room-id'], /^\d{4,}$/);
    assert.match(state['user-id'], /^\d{4,}$/);
    assert.match(state.id, /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs(Number(state['tmi-sent-ts']) - Date.now()) < 5000);

    const action = once(listener, 'action');
    await speaker.action('tmiroom', 'waves');
    assert.equal((await action)[2], 'waves');

    const code = (await server.get('/api/emotes/1000')).text.match(/"code":"([A-Za-z0-9]+)"/)[1];
    const emotes = heard(listener, 'tmiroom', `\u{1F602} ${code}`);
    await speaker.say('tmiroom', `\u{1F602} ${code}`);
    assert.deepEqual(Object.values((await emotes).state.emotes), [[`2-${1 + code.length}`]]);
});

test('tmi.js shows a broadcaster as one', kTimeout, async () => {
    const owner = await joined('tmiowner', 'tmiowner');
    const listener = await joined('tmilistener', 'tmiowner');
    const message = heard(listener, 'tmiowner', 'my own room');
    await owner.say('tmiowner', 'my own room');
    assert.deepEqual((await message).state.badges, { broadcaster: '1' });
});

test('tmi.js replies', kTimeout, async () => {
    const asker = await joined('asker', 'tmireply');
    const answerer = await joined('answerer', 'tmireply');
    const question = heard(answerer, 'tmireply', 'what is it?');
    await asker.say('tmireply', 'what is it?');
    const { state: asked } = await question;
    const answer = heard(asker, 'tmireply', `@${asked['display-name']} it is this`);
    // This version has no method for it; its users send the raw line.
    await answerer.raw(`@reply-parent-msg-id=${asked.id} PRIVMSG #tmireply :it is this`);
    const { state } = await answer;
    assert.equal(state['reply-parent-msg-id'], asked.id);
    assert.equal(state['reply-parent-user-login'], 'asker');
    assert.equal(state['reply-parent-msg-body'], 'what is it?');
});

test('tmi.js reads anonymously', kTimeout, async () => {
    const reader = await joined(null, 'tmianon');
    assert.match(reader.getUsername(), /^justinfan\d+$/);
    const speaker = await joined('tmispeaker', 'tmianon');
    const message = heard(reader, 'tmianon', 'for everybody');
    await speaker.say('tmianon', 'for everybody');
    assert.equal((await message).state.username, 'tmispeaker');
});

test('tmi.js pings and parts', kTimeout, async () => {
    const client = await joined('pinger', 'tmiping');
    const [latency] = await client.ping();
    assert.ok(latency >= 0 && latency < 1);
    assert.deepEqual(await client.part('tmiping'), ['#tmiping']);
    assert.deepEqual(client.getChannels(), []);
});

test('tmi.js sees who joins and parts', kTimeout, async () => {
    const watcher = await joined('tmiwatcher', 'tmimembers');
    const join = new Promise((done) => watcher.on('join', (_, name) => name === 'tmiguest' && done()));
    const part = new Promise((done) => watcher.on('part', (_, name) => name === 'tmiguest' && done()));
    const guest = await joined('tmiguest', 'tmimembers');
    await join;
    await guest.part('tmimembers');
    await part;
});

test('tmi.js is told why a login failed, and stays away', kTimeout, async () => {
    const client = bot('tina', [], 'oauth:invalid', { reconnect: true });
    await assert.rejects(client.connect(), (error) => error === 'Login authentication failed');
    assert.equal(client.reconnect, false);
});

test('tmi.js comes back when the server restarts, into its channels', kTimeout, async () => {
    const speaker = bot('phoenix', ['tmiback'], 'oauth:dev', { reconnect: true, reconnectInterval: 300, maxReconnectInterval: 500 });
    const listener = bot('watchman', ['tmiback'], 'oauth:dev', { reconnect: true, reconnectInterval: 300, maxReconnectInterval: 500 });
    for (const client of [speaker, listener]) {
        const join = once(client, 'roomstate');
        await client.connect();
        await join;
    }
    await speaker.say('tmiback', 'before');
    const left = Promise.all([speaker, listener].map((client) => once(client, 'disconnected')));
    const back = Promise.all([speaker, listener].map((client) => once(client, 'roomstate')));
    const ended = await server.terminate();
    assert.deepEqual(ended, { code: 0, signal: null });
    await left;
    await server.restart();
    await back;
    const message = heard(listener, 'tmiback', 'after');
    await eventually(() => speaker.say('tmiback', 'after').then(() => true, () => false), 'the bot speaks again');
    assert.equal((await message).state.username, 'phoenix');
    assert.deepEqual(server.export('tmiback').map(({ text }) => text), ['before', 'after']);
});
