// SPDX-License-Identifier: Apache-2.0
// A drill of tests/drill as a part of the test run.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './server.mjs';

/** Runs it, shows what it said, and fails where it failed. */
export async function drillHolds(drill, ...args) {
    const child = spawn(process.execPath, [join(root, `tests/drill/${drill}.mjs`), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    const status = await new Promise((done) => child.on('close', done));
    console.log(said);
    assert.equal(status, 0, said);
}
