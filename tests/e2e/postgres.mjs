// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL of one's own: in a temporary folder, on a Unix socket, ended when the process ends. It refuses to run as root: there
// it runs as the user `postgres`, or `nobody` where that one is missing.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './server.mjs';

const running = new Set();
process.on('exit', () => {
    for (const child of running) child.kill('SIGQUIT');
});

/** Debian keeps the server's programs out of the PATH. */
function program(name) {
    const base = '/usr/lib/postgresql';
    const versions = existsSync(base) ? readdirSync(base).filter((version) => existsSync(join(base, version, 'bin', name))) : [];
    if (!versions.length) throw new Error("PostgreSQL's server is missing; script/bootstrap --test installs it");
    return join(base, versions.sort((a, b) => Number(b) - Number(a))[0], 'bin', name);
}

function otherUser() {
    if (process.getuid() !== 0) return {};
    const of = (name) => readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':')).find((entry) => entry[0] === name);
    const entry = of('postgres') ?? of('nobody');
    return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

export class Postgres {
    static async start() {
        const postgres = new Postgres();
        await postgres.start();
        return postgres;
    }

    constructor() {
        this.folder = mkdtempSync(join(tmpdir(), 'clamor-pg-'));
        this.user = otherUser();
        this.log = '';
        if (this.user.uid !== undefined) chownSync(this.folder, this.user.uid, this.user.gid);
        const made = spawnSync(program('initdb'), ['-D', join(this.folder, 'data'), '-U', 'clamor', '-E', 'UTF8', '--locale=C.UTF-8', '-A', 'trust', '-N'],
            { ...this.user, cwd: this.folder, encoding: 'utf8' });
        if (made.status !== 0) throw new Error(`initdb failed:\n${made.stdout}${made.stderr}`);
    }

    get url() {
        return `postgresql://clamor@/postgres?host=${encodeURIComponent(this.folder)}`;
    }

    /** Returns when it takes connections. */
    async start() {
        const child = spawn(program('postgres'), ['-D', join(this.folder, 'data'), '-k', this.folder, '-c', 'listen_addresses=', '-c', 'max_connections=40'],
            { ...this.user, cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
        running.add(child);
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (this.log += text));
        this.child = child;
        this.ended = new Promise((done) =>
            child.on('close', (code) => {
                running.delete(child);
                done(code);
            }),
        );
        await eventually(() => this.query('SELECT 1', { check: false }).status === 0, `PostgreSQL takes connections:\n${this.log}`, 60_000);
    }

    /** 'fast' ends transactions in order; 'immediate' is a crash. */
    async stop(how) {
        this.child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
        await this.ended;
    }

    async remove() {
        if (running.has(this.child)) await this.stop('immediate');
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** Rows as arrays of texts. */
    query(sql, { check = true } = {}) {
        const ran = spawnSync(program('psql'), ['-X', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-c', sql, this.url], { encoding: 'utf8' });
        if (check && ran.status !== 0) throw new Error(ran.stderr);
        return { status: ran.status, rows: ran.stdout.split('\n').filter(Boolean).map((line) => line.split('\t')) };
    }
}
