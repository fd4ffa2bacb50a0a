// SPDX-License-Identifier: Apache-2.0
// A redis-server of the test's own, on a free port, ended when the test ends.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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
        const redis = new Redis();
        redis.args = args;
        redis.port = await freePort();
        redis.folder = mkdtempSync(join(tmpdir(), 'clamor-redis-'));
        await redis.again();
        return redis;
    }
    get url() {
        return `redis://127.0.0.1:${this.port}`;
    }
    /** Starts it, with nothing in it. */
    async again() {
        this.child = spawn('redis-server',
            ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder, '--save', '', '--appendonly', 'no', ...this.args], { stdio: 'ignore' });
        running.add(this.child);
        await eventually(() => /PONG|NOAUTH/.test(this.cli('ping')), 'redis-server answers (script/bootstrap installs it)', 10_000);
    }
    cli(...words) {
        const { stdout, stderr } = spawnSync('redis-cli', ['-p', `${this.port}`, ...words], { encoding: 'utf8' });
        return `${stdout}${stderr}`;
    }
    kill() {
        running.delete(this.child);
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
