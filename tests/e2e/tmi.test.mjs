// SPDX-License-Identifier: Apache-2.0
// tmi.js, the client library that most bots are made with. It gives up on every answer after 600 ms.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import tmi from 'tmi.js';
import { announceEverything } from './announcer.mjs';
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
    assert.equal(state['reply-parent-user-id'], asked['user-id']);
    assert.equal(state['reply-parent-display-name'], asked['display-name']);
    const thanks = heard(answerer, 'tmireply', `@${state['display-name']} thanks`);
    await asker.raw(`@reply-parent-msg-id=${state.id} PRIVMSG #tmireply :thanks`);
    const { state: last } = await thanks;
    assert.equal(last['reply-parent-msg-body'], `@${asked['display-name']} it is this`);
    assert.deepEqual([last['reply-thread-parent-msg-id'], last['reply-thread-parent-user-login']], [asked.id, 'asker']);
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

test('tmi.js shows all that the platform announces', kTimeout, async () => {
    const watcher = await joined('tmifan', 'tmievents');
    const seen = [];
    const left = [];
    watcher.on('disconnected', (reason) => left.push(reason));
    const hears = (name, facts) => watcher.on(name, (channel, ...rest) => channel === '#tmievents' && seen.push([name, ...facts(...rest)]));
    const plan = ({ prime, plan, planName }) => [prime, plan, planName];
    hears('subscription', (user, methods, text) => [user, ...plan(methods), text]);
    hears('resub', (user, streak, text, tags, methods) => [user, streak, text, tags['msg-param-cumulative-months'], tags['msg-param-gifter-login'], ...plan(methods)]);
    hears('submysterygift', (user, count, methods, tags) => [user, count, methods.plan, tags['msg-param-sender-count']]);
    hears('subgift', (user, streak, recipient, methods, tags) => [user, recipient, methods.plan, tags['msg-param-gift-months'], tags['msg-param-months']]);
    hears('giftpaidupgrade', (user, gifter) => [user, gifter]);
    hears('anongiftpaidupgrade', (user) => [user]);
    hears('primepaidupgrade', (user, methods) => [user, methods.plan]);
    hears('raided', (user, viewers, tags) => [user, viewers, tags['system-msg']]);
    watcher.on('usernotice', (id, channel, tags, text) => seen.push([id, tags['system-msg'], text]));
    hears('cheer', (state, text) => [state['display-name'], state.bits, text]);
    await announceEverything(server, 'tmievents');
    await eventually(() => seen.some(([name]) => name === 'cheer'), 'the last event');
    // A tag that is 1 is true for this library.
    assert.deepEqual(seen, [
        ['subscription', 'Fan', false, '2000', 'Channel Subscription (tmievents)', null],
        ['resub', 'Fan', 2, 'Great stream', '6', undefined, true, 'Prime', 'Prime'],
        ['resub', 'Lucky', 0, null, '3', 'giver', false, '1000', 'Channel Subscription (tmievents)'],
        ['submysterygift', 'Giver', 10, '1000', '20'],
        ['subgift', 'Giver', 'Lucky', '3000', '6', '4'],
        ['subgift', 'AnAnonymousGifter', 'Lucky', '1000', true, true],
        ['giftpaidupgrade', 'Lucky', 'Giver'],
        ['anongiftpaidupgrade', 'Lucky'],
        ['primepaidupgrade', 'Fan', '1000'],
        ['standardpayforward', 'Lucky is paying forward the Gift they got from Giver to Fan!', null],
        ['communitypayforward', 'Lucky is paying forward the Gift they got from an anonymous user to the community!', null],
        ['raided', 'Giver', 42, '42 raiders from Giver have joined!'],
        ['unraid', 'The raid has been cancelled.', null],
        ['bitsbadgetier', 'bits badge tier notification', 'shiny'],
        ['viewermilestone', 'Fan watched 10 consecutive streams and sparked a watch streak!', 'again'],
        ['modiversary', 'has been a moderator for 18 months!', null],
        ['charitydonation', 'Fan: Donated EUR 10.05 to support Sea Rescue', null],
        ['cheer', 'Fan', '100', 'well played'],
    ]);
    const still = heard(watcher, 'tmievents', 'still here');
    await watcher.say('tmievents', 'still here');
    await still;
    assert.deepEqual(left, []);
});

test('tmi.js sees the tags of an announcement, and what is said in answer to it', kTimeout, async () => {
    const owner = await joined('tmiannouncer', 'tmiannouncer');
    const viewer = await joined('tmireplier', 'tmiannouncer');
    const announcement = once(viewer, 'usernotice');
    await owner.say('tmiannouncer', '/announcegreen doors; open');
    const [id, , tags, text] = await announcement;
    assert.deepEqual([id, text, tags['msg-param-color'], tags['system-msg'], tags.login, tags.badges], ['announcement', 'doors; open', 'GREEN', null, 'tmiannouncer', { broadcaster: '1' }]);
    assert.match(tags.id, /^[0-9a-f-]{36}$/);
    assert.match(tags['room-id'], /^\d{4,}$/);
    // An announcement is no message that can be a reply's parent; the answer to it is said all the same.
    const answer = heard(owner, 'tmiannouncer', 'on my way');
    await viewer.raw(`@reply-parent-msg-id=${tags.id} PRIVMSG #tmiannouncer :on my way`);
    assert.equal((await answer).state['reply-parent-msg-id'], undefined);
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
