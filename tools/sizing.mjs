// SPDX-License-Identifier: Apache-2.0
// From what a message was measured to cost (bench/results, as tools/sizing_sources.json names it) to what a site needs. Without
// arguments it prints docs/sizing.md, which script/lint holds equal to it: node tools/sizing.mjs > docs/sizing.md
// With --messages-per-day, --channels, --viewers, --exponent, --peak, --cores, --busy, --connections, --gbit it prints what that site needs.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { at, median } from '../bench/load/report.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = JSON.parse(readFileSync(join(root, 'tools/sizing_sources.json'), 'utf8'));
const results = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));

function measured({ file, server, point, key }) {
    const found = results(file).points.find(({ label }) => label === point);
    const value = found && median(found.runs[server].map((run) => at(run, key)));
    if (value === undefined) throw new Error(`${file} has no ${key} of ${server}, ${point}`);
    return value;
}

/** Solves a system of linear equations whose matrix has its right side as last column. */
function solve(rows) {
    for (let i = 0; i < rows.length; ++i) {
        for (let other = 0; other < rows.length; ++other) {
            if (other === i) continue;
            const factor = rows[other][i] / rows[i][i];
            rows[other] = rows[other].map((value, column) => value - factor * rows[i][column]);
        }
    }
    return rows.map((row, i) => row.at(-1) / row[i]);
}

/**
 * CPU of a message as a sum: itself, each frame sent, each further node with viewers of the channel; what a delivery costs beyond its
 * send is known. Least squares of the relative errors.
 */
function fitCpu(perDelivery) {
    const { file, server, fitted } = sources.cluster;
    const of = (point, key) => measured({ file, server, point, key: `cluster.${key}` });
    const rows = fitted.map((point) => {
        const further = point.includes('viewers on one') ? 0 : of(point, 'nodes') - 1;
        return { factors: [1, of(point, 'sends_per_message'), further], cpu: of(point, 'cpu_us_per_message') - perDelivery * of(point, 'deliveries_per_message') };
    });
    const sum = (term) => rows.reduce((total, { factors, cpu }) => total + term(factors, cpu) / cpu ** 2, 0);
    const [message, send, node] = solve([0, 1, 2].map((i) => [...[0, 1, 2].map((j) => sum((f) => f[i] * f[j])), sum((f, cpu) => f[i] * cpu)]));
    const errors = rows.map(({ factors, cpu }) => Math.abs(1 - (message * factors[0] + send * factors[1] + node * factors[2]) / cpu));
    return { message, send, node, worst: Math.max(...errors) };
}

function takeFigures() {
    const figures = Object.fromEntries(Object.entries(sources.figures).map(([name, source]) => [name, measured(source)]));
    const { file, server, one, spread } = sources.cluster;
    const of = (point, key) => measured({ file, server, point, key });
    const further = of(spread, 'cluster.nodes') - 1;
    const slope = (key) => (of(spread, key) - of(one, key)) / further;
    return {
        ...figures,
        cpu: fitCpu(figures.cpu_us_per_delivery),
        redis: {
            cpu: of(one, 'redis.cpu_us_per_message'), cpu_node: slope('redis.cpu_us_per_message'), commands: of(one, 'redis.commands_per_message'),
            scripts: of(one, 'redis.scripts_per_message'), in: of(one, 'redis.in_bytes_per_message'), out: of(one, 'redis.out_bytes_per_message'),
            out_node: slope('redis.out_bytes_per_message'),
        },
        table: { write: of(one, 'dynamodb.write_units_per_message'), read: of(one, 'dynamodb.read_units_per_message'), bytes: of(one, 'dynamodb.sent_bytes_per_message') },
    };
}

const kHoldMostS = 0.05;
const kHoldLeastS = 0.005;
/** ADR 8: how long a channel with so many deliveries a second gathers them. */
const hold = (deliveriesPerS) => {
    const seconds = deliveriesPerS / 330 / 1000;
    return seconds < kHoldLeastS ? 0 : Math.min(seconds, kHoldMostS);
};

const kDefaults = {
    messagesPerDay: 15e9, channels: 100_000, viewers: 15e6, exponent: 0.5, peak: 2.5, cores: 32, busy: 0.6, connections: 100_000, gbit: 25, placed: false,
};
const kDaySeconds = 86_400;

