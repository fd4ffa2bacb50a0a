// SPDX-License-Identifier: Apache-2.0
// The drill of Redis: people on three nodes talk while it is killed and comes back empty, hangs, and is replaced by its replica. Who
// is on the node where something is said must hear it all the time; those on other nodes must have heard everything, once, when
// Redis is back. One order holds for what was said while it was there: what each viewer saw meanwhile is told.
//
//   node tests/drill/redis.mjs [--away SECONDS] [--pause SECONDS] [--rate MESSAGES_PER_SECOND] [--viewers N] [--only killed,paused,failover]
import { Redis, Sentinel } from '../e2e/redis.mjs';
import { eventually, sleep } from '../e2e/server.mjs';
import { endTalk, NodeViewer, otherOrder, sendersFor, startNodes, Stores } from './cluster.mjs';
import { anySeed, optionsOf } from './options.mjs';
import { report, run, total } from './senders.mjs';

const options = optionsOf({ away: 10, pause: 30, rate: 120, viewers: 60, only: 'killed,paused,failover', seed: anySeed() });
const kAway = options.away * 1000;
const kPause = options.pause * 1000;
const kSteady = 1000; // milliseconds of talk before and after
const kFailover = 1000; // milliseconds after which a master without an answer is replaced
// One connection may wait for 512 echoes (limits::kPendingRepliesMax), then it is refused.
const kSendersEach = 6;

const kScenarios = {
    killed: {
        what: `killed (SIGKILL) and started again, empty, ${kAway / 1000} s later`,
        async outage({ redis }) {
            await redis.kill();
            await sleep(kAway);
            await redis.again();
        },
    },
    paused: {
        what: `stopped (SIGSTOP) for ${kPause / 1000} s`,
        async outage({ redis }) {
            redis.pause();
            await sleep(kPause);
            redis.goOn();
        },
    },
    failover: {
        what: `killed, and its replica made the master by a sentinel after ${kFailover / 1000} s`,
        async prepare(after) {
            const master = await Redis.start(['--repl-diskless-sync-delay', '0']);
            after(() => master.stop());
            const replica = await Redis.start(['--replicaof', `127.0.0.1 ${master.port}`]);
            after(() => replica.stop());
            await eventually(() => replica.cli('info', 'replication').includes('master_link_status:up'), 'the replica follows', 20_000, 100);
            const sentinel = await Sentinel.over(master, kFailover);
            after(() => sentinel.stop());
            await eventually(() => /slaves=1/.test(sentinel.cli('info', 'sentinel')), 'the sentinel knows the replica', 20_000, 100);
            return { redis: master, replica, url: sentinel.url };
        },
        async outage({ redis, replica }) {
            await redis.kill();
            await eventually(() => replica.cli('info', 'replication').includes('role:master'), 'the replica is the master', 30_000, 100);
        },
    },
};

/** How many messages viewers have heard from their own nodes, the least of them. */
const leastHeard = (viewers) => Math.min(...viewers.map((viewer) => viewer.ownHeard));

async function scenario(name, stores, { serve, after }) {
    const { what, prepare, outage } = kScenarios[name];
    console.log(`\nRedis is ${what}`);
    const prepared = await prepare?.(after);
    const cluster = await startNodes({ serve, after }, { stores, redis: prepared?.url, table: name });
    const { nodes } = cluster;
    const senders = sendersFor(nodes, kSendersEach, options.rate, options.seed);
    const nodeOf = (sender) => Math.floor(sender / kSendersEach);
    const viewers = Array.from({ length: options.viewers }, (_, i) => new NodeViewer(i, (sender) => nodeOf(sender) === i % nodes.length));
    await Promise.all(viewers.map((viewer, i) => viewer.connect(nodes[i % nodes.length])));
    await Promise.all(senders.map((sender) => sender.connect(nodes[nodeOf(sender.number)])));
    await eventually(() => senders.every((sender) => sender.echoes.length > 0), 'the senders are known to the room', 20_000);
    await sleep(kSteady);

    const failures = [];
    const before = leastHeard(viewers);
    const usual = Math.max(...viewers.map((viewer) => viewer.ownSilence));
    await outage(prepared ?? { redis: cluster.redis });
    const meanwhile = leastHeard(viewers) - before;
    if (meanwhile < 5) failures.push(`${name}: somebody heard only ${meanwhile} messages of the own node while Redis was away`);
    const back = Date.now();
    await eventually(async () => (await Promise.all(nodes.map((node) => node.get('/healthz')))).every(({ json }) => json.status === 'ok'), 'all nodes are well', 30_000, 50);
    const well = Date.now() - back;
    await sleep(kSteady);
    await endTalk(senders, 60_000);
    const echoed = senders.reduce((sum, sender) => sum + sender.echoes.length, 0);
    await eventually(() => viewers.every((viewer) => viewer.delivered.size >= echoed), 'everybody has heard everything', 15_000).catch(() => {});
    const metric = async (key) => (await Promise.all(nodes.map((node) => node.metric(key)))).reduce((sum, value) => sum + value, 0);
    const early = await metric('clamor_redis_early_total');
    const gaps = await metric('clamor_redis_gaps_total');
    const repaired = await metric('clamor_gap_events_total');
    const suppressed = await metric('clamor_redis_duplicates_total');
    const stored = await cluster.stored();
    const { problems } = report(senders, viewers, stored, { gapless: false, everything: true });
    console.log(`longest silence of the own node: ${Math.max(...viewers.map((viewer) => viewer.ownSilence)).toFixed(0)} ms (before the outage ${usual.toFixed(0)} ms)`);
    console.log(`heard of the own node meanwhile: ${meanwhile} messages; all nodes were well ${well} ms after Redis came back`);
    console.log(`shown before they had their place: ${early}; read from the log: ${repaired} in ${gaps} gaps; second copies that were suppressed: ${suppressed}`);
    console.log(`saw another order than the one that is stored: ${otherOrder(viewers, stored).length} of ${viewers.length} viewers (each sender's own order is judged above)`);
    if (total(problems) > 0) failures.push(`${name}: what was heard is not what was promised`);
    return failures;
}

const again = ['away', 'pause', 'rate', 'viewers', 'only', 'seed'].map((name) => `--${name} ${options[name]}`).join(' ');

await run(`redis.mjs ${again}`, async (context) => {
    console.log(`drill of Redis: seed ${options.seed}, three nodes, ${options.viewers} viewers, ${options.rate} messages/s`);
    const stores = await Stores.start(context.after);
    const failures = [];
    for (const name of options.only.split(',')) failures.push(...(await scenario(name, stores, context)));
    return failures;
});
