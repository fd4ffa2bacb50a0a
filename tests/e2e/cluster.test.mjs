// SPDX-License-Identifier: Apache-2.0
// What must be one thing where three nodes serve one chat: webhooks, limits, counts, the list of nodes, the time of an act.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Dynalite } from './dynalite.mjs';
import { IrcClient } from './irc.mjs';
import { Postgres } from './postgres.mjs';
import { kSecret, Receiver } from './receiver.mjs';
import { Redis } from './redis.mjs';
import { eventually, exitSoon, Server, sleep } from './server.mjs';

const kTimeout = { timeout: 60_000 };
let postgres, dynalite, redis;
/** The nodes; tests name them by their numbers from 1. */
let one, two, three;

before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'nodes', AWS_SECRET_ACCESS_KEY: 'nodes' });
    [postgres, dynalite, redis] = await Promise.all([Postgres.start(), Dynalite.start(), Redis.start()]);
    const args = ['--postgres', postgres.url, '--dynamodb', dynalite.url('cluster'), '--redis', redis.url];
    const config = { limits: { messages_viewer: 10_000, messages_moderator: 10_000, joins_per_10s: 40 } };
    [one, two, three] = await Promise.all([1, 2, 3].map(() => Server.start({ args, config })));
});
after(async () => {
    exitSoon();
    Receiver.closeAll();
    await Promise.all([one, two, three].map((node) => node?.stop()));
    await redis?.stop();
    dynalite?.stop();
    await postgres?.remove();
});

const nodes = () => [one, two, three];
const on = (node, login, room, options) => IrcClient.login(node, login, { channels: [room], ...options });

const call = (node, method, path, login, body) => node.get(path, {
    method,
    headers: { authorization: `Bearer ${login}`, 'client-id': 'e2e', 'content-type': 'application/json', connection: 'close' },
    body: body && JSON.stringify(body),
});
async function rest(...what) {
    const answer = await call(...what);
    assert.ok(answer.status < 400, `${what[1]} ${what[2]}: ${answer.status} ${answer.text}`);
    return answer.json;
}
const idOf = async (login) => (await rest(one, 'GET', `/helix/users?login=${login}`, login)).data[0].id;

const hookStatus = async (node, id, login) =>
    (await rest(node, 'GET', `/helix/eventsub/subscriptions?subscription_id=${id}`, login)).data[0]?.status;

/** A webhook of `login` that was made on `node` and that all nodes know as enabled; its id. */
async function hook(node, receiver, login, type, condition) {
    const { data } = await rest(node, 'POST', '/helix/eventsub/subscriptions', login,
        { type, version: '1', condition, transport: { method: 'webhook', callback: receiver.url, secret: kSecret } });
    await enabledEverywhere(data[0].id, login);
    return data[0].id;
}
async function enabledEverywhere(id, login) {
    for (const node of nodes()) await eventually(async () => (await hookStatus(node, id, login)) === 'enabled', 'every node knows the webhook', 10_000);
}

test('a webhook is challenged once, and told once of what happens on any node', kTimeout, async () => {
    const receiver = await Receiver.start();
    const me = await idOf('hooked');
    const id = await hook(one, receiver, 'hooked', 'channel.chat.message', { broadcaster_user_id: me, user_id: me });
    assert.equal(receiver.of('webhook_callback_verification').length, 1);
    const senders = await Promise.all(nodes().map((node, i) => on(node, `hooksender${i}`, 'hooked')));
    const kEach = 20;
    for (let i = 0; i < kEach; ++i) for (const sender of senders) sender.say('hooked', `${sender.nick} says ${i}`);
    for (const sender of senders) await sender.sayStored('hooked', 'that is all');
    const all = 3 * (kEach + 1);
    await eventually(() => receiver.notifications.length >= all, 'all is posted', 20_000);
    await sleep(500);
    assert.equal(receiver.notifications.length, all, 'one post for each event');
    assert.equal(new Set(receiver.notifications.map((post) => post.id)).size, all);
    assert.ok(receiver.posts.every((post) => post.signed));

    // It is the cluster's: another node than the one where it was made deletes it.
    assert.equal((await call(three, 'DELETE', `/helix/eventsub/subscriptions?id=${id}`, 'hooked')).status, 204);
    for (const node of nodes()) await eventually(async () => (await hookStatus(node, id, 'hooked')) === undefined, 'every node has forgotten it');
    for (const sender of senders) await sender.sayStored('hooked', 'nobody listens');
    await sleep(300);
    assert.equal(receiver.notifications.length, all);
});

