// SPDX-License-Identifier: Apache-2.0
// What the drills of many nodes have in common: nodes of one chat over PostgreSQL, dynalite (a stand-in for DynamoDB) and Redis, and
// who is on them. Everybody is in one channel, so that all is about one order.
import { Dynalite, kKeys } from '../e2e/dynalite.mjs';
import { IrcClient } from '../e2e/irc.mjs';
import { Postgres } from '../e2e/postgres.mjs';
import { Redis } from '../e2e/redis.mjs';
import { eventually, exportChannel, sleep } from '../e2e/server.mjs';
import { generator, report, SteadySender, total, Viewer } from './senders.mjs';

export const kRoom = 'drill';

/** The stores of one chat; each group of nodes that is started has a table of its own. */
export class Stores {
    static async start(after) {
        Object.assign(process.env, kKeys);
        const stores = new Stores();
        [stores.postgres, stores.dynalite] = await Promise.all([Postgres.start(), Dynalite.start()]);
        after(() => stores.postgres.remove());
        after(() => stores.dynalite.stop());
        return stores;
    }
}

/** Nodes of one chat; `redis` is the address of one that is there, otherwise they get one of their own. */
export async function startNodes({ serve, after }, { count = 3, stores, redis, table = kRoom, limits = {} } = {}) {
    stores ??= await Stores.start(after);
    const cluster = {};
    if (!redis) {
        cluster.redis = await Redis.start();
        after(() => cluster.redis.stop());
    }
    const log = ['--postgres', stores.postgres.url, '--dynamodb', stores.dynalite.url(table)];
    const config = { limits: { messages_viewer: 10_000, messages_moderator: 10_000, connections_per_address: 100_000, ...limits } };
    cluster.args = [...log, '--redis', redis ?? cluster.redis.url];
    // One makes the tables.
    const first = await serve({ args: cluster.args, config });
    cluster.nodes = [first, ...(await Promise.all(Array.from({ length: count - 1 }, () => serve({ args: cluster.args, config }))))];
    /** What is stored of a channel in the end: the nodes write what they have, and end. */
    cluster.stored = async (channel = kRoom) => {
        await Promise.all(cluster.nodes.map((node) => node.terminate()));
        return new Map([[channel, exportChannel(first.data, channel, ...log)]]);
    };
    return cluster;
}

/** A viewer who is on one node all the time, and measures how long nothing comes from those who speak there. */
export class NodeViewer extends Viewer {
    ownSilence = 0; // milliseconds
    ownHeard = 0;

    constructor(number, speaksHere) {
        super([kRoom], `viewer${number}`);
        this.speaksHere = speaksHere;
    }

    heard(sender, now) {
        if (!this.speaksHere(sender)) return;
        ++this.ownHeard;
        this.ownSilence = Math.max(this.ownSilence, now - (this.ownAt ?? now));
        this.ownAt = now;
    }
}

/** Keeps somebody connected until `ended`; `choose` says to which node it goes next. */
async function keepConnected(somebody, choose) {
    while (!somebody.ended) {
        try {
            await somebody.connect(choose());
        } catch {
            await sleep(20);
            continue;
        }
        await Promise.race([somebody.client.closed, somebody.told]);
        await somebody.client.close();
    }
}

/** A viewer who comes back with its position when it is told to, or its connection is lost. */
export class ResumingViewer extends Viewer {
    comings = 0;

    constructor(number) {
        super([kRoom], `justinfan${1000 + number}`);
    }

    live(choose) {
        return keepConnected(this, choose);
    }

    async connect(server) {
        const client = await IrcClient.login(server, this.name, { caps: 'twitch.tv/tags twitch.tv/commands clamor.dev/seq' });
        this.told = new Promise((done) => (this.leave = done));
        this.listen(client);
        client.send(`${this.position ? `@clamor.dev/after=${this.position} ` : ''}JOIN #${kRoom}`);
        ++this.comings;
    }

    take(line) {
        this.position = line.match(/^@(?:\S*;)?clamor\.dev\/seq=(\d+-\d+)[; ]/)?.[1] ?? this.position;
        if (line.endsWith(' RECONNECT')) this.leave();
        if (line.includes(' ROOMSTATE #')) this.joined = true;
        super.take(line);
    }

