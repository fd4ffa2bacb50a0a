// SPDX-License-Identifier: Apache-2.0
// The DynamoDB drill: people talk while DynamoDB (dynalite, a stand-in) goes away and comes back, is throttled, and the server
// is killed (SIGKILL) in the middle of each. Then every message whose echo was seen must be in the table, none twice.
//
//   node tests/drill/dynamodb.mjs [--outage SECONDS] [--rate MESSAGES_PER_SECOND] [--seed N]
//
// In the first half of the outage nobody listens, in the second whoever connects is not answered.
import { Dynalite, kKeys } from '../e2e/dynalite.mjs';
import { eventually, sleep } from '../e2e/server.mjs';
import { anySeed, optionsOf } from './options.mjs';
import { generator, percentile, report, run, SteadySender, total, Viewer } from './senders.mjs';

const options = optionsOf({ outage: 60, rate: 500, seed: anySeed() });
const kOutage = options.outage * 1000;
const kRate = options.rate;
const kSenders = 10;
const kChannels = ['drilla', 'drillb', 'drillc', 'drilld', 'drille'];

Object.assign(process.env, kKeys);

/** Times the echoes by what happens meanwhile. */
class TimedSender extends SteadySender {
    static phase = 'normal';
    static latencies = new Map(); // phase -> milliseconds
    sentAt = new Map();

    say(client) {
        const number = super.say(client);
        this.sentAt.set(String(number), [performance.now(), TimedSender.phase]);
        return number;
    }

    take(line) {
        const before = this.echoes.length;
        super.take(line);
        if (this.echoes.length === before) return;
        const [sent, phase] = this.sentAt.get(String(this.echoes.at(-1).number));
        if (!TimedSender.latencies.has(phase)) TimedSender.latencies.set(phase, []);
        TimedSender.latencies.get(phase).push(performance.now() - sent);
    }
}

await run(`dynamodb.mjs --seed ${options.seed} --outage ${options.outage} --rate ${options.rate}`, async ({ serve, after }) => {
    const seed = options.seed;
    console.log(`DynamoDB drill: seed ${seed}, ${kRate} messages/s, an outage of ${kOutage / 1000} s, dynalite as a stand-in`);
    const dynalite = await Dynalite.start();
    after(() => dynalite.stop());
    const url = dynalite.url('clamor');
    const server = await serve({ config: { limits: { messages_viewer: 10_000, messages_moderator: 10_000 } }, args: ['--dynamodb', url] });
    const senders = Array.from({ length: kSenders }, (_, i) => new TimedSender(i, generator(seed + 1 + i), kChannels[i % kChannels.length], kRate / kSenders));
    const viewer = new Viewer(kChannels);
    const everybody = [viewer, ...senders];
    const connect = () => Promise.all(everybody.map((one) => one.connect(server)));
    const killAndRestart = async () => {
        await server.kill();
        await Promise.all(everybody.map((one) => one.client.closed));
        await server.restart();
        // The first messages wait until their rooms have come to life.
        const { phase } = TimedSender;
        TimedSender.phase = `${phase}, first second after a start`;
        await connect();
        await sleep(1000);
        TimedSender.phase = phase;
    };
    const facts = {};
    await connect();
    await sleep(Math.max(4000, kOutage / 4));

    TimedSender.phase = 'away';
    await dynalite.failWith({ closed_ms: kOutage / 2 });
    await eventually(async () => (await server.metric('clamor_dynamodb_away')) === 1, 'the server notices', 10_000);
    const history = await server.get('/api/channels/drilla/messages');
    facts.history = history.status;
    facts.ready = (await server.get('/readyz')).status;
    await sleep(kOutage / 4);
    await killAndRestart();
    await sleep(kOutage / 4 - 1000);
    dynalite.pause();
    await sleep(kOutage / 2);
    facts.backlog = await server.metric('clamor_log_queue_depth');
    dynalite.resume();

    TimedSender.phase = 'throttled';
    await dynalite.failWith({ throttle: 0.4, error: 0.05, unprocessed: 0.3 });
    await sleep(kOutage / 4);
    await killAndRestart();
    await sleep(kOutage / 4);
    facts.throttled = await server.metric('clamor_dynamodb_throttled_total');
    await dynalite.failWith({});

    for (const sender of senders) sender.over = true;
    await eventually(() => senders.every((sender) => sender.waiting === 0), 'all echoes come', 20_000);
    const started = Date.now();
    await eventually(async () => (await server.metric('clamor_log_queue_depth')) === 0, 'the backlog is written', 300_000, 200);
    facts.drained = Date.now() - started;
    facts.writeUnits = await server.metric('clamor_dynamodb_write_units_total');
    facts.appended = await server.metric('clamor_log_appended_total');
    for (const one of everybody) await one.client.close();
    await server.terminate();

    const stored = new Map(kChannels.map((channel) => [channel, server.export(channel, '--dynamodb', url)]));
    const { problems } = report(senders, viewer, stored);
    console.log(`in the spool at the end of the outage: ${facts.backlog} entries; written ${facts.drained} ms after the last echo`);
    console.log(`while away: history answers ${facts.history}, /readyz ${facts.ready}; throttled answers and items: ${facts.throttled}`);
    console.log(`write units a message (of the last process): ${(facts.writeUnits / facts.appended).toFixed(2)}`);
    for (const [phase, list] of TimedSender.latencies) {
        const sorted = list.sort((a, b) => a - b);
        console.log(`echo, ${phase}: ${sorted.length} messages, p50 ${percentile(sorted, 0.5).toFixed(1)} ms, ` +
            `p99 ${percentile(sorted, 0.99).toFixed(1)} ms, most ${sorted.at(-1).toFixed(1)} ms`);
    }
    const failures = [];
    if (total(problems) > 0) failures.push('the stored messages are not what was promised');
    if ((TimedSender.latencies.get('away') ?? []).length < 100) failures.push('echoes were withheld while DynamoDB was away');
    if (facts.ready !== 200) failures.push('the server was not ready while DynamoDB was away');
    if (facts.history < 500) failures.push('history was answered while DynamoDB was away');
    if (!(facts.throttled > 0)) failures.push('nothing was throttled');
    return failures;
});
