// SPDX-License-Identifier: Apache-2.0
// A stand-in for DynamoDB (dynalite, in tests/dynamodb) on a free port, with its data in memory, ended when the test ends.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually, root } from './server.mjs';

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
    /** As tests/dynamodb/dynalite.mjs has them. */
    failWith(faults) {
        return fetch(`${this.endpoint}/faults`, { method: 'POST', body: JSON.stringify(faults) });
    }
    stop() {
        this.child.stdin.end();
    }
}
