// SPDX-License-Identifier: Apache-2.0
// Three nodes over one PostgreSQL, one DynamoDB (dynalite, a stand-in) and one Redis are one chat.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import tmi from 'tmi.js';
import WebSocket from 'ws';
import { Dynalite } from './dynalite.mjs';
import { IrcClient, kAllCaps } from './irc.mjs';
import { Postgres } from './postgres.mjs';
import { Redis } from './redis.mjs';
import { binary, eventually, exitSoon, Server } from './server.mjs';

const kTimeout = { timeout: 120_000 };
const kRaidCountdown = 15; // seconds: nodes tell each other twice in them how many they have
let postgres, dynalite, redis;
/** The nodes; tests name them by their numbers from 1. */
let one, two, three;
const bots = [];
let raid;

before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'nodes', AWS_SECRET_ACCESS_KEY: 'nodes' });
    [postgres, dynalite, redis] = await Promise.all([Postgres.start(), Dynalite.start(), Redis.start()]);
    const args = ['--postgres', postgres.url, '--dynamodb', dynalite.url('nodes'), '--redis', redis.url];
    const config = { limits: { messages_viewer: 10_000, messages_moderator: 10_000, raid_countdown_s: kRaidCountdown } };
    [one, two, three] = await Promise.all([1, 2, 3].map(() => Server.start({ args, config })));
    raid = await beginRaid();
});
after(async () => {
    exitSoon();
    for (const client of bots) await client.disconnect().catch(() => {});
    await Promise.all([one, two, three].map((node) => node?.stop()));
    await redis?.stop();
    dynalite?.stop();
    await postgres?.remove();
});

const nodes = () => [one, two, three];
const numbered = `${kAllCaps} clamor.dev/seq`;
const on = (node, login, room, options) => IrcClient.login(node, login, { channels: [room], ...options });

async function tmiViewer(node, room) {
    const client = new tmi.Client({
        options: { skipUpdatingEmotesets: true },
        connection: { server: '127.0.0.1', port: node.http, secure: false, reconnect: false },
        channels: [room],
        logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
    });
    bots.push(client);
    client.heard = [];
    client.on('message', (_, tags) => client.heard.push(tags.id));
    const joined = once(client, 'roomstate');
    await client.connect();
    await joined;
    return client;
}

/** The ids of the messages that an IRC client was given, in order. */
const heard = (client) => client.lines.all.filter((line) => line.includes(' PRIVMSG #')).map((line) => line.match(/[;@]id=([^;]+)/)[1]);

