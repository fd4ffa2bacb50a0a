// SPDX-License-Identifier: Apache-2.0
// The durability drill: senders talk, the server is killed (SIGKILL) at random moments and started again on its data, several
// times. Then every message whose echo was seen must be in `clamor export`, none twice, the sequence without a gap and in the
// order in which each sender's echoes came.
//
//   node tests/drill/durability.mjs [--seconds N] [--seed N] [--senders N] [--self-check]
//
// --self-check spoils what was exported in each way that the drill is to find, and fails where it does not find it.
import { sleep } from '../e2e/server.mjs';
import { anySeed, optionsOf } from './options.mjs';
import { generator, judge, report, run, Sender, total, Viewer } from './senders.mjs';

const options = optionsOf({ seconds: 40, seed: anySeed(), senders: 6, 'self-check': false });
const kSeconds = options.seconds;
const kSenders = options.senders;
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

await run(`durability.mjs --seed ${options.seed} --seconds ${options.seconds} --senders ${options.senders}`, async ({ serve }) => {
    const seed = options.seed;
    const random = generator(seed);
    console.log(`durability drill: seed ${seed}, ${kSeconds} s, ${kSenders} senders in ${kChannels.length} channels`);
    const server = await serve({ config: { limits: { messages_viewer: 10_000, messages_moderator: 10_000 } } });
    const senders = Array.from({ length: kSenders }, (_, i) => new Sender(i, generator(seed + 1 + i), kChannels[i % kChannels.length]));
    const viewer = new Viewer(kChannels);
    const end = Date.now() + kSeconds * 1000;
    let kills = 0;
    for (;;) {
        await Promise.all([viewer, ...senders].map((one) => one.connect(server)));
        const last = end - Date.now() < 3000;
        // Also soon after the start, when rooms are being loaded, and between two commits.
        await sleep(last ? 1000 : random() < 0.3 ? random() * 150 : 200 + random() * 2500);
        if (last) break;
        await server.kill();
        ++kills;
        await Promise.all([viewer, ...senders].map((one) => one.client.closed));
        await server.restart();
    }
    // The last round ends in order: what waits for its echo gets it.
    for (const sender of senders) sender.over = true;
    await sleep(50);
    await Promise.race([sleep(5000), (async () => {
        while (senders.some((sender) => sender.waiting > 0)) await sleep(20);
    })()]);
    const unanswered = senders.reduce((sum, sender) => sum + sender.waiting, 0);
    for (const one of [viewer, ...senders]) await one.client.close();
    await server.terminate();

    const stored = new Map(kChannels.map((channel) => [channel, server.export(channel)]));
    const { echoes, problems } = report(senders, viewer, stored);
    console.log(`kills      ${kills}`);
    console.log(`unanswered ${unanswered} (in the last round)`);
    const failures = [];
    if (total(problems) > 0) failures.push('the stored messages are not what was promised');
    if (unanswered > 0) failures.push('messages of the last round were not answered');
    if (kills < 3 || echoes.length < 500) failures.push('too little happened to prove anything');
    if (options['self-check']) failures.push(...selfCheck(echoes, stored));
    return failures;
});
