// SPDX-License-Identifier: Apache-2.0
// What each bench of script/bench measures, what it shows of it, and what it has to reach (issue "the spine", Proof).

import { withCluster } from './cluster.mjs';
import { kModels, withModel } from './automod.mjs';
import { moderate } from './moderation.mjs';

const duration = (seconds, warm = 2) => ['--seconds', seconds, '--warm', warm];

const cpu = { key: 'cpu_us_per_delivery', title: 'CPU us/delivery', digits: 2 };
const latency = [
    { key: 'latency_ms.p50', title: 'p50 ms', digits: 1 },
    { key: 'latency_ms.p99', title: 'p99 ms', digits: 1 },
    { key: 'latency_ms.p999', title: 'p99.9 ms', digits: 1 },
];
const lost = { key: 'lost', title: 'lost', digits: 0 };
const hold = { key: 'hold_ms', title: 'held ms', digits: 1 };
const waited = { key: 'server_waited', title: 'waited for core', digits: 2 };
const busy = { key: 'load_busy', title: 'load busy', digits: 2 };

const nothingLost = { text: 'nothing lost', key: 'lost', most: 0, worst: true };
const p99 = { text: 'p99 under 100 ms', key: 'latency_ms.p99', most: 100 };
const cpuRatio = (uring, epoll) => ({
    text: 'CPU per delivery of uWebSockets\'',
    key: 'cpu_us_per_delivery',
    ratio: { 'clamor-io_uring': uring, ...(epoll && { 'clamor-epoll': epoll }) },
});

const fanoutPoint = (viewers, rate, goals) => ({
    label: `${viewers} viewers, ${rate}/s`,
    args: ['--viewers', viewers, '--rate', rate],
    goals: [nothingLost, p99, ...goals],
});

const smallRoomsPoint = (goals) => ({
    label: '200 x 10, 1000/s',
    args: ['--viewers', 2000, '--channels', 200, '--rate', 1000],
    goals: [nothingLost, p99, ...goals],
});

const fanoutColumns = [cpu, ...latency, lost, { key: 'bytes_per_delivery', title: 'bytes/delivery', digits: 0 },
    { key: 'rss_per_connection', title: 'RSS/connection', digits: 0 }, hold,
    { key: 'echo_ms.p99', title: 'echo p99 ms', digits: 1 }, waited, busy];

const kAutoModViewers = 1000;

const clusterLength = (quick) => (quick ? { warm: 1, seconds: 4 } : { warm: 1, seconds: 6 });
const clusterPoint = (label, { nodes = 1, spread, redis, config, load = ['--viewers', 1000, '--rate', 100] }, goals = []) => ({
    label,
    config,
    around: (quick) => withCluster({ nodes, spread, redis, ...clusterLength(quick) }),
    args: load,
    goals: [nothingLost, ...goals],
});
const kOneNode = '1 node';
/** The cost of a message against that with one node. */
const flat = [
    { text: 'CPU of all nodes a message, to that of one node', key: 'cluster.cpu_us_per_message', to: kOneNode, most: 1.15 },
    { text: 'commands of Redis a message, to those with one node', key: 'redis.commands_per_message', to: kOneNode, most: 1.05 },
    { text: 'bytes out of Redis a message, to those with one node', key: 'redis.out_bytes_per_message', to: kOneNode, most: 1.05 },
];
const flatCommands = flat.slice(1, 2);
const kUnheldLoad = ['--viewers', 200, '--rate', 50];
const kSmallRooms = ['--viewers', 2000, '--channels', 200, '--rate', 500];

