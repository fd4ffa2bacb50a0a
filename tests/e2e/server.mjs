// SPDX-License-Identifier: Apache-2.0
// A `clamor serve --dev` of one's own: on free ports, in a data folder of its own, ended when the test ends.
// CLAMOR_BINARY (or CLAMOR_BIN) says which binary; the default is the release build.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export { sleep };

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = resolve(process.env.CLAMOR_BINARY ?? process.env.CLAMOR_BIN ?? join(root, 'build/release/clamor'));

const kStartTimeout = 15_000;
const kStopTimeout = 20_000;

const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

/** Ends this process some time after the tests: a client library may keep timers, and would keep a test run from ending. */
export function exitSoon() {
    setTimeout(() => process.exit(), 3000).unref();
}

/** Calls `probe` until it returns something true, and returns that. */
export async function eventually(probe, what, timeout = 5000, pause = 20) {
    const end = Date.now() + timeout;
    for (;;) {
        const found = await probe();
        if (found) return found;
        if (Date.now() > end) throw new Error(`it did not come to this within ${timeout} ms: ${what}`);
        await sleep(pause);
    }
}

function toml(config) {
    const value = (v) => {
        if (Array.isArray(v)) return `[${v.map(value).join(', ')}]`;
        if (typeof v === 'object') return `{ ${Object.entries(v).map(([key, inner]) => `${key} = ${value(inner)}`).join(', ')} }`;
        return typeof v === 'string' ? JSON.stringify(v) : String(v);
    };
    return Object.entries(config)
        .map(([section, keys]) => `[${section}]\n` + Object.entries(keys).map(([key, v]) => `${key} = ${value(v)}\n`).join(''))
        .join('\n');
}

export class Server {
    /**
     * @param options.config settings by section, as `{limits: {messages_viewer: 5}}`
     * @param options.data   a data folder to use and to leave in place; otherwise a new one, which stop() removes
     * @param options.args   further arguments of `clamor serve`
     * @param options.dev    false: not in development mode, where tokens must be real
     */
    static async start(options = {}) {
        const server = new Server(options);
        await server.#spawn();
        return server;
    }

    constructor({ config = {}, data, args = [], dev = true } = {}) {
        this.folder = mkdtempSync(join(tmpdir(), 'clamor-e2e-'));
        this.data = data ?? join(this.folder, 'data');
        this.args = args;
        this.dev = dev;
        this.configFile = join(this.folder, 'config.toml');
        this.http = 0;
        this.irc = 0;
        /** What the server wrote to standard error, over all its lives. */
        this.log = '';
        writeFileSync(this.configFile, `# for one test\n${toml(config)}`);
    }

    get pid() {
        return this.child?.pid;
    }
    get url() {
        return `http://127.0.0.1:${this.http}`;
    }
    get ws() {
        return `ws://127.0.0.1:${this.http}/`;
    }
    /** Whether it still is the process that was started last. */
    get alive() {
        return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
    }

