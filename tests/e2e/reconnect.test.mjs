// SPDX-License-Identifier: Apache-2.0
// A server that is stopped says RECONNECT; every library comes back by itself, joins its channels and goes on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import Irc from 'irc-framework';
import tmi from 'tmi.js';
import { IrcClient } from './irc.mjs';
import { eventually, exitSoon, Server } from './server.mjs';

const kTimeout = { timeout: 60_000 };
const kRoom = 'comeback';
let server;

/** Each connects to kRoom and calls `heard` with the texts that it hears there; gives what ends it. */
const libraries = {
    'tmi.js': async (heard) => {
        const client = new tmi.Client({
            options: { skipUpdatingEmotesets: true },
            connection: { server: '127.0.0.1', port: server.http, secure: false, reconnect: true, reconnectInterval: 300 },
            channels: [kRoom],
            logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
        });
        client.on('message', (channel, tags, text) => heard(text));
        const join = once(client, 'roomstate');
        await client.connect();
        await join;
        return () => client.disconnect().catch(() => {});
    },
    '@twurple/chat': async (heard) => {
        const { ChatClient } = await import('@twurple/chat');
        const client = new ChatClient({ channels: [kRoom], hostName: `localhost:${server.http}/irc`, ssl: false, logger: { minLevel: 'critical' } });
        client.onMessage((channel, user, text) => heard(text));
        const join = new Promise((done) => client.onJoin(done));
        client.connect();
        await join;
        return () => client.quit();
    },
    '@mastondzn/dank-twitch-irc': async (heard) => {
        const { ChatClient } = await import('@mastondzn/dank-twitch-irc');
        const client = new ChatClient({ connection: { type: 'tcp', secure: false, host: '127.0.0.1', port: server.irc }, installDefaultMixins: false });
        client.on('PRIVMSG', ({ messageText }) => heard(messageText));
        client.on('error', () => {});
        await client.connect();
        await client.join(kRoom);
        return () => client.destroy();
    },
    'irc-framework': async (heard) => {
        const client = new Irc.Client();
        client.connect({ host: '127.0.0.1', port: server.irc, nick: 'justinfan7', username: 'x', gecos: 'x', auto_reconnect: true, auto_reconnect_wait: 300, auto_reconnect_max_retries: 100 });
        client.on('registered', () => client.join(`#${kRoom}`));
        client.on('message', ({ message }) => heard(message));
        await once(client, 'userlist');
        return () => client.quit();
    },
};

before(async () => (server = await Server.start()));
after(async () => {
    exitSoon();
    await server.stop();
});

test('every library comes back after a restart', kTimeout, async (t) => {
    const watchers = [];
    for (const [name, connect] of Object.entries(libraries)) {
        const texts = new Set();
        try {
            watchers.push({ name, texts, end: await connect((text) => texts.add(text)) });
        } catch (error) {
            if (error.code !== 'ERR_MODULE_NOT_FOUND' && !(error instanceof SyntaxError)) throw error;
            t.diagnostic(`${name} does not load on Node ${process.version}: ${error.message}`);
        }
    }
    assert.ok(watchers.length >= 2);
    const raw = await IrcClient.login(server, 'justinfan8', { channels: [kRoom] });
    const before = await IrcClient.login(server, kRoom);
    await before.sayStored(kRoom, 'before');
    for (const { name, texts } of watchers) await eventually(() => texts.has('before'), `${name} hears`);
    await server.terminate();
    assert.equal(raw.lines.count(/^:tmi\.twitch\.tv RECONNECT$/), 1);
    await server.restart();
    const speaker = await IrcClient.login(server, kRoom);
    const count = async () => (await server.metric('clamor_memberships')) >= watchers.length;
    await eventually(count, 'all have joined again', 30_000);
    await speaker.sayStored(kRoom, 'after');
    for (const { name, texts } of watchers) await eventually(() => texts.has('after'), `${name} hears again`);
    for (const { end } of watchers) await end();
    await speaker.close();
});
