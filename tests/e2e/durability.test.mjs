// SPDX-License-Identifier: Apache-2.0
// The durability drill of tests/drill as a part of the test run, with its check that it can fail.
import { test } from 'node:test';
import { drillHolds } from './drill.mjs';

test('every message whose echo was seen survives SIGKILL, none twice, without a gap', { timeout: 150_000 }, () =>
    drillHolds('durability', '--seconds', '40', '--self-check'));