/** The channels as [viewers, messages a second at the peak]: both by Zipf's law with the same exponent. */
function channelsOf({ channels, exponent, viewers, messagesPerDay, peak }) {
    const weights = Array.from({ length: channels }, (_, i) => (i + 1) ** -exponent);
    const all = weights.reduce((a, b) => a + b, 0);
    const rate = (messagesPerDay / kDaySeconds) * peak;
    return weights.map((weight) => [(weight / all) * viewers, (weight / all) * rate]);
}

/** How many of N nodes have a viewer of a channel: where chance puts each of them, or where they are as close together as can be. */
const nodesWith = (viewers, nodes, { placed, connections }) =>
    placed ? Math.min(nodes, Math.max(1, Math.ceil(viewers / connections))) : nodes * (1 - (1 - 1 / nodes) ** Math.max(1, viewers));

export function size(given, figures) {
    const site = { ...kDefaults, ...given };
    const list = channelsOf(site);
    const total = (term) => list.reduce((sum, [viewers, rate]) => sum + term(viewers, rate), 0);
    const messages = total((_, rate) => rate);
    const deliveries = total((viewers, rate) => viewers * rate);
    const sends = total((viewers, rate) => viewers / (hold(viewers * rate) + 1 / rate));
    const bytes = deliveries * figures.bytes_per_delivery;
    const { cpu } = figures;
    const further = (nodes) => total((viewers, rate) => rate * (nodesWith(viewers, nodes, site) - 1));
    const coresAt = (nodes) =>
        (cpu.message * messages + cpu.send * sends + figures.cpu_us_per_delivery * deliveries + cpu.node * further(nodes)) / 1e6;
    const least = Math.max(2, site.viewers / site.connections, (bytes * 8) / (site.gbit * 1e9 * site.busy));
    // More nodes cost more CPU, since more of them have a viewer of a channel: until it is enough.
    let nodes = Math.ceil(least);
    for (;;) {
        const needed = Math.ceil(Math.max(least, coresAt(nodes) / (site.cores * site.busy)));
        if (needed <= nodes) break;
        nodes = needed;
    }
    const { redis, table } = figures;
    const copies = further(nodes);
    const redisCores = (redis.cpu * messages + redis.cpu_node * copies) / 1e6;
    const parts = {
        'messages themselves': cpu.message * messages, sends: cpu.send * sends, 'deliveries beyond their sends': figures.cpu_us_per_delivery * deliveries,
        'further nodes with viewers': cpu.node * copies,
    };
    return {
        site, messages, deliveries, sends, bytes, nodes: nodes + 1, cores: coresAt(nodes), parts,
        decidedBy: nodes > Math.ceil(least) || coresAt(nodes) / (site.cores * site.busy) > least ? 'CPU' : least === 2 ? 'redundancy' : least * site.connections <= site.viewers + 1 ? 'connections' : 'network',
        nodesOfAMessage: 1 + copies / messages, busiest: list[0],
        memory: site.viewers * figures.bytes_per_connection,
        redis: { cores: redisCores, shards: Math.max(1, Math.ceil(redisCores / site.busy)), commands: redis.commands * messages, in: redis.in * messages, out: redis.out * messages + redis.out_node * copies },
        table: { write: table.write * messages, read: table.read * messages, bytes: table.bytes * messages, writePerDay: table.write * site.messagesPerDay, readPerDay: table.read * site.messagesPerDay },
    };
}