test('what is no event of a channel is posted once, too', kTimeout, async () => {
    const receiver = await Receiver.start();
    const me = await idOf('hookuser');
    await hook(two, receiver, 'hookuser', 'user.whisper.message', { user_id: me });
    await hook(three, receiver, 'hookuser', 'user.update', { user_id: me });
    const friend = await on(one, 'hookfriend', 'hookfriend');
    friend.say('hookfriend', '/w hookuser psst');
    await eventually(() => receiver.notifications.length >= 1, 'the whisper is posted');
    await rest(three, 'PUT', '/api/platform/users/hookuser', 'app', { description: 'all of it' });
    await eventually(() => receiver.notifications.length >= 2, 'the change is posted');
    await sleep(500);
    assert.deepEqual(receiver.notifications.map((post) => post.subscription), ['user.whisper.message', 'user.update']);
});

test('a webhook is told once that its right has ended, whichever node finds it', kTimeout, async () => {
    const receiver = await Receiver.start();
    const owner = await on(one, 'rightshome', 'rightshome');
    owner.say('rightshome', '/mod rightsmod');
    await owner.lines.next('msg-id=mod_success');
    const condition = { broadcaster_user_id: await idOf('rightshome'), moderator_user_id: await idOf('rightsmod') };
    const id = await hook(two, receiver, 'rightsmod', 'channel.moderate', condition);
    owner.say('rightshome', '/unmod rightsmod');
    await eventually(() => receiver.of('revocation').length >= 1, 'it is told');
    for (const node of nodes()) await eventually(async () => (await hookStatus(node, id, 'rightsmod')) === 'moderator_removed', 'every node knows');
    await sleep(500);
    assert.equal(receiver.of('revocation').length, 1);
});

test('a webhook outlasts the node where it was made, and a node that starts later knows it', kTimeout, async () => {
    const receiver = await Receiver.start();
    const me = await idOf('hooklast');
    const id = await hook(three, receiver, 'hooklast', 'channel.chat.message', { broadcaster_user_id: me, user_id: me });
    await three.kill();
    const sender = await on(one, 'hooklast', 'hooklast');
    await sender.sayStored('hooklast', 'without it');
    await eventually(() => receiver.notifications.length >= 1, 'it is posted');
    await three.restart();
    await enabledEverywhere(id, 'hooklast');
    const back = await on(three, 'hookback', 'hooklast');
    await back.sayStored('hooklast', 'with it');
    await sender.sayStored('hooklast', 'again');
    await eventually(() => receiver.notifications.length >= 3, 'they are posted');
    await sleep(500);
    assert.deepEqual(receiver.notifications.map((post) => post.body.event.message.text), ['without it', 'with it', 'again']);
    assert.equal(receiver.of('webhook_callback_verification').length, 1);
});

test('viewers and chatters are counted on nodes that have no room of the channel', kTimeout, async () => {
    const clients = [await on(one, 'counthome', 'counthome'), await on(one, 'countviewer', 'counthome'), await on(two, 'countother', 'counthome')];
    const me = await idOf('counthome');
    const viewers = async (node) => {
        for (let after = 0;;) {
            const { channels } = await rest(node, 'GET', `/api/channels?after=${after}`, 'counthome');
            const found = channels.find((channel) => channel.login === 'counthome');
            if (found || !channels.length) return found?.viewers;
            after = channels.at(-1).id;
        }
    };
    for (const node of nodes()) await eventually(async () => (await viewers(node)) === 3, 'every node counts three viewers', 15_000, 200);
    const chatters = async (node) => {
        const { data } = await rest(node, 'GET', `/helix/chat/chatters?broadcaster_id=${me}&moderator_id=${me}`, 'counthome');
        return data.map((user) => user.user_login).sort();
    };
    for (const node of nodes())
        await eventually(async () => (await chatters(node)).join() === 'counthome,countother,countviewer', 'every node names the chatters', 15_000, 200);
    for (const client of clients) await client.close();
});

test('every node lists all nodes, and one that is gone is listed no longer', kTimeout, async () => {
    assert.equal((await call(one, 'GET', '/api/nodes', 'somebody')).status, 401, 'an app token is asked for');
    const list = async (node) => (await rest(node, 'GET', '/api/nodes', 'app')).nodes;
    for (const node of nodes()) {
        const all = await eventually(async () => {
            const found = await list(node);
            return found.length === 3 && found;
        }, 'the list has three nodes', 10_000);
        assert.equal(all[0].http, `127.0.0.1:${node.http}`, 'the one that is asked is the first');
        assert.deepEqual(all.map((entry) => entry.http).sort(), nodes().map((other) => `127.0.0.1:${other.http}`).sort());
        for (const entry of all) {
            assert.equal(typeof entry.cpu, 'number');
            assert.equal(entry.draining, false);
            assert.ok(Math.abs(Date.now() - entry.seen_at) < 15_000);
        }
    }
    const admin = JSON.parse(one.run('admin', 'status', '--data', one.data).stdout);
    assert.equal(admin.nodes.length, 3);
    assert.deepEqual(admin.dependencies, { redis: 'up', postgresql: 'up', dynamodb: 'up', message_log: 'up', spool: 'up' });
    await three.terminate();
    await eventually(async () => (await list(one)).length === 2, 'who left is not listed', 3000);
    await three.restart();
});