    #launch(...more) {
        const child = spawn(
            binary,
            ['serve', ...(this.dev ? ['--dev'] : []), '--config', this.configFile, '--data', this.data, '--http', `127.0.0.1:${this.http}`, '--irc',
                `127.0.0.1:${this.irc}`, ...this.args, ...more],
            { stdio: ['ignore', 'pipe', 'pipe'] },
        );
        child.stderr.on('data', (text) => (this.log += text));
        return child;
    }

    async #spawn() {
        const child = this.#launch();
        let out = '';
        child.stdout.on('data', (text) => (out += text));
        this.#adopt(child);
        const address = / ws:\/\/127\.0\.0\.1:(\d+)\/ +and +127\.0\.0\.1:(\d+)/;
        let found;
        try {
            found = await eventually(
                () => out.match(address) ?? (running.has(child) ? undefined : 'ended'), 'the server says where it listens', kStartTimeout);
        } catch {
            found = 'ended';
        }
        if (found === 'ended') {
            await this.kill();
            throw new Error(`the server did not start:\n${out}\n${this.log}`);
        }
        this.http = Number(found[1]);
        this.irc = Number(found[2]);
        await eventually(async () => (await this.get('/readyz')).status === 200, 'the server is ready');
    }

    /** From now on this process is the server: the one that was spawned, or one that took over from it. */
    #adopt(child) {
        this.child = child;
        running.add(child);
        this.ended = new Promise((done) => {
            child.on('error', (error) => {
                this.log += `\n${error.message}\n`;
                running.delete(child);
                done({ code: null, signal: null });
            });
            child.on('close', (code, signal) => {
                running.delete(child);
                done({ code, signal });
            });
        });
    }

    /** Starts it again on the same data and the same ports. */
    async restart() {
        if (this.alive) throw new Error('it is running already');
        await this.#spawn();
    }

    /** SIGHUP; once the settings were read again, taken over or not. */
    async reload() {
        const count = async () => (await this.metric('clamor_reloads_total')) + (await this.metric('clamor_reloads_failed_total'));
        const was = await count();
        this.child.kill('SIGHUP');
        await eventually(async () => (await count()) > was, 'the server has read its settings again');
    }

    /** A new process takes over the sockets and the data folder of this one. Says how the old one ended, once the new one serves. */
    async upgrade() {
        const old = this.ended;
        const next = this.#launch('--take-over');
        next.stdout.resume();
        running.add(next);
        const result = await old;
        this.#adopt(next);
        const status = () => JSON.parse(runClamor('admin', 'status', '--data', this.data).stdout || '{}');
        await eventually(() => status().pid === next.pid, 'the next process serves', 20_000, 50);
        return result;
    }

    /** SIGTERM, and SIGKILL when that does not help. Keeps the data. */
    async terminate() {
        if (!this.alive) return this.ended;
        this.child.kill('SIGTERM');
        let timer;
        const late = new Promise((done) => (timer = setTimeout(done, kStopTimeout, 'late')));
        const result = await Promise.race([this.ended, late]);
        clearTimeout(timer);
        if (result !== 'late') return result;
        this.log += '\nthe server did not end on SIGTERM; it was killed\n';
        await this.kill();
        return { code: null, signal: 'SIGKILL' };
    }

    /** SIGKILL at once. Keeps the data. */
    async kill() {
        this.child.kill('SIGKILL');
        return this.ended;
    }

    /** Ends it and removes what it left behind. Says how it ended. */
    async stop() {
        const result = await this.terminate();
        rmSync(this.folder, { recursive: true, force: true });
        return result;
    }

    async get(path, options) {
        const response = await fetch(this.url + path, { headers: { connection: 'close' }, ...options });
        const text = await response.text();
        let json;
        try {
            json = JSON.parse(text);
        } catch {
            json = undefined;
        }
        return { status: response.status, headers: response.headers, text, json };
    }

    /** A metric summed over the shards; `labels` must all be there, as `{reason: 'slow_reader'}`. */
    async metric(name, labels = {}) {
        const { text } = await this.get('/metrics');
        let sum;
        for (const line of text.split('\n')) {
            const match = line.match(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/);
            if (!match || match[1] !== name) continue;
            if (!Object.entries(labels).every(([key, value]) => (match[2] ?? '').includes(`${key}="${value}"`))) continue;
            sum = (sum ?? 0) + Number(match[3]);
        }
        if (sum === undefined) throw new Error(`there is no metric ${name} ${JSON.stringify(labels)}`);
        return sum;
    }

    /** Resident memory in bytes. */
    memory() {
        const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
        return Number(status.match(/^VmRSS:\s+(\d+) kB$/m)[1]) * 1024;
    }

    run(...args) {
        return runClamor(...args);
    }

    /** The stored messages of a channel, as `clamor export` prints them. */
    export(channel, ...args) {
        return exportChannel(this.data, channel, ...args);
    }
}

export function runClamor(...args) {
    return spawnSync(binary, args, { encoding: 'utf8', maxBuffer: 1 << 30 });
}

export function exportChannel(data, channel, ...args) {
    const { status, stdout, stderr } = runClamor('export', '--data', data, '--channel', channel, ...args);
    if (status !== 0) throw new Error(`clamor export failed (${status}): ${stderr}`);
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}
