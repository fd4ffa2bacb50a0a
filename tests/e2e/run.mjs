// SPDX-License-Identifier: Apache-2.0
// Runs the *.test.mjs of this folder (or those named), then the durability drill; the summary is the test runner's own.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const named = process.argv.slice(2);
const files = readdirSync(folder).filter((name) => name.endsWith('.test.mjs')).filter((name) => !named.length || named.some((part) => name.includes(part)));
if (!files.length) {
    console.error(`no test file has ${named.join(' or ')} in its name`);
    process.exit(2);
}
// One file at a time where the runner can be told so: each has a server of its own, and times are measured.
const [major, minor] = process.versions.node.split('.').map(Number);
const onlyOne = major > 21 || (major === 21 && minor >= 0) || (major === 20 && minor >= 10) ? ['--test-concurrency=1'] : [];
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...onlyOne, ...files.sort().map((name) => join(folder, name))], { stdio: 'inherit' });
process.exit(status ?? 1);
