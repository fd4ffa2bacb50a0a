// SPDX-License-Identifier: Apache-2.0
// The durability drill: senders talk, the server is killed (SIGKILL) at random moments and started again on its data, several
// times. Then every message whose echo was seen must be in `clamor export`, none twice, the sequence without a gap and in the
// order in which each sender's echoes came.
//
//   node tests/drill/durability.mjs [--seconds N] [--seed N] [--senders N] [--self-check]
//
// --self-check spoils what was exported in each way that the drill is to find, and fails where it does not find it.
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Server, sleep } from '../e2e/server.mjs';
import { generator, judge, Sender, total } from './senders.mjs';

const { values: options } = parseArgs({
    options: {
        seconds: { type: 'string', default: '40' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        senders: { type: 'string', default: '6' },
        'self-check': { type: 'boolean', default: false },
    },
});
const kSeconds = Number(options.seconds);
const kSenders = Number(options.senders);
const kChannels = ['drilla', 'drillb', 'drillc'];

/** Whether judge() finds each kind of damage. */
function selfCheck(echoes, stored) {
    const [channel, messages] = [...stored].find(([, list]) => list.length > 10) ?? [];
    if (!channel) return ['too few messages to spoil'];
    const ofChannel = echoes.filter((echo) => echo.channel === channel);
    const echoed = messages.findIndex((message) => message.id === ofChannel[Math.floor(ofChannel.length / 2)].id);
    const spoil = (change) => {
        const copy = messages.map((message) => ({ ...message }));
        change(copy);
        return judge(echoes, new Map([...stored, [channel, copy]]));
    };
    const wants = {
        lost: (list) => list.splice(echoed, 1),
        altered: (list) => (list[echoed].text += '!'),
        duplicated: (list) => list.push({ ...list[echoed], seq: list.length + 1 }),
        gaps: (list) => list.forEach((message, i) => (message.seq += i >= echoed ? 1 : 0)),
        reordered: (list) => list.forEach((message) => (message.seq = list.length - message.seq + 1)),
    };
    return Object.entries(wants).filter(([kind, change]) => spoil(change)[kind].length === 0).map(([kind]) => `damage of the kind "${kind}" was not found`);
}

async function drill() {
    const seed = Number(options.seed);
    const random = generator(seed);
    console.log(`durability drill: seed ${seed}, ${kSeconds} s, ${kSenders} senders in ${kChannels.length} channels`);
    const server = await Server.start({ config: { limits: { messages_viewer: 10_000, messages_moderator: 10_000 } } });
    const senders = Array.from({ length: kSenders }, (_, i) => new Sender(i, generator(seed + 1 + i), kChannels[i % kChannels.length]));
    const end = Date.now() + kSeconds * 1000;
    let kills = 0;
    try {
        for (;;) {
            await Promise.all(senders.map((sender) => sender.connect(server)));
            const last = end - Date.now() < 3000;
            // Also soon after the start, when rooms are being loaded, and between two commits.
            await sleep(last ? 1000 : random() < 0.3 ? random() * 150 : 200 + random() * 2500);
            if (last) break;
            await server.kill();
            ++kills;
            await Promise.all(senders.map((sender) => sender.client.closed));
            await server.restart();
        }
        // The last round ends in order: what waits for its echo gets it.
        for (const sender of senders) sender.over = true;
        await sleep(50);
        await Promise.race([sleep(5000), (async () => {
            while (senders.some((sender) => sender.waiting > 0)) await sleep(20);
        })()]);
        const unanswered = senders.reduce((sum, sender) => sum + sender.waiting, 0);
        for (const sender of senders) await sender.client.close();
        await server.terminate();

        const stored = new Map(kChannels.map((channel) => [channel, server.export(channel)]));
        const echoes = senders.flatMap((sender) => sender.echoes);
        const problems = judge(echoes, stored);
        const count = (list) => list.reduce((sum, n) => sum + n, 0);
        console.log(`kills      ${kills}`);
        console.log(`sent       ${count(senders.map((sender) => sender.sent))}`);
        console.log(`echoed     ${echoes.length}`);
        console.log(`refused    ${count(senders.map((sender) => sender.refused))}`);
        console.log(`stored     ${count([...stored.values()].map((list) => list.length))}`);
        console.log(`unanswered ${unanswered} (in the last round)`);
        for (const [kind, list] of Object.entries(problems)) {
            console.log(`${kind.padEnd(10)} ${list.length}`);
            for (const each of list.slice(0, 5)) console.log(`    ${each}`);
        }
        const failures = [];
        if (total(problems) > 0) failures.push('the stored messages are not what was promised');
        if (unanswered > 0) failures.push('messages of the last round were not answered');
        if (kills < 3 || echoes.length < 500) failures.push('too little happened to prove anything');
        if (options['self-check']) failures.push(...selfCheck(echoes, stored));
        return failures;
    } catch (error) {
        return [`${error.stack}\nthe server's log:\n${server.log.slice(-4000)}`];
    } finally {
        await server.stop();
        rmSync(server.folder, { recursive: true, force: true });
    }
}

const failures = await drill();
for (const failure of failures) console.error(`FAILED: ${failure}`);
if (failures.length) console.error(`again with: node tests/drill/durability.mjs --seed ${options.seed} --seconds ${options.seconds} --senders ${options.senders}`);
console.log(failures.length ? 'the drill failed' : 'the drill held');
process.exit(failures.length ? 1 : 0);