    async end() {
        this.ended = true;
        this.leave?.();
        await this.client?.close();
    }
}

/** Talks on, on another connection where one is lost or the server asks it to come again. */
export class ResumingSender extends SteadySender {
    unanswered = 0; // said on connections that are lost, and not echoed

    live(choose) {
        return keepConnected(this, choose);
    }

    async connect(server) {
        this.unanswered += this.waiting ?? 0;
        this.leaving = false;
        this.told = new Promise((done) => (this.leave = done));
        await super.connect(server);
    }

    take(line) {
        // What was said already is still answered.
        if (line.endsWith(' RECONNECT')) this.leaving = true;
        super.take(line);
        if (this.leaving && this.waiting <= 0) this.leave();
    }
}

/** So many senders on each node, who say `rate` messages a second together; whoever calls connects them. */
export function sendersFor(nodes, each, rate, seed, Kind = SteadySender) {
    return Array.from({ length: nodes.length * each }, (_, i) => new Kind(i, generator(seed + i), kRoom, rate / (nodes.length * each)));
}

/** Returns when everything that was said is echoed. */
export async function endTalk(senders, patience) {
    for (const sender of senders) sender.over = true;
    await eventually(() => senders.every((sender) => sender.waiting <= 0), 'all echoes come', patience);
}

/** Viewers and senders who come back with their positions, when all are there; `home(i)` chooses where the i-th goes. */
export async function startResuming(nodes, { viewers: count, rate, seed }, home) {
    const viewers = Array.from({ length: Number(count) }, (_, i) => new ResumingViewer(i));
    const senders = sendersFor(nodes, 2, Number(rate), Number(seed), ResumingSender);
    const lives = viewers.map((viewer, i) => viewer.live(home(i)));
    await eventually(() => viewers.every((viewer) => viewer.joined), 'all viewers are there', 20_000);
    lives.push(...senders.map((sender) => sender.live(home(sender.number))));
    await eventually(() => senders.every((sender) => sender.echoes.length > 0), 'all senders are there', 20_000);
    return { viewers, senders, lives };
}

/** Ends them and the nodes, and says what became of all that was said: every viewer is to have it once and in the log's order. */
export async function endResuming(cluster, { viewers, senders, lives }) {
    await endTalk(senders, 20_000);
    await sleep(1000);
    for (const one of [...senders, ...viewers]) one.ended = true;
    for (const one of [...senders, ...viewers]) await one.client.close();
    await Promise.all(lives);
    const stored = await cluster.stored();
    const { echoes, problems } = report(senders, viewers, stored, { gapless: false, everything: true });
    const announced = viewers.flatMap((viewer) => viewer.announced);
    const others = otherOrder(viewers, stored);
    console.log(`connections of viewers: ${viewers.reduce((sum, viewer) => sum + viewer.comings, 0)}`);
    console.log(`said on connections that were lost, and not echoed: ${senders.reduce((sum, sender) => sum + sender.unanswered, 0)}; ` +
        `of these heard and not stored: ${unstored(viewers, stored).size}`);
    const failures = [];
    if (total(problems) > 0) failures.push('what was heard is not what was promised');
    if (announced.length) failures.push(`${announced.length} losses were announced, as ${announced[0]}`);
    if (others.length) failures.push(`another order than the log's was seen by ${others}`);
    if (echoes.length < 200) failures.push('too little was said to prove anything');
    return failures;
}

/** Viewers whose order is not the one that is stored, of messages that are stored. */
export function otherOrder(viewers, stored) {
    const seqs = new Map([...stored.values()].flat().map((message) => [message.id, message.seq]));
    const other = viewers.filter((viewer) => {
        const heard = [...viewer.delivered.keys()].filter((id) => seqs.has(id)).map((id) => seqs.get(id));
        return heard.some((seq, i) => i > 0 && seq < heard[i - 1]);
    });
    return other.map((viewer) => viewer.name);
}

/** Heard, and not stored: nobody was told that they are. */
export function unstored(viewers, stored) {
    const ids = new Set([...stored.values()].flat().map((message) => message.id));
    return new Set(viewers.flatMap((viewer) => [...viewer.delivered.keys()].filter((id) => !ids.has(id))));
}
