// SPDX-License-Identifier: Apache-2.0
// The DynamoDB drill of tests/drill as a part of the test run, with a short outage.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../e2e/server.mjs';

test('nothing is lost or doubled while DynamoDB is away, is throttled, and the server is killed', { timeout: 400_000 }, async () => {
    const drill = spawn(process.execPath, [join(root, 'tests/drill/dynamodb.mjs'), '--outage', '8'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [drill.stdout, drill.stderr]) stream.on('data', (text) => (said += text));
    const status = await new Promise((done) => drill.on('close', done));
    console.log(said);
    assert.equal(status, 0, said);
});
