// SPDX-License-Identifier: Apache-2.0
// The DynamoDB drill of tests/drill as a part of the test run, with a short outage.
import { test } from 'node:test';
import { drillHolds } from '../e2e/drill.mjs';

test('nothing is lost or doubled while DynamoDB is away, is throttled, and the server is killed', { timeout: 400_000 }, () =>
    drillHolds('dynamodb', '--outage', '8'));
