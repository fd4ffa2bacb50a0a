// SPDX-License-Identifier: Apache-2.0
// The drill of an upgrade: three nodes of one chat, under load; on one after the other a new process takes over the sockets and the
// data folder. Clients come again when they are asked to, with their position (clamor.dev/seq). Nothing may be lost or doubled, and
// no attempt to connect may fail.
//
//   node tests/drill/rolling_upgrade.mjs [--rounds N] [--rate MESSAGES_PER_SECOND] [--viewers N] [--seed N]
import { parseArgs } from 'node:util';
import { knock } from '../e2e/knock.mjs';
import { eventually, sleep } from '../e2e/server.mjs';
import { endTalk, otherOrder, ResumingSender, ResumingViewer, sendersFor, startNodes, unstored } from './cluster.mjs';
import { percentile, report, run, total } from './senders.mjs';

const { values: options } = parseArgs({
    options: {
        rounds: { type: 'string', default: '3' },
        rate: { type: 'string', default: '200' },
        viewers: { type: 'string', default: '60' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
});
const kSteady = 1000; // milliseconds between two upgrades
const kKnock = 15; // milliseconds between two attempts to connect to a node
const again = Object.keys(options).map((name) => `--${name} ${options[name]}`).join(' ');

await run(`rolling_upgrade.mjs ${again}`, async ({ serve, after }) => {
    console.log(`drill of an upgrade: seed ${options.seed}, three nodes, ${options.viewers} viewers, ${options.rate} messages/s, ${options.rounds} rounds`);
    const cluster = await startNodes({ serve, after });
    const { nodes } = cluster;
    const home = (i) => () => nodes[i % nodes.length];
    const viewers = Array.from({ length: Number(options.viewers) }, (_, i) => new ResumingViewer(i));
    const senders = sendersFor(nodes, 2, Number(options.rate), Number(options.seed), ResumingSender);
    const lives = viewers.map((viewer, i) => viewer.live(home(i)));
    await eventually(() => viewers.every((viewer) => viewer.joined), 'all viewers are there', 20_000);
    lives.push(...senders.map((sender) => sender.live(home(sender.number))));
    await eventually(() => senders.every((sender) => sender.echoes.length > 0), 'all senders are there', 20_000);
    const knocks = nodes.map((node) => knock(node, kKnock));

    const failures = [];
    for (let round = 0; round < Number(options.rounds); ++round) {
        for (const [i, node] of nodes.entries()) {
            await sleep(kSteady);
            const ended = await node.upgrade();
            if (ended.code !== 0) failures.push(`node ${i} did not end in order: ${JSON.stringify(ended)}`);
        }
    }
    await sleep(kSteady);
    for (const knocking of knocks) await knocking.stop();
    await endTalk(senders, 20_000);
    await sleep(1000);
    for (const one of [...senders, ...viewers]) one.ended = true;
    for (const one of [...senders, ...viewers]) await one.client.close();
    await Promise.all(lives);

    const stored = await cluster.stored();
    const { echoes, problems } = report(senders, viewers, stored, { gapless: false, everything: true });
    const announced = viewers.flatMap((viewer) => viewer.announced);
    const others = otherOrder(viewers, stored);
    const failed = knocks.flatMap((each) => each.failed);
    const gaps = viewers.map((viewer) => Math.max(viewer.silence, viewer.silenceOverRestart)).sort((a, b) => a - b);
    console.log(`each viewer's longest gap: median ${percentile(gaps, 0.5).toFixed(0)} ms, most ${gaps.at(-1).toFixed(0)} ms; ` +
        `connections of viewers: ${viewers.reduce((sum, viewer) => sum + viewer.comings, 0)}`);
    console.log(`attempts to connect: ${knocks.reduce((sum, each) => sum + each.tried, 0)}, ${failed.length} failed, ` +
        `the longest ${Math.max(...knocks.map((each) => each.longest))} ms to the welcome`);
    console.log(`said and not answered: ${senders.reduce((sum, sender) => sum + sender.unanswered, 0)}; heard and not stored: ${unstored(viewers, stored).size}`);
    if (total(problems) > 0) failures.push('what was heard is not what was promised');
    if (failed.length) failures.push(`${failed.length} attempts to connect failed, as ${failed[0]}`);
    if (announced.length) failures.push(`${announced.length} losses were announced, as ${announced[0]}`);
    if (others.length) failures.push(`another order than the log's was seen by ${others}`);
    if (echoes.length < 200) failures.push('too little was said to prove anything');
    return failures;
});