const shown = (value) => {
    if (value >= 1e9) return `${+(value / 1e9).toPrecision(3)} G`;
    if (value >= 1e6) return `${+(value / 1e6).toPrecision(3)} M`;
    return value >= 100 ? Math.round(value).toLocaleString('en') : String(+value.toPrecision(2));
};
const bits = (bytesPerS) => `${shown(bytesPerS * 8)}bit/s`.replace(/^([\d.,]+)bit/, '$1 bit');
const table = (head, rows) => [head, head.map((_, i) => (i ? '---:' : '---')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const kRows = [
    ['messages a second at the peak', (r) => shown(r.messages)],
    ['deliveries a second', (r) => shown(r.deliveries)],
    ['frames sent a second', (r) => shown(r.sends)],
    ['the busiest channel: viewers, messages a second', (r) => `${shown(r.busiest[0])}, ${shown(r.busiest[1])}`],
    ['nodes that a message reaches', (r) => shown(r.nodesOfAMessage)],
    ['**nodes**, one of them spare', (r) => `**${shown(r.nodes)}** of ${r.site.cores} cores`],
    ['what decides it', (r) => r.decidedBy],
    ['cores at work', (r) => shown(r.cores)],
    ...['messages themselves', 'sends', 'deliveries beyond their sends', 'further nodes with viewers'].map((part) => [`of these for ${part}`, (r) => shown(r.parts[part] / 1e6)]),
    ['memory for connections, all nodes', (r) => `${shown(r.memory)}B`.replace(/^([\d.,]+)B/, '$1 B')],
    ['network to clients', (r) => bits(r.bytes)],
    ['**Redis shards**', (r) => `**${shown(r.redis.shards)}**`],
    ['Redis commands a second', (r) => shown(r.redis.commands)],
    ['network into Redis, out of it', (r) => `${bits(r.redis.in)}, ${bits(r.redis.out)}`],
    ['**DynamoDB write units** a second, a day', (r) => `**${shown(r.table.write)}**, ${shown(r.table.writePerDay)}`],
    ['DynamoDB read units a second, a day', (r) => `${shown(r.table.read)}, ${shown(r.table.readPerDay)}`],
    ['network to DynamoDB', (r) => bits(r.table.bytes)],
];
const compare = (columns) => table(['', ...columns.map(([title]) => title)], kRows.map(([title, cell]) => [title, ...columns.map(([, result]) => cell(result))]));

/** So many messages a day that viewers are given so many; both readings of a platform's figure are on the page. */
function postedFor(delivered, site) {
    const list = channelsOf({ ...site, messagesPerDay: kDaySeconds, peak: 1 });
    return delivered / list.reduce((sum, [viewers, share]) => sum + viewers * share, 0);
}

function page(figures) {
    const { cpu, redis, table: log } = figures;
    const { cluster } = sources;
    const whole = size({}, figures);
    const placed = size({ placed: true }, figures);
    const deliveredSite = { messagesPerDay: postedFor(15e9, kDefaults) };
    const small = [1000, 10_000, 100_000].map((viewers) => {
        const site = { viewers, channels: viewers / 100, messagesPerDay: viewers * 300, exponent: 1, peak: 3, cores: 4, gbit: 10 };
        return [`${shown(viewers)} viewers`, size(site, figures)];
    });
    const figureRows = [
        ['CPU of a message, us', cpu.message, cluster.file, `least squares over ${cluster.fitted.length} points`],
        ['CPU of a frame sent to one viewer, us', cpu.send, cluster.file, 'the same'],
        ['CPU of a further node with viewers of the channel, us', cpu.node, cluster.file, 'the same'],
        ...Object.entries(sources.figures).map(([name, { what, file, point, key }]) => [what, figures[name], file, `${point}: ${key}`]),
        ['Redis: CPU of a message, and for each further node, us', [redis.cpu, redis.cpu_node], cluster.file, `${cluster.one}; difference to "${cluster.spread}"`],
        ['Redis: scripts of a message, commands in them', [redis.scripts, redis.commands], cluster.file, cluster.one],
        ['Redis: bytes in, bytes out, bytes out for each further node', [redis.in, redis.out, redis.out_node], cluster.file, `${cluster.one}; difference to "${cluster.spread}"`],
        ['DynamoDB: write units, read units, bytes sent', [log.write, log.read, log.bytes], cluster.file, cluster.one],
    ].map(([what, value, file, point]) => [what, [value].flat().map((one) => +one.toPrecision(3)).join(', '), `[${file.split('/').pop()}](../${file}), ${point}`]);
    const { site } = whole;
    return `# What a site needs

<!-- Made by \`node tools/sizing.mjs > docs/sizing.md\`; script/lint holds the two equal. -->

From what a message was measured to cost to nodes, Redis shards and DynamoDB units. \`node tools/sizing.mjs --viewers 20000 --channels 500
--messages-per-day 3e6 --cores 8\` reckons your own site; the source of the program lists its arguments.

## What was measured

${table(['figure', 'value', 'from'], figureRows)}

CPU of a message is the sum of the first three, with as many frames and nodes as it has, and the fourth for each delivery. At the points that the
sum was fitted to it is wrong by ${Math.round(cpu.worst * 100)}% at most. All of it is of two cores of a virtual machine, io_uring, loopback, and light load (100 to 500 messages a
second), where less goes together than on a busy node: \`script/bench small\`, 1,000 messages a second on one node without Redis, took ${Math.round(figures.cpu_us_small)} us a
message with its ten sends where this sum says ${Math.round(cpu.message + 10 * cpu.send)}. Take the cores as an upper bound.

## What is assumed

- Messages and viewers are spread over the channels by Zipf's law with one exponent: ${site.exponent} for the large site, 1 for the small ones.
  (With 1 the busiest of ${shown(site.channels)} channels would have ${shown(size({ exponent: 1, placed: true }, figures).busiest[1])} messages a second, which nobody can read: chat grows slower than its audience.)
- The peak has ${site.peak} times the average rate of messages (small sites: 3). The viewers are those at the peak.
- A core is busy to ${site.busy * 100}% at the peak, a network interface (${site.gbit} Gbit/s) as well, and a Redis shard, which has one core.
- A node has ${shown(site.connections)} connections at most. 10,000 are measured; the kernel's memory for sockets is not in the table.
- A viewer is in one channel. What viewers join, log in with and moderate is left out: it goes to PostgreSQL, messages do not.
- A load balancer puts each viewer on any node. A channel is heard on as many nodes as chance gives, unless "placed" is said: then its viewers are on
  as few nodes as hold them. clamor does not do that; a load balancer in front would have to know the channel.
- Bytes are those of WebSocket frames: TLS, TCP and IP come on top. Nothing here was run at this size.

## 15 billion messages a day over 100,000 channels

${shown(site.viewers)} viewers at the peak. The first two columns take the figure as messages that people send, the third as messages that viewers get, which
${shown(deliveredSite.messagesPerDay)} sent messages a day make of it.

${compare([['sent, viewers anywhere', whole], ['sent, viewers placed', placed], ['got, viewers anywhere', size(deliveredSite, figures)]])}

What drives the cost:

- **Nodes that a message reaches.** A node that has a single viewer of a channel takes, decodes and batches each of its messages, and Redis sends it a
  copy. With viewers anywhere that is ${Math.round((whole.parts['further nodes with viewers'] / 1e6 / whole.cores) * 100)}% of the cores, and adding nodes adds to it. At this size viewers have to be placed, by cells of
  channels with their own nodes and Redis, or by the load balancer. Few large nodes are cheaper than many small ones.
- **Sends.** A viewer gets at most 20 frames a second however much is said, so that busy channels are cheap for each delivery and quiet ones are not.
- **DynamoDB.** ${+log.write.toPrecision(3)} write units a message (three items, and what a batch of a quiet channel cannot share), at every size. It is in proportion to
  messages, not to viewers: in most price lists it is the largest line of a site like the first.
- **Redis.** A channel is on one shard. The busiest one has ${shown(whole.busiest[1])} messages a second at the peak, ${Math.round(whole.busiest[1] * redis.cpu / 1e4)}% of a core there.
- **Network.** Bytes to clients are deliveries, whatever the nodes do; compression is not spoken.

## Small sites

A channel for each hundred viewers, 300 messages a viewer and day, nodes of 4 cores.

${compare(small)}

Up to ten thousand viewers one node has enough of everything; the others are there so that one may go. With a single node, SQLite and no Redis
([operations.md](operations.md)) nothing of this is needed.
`;
}

function readArguments() {
    const options = Object.fromEntries(['messages-per-day', 'channels', 'viewers', 'exponent', 'peak', 'cores', 'busy', 'connections', 'gbit'].map((name) => [name, { type: 'string' }])
        .concat([['placed', { type: 'boolean' }]]));
    const { values } = parseArgs({ options });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => {
        const number = value === true ? true : Number(value);
        if (!(number > 0)) throw new Error(`--${name} is a number above 0, not '${value}'`);
        return [name.replace(/-(.)/g, (_, letter) => letter.toUpperCase()), number];
    }));
}

let given;
try {
    given = readArguments();
} catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(2);
}
const figures = takeFigures();
process.stdout.write(Object.keys(given).length ? `${compare([['', size(given, figures)]])}\n` : page(figures));
