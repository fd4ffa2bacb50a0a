// SPDX-License-Identifier: Apache-2.0
// Two regions on one machine: a Redis each, the other one 80 ms away, one PostgreSQL and one DynamoDB (dynalite, a stand-in).
//
// CLAMOR_CUT_SECONDS: for how long the link between them is cut (3). CLAMOR_REGIONS_P99_MS: fails where delivery takes longer.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { DelayProxy } from './delay_proxy.mjs';
import { Dynalite } from './dynalite.mjs';
import { IrcClient, kAllCaps, parseLine } from './irc.mjs';
import { Postgres } from './postgres.mjs';
import { Redis } from './redis.mjs';
import { binary, eventually, exitSoon, exportChannel, Server, sleep } from './server.mjs';

const kCutSeconds = Number(process.env.CLAMOR_CUT_SECONDS ?? 3);
const kTimeout = { timeout: 120_000 + 2000 * kCutSeconds };
const kDelay = 80;
const kNames = ['eu', 'us'];
let postgres, dynalite;
/** By region. */
let redis, links, servers;

const regionOf = (position) => Number(BigInt(position.split('+')[0].split('-')[1]) >> 48n);

before(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'regions', AWS_SECRET_ACCESS_KEY: 'regions' });
    [postgres, dynalite, ...redis] = await Promise.all([Postgres.start(), Dynalite.start(), Redis.start(), Redis.start()]);
    // Each region has a link of its own to the other one's Redis.
    links = await Promise.all(redis.map(({ port }) => DelayProxy.start(port, { delay: kDelay })));
    const start = (here, node) =>
        Server.start({
            config: {
                server: { node },
                catalog: { url: postgres.url },
                dynamodb: { url: dynalite.url('regions') },
                limits: { messages_viewer: 10_000, messages_moderator: 10_000 },
                redis: { region: kNames[here], regions: kNames.map((name, i) => `${name} = redis://127.0.0.1:${(i === here ? redis : links)[i].port}`) },
            },
        });
    // One after the other: both make the tables.
    servers = [await start(0, 1), await start(1, 2), await start(1, 3)];
});
after(async () => {
    exitSoon();
    await Promise.all((servers ?? []).map((server) => server.stop()));
    await Promise.all((links ?? []).map((link) => link.stop()));
    await Promise.all((redis ?? []).map((one) => one.stop()));
    dynalite?.stop();
    await postgres?.remove();
});

const numbered = `${kAllCaps} clamor.dev/seq`;
const on = (server, login, room, options) => IrcClient.login(server, login, { channels: [room], ...options });
const messages = (client) => client.lines.all.filter((line) => line.includes(' PRIVMSG #')).map(parseLine);
const texts = (client) => messages(client).map((line) => line.text);
const bySender = (said, login) => said.filter((text) => text.startsWith(`${login} `));

async function rest(server, path, login) {
    const answer = await server.get(path, { headers: { authorization: `Bearer ${login}`, connection: 'close' } });
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    return answer.json;
}
const history = async (server, room, query = 'limit=800') => (await rest(server, `/api/channels/${room}/messages?${query}`, room)).messages;

/** Each sender's messages are there once and in their order. */
function whole(said, senders, each, what) {
    assert.equal(said.length, senders.length * each, `${what}: nothing is lost or doubled`);
    for (const sender of senders) {
        assert.deepEqual(bySender(said, sender), Array.from({ length: each }, (_, i) => `${sender} ${i}`), `${what}: what ${sender} said is in order`);
    }
}

