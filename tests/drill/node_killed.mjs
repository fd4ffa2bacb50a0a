// SPDX-License-Identifier: Apache-2.0
// The drill of a lost node: three nodes of one chat, under load; one after the other is killed (SIGKILL) and started again later. Its
// clients come to another node with their position (clamor.dev/seq) and must have every message once and in the order of the log.
//
//   node tests/drill/node_killed.mjs [--rounds N] [--away SECONDS] [--rate MESSAGES_PER_SECOND] [--viewers N] [--seed N]
import { sleep } from '../e2e/server.mjs';
import { endResuming, startNodes, startResuming } from './cluster.mjs';
import { anySeed, optionsOf } from './options.mjs';
import { run } from './senders.mjs';

const options = optionsOf({ rounds: 6, away: 3, rate: 200, viewers: 60, seed: anySeed() });
const kSteady = 1500; // milliseconds between two losses
const again = Object.keys(options).map((name) => `--${name} ${options[name]}`).join(' ');

await run(`node_killed.mjs ${again}`, async ({ serve, after }) => {
    console.log(`drill of a lost node: seed ${options.seed}, three nodes, ${options.viewers} viewers, ${options.rate} messages/s, ${options.rounds} kills`);
    const cluster = await startNodes({ serve, after });
    const { nodes } = cluster;
    let dead;
    const home = (i) => () => nodes[i % nodes.length] === dead ? nodes[(i + 1 + Math.floor(i / nodes.length) % 2) % nodes.length] : nodes[i % nodes.length];
    const people = await startResuming(nodes, options, home);

    for (let round = 0; round < options.rounds; ++round) {
        await sleep(kSteady);
        dead = nodes[round % nodes.length];
        await dead.kill();
        await sleep(options.away * 1000);
        await dead.restart();
        dead = undefined;
    }
    await sleep(kSteady);
    return endResuming(cluster, people);
});
