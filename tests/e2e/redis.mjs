// SPDX-License-Identifier: Apache-2.0
// A redis-server of the test's own, on a free port, ended when the test ends.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './server.mjs';

function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGKILL');
});

export class Redis {
    static async start(args = []) {
        const redis = new this();
        redis.args = args;
        redis.port = await freePort();
        redis.folder = mkdtempSync(join(tmpdir(), 'clamor-redis-'));
        await redis.again();
        return redis;
    }
    get url() {
        return `redis://127.0.0.1:${this.port}`;
    }
    get command() {
        return ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder, '--save', '', '--appendonly', 'no', ...this.args];
    }
    /** Starts it, with nothing in it. */
    async again() {
        this.child = spawn('redis-server', this.command, { stdio: 'ignore' });
        running.add(this.child);
        await eventually(() => /PONG|NOAUTH/.test(this.cli('ping')), 'redis-server answers (script/bootstrap installs it)', 10_000);
    }
    cli(...words) {
        const { stdout, stderr } = spawnSync('redis-cli', ['-p', `${this.port}`, ...words], { encoding: 'utf8' });
        return `${stdout}${stderr}`;
    }
    async kill() {
        running.delete(this.child);
        if (this.child.exitCode !== null || this.child.signalCode !== null) return undefined;
        return new Promise((done) => {
            this.child.once('exit', done);
            this.child.kill('SIGKILL');
        });
    }
    pause() {
        this.child.kill('SIGSTOP');
    }
    goOn() {
        this.child.kill('SIGCONT');
    }
    async stop() {
        await this.kill();
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** A sentinel over one Redis: it makes the replica the master when that one has not answered for so long. */
export class Sentinel extends Redis {
    static over(master, patience) {
        return this.start([master, patience]);
    }
    get url() {
        return `redis+sentinel://127.0.0.1:${this.port}/mymaster`;
    }
    get command() {
        const [master, patience] = this.args;
        const file = join(this.folder, 'sentinel.conf');
        writeFileSync(file, [`port ${this.port}`, 'bind 127.0.0.1', `dir ${this.folder}`, `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
            `sentinel down-after-milliseconds mymaster ${patience}`, 'sentinel failover-timeout mymaster 10000', ''].join('\n'));
        return [file, '--sentinel'];
    }
}
