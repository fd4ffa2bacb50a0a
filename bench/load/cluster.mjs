// SPDX-License-Identifier: Apache-2.0
// Several nodes over one Redis, with PostgreSQL and DynamoDB (dynalite, a stand-in) behind them: what a message costs the nodes, Redis and
// DynamoDB. Runs beside the load, and samples the counters of all of them twice while it goes on.
import { readdirSync, readFileSync } from 'node:fs';
import { Dynalite, kKeys } from '../../tests/e2e/dynalite.mjs';
import { Postgres } from '../../tests/e2e/postgres.mjs';
import { Redis } from '../../tests/e2e/redis.mjs';
import { metrics, sleep } from './chatter.mjs';

const kSampleBeforeEndMs = 1000;

let services; // one of each for the whole bench: a table of its own for each run keeps the runs apart
let tables = 0;

async function startServices() {
    Object.assign(process.env, kKeys);
    const [postgres, dynalite, redis] = await Promise.all([Postgres.start(), Dynalite.start(), Redis.start()]);
    return { postgres, dynalite, redis };
}

export async function endCluster() {
    if (!services) return;
    const { postgres, dynalite, redis } = services;
    services = undefined;
    dynalite.stop();
    await Promise.all([postgres.remove(), redis.stop()]);
}

/** Microseconds of CPU of a process, by the kernel's scheduler. */
function cpuOf(pid) {
    const folder = `/proc/${pid}/task`;
    return readdirSync(folder).reduce((sum, task) => sum + Number(readFileSync(`${folder}/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000, 0);
}

/** What Redis has run, by command; what only samples, connects or keeps alive is no matter of messages and left out. */
function sampleRedis(redis) {
    const text = redis.cli('info', 'all');
    const field = (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)[1]);
    const calls = Object.fromEntries([...text.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)].map(([, name, count]) => [name, Number(count)]));
    for (const name of ['info', 'ping']) delete calls[name];
    return {
        calls,
        commands: Object.values(calls).reduce((sum, count) => sum + count, 0),
        scripts: calls.evalsha ?? 0,
        in_bytes: field('total_net_input_bytes'),
        out_bytes: field('total_net_output_bytes'),
        cpu_us: cpuOf(redis.child.pid),
    };
}

const kNodeCounters = {
    messages: 'clamor_messages_accepted_total', deliveries: 'clamor_deliveries_total', sends: 'clamor_flush_sends_total', sent_bytes: 'clamor_sent_bytes_total',
};
const kTableCounters = {
    entries: 'clamor_log_appended_total', write_units: 'clamor_dynamodb_write_units_total', read_units: 'clamor_dynamodb_read_units_total',
    requests: 'clamor_dynamodb_requests_total', sent_bytes: 'clamor_dynamodb_sent_bytes_total',
};

async function sample(nodes, withRedis) {
    const at = performance.now();
    const cpu = nodes.map(({ pid }) => cpuOf(pid));
    const redis = withRedis ? sampleRedis(services.redis) : undefined;
    const read = await Promise.all(nodes.map(({ port }) => metrics(port)));
    const sums = (names) => Object.fromEntries(Object.entries(names).map(([key, name]) => [key, read.reduce((sum, of) => sum + of(name), 0)]));
    return { at, cpu, redis, nodes: sums(kNodeCounters), table: sums(kTableCounters) };
}

async function measureCluster(nodes, warmMs, lengthMs, withRedis) {
    const accepted = async () => (await metrics(nodes[0].port))(kNodeCounters.messages);
    while ((await accepted().catch(() => 0)) === 0) await sleep(50);
    await sleep(warmMs);
    const first = await sample(nodes, withRedis);
    await sleep(lengthMs - kSampleBeforeEndMs);
    const last = await sample(nodes, withRedis);

    const grown = (of, key) => last[of][key] - first[of][key];
    const messages = grown('nodes', 'messages');
    const seconds = (last.at - first.at) / 1000;
    const cpu = last.cpu.map((us, i) => us - first.cpu[i]);
    const cpuInAll = cpu.reduce((a, b) => a + b, 0);
    const perMessage = (of, keys, count = messages) => Object.fromEntries(keys.map((key) => [`${key}_per_message`, grown(of, key) / count]));
    return {
        cluster: {
            nodes: nodes.length,
            messages,
            messages_per_s: messages / seconds,
            deliveries_per_s: grown('nodes', 'deliveries') / seconds,
            deliveries_per_core_second: (grown('nodes', 'deliveries') / cpuInAll) * 1e6,
            cpu_us_per_message: cpuInAll / messages,
            cpu_us_per_delivery: cpuInAll / grown('nodes', 'deliveries'),
            cpu_us_per_message_by_node: cpu.map((us) => us / messages),
            ...perMessage('nodes', ['deliveries', 'sends', 'sent_bytes']),
        },
        // The log is written in batches, some time later: hence for each message that it took meanwhile.
        dynamodb: perMessage('table', ['write_units', 'read_units', 'requests', 'sent_bytes'], grown('table', 'entries')),
        ...(withRedis && {
            redis: {
                ...perMessage('redis', ['scripts', 'commands', 'in_bytes', 'out_bytes', 'cpu_us']),
                calls_per_message: Object.fromEntries(Object.entries(last.redis.calls)
                    .map(([name, count]) => [name, (count - (first.redis.calls[name] ?? 0)) / messages])
                    .filter(([, count]) => count > 0)),
            },
        }),
    };
}

/**
 * For measure(): so many nodes. `spread`: viewers and senders are on all of them, otherwise on the first only. `redis`: false for a node
 * without one, which nobody else can join.
 */
export async function withCluster({ nodes, spread = true, redis = true, warm, seconds }) {
    services ??= await startServices();
    services.redis.cli('flushall');
    const { postgres, dynalite } = services;
    const settings = [
        '[catalog]', `url = "${postgres.url}"`,
        '[dynamodb]', `url = "${dynalite.url(`bench${++tables}`)}"`,
        ...(redis ? ['[redis]', `url = "${services.redis.url}"`] : []),
    ];
    return {
        settings: settings.join('\n'),
        nodes,
        loaded: spread ? nodes : 1,
        beside: (_, all) => measureCluster(all, warm * 1000, seconds * 1000, redis),
        end: () => {},
    };
}