test('viewers of every region see all messages once, each region\'s in its order, a wide-area hop later', kTimeout, async () => {
    const room = 'hop';
    const kEach = 100;
    const viewers = await Promise.all(servers.map((server, i) => on(server, `viewer${i}`, room, { caps: numbered })));
    const senders = await Promise.all(servers.map((server, i) => on(server, `sender${i}`, room)));
    const saidAt = new Map();
    const took = { own: [], other: [] };
    const region = [0, 1, 1];
    viewers.forEach((viewer, i) => {
        const push = viewer.lines.push.bind(viewer.lines);
        viewer.lines.push = (line) => {
            const text = line.includes(' PRIVMSG #') ? parseLine(line).text : undefined;
            if (saidAt.has(text)) {
                const by = Number(text.match(/^sender(\d)/)[1]);
                (region[by] === region[i] ? took.own : took.other).push(performance.now() - saidAt.get(text));
            }
            push(line);
        };
    });
    for (let i = 0; i < kEach; ++i) {
        for (const sender of senders) {
            saidAt.set(`${sender.nick} ${i}`, performance.now());
            sender.say(room, `${sender.nick} ${i}`);
        }
        await sleep(10);
    }
    const all = kEach * senders.length;
    await eventually(() => viewers.every((viewer) => texts(viewer).length >= all), 'all is heard', 30_000);
    for (const viewer of viewers) whole(texts(viewer), senders.map(({ nick }) => nick), kEach, viewer.nick);
    for (const client of viewers) {
        for (const number of [0, 1]) {
            const order = messages(client).filter((line) => regionOf(line.tags['clamor.dev/seq']) === number).map(({ text }) => text);
            const other = messages(viewers[0]).filter((line) => regionOf(line.tags['clamor.dev/seq']) === number).map(({ text }) => text);
            assert.deepEqual(order, other, 'the order of a region is the same everywhere');
        }
    }
    const at = (times, share) => times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(0);
    for (const [which, times] of Object.entries(took)) console.log(`delivery in the ${which} region: p50 ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms (${times.length} deliveries)`);
    assert.ok(took.other.every((time) => time >= kDelay), 'the other region is not reached in another way');
    if (process.env.CLAMOR_REGIONS_P99_MS) assert.ok(Number(at(took.other, 0.99)) <= Number(process.env.CLAMOR_REGIONS_P99_MS));

    // The history is one, by hybrid time, wherever it is read, and page by page.
    for (const server of servers) await eventually(async () => (await history(server, room)).length === all, 'the history has all', 20_000);
    const one = await history(servers[0], room);
    whole(one.map(({ text }) => text), senders.map(({ nick }) => nick), kEach, 'the history');
    for (let i = 1; i < one.length; ++i) {
        const [a, b] = [one[i - 1], one[i]];
        assert.ok(a.sent_at < b.sent_at || (a.sent_at === b.sent_at && a.seq < b.seq), 'by time, then region and sequence');
    }
    for (const server of servers.slice(1)) assert.deepEqual(await history(server, room), one);
    const back = [];
    for (let page = await history(servers[1], room, 'limit=37'); page.length; page = await history(servers[1], room, `limit=37&before_seq=${page[0].seq}`)) back.unshift(...page);
    assert.deepEqual(back, one);
    const forth = [];
    for (let page = await history(servers[0], room, 'limit=41&after_seq=0'); page.length; page = await history(servers[0], room, `limit=41&after_seq=${page.at(-1).seq}`)) forth.push(...page);
    assert.deepEqual(forth, one);
    const { messages: recent } = await rest(servers[0], `/api/v2/recent-messages/${room}?limit=800`, room);
    assert.deepEqual(recent.filter((line) => line.includes(' PRIVMSG ')).map((line) => parseLine(line).text), one.map(({ text }) => text));
    // So is what is exported, beside the servers.
    for (const server of servers) {
        const exported = exportChannel(server.data, room, '--postgres', postgres.url, '--dynamodb', dynalite.url('regions'));
        assert.deepEqual(exported.map(({ id }) => id), one.map(({ id }) => id));
    }
});

test('every node lists those of all regions, each with its region and number, and says its own', kTimeout, async () => {
    const expected = Object.fromEntries(servers.map(({ http }, i) => [`127.0.0.1:${http}`, `${i + 1} ${kNames[Math.min(i, 1)]}`]));
    for (const [here, server] of servers.entries()) {
        await eventually(async () => {
            const { nodes } = await rest(server, '/api/nodes', 'app');
            assert.equal(nodes[0].http, `127.0.0.1:${server.http}`, 'the one that is asked comes first');
            if (nodes.length < 3) return false;
            assert.deepEqual(Object.fromEntries(nodes.map(({ http, node, region }) => [http, `${node} ${region}`])), expected);
            return true;
        }, `the list of node ${here} is whole`, 20_000);
        // The links between the regions are in this process, which must not stand still.
        const { stdout } = await promisify(execFile)(binary, ['admin', 'status', '--data', server.data]);
        const admin = JSON.parse(stdout);
        assert.deepEqual(admin.nodes.map(({ region }) => region).sort(), ['eu', 'us', 'us']);
        const { text: metrics } = await server.get('/metrics');
        assert.match(metrics, new RegExp(`^clamor_node_info{.*node="${here + 1}".*region="${kNames[Math.min(here, 1)]}".*} 1$`, 'm'));
        assert.match(server.log, new RegExp(`clamor serves.* node=${here + 1}$`, 'm'));
    }
});

