// SPDX-License-Identifier: Apache-2.0
// What the drills have in common: people who talk, one who listens, whether what was echoed is stored, and how a drill ends.
import { rmSync } from 'node:fs';
import { IrcClient } from '../e2e/irc.mjs';
import { Server, sleep } from '../e2e/server.mjs';

const kTick = 20; // milliseconds between what a sender says at a rate
const kInFlight = 40; // messages of a sender that wait for their echo

/** mulberry32: small, seeded, good enough to choose moments. */
export function generator(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

const kEcho = /^@(?=\S*client-nonce=([^; ]+))(?=\S*[;@]id=([0-9a-f-]{36}))\S* :tmi\.twitch\.tv USERSTATE #(\S+)$/;

/** Talks in its channel for as long as it is connected; keeps what it sent and what it saw the echo of. */
export class Sender {
    sent = 0;
    echoes = []; // {id, text, channel, sender, number}
    refused = 0;
    refusals = new Map(); // msg-id -> how many

    constructor(number, random, channel) {
        this.number = number;
        this.random = random;
        this.channel = channel;
    }

    async connect(server) {
        const client = await IrcClient.login(server, `drill${this.number}`);
        client.lines.push = (line) => this.take(line);
        this.client = client;
        this.waiting = 0;
        this.talk(client);
    }

    #text(number) {
        return `${this.number}:${number} ${'x'.repeat(Math.floor(this.random() * 120))}`;
    }

    say(client) {
        const number = this.sent++;
        this.texts ??= new Map();
        const text = this.#text(number).trimEnd();
        this.texts.set(String(number), text);
        ++this.waiting;
        client.say(this.channel, text, `client-nonce=${number}`);
        return number;
    }

    async talk(client) {
        while (!client.isClosed && !this.over) {
            const batch = Math.min(1 + Math.floor(this.random() * 8), kInFlight - this.waiting);
            for (let i = 0; i < batch; ++i) this.say(client);
            await sleep(1 + this.random() * 6);
        }
    }

    take(line) {
        const echo = line.match(kEcho);
        if (echo) {
            --this.waiting;
            this.echoes.push({ id: echo[2], channel: echo[3], text: this.texts.get(echo[1]), sender: this.number, number: Number(echo[1]) });
        } else if (line.includes(' NOTICE ') && !line.includes('msg_not_stored_yet')) {
            --this.waiting;
            ++this.refused;
            const why = line.match(/msg-id=([^; ]+)/)?.[1];
            this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
        }
    }
}

/** Talks at a rate, whatever the answers say; `rate` is messages a second. */
export class SteadySender extends Sender {
    constructor(number, random, channel, rate) {
        super(number, random, channel);
        this.rate = rate;
    }

    async talk(client) {
        const start = performance.now();
        for (let said = 0; !client.isClosed && !this.over && !this.leaving; await sleep(kTick)) {
            const due = ((performance.now() - start) * this.rate) / 1000;
            for (; said < due && !client.isClosed; ++said) this.say(client);
        }
    }
}

const kSaid = /^@(?=\S*[;@]id=([0-9a-f-]{36}))\S* :\S+ PRIVMSG #(\S+) :(\d+):(\d+)(?: |$)/;

/** Listens to the senders in all channels, and measures how long it hears nothing. */
export class Viewer {
    delivered = new Map(); // id -> {channel, sender, number}
    duplicated = [];
    reordered = [];
    announced = []; // losses that the server told of
    silence = 0; // milliseconds
    silenceOverRestart = 0;
    #last = new Map(); // channel and sender -> number
    #heardAt;
    #restarted = false;

    constructor(channels, name = 'viewer') {
        this.channels = channels;
        this.name = name;
    }

    async connect(server) {
        this.listen(await IrcClient.login(server, this.name, { channels: this.channels }));
    }

    listen(client) {
        this.client = client;
        client.lines.push = (line) => this.take(line);
        this.#restarted = this.#heardAt !== undefined;
    }

