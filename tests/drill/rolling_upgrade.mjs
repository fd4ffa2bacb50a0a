// SPDX-License-Identifier: Apache-2.0
// The drill of an upgrade: three nodes of one chat, under load; on one after the other a new process takes over the sockets and the
// data folder. Clients come again when they are asked to, with their position (clamor.dev/seq). Nothing may be lost or doubled, and
// no attempt to connect may fail.
//
//   node tests/drill/rolling_upgrade.mjs [--rounds N] [--rate MESSAGES_PER_SECOND] [--viewers N] [--seed N]
import { knock } from '../e2e/knock.mjs';
import { sleep } from '../e2e/server.mjs';
import { endResuming, startNodes, startResuming } from './cluster.mjs';
import { anySeed, optionsOf } from './options.mjs';
import { percentile, run } from './senders.mjs';

const options = optionsOf({ rounds: 3, rate: 200, viewers: 60, seed: anySeed() });
const kSteady = 1000; // milliseconds between two upgrades
const kKnock = 15; // milliseconds between two attempts to connect to a node
const again = Object.keys(options).map((name) => `--${name} ${options[name]}`).join(' ');

await run(`rolling_upgrade.mjs ${again}`, async ({ serve, after }) => {
    console.log(`drill of an upgrade: seed ${options.seed}, three nodes, ${options.viewers} viewers, ${options.rate} messages/s, ${options.rounds} rounds`);
    const cluster = await startNodes({ serve, after });
    const { nodes } = cluster;
    const home = (i) => () => nodes[i % nodes.length];
    const people = await startResuming(nodes, options, home);
    const knocks = nodes.map((node) => knock(node, kKnock));

    const failures = [];
    for (let round = 0; round < options.rounds; ++round) {
        for (const [i, node] of nodes.entries()) {
            await sleep(kSteady);
            const ended = await node.upgrade();
            if (ended.code !== 0) failures.push(`node ${i} did not end in order: ${JSON.stringify(ended)}`);
        }
    }
    await sleep(kSteady);
    for (const knocking of knocks) await knocking.stop();
    failures.push(...await endResuming(cluster, people));
    const failed = knocks.flatMap((each) => each.failed);
    const gaps = people.viewers.map((viewer) => Math.max(viewer.silence, viewer.silenceOverRestart)).sort((a, b) => a - b);
    console.log(`each viewer's longest gap: median ${percentile(gaps, 0.5).toFixed(0)} ms, most ${gaps.at(-1).toFixed(0)} ms`);
    console.log(`attempts to connect: ${knocks.reduce((sum, each) => sum + each.tried, 0)}, ${failed.length} failed, ` +
        `the longest ${Math.max(...knocks.map((each) => each.longest))} ms to the welcome`);
    if (failed.length) failures.push(`${failed.length} attempts to connect failed, as ${failed[0]}`);
    return failures;
});
