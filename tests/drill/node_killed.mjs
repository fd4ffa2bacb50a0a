// SPDX-License-Identifier: Apache-2.0
// The drill of a lost node: three nodes of one chat, under load; one after the other is killed (SIGKILL) and started again later. Its
// clients come to another node with their position (clamor.dev/seq) and must have every message once and in the order of the log.
//
//   node tests/drill/node_killed.mjs [--rounds N] [--away SECONDS] [--rate MESSAGES_PER_SECOND] [--viewers N] [--seed N]
import { parseArgs } from 'node:util';
import { eventually, sleep } from '../e2e/server.mjs';
import { endTalk, otherOrder, ResumingSender, ResumingViewer, sendersFor, startNodes, unstored } from './cluster.mjs';
import { report, run, total } from './senders.mjs';

const { values: options } = parseArgs({
    options: {
        rounds: { type: 'string', default: '6' },
        away: { type: 'string', default: '3' },
        rate: { type: 'string', default: '200' },
        viewers: { type: 'string', default: '60' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
});
const kSteady = 1500; // milliseconds between two losses
const again = Object.keys(options).map((name) => `--${name} ${options[name]}`).join(' ');

await run(`node_killed.mjs ${again}`, async ({ serve, after }) => {
    console.log(`drill of a lost node: seed ${options.seed}, three nodes, ${options.viewers} viewers, ${options.rate} messages/s, ${options.rounds} kills`);
    const cluster = await startNodes({ serve, after });
    const { nodes } = cluster;
    let dead;
    const home = (i) => () => nodes[i % nodes.length] === dead ? nodes[(i + 1 + Math.floor(i / nodes.length) % 2) % nodes.length] : nodes[i % nodes.length];
    const viewers = Array.from({ length: Number(options.viewers) }, (_, i) => new ResumingViewer(i));
    const senders = sendersFor(nodes, 2, Number(options.rate), Number(options.seed), ResumingSender);
    const lives = viewers.map((viewer, i) => viewer.live(home(i)));
    await eventually(() => viewers.every((viewer) => viewer.joined), 'all viewers are there', 20_000);
    lives.push(...senders.map((sender) => sender.live(home(sender.number))));
    await eventually(() => senders.every((sender) => sender.echoes.length > 0), 'all senders are there', 20_000);

    for (let round = 0; round < Number(options.rounds); ++round) {
        await sleep(kSteady);
        dead = nodes[round % nodes.length];
        await dead.kill();
        await sleep(Number(options.away) * 1000);
        await dead.restart();
        dead = undefined;
    }
    await sleep(kSteady);
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
    console.log(`said on a node that was killed, and not echoed: ${senders.reduce((sum, sender) => sum + sender.unanswered, 0)}; ` +
        `of these heard and not stored: ${unstored(viewers, stored).size}`);
    const failures = [];
    if (total(problems) > 0) failures.push('what was heard is not what was promised');
    if (announced.length) failures.push(`${announced.length} losses were announced, as ${announced[0]}`);
    if (others.length) failures.push(`another order than the log's was seen by ${others}`);
    if (echoes.length < 200) failures.push('too little was said to prove anything');
    return failures;
});