    take(line) {
        const [, id, channel, sender, number] = line.match(kSaid) ?? [];
        if (/msg-id=clamor_(skipped|position_unknown|bad_position)/.test(line)) this.announced.push(`${this.name} was told: ${line.slice(0, 160)}`);
        if (!id) return;
        const now = performance.now();
        const kind = this.#restarted ? 'silenceOverRestart' : 'silence';
        this[kind] = Math.max(this[kind], now - (this.#heardAt ?? now));
        this.#restarted = false;
        this.#heardAt = now;
        this.heard?.(Number(sender), now);
        const what = `#${channel} ${sender}:${number}`;
        if (this.delivered.has(id)) this.duplicated.push(what);
        this.delivered.set(id, { channel, sender: Number(sender), number: Number(number) });
        const of = `${channel} ${sender}`;
        if (Number(number) <= (this.#last.get(of) ?? -1)) this.reordered.push(what);
        this.#last.set(of, Number(number));
    }
}

/** What is wrong about the stored messages, given the echoes that were seen. */
export function judge(echoes, stored) {
    const problems = { lost: [], altered: [], duplicated: [], gaps: [], reordered: [] };
    for (const [channel, messages] of stored) {
        const byId = new Map();
        const texts = new Set();
        messages.forEach((message, i) => {
            if (byId.has(message.id) || texts.has(message.text)) problems.duplicated.push(`#${channel} ${message.id} ${message.text}`);
            byId.set(message.id, message);
            texts.add(message.text);
            if (message.seq !== i + 1) problems.gaps.push(`#${channel}: seq ${message.seq} at place ${i + 1}`);
        });
        const last = new Map();
        for (const echo of echoes.filter((each) => each.channel === channel)) {
            const message = byId.get(echo.id);
            if (!message) {
                problems.lost.push(`#${channel} ${echo.id} ${echo.text}`);
                continue;
            }
            if (message.text !== echo.text) problems.altered.push(`#${channel} ${echo.id}`);
            if (message.seq <= (last.get(echo.sender) ?? 0)) problems.reordered.push(`#${channel} ${echo.id}`);
            last.set(echo.sender, message.seq);
        }
    }
    return problems;
}

export const total = (problems) => Object.values(problems).reduce((sum, list) => sum + list.length, 0);

const sum = (list) => list.reduce((all, n) => all + n, 0);
export const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** What viewers who are to have heard everything have not heard, of what is stored. */
function unheard(viewers, stored) {
    const all = viewers.flatMap((viewer) => viewer.channels.flatMap((channel) => stored.get(channel).map((message) => ({ viewer, message }))));
    return all.filter(({ viewer, message }) => !viewer.delivered.has(message.id))
        .map(({ viewer, message }) => `not heard by ${viewer.name}: ${message.id} ${message.text.slice(0, 12)}`);
}

/**
 * Prints what every drill prints, and says what is wrong: about the stored messages, and about what the viewers (one, or many)
 * heard. `gapless`: nothing but messages has positions, and one node gives them. `everything`: the viewers were never away, or came
 * back with their position, and what they did not hear of what is stored is lost.
 */
export function report(senders, viewers, stored, { gapless = true, everything = false } = {}) {
    viewers = [viewers].flat();
    const echoes = senders.flatMap((sender) => sender.echoes);
    const problems = judge(echoes, stored);
    if (!gapless) delete problems.gaps;
    if (everything) problems.lost.push(...unheard(viewers, stored));
    problems.duplicated.push(...viewers.flatMap((viewer) => viewer.duplicated.map((what) => `heard twice: ${what}`)));
    problems.reordered.push(...viewers.flatMap((viewer) => viewer.reordered.map((what) => `heard out of order: ${what}`)));
    const most = (kind) => Math.max(...viewers.map((viewer) => viewer[kind]));
    console.log(`sent       ${sum(senders.map((sender) => sender.sent))}`);
    console.log(`echoed     ${echoes.length}`);
    const why = new Map();
    for (const [id, count] of senders.flatMap((sender) => [...sender.refusals])) why.set(id, (why.get(id) ?? 0) + count);
    console.log(`refused    ${sum(senders.map((sender) => sender.refused))} ${[...why].map(([id, count]) => `${id} ${count}`).join(', ')}`.trimEnd());
    console.log(`stored     ${sum([...stored.values()].map((list) => list.length))}`);
    console.log(`delivered  ${sum(viewers.map((viewer) => viewer.delivered.size))} to ` +
        (everything ? `${viewers.length} viewers` : 'a viewer of all channels, who was away for as long as a server was killed'));
    for (const [kind, list] of Object.entries(problems)) {
        console.log(`${kind.padEnd(10)} ${list.length}`);
        for (const each of list.slice(0, 5)) console.log(`    ${each}`);
    }
    const announced = viewers.flatMap((viewer) => viewer.announced);
    if (announced.length) console.log(`announced  ${announced.length} losses, as ${announced[0]}`);
    const over = most('silenceOverRestart') ? `; over a lost connection and the way back ${most('silenceOverRestart').toFixed(0)} ms` : '';
    console.log(`longest silence ${most('silence').toFixed(0)} ms${over}`);
    return { echoes, problems };
}

/**
 * Runs a drill and ends the process. `drill` returns what failed; `serve` starts a server that is stopped and removed at the end,
 * and `after` keeps what else is to be done then, the last first. `again` is the command that does the same once more.
 */
export async function run(again, drill) {
    const cleanups = [];
    const servers = [];
    const after = (cleanup) => cleanups.push(cleanup);
    const serve = async (options) => {
        const server = await Server.start(options);
        servers.push(server);
        after(async () => {
            await server.stop();
            rmSync(server.folder, { recursive: true, force: true });
        });
        return server;
    };
    let failures;
    try {
        failures = await drill({ serve, after });
    } catch (error) {
        failures = [`${error.stack}\n${servers.map((server) => `the server's log:\n${server.log.slice(-4000)}`).join('\n')}`];
    }
    for (const cleanup of cleanups.reverse()) await cleanup();
    for (const failure of failures) console.error(`FAILED: ${failure}`);
    if (failures.length) console.error(`again with: node tests/drill/${again}`);
    console.log(failures.length ? 'the drill failed' : 'the drill held');
    process.exit(failures.length ? 1 : 0);
}
