// SPDX-License-Identifier: Apache-2.0
// Starts and ends the servers that are measured, and runs the load on them. Each is pinned to a core of its own where
// the machine has two.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Papers } from '../../tests/e2e/papers.mjs';
import { metrics } from './chatter.mjs';

const kStartPatienceMs = 20_000;
const kStopPatienceMs = 10_000;
const kRunPatienceMs = 15 * 60_000;

const pinned = (core, command) => (cpus().length >= 2 ? ['taskset', '-c', String(core), ...command] : command);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function freePort() {
    return new Promise((resolve, reject) => {
        const probe = createServer();
        probe.on('error', reject);
        probe.listen(0, '127.0.0.1', () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

const accepts = (port) =>
    new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.on('connect', () => { socket.destroy(); resolve(true); });
        socket.on('error', () => resolve(false));
    });

function clamor(reactor) {
    return {
        dialect: 'irc',
        command: ({ port, data, build, config }) => [join(build, 'clamor'), 'serve', '--dev', '--config', config, '--http', `127.0.0.1:${port}`,
            '--irc', '', '--data', data, '--shards', '1', '--reactor', reactor],
        tlsSettings: ({ tlsPort, papers }) => `[server]\nhttps = "127.0.0.1:${tlsPort}"\ncert_file = "${papers.certificateFile}"\nkey_file = "${papers.keyFile}"\n`,
        /** How long events waited in open batches, on average. */
        figures: async (port) => {
            const total = await metrics(port);
            const count = total('clamor_hold_seconds_count');
            return count > 0 ? { hold_ms: (total('clamor_hold_seconds_sum') / count) * 1000 } : {};
        },
    };
}

/** `tls`: the load speaks TLS. A bench has to ask for those. */
export const servers = {
    'clamor-io_uring': clamor('io_uring'),
    'clamor-epoll': clamor('epoll'),
    'clamor-tls': { ...clamor('io_uring'), tls: true },
    uws: { dialect: 'bare', command: ({ port }) => ['node', 'bench/rivals/uws/server.js', String(port)], figures: async () => ({}) },
    'uws-tls': {
        dialect: 'bare',
        tls: true,
        command: ({ tlsPort, papers }) => ['node', 'bench/rivals/uws/server.js', String(tlsPort), papers.certificateFile, papers.keyFile],
        figures: async () => ({}),
    },
};

async function start(server, context) {
    const [program, ...args] = pinned(0, server.command(context));
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text) => { said = (said + text).slice(-4000); });
    child.ended = new Promise((resolve) => child.on('close', resolve));
    for (const begin = Date.now(); Date.now() - begin < kStartPatienceMs; await sleep(50)) {
        if (child.exitCode !== null) throw new Error(`the server did not start:\n${said}`);
        if (await accepts(server.tls ? context.tlsPort : context.port)) return child;
    }
    await stop(child);
    throw new Error(`the server does not listen after ${kStartPatienceMs / 1000} s:\n${said}`);
}

async function stop(child) {
    child.kill('SIGTERM');
    if (await Promise.race([child.ended.then(() => true), sleep(kStopPatienceMs)])) return;
    child.kill('SIGKILL');
    await child.ended;
}

/** This process, too, stays away from the server's core. */
export function leaveTheServerAlone() {
    if (cpus().length >= 2) execFileSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)]);
}

/** `yields`: the load lets what is measured beside it go first. */
function load(args, build, yields, papers) {
    const [program, ...rest] = pinned(1, [...(yields ? ['nice', '-n', '10'] : []), join(build, 'bench/load/clamor-swarm'), ...args.map(String)]);
    return new Promise((resolve, reject) => {
        const child = execFile(program, rest, { timeout: kRunPatienceMs, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...(papers && { SSL_CERT_FILE: papers.certificateFile }) } }, (error, out) =>
            error ? reject(error) : resolve(JSON.parse(out)));
        child.stderr.pipe(process.stderr);
    });
}

/**
 * One run: a fresh server with empty data, the load on it and what is measured beside it, their figures. `around` starts
 * what the server needs: {settings to add to its configuration, beside, end}; and may ask for more `nodes` of the same kind, `loaded` of
 * which get connections. They share a core.
 */
export async function measure(name, scenario, args, { build, config, beside, around }) {
    const server = servers[name];
    const data = mkdtempSync(join(tmpdir(), 'clamor-bench-'));
    const needed = await around?.();
    const papers = server.tls ? new Papers() : undefined;
    const nodes = [];
    try {
        const tlsPort = papers && (await freePort());
        const configFile = join(data, 'config.toml');
        const tlsSettings = (papers && server.tlsSettings?.({ tlsPort, papers })) ?? '';
        writeFileSync(configFile, `${readFileSync(config, 'utf8')}\n${needed?.settings ?? ''}\n${tlsSettings}`);
        try {
            for (let i = 0; i < (needed?.nodes ?? 1); ++i) {
                const port = await freePort();
                const child = await start(server, { port, data: join(data, `data${i}`), build, config: configFile, tlsPort, papers });
                nodes.push({ port, address: papers ? `wss://127.0.0.1:${tlsPort}` : `ws://127.0.0.1:${port}`, pid: child.pid, child });
            }
            const { port, pid } = nodes[0];
            const loaded = nodes.slice(0, needed?.loaded ?? 1).flatMap((node) => ['--server', node.address]);
            const measuredBeside = needed?.beside ?? beside;
            const [figures, more] = await Promise.all([
                load([scenario, ...loaded, '--dialect', server.dialect, '--pid', pid, ...args], build, measuredBeside !== undefined, papers),
                measuredBeside?.(port, nodes),
            ]);
            return { ...figures, ...more, ...(await server.figures(port)) };
        } finally {
            await Promise.all(nodes.map(({ child }) => stop(child)));
        }
    } finally {
        await needed?.end();
        papers?.remove();
        rmSync(data, { recursive: true, force: true });
    }
}
