// SPDX-License-Identifier: Apache-2.0
// What moderators do while a channel is busy: how soon a ban is everywhere, and what ten thousand at once cost the others.
// Runs beside the load, which holds most of the viewers; the figures are those of connections of its own, which joined
// among the load's.
import { Chatter, metric, percentile, sleep } from './chatter.mjs';

const kProbes = 200;
const kBans = 100;
const kBanEveryMs = 200;
const kBulk = 10_000;
const kQuietMs = 4000;
const kSpeakers = 40; // each says something every two seconds, within the limits of a viewer
const kSpeakEveryMs = 2000 / kSpeakers;

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
