// SPDX-License-Identifier: Apache-2.0
// The drill of many nodes: one channel on three of them, thousands of viewers spread over them, and senders on each. All viewers must
// get everything once and in one order, which is what is stored. `clamor bench` is the load; it must run on the same machine as the
// nodes, and the latency that it says is that of all of them together.
//
//   node tests/drill/nodes.mjs [--viewers N] [--rate MESSAGES_PER_SECOND] [--seconds N] [--nodes N]
import { spawn } from 'node:child_process';
import { binary } from '../e2e/server.mjs';
import { kRoom, startNodes } from './cluster.mjs';
import { optionsOf } from './options.mjs';
import { run } from './senders.mjs';

const options = optionsOf({ viewers: 3000, rate: 200, seconds: 30, nodes: 3 });

const again = ['viewers', 'rate', 'seconds', 'nodes'].map((name) => `--${name} ${options[name]}`).join(' ');

await run(`nodes.mjs ${again}`, async ({ serve, after }) => {
    console.log(`drill of ${options.nodes} nodes: ${options.viewers} viewers, ${options.rate} messages/s for ${options.seconds} s in one channel`);
    const cluster = await startNodes({ serve, after }, { count: options.nodes });
    const load = spawn(binary, ['bench', '--quiet', '--server', cluster.nodes.map((node) => `ws://127.0.0.1:${node.http}`).join(), '--channel', kRoom,
        ...['viewers', 'rate', 'seconds'].flatMap((name) => [`--${name}`, `${options[name]}`])], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [load.stdout, load.stderr]) stream.on('data', (text) => (said += text));
    const status = await new Promise((done) => load.on('close', done));
    const stored = (await cluster.stored()).get(kRoom);
    console.log(said.split('\n').filter((line) => /^[a-z]+ /.test(line)).join('\n'));
    console.log(`stored      ${stored.length}`);
    const failures = [];
    const sent = Number(said.match(/^sent +(\d+)$/m)?.[1] ?? 0);
    const refused = [...said.matchAll(/^refused +(\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
    if (status !== 0) failures.push(`what the viewers got is not what was promised:\n${said}`);
    if (sent - refused < (options.rate * options.seconds) / 2) failures.push('too little was said to prove anything');
    if (stored.length !== sent - refused || new Set(stored.map((message) => message.text)).size !== stored.length)
        failures.push(`${sent - refused} messages were taken, ${stored.length} are stored`);
    return failures;
});
