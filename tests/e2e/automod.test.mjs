// SPDX-License-Identifier: Apache-2.0
// AutoMod from outside: a viewer on tmi.js, a moderator on twurple, and a server that is killed in between.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import tmi from 'tmi.js';
import { IrcClient } from './irc.mjs';
import { eventually, exitSoon, Server } from './server.mjs';
import { api, listen, point, skip, stopListening, subscribed } from './twurple_api.mjs';

const kTimeout = { timeout: 60_000 };
const kTwurple = { timeout: 60_000, skip };
const kRoom = 'orchard';
/** So long a message is held; long enough for a restart. */
const kHoldSeconds = 25;
let server;
const bots = [];

before(async () => {
    server = await Server.start({ config: { automod: { hold_for_s: kHoldSeconds } } });
    point(server);
    // In development mode a channel comes into being when somebody joins it.
    await (await IrcClient.login(server, kRoom, { channels: [kRoom] })).close();
    const { status, text } = await rest('POST', `/api/channels/${kRoom}/automod/terms`, kRoom, {
        terms: [{ text: 'pineapple', action: 'hold' }, { text: 'durian', private: true }],
    });
    assert.equal(status, 200, text);
});
after(async () => {
    exitSoon();
    stopListening();
    for (const client of bots) {
        client.reconnect = false;
        await client.disconnect().catch(() => {});
    }
    await server?.stop();
});

