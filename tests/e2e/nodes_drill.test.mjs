// SPDX-License-Identifier: Apache-2.0
// The drills of many nodes (docs/drills.md) as a part of the test run, small and short.
import { test } from 'node:test';
import { drillHolds } from './drill.mjs';

const kTimeout = { timeout: 120_000 };

test('viewers of three nodes have everything once and in one order', kTimeout, () =>
    drillHolds('nodes', '--viewers', '300', '--rate', '50', '--seconds', '4'));

test('a ban on one node reaches all viewers of all nodes, and the banned is refused there', kTimeout, () =>
    drillHolds('bans', '--bans', '15', '--viewers', '30', '--rate', '50'));

test('Redis that is killed, hangs or is replaced loses nothing, and the own node is heard meanwhile', kTimeout, () =>
    drillHolds('redis', '--away', '2', '--pause', '2', '--rate', '60', '--viewers', '12'));

test('clients of a node that is killed go on at another and miss nothing', kTimeout, () =>
    drillHolds('node_killed', '--rounds', '2', '--away', '1', '--rate', '200', '--viewers', '24'));

test('three nodes are upgraded under load: no attempt to connect fails, nothing is lost', kTimeout, () =>
    drillHolds('rolling_upgrade', '--rounds', '1', '--rate', '100', '--viewers', '24'));
