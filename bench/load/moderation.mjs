// SPDX-License-Identifier: Apache-2.0
// What moderators do while a channel is busy: how soon a ban is everywhere, and what ten thousand at once cost the others.
// Runs beside the load, which holds most of the viewers; the figures are those of connections of its own, which joined
// among the load's.
import { connect } from 'node:net';

const kProbes = 200;
const kBans = 100;
const kBanEveryMs = 200;
const kBulk = 10_000;
const kQuietMs = 4000;
const kSpeakers = 40; // each says something every two seconds, within the limits of a viewer
const kSpeakEveryMs = 2000 / kSpeakers;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function percentile(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** A chatter over the WebSocket that calls `onLine` with each line and the time of its arrival. */
class Chatter {
    constructor(port, login, onLine) {
        this.login = login;
        this.onLine = onLine;
        this.rest = Buffer.alloc(0);
        this.ready = new Promise((resolve) => { this.setReady = resolve; });
        this.socket = connect(port, '127.0.0.1');
        this.socket.setNoDelay(true);
        this.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
        this.socket.on('data', (bytes) => this.take(bytes));
        this.socket.on('error', () => {});
    }
    take(bytes) {
        const now = performance.now();
        this.rest = this.rest.length ? Buffer.concat([this.rest, bytes]) : bytes;
        if (!this.upgraded) {
            const end = this.rest.indexOf('\r\n\r\n');
            if (end < 0) return;
            this.rest = this.rest.subarray(end + 4);
            this.upgraded = true;
            this.send('CAP REQ :twitch.tv/tags twitch.tv/commands', 'PASS oauth:bench', `NICK ${this.login}`, 'JOIN #c0000000');
        }
        for (;;) {
            if (this.rest.length < 2) return;
            let size = this.rest[1];
            let head = 2;
            if (size === 126) [size, head] = [this.rest.length < 4 ? Infinity : this.rest.readUInt16BE(2), 4];
            else if (size === 127) [size, head] = [this.rest.length < 10 ? Infinity : Number(this.rest.readBigUInt64BE(2)), 10];
            if (this.rest.length < head + size) return;
            for (const line of this.rest.toString('utf8', head, head + size).split('\r\n')) {
                if (line.includes(' ROOMSTATE #c0000000')) this.setReady();
                if (line) this.onLine(line, now);
            }
            this.rest = this.rest.subarray(head + size);
        }
    }
    send(...lines) {
        const text = Buffer.from(lines.map((line) => `${line}\r\n`).join(''));
        const head = Buffer.from(text.length < 126 ? [0x81, 0x80 | text.length, 0, 0, 0, 0] : [0x81, 0xfe, text.length >> 8, text.length & 255, 0, 0, 0, 0]);
        this.socket.write(Buffer.concat([head, text]));
    }
}

async function metric(port, name) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((sum, m) => sum + Number(m[1]), 0);
}

async function bulk(port, action, batch) {
    const acts = Array.from({ length: kBulk }, (_, i) => ({ action, login: `bulk${i}` }));
    const begin = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/api/channels/c0000000/moderation`, {
        method: 'POST',
        headers: { authorization: 'Bearer c0000000', 'content-type': 'application/json' },
        body: JSON.stringify({ batch, acts }),
    });
    const answer = await response.json();
    return { seconds: (performance.now() - begin) / 1000, done: answer.done, status: response.status };
}

/** `viewers` are the load's; returns once all is measured, before the load's traffic ends. */
export async function moderate(port, viewers) {
    const asked = new Map(); // by the seconds of the timeout, which name it
    const reach = [];
    const own = [];
    let latencies = []; // of messages that carry their time
    const onLine = (login) => (line, now) => {
        const timeout = /^@ban-duration=(\d+);.* CLEARCHAT #c0000000 :(\S+)$/.exec(line);
        if (timeout && asked.has(timeout[1])) (timeout[2] === login ? own : reach).push(now - asked.get(timeout[1]));
        const said = login === 'probe0' && / PRIVMSG #c0000000 :said at (\S+)$/.exec(line);
        if (said) latencies.push(now - Number(said[1]));
    };
    while ((await metric(port, 'clamor_members').catch(() => 0)) < viewers / 2) await sleep(50);
    const probes = Array.from({ length: kProbes }, (_, i) => new Chatter(port, `probe${i}`, onLine(`probe${i}`)));
    await Promise.all(probes.map(({ ready }) => ready));
    while ((await metric(port, 'clamor_members')) < viewers + kProbes) await sleep(50);
    const broadcaster = new Chatter(port, 'c0000000', () => {});
    await broadcaster.ready;
    await bulk(port, 'unban', 'make-users'); // development mode makes them when they are named
    const speakers = Array.from({ length: kSpeakers }, (_, i) => new Chatter(port, `speaker${i}`, () => {}));
    await Promise.all(speakers.map(({ ready }) => ready));
    let turn = 0;
    const speaking = setInterval(() => speakers[turn++ % kSpeakers].send(`PRIVMSG #c0000000 :said at ${performance.now()}`), kSpeakEveryMs);

    for (let i = 0; i < kBans; i++) {
        asked.set(String(1000 + i), performance.now());
        broadcaster.send(`PRIVMSG #c0000000 :/timeout probe${1 + (i % (kProbes - 1))} ${1000 + i}`);
        await sleep(kBanEveryMs);
    }
    // What is slow from here on is to be the server, not two hundred readers in this process.
    for (const { socket } of probes.slice(1)) socket.destroy();
    await sleep(kBanEveryMs);
    latencies = [];
    await sleep(kQuietMs);
    const before = Math.max(...latencies);
    latencies = [];
    const [banned] = await Promise.all([bulk(port, 'ban', 'bulk'), sleep(kQuietMs)]);
    const during = Math.max(...latencies);
    clearInterval(speaking);
    for (const { socket } of [...probes, ...speakers, broadcaster]) socket.destroy();
    if (banned.done !== kBulk) throw new Error(`the bulk was not done: ${JSON.stringify(banned)}`);
    return {
        ban_ms: { p50: percentile(reach, 0.5), p99: percentile(reach, 0.99), own_p99: percentile(own, 0.99), missed: kBans * (kProbes - 1) - reach.length },
        bulk_s: banned.seconds,
        latest_ms: { before, during, added: Math.max(0, during - before) },
    };
}