async function rest(method, path, login, body) {
    const answer = await server.get(path, {
        method,
        headers: { authorization: `Bearer ${login}`, 'client-id': 'e2e', 'content-type': 'application/json', connection: 'close' },
        body: body && JSON.stringify(body),
    });
    assert.ok(answer.status < 500, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
}
const idOf = async (login) => (await rest('GET', `/helix/users?login=${login}`, login)).json.data[0].id;
const pending = async () => (await rest('GET', `/api/channels/${kRoom}/automod/held`, kRoom)).json.held;

/** A viewer on tmi.js; `notices` are the ids that it was told. */
async function viewer(login) {
    const client = new tmi.Client({
        options: { skipUpdatingEmotesets: true, joinInterval: 300 },
        connection: { server: '127.0.0.1', port: server.http, secure: false, reconnect: false },
        identity: { username: login, password: 'oauth:dev' },
        channels: [kRoom],
        logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
    });
    bots.push(client);
    client.notices = [];
    client.on('automod', (_, id) => client.notices.push(id));
    const joined = new Promise((done) => client.once('roomstate', done));
    await client.connect();
    await joined;
    return client;
}

test('what is held is told to a twurple moderator, who approves and denies it once', kTwurple, async () => {
    const owner = await idOf(kRoom);
    const client = api(kRoom);
    const listener = listen(client);
    const holds = await subscribed(listener, 'onAutoModMessageHoldV2', owner, owner);
    const updates = await subscribed(listener, 'onAutoModMessageUpdateV2', owner, owner);
    const watcher = await IrcClient.login(server, 'watcher', { channels: [kRoom] });
    const vic = await viewer('vic');

    vic.say(kRoom, 'I like pineapple').catch(() => {});
    await eventually(() => vic.notices.includes('msg_rejected'), 'the sender is told');
    await eventually(() => holds.length === 1, 'the moderator is told');
    assert.equal(holds[0].messageText, 'I like pineapple');
    assert.equal(holds[0].reason, 'blocked_term');
    assert.equal(holds[0].userName, 'vic');
    const [term] = holds[0].blockedTerms;
    assert.equal(term.text, 'pineapple');

    await watcher.sayStored(kRoom, 'meanwhile');
    await client.moderation.processHeldAutoModMessage(owner, holds[0].messageId, true);
    const heard = await watcher.hears('I like pineapple');
    assert.equal(heard.tags.id, holds[0].messageId);
    await eventually(() => updates.length === 1, 'the moderator is told what became of it');
    assert.equal(updates[0].status, 'approved');
    await assert.rejects(client.moderation.processHeldAutoModMessage(owner, holds[0].messageId, false), /400/);

    vic.say(kRoom, 'pineapple again').catch(() => {});
    await eventually(() => holds.length === 2, 'the moderator is told');
    await client.moderation.processHeldAutoModMessage(owner, holds[1].messageId, false);
    await eventually(() => updates.length === 2, 'the moderator is told what became of it');
    assert.equal(updates[1].status, 'denied');
    const said = server.export(kRoom).map((message) => message.text);
    assert.deepEqual(said.filter((text) => text?.includes('pineapple')), ['I like pineapple']);
    await watcher.close();
});

test('a blocked term is refused for good, and a private one is nobody else\'s matter', kTimeout, async () => {
    const val = await viewer('val');
    val.say(kRoom, 'durian!').catch(() => {});
    await eventually(() => val.notices.includes('msg_rejected_mandatory'), 'the sender is told');
    const owner = await idOf(kRoom);
    const listed = (await rest('GET', `/helix/moderation/blocked_terms?broadcaster_id=${owner}&moderator_id=${owner}`, kRoom)).json.data;
    assert.deepEqual(listed.map((term) => term.text), ['pineapple']);
});

test('/approve and /deny decide, for moderators', kTimeout, async () => {
    const owner = await IrcClient.login(server, kRoom, { channels: [kRoom] });
    const sender = await IrcClient.login(server, 'sid', { channels: [kRoom] });
    sender.say(kRoom, 'one pineapple');
    const [first] = await eventually(async () => (await pending()).length === 1 && pending(), 'it is held');
    sender.say(kRoom, `/approve ${first.id}`);
    await sender.lines.next((line) => line.includes('no_permission') && / NOTICE /.test(line));
    owner.say(kRoom, `/approve ${first.id}`);
    await owner.hears('one pineapple');
    sender.say(kRoom, 'two pineapples, a pineapple each');
    const [second] = await eventually(async () => (await pending()).length === 1 && pending(), 'it is held');
    owner.say(kRoom, `/deny ${second.id}`);
    await eventually(async () => (await pending()).length === 0, 'it is decided');
    await owner.close();
    await sender.close();
});

test('what is held survives SIGKILL, and expires when nobody decides', kTimeout, async () => {
    const sender = await IrcClient.login(server, 'sue', { channels: [kRoom] });
    sender.say(kRoom, 'pineapple before the crash');
    sender.say(kRoom, 'pineapple nobody wants');
    const held = await eventually(async () => (await pending()).length === 2 && pending(), 'both are held');
    const wanted = held.find((one) => one.text === 'pineapple before the crash');
    const unwanted = held.find((one) => one.text === 'pineapple nobody wants');
    await server.kill();
    await server.restart();
    assert.deepEqual((await pending()).map((one) => one.id), held.map((one) => one.id));
    const owner = await IrcClient.login(server, kRoom, { channels: [kRoom] });
    owner.say(kRoom, `/approve ${wanted.id}`);
    const { tags } = await owner.hears('pineapple before the crash');
    assert.equal(tags.id, wanted.id);
    const expired = await eventually(
        async () => {
            const { json } = await rest('GET', `/api/channels/${kRoom}/automod/verdicts/${unwanted.id}`, kRoom);
            return json.status === 'expired' && json;
        },
        'the other one expires', (kHoldSeconds + 10) * 1000, 200);
    assert.equal(expired.action, 'hold');
    const late = await rest('POST', `/api/channels/${kRoom}/automod/held/${unwanted.id}`, kRoom, { action: 'approve' });
    assert.equal(late.status, 404, late.text);
    const said = server.export(kRoom).map((message) => message.text);
    assert.equal(said.filter((text) => text === 'pineapple before the crash').length, 1);
    assert.equal(said.filter((text) => text === 'pineapple nobody wants').length, 0);
    await owner.close();
});

test('what was held before a restart is approved over REST, and EventSub tells of it', kTwurple, async () => {
    const owner = await idOf(kRoom);
    const sender = await IrcClient.login(server, 'sol', { channels: [kRoom] });
    sender.say(kRoom, 'pineapple before the restart');
    sender.say(kRoom, 'pineapple that is denied');
    const held = await eventually(async () => (await pending()).length === 2 && pending(), 'both are held');
    await sender.close();
    await server.terminate();
    await server.restart();

    const client = api(kRoom);
    const updates = await subscribed(listen(client), 'onAutoModMessageUpdateV2', owner, owner);
    const watcher = await IrcClient.login(server, 'watcher', { channels: [kRoom] });
    const [wanted, unwanted] = ['pineapple before the restart', 'pineapple that is denied'].map((text) => held.find((one) => one.text === text));
    await client.moderation.processHeldAutoModMessage(owner, wanted.id, true);
    assert.equal((await watcher.hears('pineapple before the restart')).tags.id, wanted.id);
    await eventually(() => updates.length === 1, 'the moderator is told what became of it');
    assert.equal(updates[0].messageId, wanted.id);
    assert.equal(updates[0].status, 'approved');
    // The library's moderatorName reads the sender's login.
    assert.equal((await updates[0].getModerator()).name, kRoom);

    // Once, by whichever road.
    await assert.rejects(client.moderation.processHeldAutoModMessage(owner, wanted.id, false), /400/);
    assert.equal((await rest('POST', `/api/channels/${kRoom}/automod/held/${wanted.id}`, kRoom, { action: 'approve' })).status, 400);
    assert.equal((await rest('POST', `/api/channels/${kRoom}/automod/held/${unwanted.id}`, kRoom, { action: 'deny' })).status, 204);
    await eventually(() => updates.length === 2, 'the moderator is told what became of the other one');
    assert.equal(updates[1].status, 'denied');
    const mod = await IrcClient.login(server, kRoom, { channels: [kRoom] });
    mod.say(kRoom, `/approve ${unwanted.id}`);
    await mod.lines.next((line) => line.includes('decided before') && / NOTICE /.test(line));
    await mod.sayStored(kRoom, 'that was all');
    assert.equal(updates.length, 2);
    const said = server.export(kRoom).map((message) => message.text);
    assert.equal(said.filter((text) => text === 'pineapple before the restart').length, 1);
    assert.equal(said.filter((text) => text === 'pineapple that is denied').length, 0);
    await mod.close();
    await watcher.close();
});

test('the raid breaker counts down over a restart, and moderators give it more time', kTimeout, async () => {
    const room = 'orangery';
    const owner = await IrcClient.login(server, room, { channels: [room] });
    const raid = async (request, body) => rest(body ? 'POST' : 'GET', `/api/channels/${room}/automod/raid${request}`, room, body);
    const rules = { raid: { on: true, signs: 1, alike_names: 3, countdown_s: 10 } };
    assert.equal((await rest('PATCH', `/api/channels/${room}/automod/rules`, room, { rules })).status, 200);
    const bots = [];
    for (const number of [1, 2, 3]) bots.push(await IrcClient.login(server, `orangebot_${number}`, { channels: [room] }));
    const tripped = await eventually(async () => (await raid('')).json.shield && raid(''), 'shield mode is on');
    assert.deepEqual(tripped.json.last.signs.map(({ sign }) => sign), ['alike_names']);
    assert.ok(tripped.json.last.seconds_left <= 10);
    assert.equal((await raid('/extend', { seconds: 5 })).status, 204);
    const { until } = (await raid('')).json.last;
    assert.equal(until, tripped.json.last.until + 5000);
    for (const client of [owner, ...bots]) await client.close();
    await server.kill();
    await server.restart();
    assert.equal((await raid('')).json.last.until, until);
    const over = await eventually(async () => !(await raid('')).json.shield && Date.now(), 'shield mode ends', 30_000);
    assert.ok(over >= until, 'not before the time that was told');
    await eventually(async () => (await raid('')).json.last.over, 'the trip is over');
});