export const benches = {
    fanout: {
        scenario: 'fanout',
        title: 'Fan-out: one channel, Poisson arrivals, texts of about 60 characters',
        points: [
            fanoutPoint(1000, 20, [cpuRatio(0.65, 1.1)]),
            fanoutPoint(1000, 100, [cpuRatio(0.35, 0.55)]),
            fanoutPoint(1000, 200, [cpuRatio(0.22, 0.35)]),
            fanoutPoint(5000, 20, []),
            fanoutPoint(5000, 50, []),
        ],
        quick: 2,
        columns: fanoutColumns,
        args: (quick) => duration(quick ? 4 : 10, quick ? 1 : 2),
    },
    unheld: {
        scenario: 'fanout',
        config: 'unheld.toml',
        servers: ['clamor-io_uring'],
        title: 'Fan-out without holding: what the hold of the bench fanout costs and saves, by difference',
        points: [fanoutPoint(1000, 20, []), fanoutPoint(1000, 100, []), fanoutPoint(1000, 200, [])],
        columns: fanoutColumns,
        args: (quick) => duration(quick ? 4 : 10, quick ? 1 : 2),
    },
    tls: {
        scenario: 'fanout',
        servers: ['clamor-io_uring', 'clamor-tls', 'uws', 'uws-tls'],
        title: 'TLS: one channel of 1,000 viewers with it and without, and small rooms',
        points: [fanoutPoint(1000, 20, []), fanoutPoint(1000, 100, []), smallRoomsPoint([])],
        quick: 1,
        columns: fanoutColumns,
        args: (quick) => duration(quick ? 4 : 10, quick ? 1 : 3),
    },
    saturate: {
        scenario: 'saturate',
        title: 'Saturation: 1,000 viewers, the rate grows until p99 passes 100 ms or something is lost',
        points: [{
            label: '1000 viewers',
            args: ['--viewers', 1000, '--rate', 400],
            goals: [{ text: 'as many deliveries as uWebSockets', key: 'deliveries_per_s', ratio: { 'clamor-io_uring': 1 }, least: true }],
        }],
        columns: [{ key: 'deliveries_per_s', title: 'deliveries/s', digits: 0 }, cpu,
            { key: 'cpu_load', title: 'server busy', digits: 2 }, busy],
        args: (quick) => [...duration(quick ? 2 : 5, 1), '--rate-max', quick ? 4000 : 8000],
    },
    small: {
        scenario: 'fanout',
        title: 'Small rooms: 200 channels of 10 viewers, 1,000 messages/s over all',
        points: [smallRoomsPoint([cpuRatio(0.75)])],
        columns: [cpu, ...latency, lost, hold, { key: 'echo_ms.p99', title: 'echo p99 ms', digits: 1 }, waited],
        args: (quick) => duration(quick ? 4 : 10, 4),
    },
    moderation: {
        scenario: 'fanout',
        title: 'Moderation: 5,000 viewers at 20 messages/s, a timeout every 200 ms, then 10,000 bans in one batch',
        servers: ['clamor-io_uring', 'clamor-epoll'],
        beside: (port) => moderate(port, 4760),
        points: [{
            label: '5000 viewers',
            args: ['--viewers', 4760, '--rate', 20],
            goals: [
                { text: 'a ban reaches viewers, p99', key: 'ban_ms.p99', most: 50 },
                { text: 'and the banned', key: 'ban_ms.own_p99', most: 50 },
                { text: 'nobody missed one', key: 'ban_ms.missed', most: 0, worst: true },
                { text: '10,000 bans, seconds', key: 'bulk_s', most: 2 },
                { text: 'what they add to the latest message, ms', key: 'latest_ms.added', most: 50 },
            ],
        }],
        columns: [{ key: 'ban_ms.p50', title: 'ban p50 ms', digits: 1 }, { key: 'ban_ms.p99', title: 'ban p99 ms', digits: 1 },
            { key: 'ban_ms.own_p99', title: 'own p99 ms', digits: 1 }, { key: 'bulk_s', title: '10,000 bans s', digits: 2 },
            { key: 'latest_ms.before', title: 'latest before ms', digits: 1 }, { key: 'latest_ms.during', title: 'latest during ms', digits: 1 }],
        args: () => duration(45, 2),
    },
    automod: {
        scenario: 'fanout',
        title: 'AutoMod: 1,000 viewers at 20 messages/s and 20 more that a larger model is asked about, by what its server does',
        servers: ['clamor-io_uring', 'clamor-epoll'],
        points: kModels.map((kind) => ({
            label: kind,
            around: () => withModel(kind, kAutoModViewers),
            args: ['--viewers', kAutoModViewers, '--rate', 20],
            goals: [
                nothingLost,
                { text: 'all decided', key: 'decided_ms.undecided', most: 0, worst: true },
                { text: 'all questions counted', key: 'model.uncounted', most: 0, worst: true },
            ],
        })),
        columns: [{ key: 'latency_ms.p99', title: 'others p99 ms', digits: 1 }, { key: 'latency_ms.p50', title: 'others p50 ms', digits: 1 },
            { key: 'decided_ms.p50', title: 'asked about p50 ms', digits: 1 }, { key: 'decided_ms.p99', title: 'asked about p99 ms', digits: 1 },
            { key: 'decided_ms.most', title: 'latest of them ms', digits: 1 }, { key: 'model.asked', title: 'questions', digits: 0 },
            { key: 'model.answered', title: 'answered', digits: 0 }, { key: 'model.unavailable', title: 'unavailable', digits: 0 },
            { key: 'model.uncounted', title: 'uncounted', digits: 0 }, lost, cpu],
        args: () => duration(16, 2),
    },
    cluster: {
        scenario: 'fanout',
        title: 'Cluster: nodes over one Redis, PostgreSQL and DynamoDB; a channel of 1,000 viewers at 100/s where nothing else is said',
        servers: ['clamor-io_uring'],
        points: [
            clusterPoint(kOneNode, {}),
            ...[2, 3, 4].map((nodes) => clusterPoint(`${nodes} nodes, viewers on one`, { nodes, spread: false }, flat)),
            ...[2, 3, 4].map((nodes) => clusterPoint(`${nodes} nodes, viewers on all`, { nodes }, flatCommands)),
            clusterPoint('200 rooms of 10, 500/s, 1 node', { load: kSmallRooms }),
            clusterPoint('200 rooms of 10, 500/s, 4 nodes', { nodes: 4, load: kSmallRooms }),
            clusterPoint('200 at 50/s unheld, no Redis', { redis: false, config: 'unheld.toml', load: kUnheldLoad }),
            clusterPoint('200 at 50/s unheld, Redis', { config: 'unheld.toml', load: kUnheldLoad },
                [{ text: 'what Redis adds to the median, ms', key: 'latency_ms.p50', to: '200 at 50/s unheld, no Redis', added: true, most: 2 }]),
        ],
        columns: [
            { key: 'cluster.cpu_us_per_message', title: 'CPU us/message', digits: 1 }, { key: 'cluster.cpu_us_per_delivery', title: 'CPU us/delivery', digits: 3 },
            { key: 'cluster.deliveries_per_s', title: 'deliveries/s', digits: 0 },
            { key: 'cluster.deliveries_per_core_second', title: 'deliveries/s and core', digits: 0 }, latency[0], latency[1],
            { key: 'redis.scripts_per_message', title: 'Redis scripts/message', digits: 2 },
            { key: 'redis.commands_per_message', title: 'Redis commands/message', digits: 2 },
            { key: 'redis.in_bytes_per_message', title: 'Redis bytes in', digits: 0 }, { key: 'redis.out_bytes_per_message', title: 'Redis bytes out', digits: 0 },
            { key: 'redis.cpu_us_per_message', title: 'Redis CPU us', digits: 1 },
            { key: 'dynamodb.write_units_per_message', title: 'DynamoDB write units', digits: 2 },
            { key: 'dynamodb.read_units_per_message', title: 'read units', digits: 2 }, lost, busy,
        ],
        args: (quick) => { const { warm, seconds } = clusterLength(quick); return duration(seconds, warm); },
    },
    storm: {
        scenario: 'storm',
        title: 'Storm: 10,000 connections join as fast as they can, 200 viewers watch a channel at 20/s',
        points: [{
            label: '10000 joins',
            args: ['--viewers', 10000],
            goals: [
                { text: '8,000 joins/s', key: 'joins_per_s', most: 8000, least: true },
                { text: 'nothing refused', key: 'refused_joins', most: 0, worst: true },
                nothingLost, p99,
            ],
        }],
        columns: [{ key: 'joins_per_s', title: 'joins/s', digits: 0 }, { key: 'cpu_us_per_join', title: 'CPU us/join', digits: 1 },
            { key: 'refused_joins', title: 'refused', digits: 0 }, { key: 'join_ms.p99', title: 'join p99 ms', digits: 1 }, ...latency, lost],
        args: () => ['--warm', 1],
    },
    idle: {
        scenario: 'idle',
        title: 'Idle: 10,000 joined silent connections',
        points: [{
            label: '10000 connections',
            args: ['--viewers', 10000],
            goals: [
                { text: 'RSS of 2 KB a connection', key: 'rss_per_connection', most: 2048 },
                { text: 'CPU near zero', key: 'cpu_load', most: 0.01 },
            ],
        }],
        columns: [{ key: 'rss_per_connection', title: 'RSS/connection', digits: 0 }, { key: 'cpu_load', title: 'CPU load', digits: 4 },
            { key: 'disconnected', title: 'disconnected', digits: 0 }],
        args: (quick) => duration(quick ? 3 : 10, 2),
    },
    channels: {
        scenario: 'channels',
        config: 'channels.toml',
        title: 'Channels: a member each, joined by 100 connections, 2,000 messages/s spread over them',
        points: [{
            label: '100000 channels',
            quickLabel: '10000 channels',
            args: ['--channels', 100000, '--rate', 2000],
            quickArgs: ['--channels', 10000, '--rate', 1000],
            goals: [nothingLost, p99, { text: 'RSS of 3 KB a channel', key: 'rss_per_channel', most: 3072 }],
        }],
        columns: [{ key: 'rss_per_channel', title: 'RSS/channel', digits: 0 }, { key: 'cpu_us_per_message', title: 'CPU us/message', digits: 1 },
            ...latency, lost, { key: 'channel_joins_per_s', title: 'channel joins/s', digits: 0 }, { key: 'echo_ms.p99', title: 'echo p99 ms', digits: 1 }],
        args: (quick) => duration(quick ? 4 : 10, 1),
    },
};
