// SPDX-License-Identifier: Apache-2.0
// Runs the built tests, or those named; the summary is the test runner's own.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../dist/test/', import.meta.url));
const named = process.argv.slice(2);
const files = readdirSync(folder).filter((name) => name.endsWith('.test.js') && (!named.length || named.some((part) => name.includes(part))));
if (!files.length) {
    console.error(`no test file has ${named.join(' or ')} in its name`);
    process.exit(2);
}
const { status } = spawnSync(process.execPath, ['--test', '--test-reporter=spec', ...files.sort().map((name) => join(folder, name))], { stdio: 'inherit' });
process.exit(status ?? 1);