test('the limit of joins holds over all nodes', kTimeout, async () => {
    const sessions = await Promise.all(nodes().map((node) => IrcClient.login(node, 'joiner')));
    const names = (from) => [...Array(20).keys()].map((i) => `#joinroom${from + i}`).join();
    for (const [i, session] of sessions.entries()) session.send(`JOIN ${names(20 * i)}`);
    for (const session of sessions) await session.alive();
    const joined = sessions.reduce((sum, session) => sum + session.lines.count(/ JOIN #joinroom\d+/), 0);
    assert.equal(joined, 40, 'as many as on one node');
    assert.ok(sessions.some((session) => session.lines.count('msg-id=clamor_join_ratelimit') > 0));
});

test('each dependency has its name and state', kTimeout, async () => {
    const states = async () => Object.fromEntries(Object.entries((await one.get('/readyz')).json.dependencies).map(([name, { status }]) => [name, status]));
    assert.deepEqual(await states(), { redis: 'up', postgresql: 'up', dynamodb: 'up', message_log: 'up', spool: 'up' });
    assert.ok((await one.metric('clamor_redis_clock_skew_seconds')) < 1, 'the nodes and Redis are one machine');
    redis.pause();
    await eventually(async () => (await states()).redis === 'down', 'Redis is down');
    const ready = await one.get('/readyz');
    assert.equal(ready.status, 200);
    assert.match(ready.json.reasons.join(), /Redis/);
    assert.equal(await one.metric('clamor_dependency_up', { dependency: 'redis' }), 0);
    redis.goOn();
    await eventually(async () => (await states()).redis === 'up', 'Redis is up');
});

/** Does `act(i)` so many times, each until `seen(i)` holds everywhere; prints how long that took. */
async function measure(what, times, act, seen) {
    const took = [];
    for (let i = 0; i < times; ++i) {
        const from = performance.now();
        await act(i);
        await seen(i);
        took.push(performance.now() - from);
    }
    took.sort((a, b) => a - b);
    const at = (share) => took[Math.ceil(share * times) - 1].toFixed(1);
    console.log(`${times} ${what} over three nodes, from the command to the last node: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`);
}

test('a ban on one node reaches the viewers of all nodes, each once', kTimeout, async () => {
    const room = 'bantime';
    const owner = await on(one, room, room);
    const viewers = await Promise.all(nodes().map((node, i) => on(node, `bantimer${i}`, room)));
    await measure('timeouts', 200, (i) => owner.say(room, `/timeout bantarget${i} 600`),
        (i) => Promise.all(viewers.map((viewer) => viewer.lines.next(` CLEARCHAT #${room} :bantarget${i}`))));
    for (const viewer of viewers) assert.equal(viewer.lines.count(` CLEARCHAT #${room} :bantarget`), 200);
});

test('modes, roles and terms that change on one node hold on the others', kTimeout, async () => {
    const room = 'changetime';
    const owner = await on(one, room, room);
    const others = await Promise.all([two, three].map((node, i) => on(node, `changer${i}`, room)));
    const all = (pattern) => Promise.all(others.map((viewer) => viewer.lines.next(pattern)));
    await measure('changes of slow mode', 100, (i) => owner.say(room, `/slow ${i + 1}`), (i) => all(new RegExp(`slow=${i + 1}[ ;]`)));
    owner.say(room, '/slowoff');
    await all(/slow=0[ ;]/);
    let mod = false;
    await measure('changes of a moderator', 10, () => owner.say(room, `/${(mod = !mod) ? 'mod' : 'unmod'} changer0`),
        () => others[0].lines.next((line) => line.includes(mod ? 'mod=1;' : 'mod=0;') && line.includes(` USERSTATE #${room}`)));
    // A term of each round; it holds once what has it is refused.
    const refused = (i) => eventually(async () => {
        others[1].say(room, `term${i} in a sentence ${Math.random()}`);
        return others[1].lines.next(/msg-id=msg_rejected/, 20).catch(() => undefined);
    }, 'the term holds', 5000, 1);
    await measure('terms', 10, (i) => rest(one, 'POST', `/api/channels/${room}/automod/terms`, room, { terms: [{ text: `term${i}`, action: 'block' }] }), refused);
});
