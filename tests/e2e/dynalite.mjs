// SPDX-License-Identifier: Apache-2.0
// Starts dynalite, with what can be asked of it, in a process of its own that ends with this one.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually, root } from './server.mjs';

/** What clamor signs its requests with; dynalite takes anything. */
export const kKeys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'very-secret' };

export class Dynalite {
    static async start() {
        const dynalite = new Dynalite();
        dynalite.child = spawn(process.execPath, [join(root, 'tests/dynamodb/dynalite.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
        let out = '';
        dynalite.child.stdout.on('data', (text) => (out += text));
        const listening = () => out.match(/listening on (\S+)/) ?? (dynalite.child.exitCode === null ? undefined : ['']);
        [, dynalite.endpoint] = await eventually(listening, 'dynalite listens', 15_000);
        if (!dynalite.endpoint) throw new Error('dynalite did not start; `npm ci` in tests/dynamodb installs it');
        return dynalite;
    }

    /** For `clamor serve --dynamodb`. */
    url(table) {
        return `dynamodb://eu-central-1/${table}?endpoint=${this.endpoint}`;
    }

    async #post(path, body) {
        return (await fetch(`${this.endpoint}${path}`, { method: 'POST', body: JSON.stringify(body) })).json();
    }

    /** dynalite.mjs has the names; says how many requests there were so far. */
    async failWith(faults) {
        return (await this.#post('/faults', faults)).requests;
    }

    /** Deletes what has ended by then, as the table's time to live does; says how many items. */
    async expire(now) {
        return (await this.#post('/expire', { now: Math.floor(now / 1000) })).deleted;
    }

    /** Whoever connects is not answered. */
    pause() {
        this.child.kill('SIGSTOP');
    }
    resume() {
        this.child.kill('SIGCONT');
    }
    stop() {
        this.resume();
        this.child.stdin.end();
    }
}