test('what moderators do in one region holds in the other', kTimeout, async () => {
    const room = 'modhome';
    const owner = await on(servers[0], room, room);
    const vandal = await on(servers[1], 'vandal', room);
    const onlooker = await on(servers[2], 'onlooker', room);
    await vandal.sayStored(room, 'rude words');
    await owner.hears('rude words');
    await owner.sayStored(room, 'kind words');
    await onlooker.hears('kind words');
    owner.say(room, '/ban vandal');
    await onlooker.lines.next(/CLEARCHAT #modhome :vandal/);
    await vandal.lines.next(/CLEARCHAT #modhome :vandal/);
    vandal.say(room, 'more of it');
    await vandal.lines.next(/msg-id=msg_banned/);
    for (const server of servers) {
        await eventually(async () => {
            const all = await history(server, room);
            return all.length === 2 && all.every(({ text, deleted }) => deleted === (text === 'rude words'));
        }, 'only what was rude is out of sight', 10_000);
    }
    // From the other side: all of it.
    await onlooker.sayStored(room, 'words of no weight');
    await owner.hears('words of no weight');
    owner.say(room, '/clear');
    await onlooker.lines.next(/CLEARCHAT #modhome$/);
    for (const server of servers) {
        await eventually(async () => (await history(server, room)).every(({ deleted }) => deleted), 'all is out of sight', 10_000);
    }
});

/** They speak in all regions while `meanwhile` runs; nothing is lost. */
async function speaksThrough(room, meanwhile) {
    const viewers = await Promise.all(servers.map((server, i) => on(server, `viewer${i}`, room, { caps: numbered })));
    const senders = await Promise.all(servers.map((server, i) => on(server, `sender${i}`, room, { caps: numbered })));
    let speaking = true;
    let each = 0;
    const speak = (async () => {
        for (; speaking || each < 20; ++each) {
            for (const sender of senders) sender.say(room, `${sender.nick} ${each}`, `client-nonce=${each}`);
            await sleep(20);
        }
    })();
    await meanwhile({ viewers, senders });
    speaking = false;
    await speak;
    const all = each * senders.length;
    const count = () => viewers.map((viewer) => texts(viewer).length).join(', ');
    await eventually(() => viewers.every((viewer) => texts(viewer).length >= all), `all ${all} are heard`, 30_000).catch((error) => {
        throw new Error(`${error.message}; there are ${count()}`);
    });
    await sleep(500);
    for (const viewer of viewers) whole(texts(viewer), senders.map(({ nick }) => nick), each, viewer.nick);
    for (const sender of senders) assert.equal(sender.lines.count(/client-nonce=\d+.* USERSTATE /), each, 'each is acknowledged');
    for (const server of servers) {
        const { messages: newest } = await rest(server, `/api/channels/${room}/messages?limit=1`, room);
        assert.equal(newest.length, 1);
    }
    const stored = [];
    for (let page = await history(servers[0], room, 'limit=800&after_seq=0'); page.length; page = await history(servers[0], room, `limit=800&after_seq=${page.at(-1).seq}`)) stored.push(...page);
    whole(stored.map(({ text }) => text), senders.map(({ nick }) => nick), each, 'the history');
    console.log(`${all} messages, each seen once by viewers of all nodes`);
    return { viewers, senders, each };
}

test(`nothing is lost, doubled or out of order when the link is cut for ${kCutSeconds} s`, kTimeout, async () => {
    await speaksThrough('cut', async ({ viewers, senders }) => {
        await sleep(500);
        for (const link of links) link.cut();
        const before = texts(viewers[0]).length;
        await sleep(kCutSeconds * 1000);
        assert.ok(bySender(texts(viewers[0]), 'sender0').length > 20, 'the own region goes on');
        assert.ok(texts(viewers[0]).length > before);
        // An echo says that the own region has it, whatever the link does.
        senders[1].lines.skip();
        await senders[1].lines.next(/ USERSTATE #cut/);
        if (kCutSeconds >= 2) {
            const { status, json } = await servers[0].get('/healthz');
            assert.equal(status, 200);
            assert.match(JSON.stringify(json), /region 'us' cannot be reached/);
        }
        for (const link of links) link.mend();
    });
});

test('nothing is lost, doubled or out of order when connections of the link are reset', kTimeout, async () => {
    await speaksThrough('reset', async () => {
        for (let i = 0; i < 5; ++i) {
            await sleep(300);
            for (const link of links) link.reset();
        }
    });
});

test('who comes back in either region is given exactly what was missed', kTimeout, async () => {
    const room = 'comeback';
    const talkers = [await on(servers[0], 'talker0', room), await on(servers[1], 'talker1', room)];
    const said = [];
    const say = async (i) => {
        for (const talker of talkers) {
            const text = `${talker.nick} ${i}`;
            await talker.sayStored(room, text);
            said.push(text);
        }
    };
    let viewer = await on(servers[0], 'wanderer', room, { caps: numbered });
    const seen = [];
    let position;
    const leave = async () => {
        for (const line of messages(viewer)) {
            seen.push(line.text);
            position = line.tags['clamor.dev/seq'];
        }
        await viewer.close();
    };
    const comeTo = async (server) => {
        viewer = await IrcClient.login(server, 'wanderer', { caps: numbered });
        viewer.send(`@clamor.dev/after=${position} JOIN #${room}`);
        await viewer.lines.next(/ ROOMSTATE #/);
    };
    for (let i = 0; i < 10; ++i) await say(i);
    await eventually(() => texts(viewer).length === said.length, 'all is heard');
    await leave();
    for (let i = 10; i < 20; ++i) await say(i);
    await comeTo(servers[1]);
    await eventually(() => seen.length + texts(viewer).length >= said.length, 'what was missed is repeated');
    // What comes late from the other region is behind what is newer here: the position knows both.
    links[0].cut();
    await talkers[0].sayStored(room, 'talker0 20');
    said.push('talker0 20');
    await talkers[1].sayStored(room, 'talker1 20');
    said.push('talker1 20');
    await viewer.hears('talker1 20');
    await leave();
    links[0].mend();
    await eventually(async () => (await history(servers[1], room, 'limit=2')).length === 2, 'the history is there');
    await sleep(3 * kDelay);
    await comeTo(servers[1]);
    await viewer.hears('talker0 20');
    await leave();
    assert.equal(seen.length, said.length, 'nothing is lost or doubled');
    assert.deepEqual([...seen].sort(), [...said].sort());
    for (const talker of talkers) assert.deepEqual(bySender(seen, talker.nick), bySender(said, talker.nick));
});

test('wrong settings of regions are named', kTimeout, async () => {
    const file = join(servers[0].folder, 'wrong.toml');
    const check = (redisSettings) => {
        writeFileSync(file, `[catalog]\nurl = "${postgres.url}"\n[dynamodb]\nurl = "${dynalite.url('regions')}"\n[redis]\n${redisSettings}\n`);
        const { status, stdout, stderr } = spawnSync(binary, ['check', file], { encoding: 'utf8' });
        return { status, said: stdout + stderr };
    };
    const right = '["eu = redis://10.0.0.5", "us = redis://10.1.0.5"]';
    const good = check(`region = "us"\nregions = ${right}`);
    assert.equal(good.status, 0, good.said);
    for (const [settings, reason] of [
        [`region = "asia"\nregions = ${right}`, /redis\.region must be the one of redis\.regions.*\(eu, us\); it is 'asia'/],
        [`region = ""\nregions = ${right}`, /redis\.region must be/],
        ['region = "eu"\nregions = ["eu = redis://10.0.0.5", "eu = redis://10.1.0.5"]', /'eu' is there twice/],
        ['region = "eu"\nregions = ["eu = redis://10.0.0.5", "us = redis://10.0.0.5"]', /'eu' and 'us' are the same Redis/],
        ['region = "eu"\nregions = ["eu = http://10.0.0.5"]', /in 'eu', the address of Redis/],
        ['region = "eu"\nregions = ["EU redis://10.0.0.5"]', /is not NAME = ADDRESS/],
        ['region = "eu"', /there are none/],
        [`url = "redis://10.0.0.5"\nregion = "eu"\nregions = ${right}`, /leave the first one empty/],
        [`only_node = true\nregion = "eu"\nregions = ${right}`, /only_node cannot be/],
    ]) {
        const { status, said } = check(settings);
        assert.notEqual(status, 0, settings);
        assert.match(said, reason);
    }
});