async function rest(node, method, path, login, body) {
    const answer = await node.get(path, {
        method,
        headers: { authorization: `Bearer ${login}`, 'client-id': 'e2e', 'content-type': 'application/json', connection: 'close' },
        body: body && JSON.stringify(body),
    });
    assert.ok(answer.status < 400, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
}

/** The ids of the messages in a channel's history, as a node tells it. */
const history = async (node, room) =>
    (await rest(node, 'GET', `/api/channels/${room}/messages?limit=800`, room)).messages.filter((message) => !message.deleted).map((message) => message.id);

/** Each node writes what was said on it: the others read it a moment later. */
async function historyIs(room, ids) {
    for (const node of nodes()) await eventually(async () => (await history(node, room)).length >= ids.length, `the history of ${room} has all`, 10_000);
    for (const node of nodes()) assert.deepEqual(await history(node, room), ids);
}

/** The one message that was said is out of sight on all nodes. */
async function hidden(room) {
    for (const node of nodes()) {
        await eventually(async () => {
            const { messages } = await rest(node, 'GET', `/api/channels/${room}/messages`, room);
            return messages.length === 1 && messages[0].deleted;
        }, `what was said in ${room} is out of sight`, 10_000);
    }
}

/** What the owner of `room` does on `node`, answered by this notice. */
async function does(owner, command, notice) {
    owner.say(owner.nick, `/${command}`);
    return owner.lines.next((line) => line.includes(`msg-id=${notice}`) && / NOTICE /.test(line));
}

/** It leaves after the countdown: what one of the last tests waits for. */
async function beginRaid() {
    const leader = await on(one, 'raidleader', 'raidleader');
    const crowd = await Promise.all(nodes().map((node, i) => on(node, `raider${i}`, 'raidleader')));
    const targets = await Promise.all(nodes().map((node, i) => on(node, `host${i}`, 'raidtarget')));
    const owner = await on(three, 'raidtarget', 'raidtarget');
    leader.say('raidleader', '/raid raidtarget');
    return { leader, crowd, targets, owner };
}

test('viewers of every node see the same messages in the same order', kTimeout, async () => {
    const room = 'order';
    const raw = await Promise.all(nodes().map((node, i) => on(node, `watcher${i}`, room)));
    const libraries = await Promise.all(nodes().map((node) => tmiViewer(node, room)));
    const senders = await Promise.all(nodes().flatMap((node, i) => [0, 1].map((n) => on(node, `sender${i}${n}`, room))));
    const kEach = 50;
    for (let i = 0; i < kEach; ++i) {
        for (const sender of senders) sender.say(room, `${sender.nick} says ${i}`, `client-nonce=${i}`);
        await senders[i % senders.length].alive();
    }
    const all = kEach * senders.length;
    await eventually(() => raw.every((viewer) => heard(viewer).length >= all) && libraries.every((viewer) => viewer.heard.length >= all), 'all is heard', 20_000);
    for (const sender of senders) await eventually(() => sender.lines.count(/client-nonce=\d+.* USERSTATE /) === kEach, 'all is acknowledged', 20_000);
    const order = heard(raw[0]);
    assert.equal(new Set(order).size, all, 'nothing is lost or doubled');
    for (const viewer of raw) assert.deepEqual(heard(viewer), order);
    for (const viewer of libraries) assert.deepEqual(viewer.heard, order);
    for (const sender of senders) {
        const others = heard(sender);
        const seen = new Set(others);
        assert.equal(others.length, all - kEach);
        assert.deepEqual(others, order.filter((id) => seen.has(id)));
    }
    await historyIs(room, order);
});

test('a ban on one node silences on another and clears on the third', kTimeout, async () => {
    const owner = await on(one, 'banhome', 'banhome');
    const victim = await on(two, 'vandal', 'banhome');
    const elsewhere = await on(three, 'vandal', 'banhome');
    const viewer = await on(three, 'onlooker', 'banhome');
    await victim.sayStored('banhome', 'rude words');
    await viewer.hears('rude words');
    await owner.hears('rude words');
    await does(owner, 'timeout vandal 60', 'timeout_success');
    await viewer.lines.next('ban-duration=60;');
    await victim.lines.next(' CLEARCHAT #banhome :vandal');
    victim.say('banhome', 'more of it');
    await victim.lines.next('msg-id=msg_timedout');
    await hidden('banhome');
    await does(owner, 'untimeout vandal', 'untimeout_success');
    await eventually(async () => {
        victim.say('banhome', 'back again');
        return viewer.hears('back again', 300).catch(() => undefined);
    }, 'the timeout is over on the other node');
    await does(owner, 'ban vandal', 'ban_success');
    await viewer.lines.next(/ CLEARCHAT #banhome :vandal$/);
    for (const client of [victim, elsewhere]) await client.lines.next(':vandal!vandal@vandal.tmi.twitch.tv PART #banhome');
    victim.send('JOIN #banhome');
    await victim.lines.next('msg-id=msg_banned');
    assert.equal(viewer.lines.count(' CLEARCHAT #banhome :vandal'), 2);
    assert.equal(viewer.lines.count('more of it'), 0);
    const { data } = await rest(three, 'GET', `/helix/moderation/banned?broadcaster_id=${(await rest(three, 'GET', '/helix/users?login=banhome', 'banhome')).data[0].id}`, 'banhome');
    assert.deepEqual(data.map((ban) => ban.user_login), ['vandal']);
});

test('a message is deleted on another node than it was said on', kTimeout, async () => {
    const owner = await on(one, 'deletehome', 'deletehome');
    const author = await on(two, 'slip', 'deletehome');
    const viewer = await on(three, 'deletewatcher', 'deletehome');
    const echo = await author.sayStored('deletehome', 'a slip');
    await owner.hears('a slip');
    await viewer.hears('a slip');
    await does(owner, `delete ${echo.tags.id}`, 'delete_message_success');
    assert.equal((await viewer.lines.next(' CLEARMSG #deletehome ')).tags['target-msg-id'], echo.tags.id);
    await hidden('deletehome');
});

test('roles given on one node hold on the others, and are taken back there', kTimeout, async () => {
    const owner = await on(one, 'rolehome', 'rolehome');
    const helper = await on(two, 'helper', 'rolehome');
    const viewer = await on(three, 'noisy', 'rolehome');
    helper.say('rolehome', '/timeout noisy 5');
    await helper.lines.next('msg-id=no_permission');
    await does(owner, 'mod helper', 'mod_success');
    await helper.lines.next((line) => line.includes('mod=1;') && line.includes(' USERSTATE #rolehome'));
    helper.say('rolehome', '/timeout noisy 5');
    await viewer.lines.next('ban-duration=5;');
    const said = await on(three, 'rolewatcher', 'rolehome');
    helper.say('rolehome', 'with a badge');
    assert.match((await said.hears('with a badge')).tags.badges, /moderator\/1/);
    await does(owner, 'unmod helper', 'unmod_success');
    await helper.lines.next((line) => line.includes('mod=0;') && line.includes(' USERSTATE #rolehome'));
    helper.say('rolehome', '/timeout noisy 6');
    await helper.lines.next('msg-id=no_permission');
});

test("a room's modes that are set on one node hold on the others", kTimeout, async () => {
    const owner = await on(one, 'modehome', 'modehome');
    const viewer = await on(two, 'talker', 'modehome');
    const again = await on(three, 'talker', 'modehome');
    await does(owner, 'slow 30', 'slow_on');
    await viewer.lines.next('slow=30');
    await again.lines.next('slow=30');
    await viewer.sayStored('modehome', 'the first');
    await again.hears('the first');
    again.say('modehome', 'the second');
    await again.lines.next('msg-id=msg_slowmode');
    await does(owner, 'slowoff', 'slow_off');
    await again.lines.next('slow=0');
    await does(owner, 'emoteonly', 'emote_only_on');
    await viewer.lines.next('emote-only=1');
    await again.lines.next('emote-only=1');
    viewer.say('modehome', 'words');
    await viewer.lines.next('msg-id=msg_emoteonly');
    const late = await on(three, 'latecomer', 'modehome');
    assert.ok(late.lines.all.some((line) => line.includes('emote-only=1') && line.includes('ROOMSTATE')));
    await does(owner, 'emoteonlyoff', 'emote_only_off');
    await viewer.lines.next('emote-only=0');
    await again.sayStored('modehome', 'words again');
    await viewer.hears('words again');
});

test('a whisper finds its reader on another node, once', kTimeout, async () => {
    const from = await on(one, 'whisperer', 'whisperhome');
    const to = await on(three, 'listener', 'whisperhome');
    const other = await on(two, 'listener', 'whisperhome');
    from.say('whisperhome', '/w listener between us');
    for (const client of [to, other]) {
        const line = await client.lines.next(' WHISPER listener :between us');
        assert.equal(line.nick, 'whisperer');
    }
    await from.sayStored('whisperhome', 'in the open');
    for (const client of [to, other]) {
        await client.hears('in the open');
        assert.equal(client.lines.count(' WHISPER '), 1);
    }
});

/** An EventSub session at a node; collects the notifications of what it subscribes to. */
class EventSub {
    events = [];
    static async connect(node, login) {
        const session = new EventSub();
        session.node = node;
        session.login = login;
        session.socket = new WebSocket(`ws://127.0.0.1:${node.http}/ws`);
        const welcome = new Promise((done, fail) => {
            session.socket.once('error', fail);
            session.socket.on('message', (data) => {
                const { metadata, payload } = JSON.parse(data);
                if (metadata.message_type === 'session_welcome') done(payload.session.id);
                if (metadata.message_type === 'notification') session.events.push({ type: metadata.subscription_type, ...payload.event });
            });
        });
        session.id = await welcome;
        return session;
    }
    async subscribe(type, version, condition) {
        await rest(this.node, 'POST', '/helix/eventsub/subscriptions', this.login,
            { type, version, condition, transport: { method: 'websocket', session_id: this.id } });
    }
    close() {
        this.socket.close();
    }
}

test('what AutoMod holds on one node is seen and decided on another', kTimeout, async () => {
    const room = 'orchardnodes';
    const owner = await on(one, room, room);
    const author = await on(two, 'fruitfan', room);
    const moderator = await on(three, 'gardener', room);
    const viewer = await on(three, 'gardenwatcher', room);
    await does(owner, 'mod gardener', 'mod_success');
    await moderator.lines.next((line) => line.includes('mod=1;') && line.includes(' USERSTATE #'));
    const idOf = async (login) => (await rest(three, 'GET', `/helix/users?login=${login}`, login)).data[0].id;
    const condition = { broadcaster_user_id: await idOf(room), moderator_user_id: await idOf('gardener') };
    const events = await EventSub.connect(three, 'gardener');
    await events.subscribe('automod.message.hold', '2', condition);
    await events.subscribe('automod.message.update', '2', condition);
    await rest(one, 'POST', `/api/channels/${room}/automod/terms`, room, { terms: [{ text: 'pineapple', action: 'hold' }] });
    // The terms hold on the other node a moment later.
    let tries = 0;
    await eventually(async () => {
        author.say(room, `I like pineapple ${++tries}`);
        return author.lines.next('msg-id=msg_rejected', 300).catch(() => undefined);
    }, 'the term holds on the other node');
    const pending = async (node) => (await rest(node, 'GET', `/api/channels/${room}/automod/held`, 'gardener')).held;
    await eventually(() => events.events.some((event) => event.type === 'automod.message.hold'), 'the moderator is told');
    author.say(room, 'no pineapple');
    await eventually(async () => (await pending(three)).length >= 2, 'both are held');
    const held = await pending(one);
    assert.deepEqual(held.map((message) => message.text), (await pending(two)).map((message) => message.text));
    const decide = (node, message, action) => node.get(`/api/channels/${room}/automod/held/${message.id}`, {
        method: 'POST',
        headers: { authorization: 'Bearer gardener', 'client-id': 'e2e', 'content-type': 'application/json', connection: 'close' },
        body: JSON.stringify({ action }),
    });
    const [first, second] = [held[0], held.at(-1)];
    const answers = await Promise.all([decide(three, first, 'approve'), decide(one, first, 'approve'), decide(two, first, 'approve')]);
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [204, 400, 400], 'it is decided once');
    assert.equal((await decide(three, second, 'deny')).status, 204);
    for (const client of [viewer, owner]) await client.hears(first.text);
    await eventually(() => events.events.filter((event) => event.type === 'automod.message.update').length >= 2, 'the moderator is told of both');
    await moderator.sayStored(room, 'all decided');
    for (const client of [viewer, owner]) {
        await client.hears('all decided');
        assert.equal(client.lines.all.filter((line) => line.endsWith(` :${first.text}`) && line.includes(first.id)).length, 1);
        assert.equal(client.lines.count(` :${second.text}`), first.text === second.text ? 1 : 0);
    }
    events.close();
});

test('who leaves one node comes back on another and misses nothing', kTimeout, async () => {
    const room = 'wander';
    const sender = await on(one, 'storyteller', room);
    const other = await on(two, 'storyhelper', room);
    const viewer = await on(two, 'wanderer', room, { caps: numbered });
    await sender.sayStored(room, 'chapter 0');
    const { tags } = await viewer.hears('chapter 0');
    await viewer.close();
    for (let i = 1; i <= 20; ++i) (i % 2 ? sender : other).say(room, `chapter ${i}`);
    // Not waited for: what is said last is hardly written when they come back.
    await sender.alive();
    await other.alive();
    const back = await on(three, 'wanderer', room, { caps: numbered, channels: [] });
    back.send(`@clamor.dev/after=${tags['clamor.dev/seq']} JOIN #${room}`);
    await eventually(() => heard(back).length >= 20, 'all is there', 10_000);
    await sender.sayStored(room, 'the end');
    await back.hears('the end');
    const texts = back.lines.all.filter((line) => line.includes(' PRIVMSG #')).map((line) => line.split(' :').at(-1));
    assert.deepEqual([...texts].sort(), ['the end', ...[...Array(20).keys()].map((i) => `chapter ${i + 1}`)].sort());
    const ids = await eventually(async () => {
        const stored = await history(one, room);
        return stored.length === 22 && stored;
    }, 'the history has all', 10_000);
    assert.deepEqual(heard(back), ids.slice(1));
    assert.equal(back.lines.count('msg-id=clamor_skipped'), 0);
});

test('Redis that was lost with all it held costs and doubles nothing', kTimeout, async () => {
    const room = 'outage';
    const viewers = await Promise.all(nodes().map((node, i) => on(node, `outagewatcher${i}`, room)));
    const senders = await Promise.all(nodes().map((node, i) => on(node, `outagesender${i}`, room)));
    const say = (round) => senders.forEach((sender) => sender.say(room, `${sender.nick} ${round}`, `client-nonce=${round}`));
    const all = (rounds) => eventually(() => viewers.every((viewer) => heard(viewer).length >= 3 * rounds), `${rounds} rounds are heard`, 30_000);
    say(0);
    await all(1);
    await redis.kill();
    for (let i = 1; i <= 5; ++i) say(i);
    // Who is on the same node hears it all the same.
    for (const [i, viewer] of viewers.entries()) await viewer.hears(`outagesender${i} 5`);
    await redis.again();
    await all(6);
    for (const sender of senders) await eventually(() => sender.lines.count(/client-nonce=\d+.* USERSTATE /) === 6, 'all is acknowledged', 30_000);
    say(6);
    await all(7);
    for (const viewer of viewers) assert.equal(new Set(heard(viewer)).size, heard(viewer).length, 'nothing is doubled');
    const stored = await eventually(async () => {
        const ids = await history(one, room);
        return ids.length === 21 && ids;
    }, 'the history has all', 10_000);
    await historyIs(room, stored);
    for (const viewer of viewers) assert.deepEqual([...heard(viewer)].sort(), [...stored].sort());
});

test('a raid takes viewers of all nodes to a channel of another', kTimeout, async () => {
    const { leader, targets, owner } = raid;
    await leader.sayStored('raidleader', 'off we go');
    for (const client of [owner, ...targets]) {
        const line = await client.lines.next((text) => text.includes('msg-id=raid;') && text.includes(' USERNOTICE #raidtarget'), 30_000);
        assert.equal(line.tags['msg-param-login'], 'raidleader');
        assert.equal(line.tags['msg-param-viewerCount'], '4');
    }
    await owner.sayStored('raidtarget', 'welcome');
    for (const client of targets) {
        await client.hears('welcome');
        assert.equal(client.lines.count('msg-id=raid;'), 1);
    }
});

test('a node that is killed takes nothing with it', kTimeout, async () => {
    const room = 'crash';
    const viewer = await on(one, 'crashwatcher', room);
    const sender = await on(three, 'crasher', room);
    for (let i = 0; i < 20; ++i) sender.say(room, `before ${i}`, `client-nonce=${i}`);
    await eventually(() => sender.lines.count(/client-nonce=\d+.* USERSTATE /) === 20, 'all is acknowledged');
    await three.kill();
    const other = await on(two, 'survivor', room);
    await other.sayStored(room, 'we go on');
    await viewer.hears('we go on');
    await three.restart();
    await eventually(async () => (await history(one, room)).length === 21, 'what was acknowledged is in the history', 20_000);
    const again = await on(three, 'crasher', room);
    await again.sayStored(room, 'back again');
    await viewer.hears('back again');
    await historyIs(room, heard(viewer));
    // What it may have changed and told nobody of, the others read again.
    const missed = async () => (await one.metric('clamor_nodes_lost_total')) >= 1 && (await one.metric('clamor_rooms_reread_total')) >= 1;
    await eventually(missed, 'the others miss it and read their facts again', 60_000, 500);
});

test('nodes whose stores are their own are refused', kTimeout, () => {
    const serve = (...args) => spawnSync(binary, ['serve', '--dev', '--data', `${redis.folder}/data`, '--http', '127.0.0.1:0', '--irc', '', '--redis', redis.url, ...args],
        { encoding: 'utf8', timeout: 20_000 });
    for (const [what, ...args] of [['the catalog and the message log'], ['the catalog', '--dynamodb', dynalite.url('nodes')], ['the message log', '--postgres', postgres.url]]) {
        const { status, stderr } = serve(...args);
        assert.notEqual(status, 0);
        assert.match(stderr, new RegExp(`redis\\.url joins nodes, but ${what} would be in this machine's data folder`));
    }
});
