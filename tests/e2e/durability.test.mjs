// SPDX-License-Identifier: Apache-2.0
// The durability drill of tests/drill as a part of the test run, with its check that it can fail.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './server.mjs';

test('every message whose echo was seen survives SIGKILL, none twice, without a gap', { timeout: 150_000 }, async () => {
    const drill = spawn(process.execPath, [join(root, 'tests/drill/durability.mjs'), '--seconds', '40', '--self-check'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [drill.stdout, drill.stderr]) stream.on('data', (text) => (said += text));
    const status = await new Promise((done) => drill.on('close', done));
    console.log(said);
    assert.equal(status, 0, said);
});
