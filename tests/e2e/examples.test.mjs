// SPDX-License-Identifier: Apache-2.0
// The examples of docs/protocol/, sent as they stand there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { exitSoon, Server } from './server.mjs';

const document = (name) => readFileSync(new URL(`../../docs/protocol/${name}.md`, import.meta.url), 'utf8');
const kPages = ['examples', 'examples-helix'];
const kExample = /```http\n(.*?)```\n```json (\d+)\n(.*?)```/gs;
let known;
let server;

/** Compares, and learns the values between `<` and `>` that it meets for the first time. */
function compare(actual, wanted, where) {
    if (wanted === '…') return assert.notEqual(actual, undefined, `${where} is there`);
    const name = typeof wanted === 'string' && wanted.match(/^<(.*)>$/)?.[1];
    if (name) {
        if (!known.has(name)) known.set(name, actual);
        return assert.equal(actual, known.get(name), where);
    }
    if (typeof wanted !== 'object' || wanted === null) return assert.equal(actual, wanted, where);
    if (Array.isArray(wanted) && wanted.at(-1) === '…') {
        assert.ok(actual.length >= wanted.length, `${where} goes on`);
        return wanted.slice(0, -1).forEach((item, i) => compare(actual[i], item, `${where}[${i}]`));
    }
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(wanted).sort(), `the fields of ${where}`);
    for (const [key, value] of Object.entries(wanted)) compare(actual[key], value, `${where}.${key}`);
}

/** Each page has a server of its own. */
async function run(page) {
    known = new Map();
    server = await Server.start();
    const examples = [...document(page).matchAll(kExample)];
    assert.ok(examples.length >= 15, `${examples.length} examples were found`);
    for (const [, text, status, answer] of examples) {
        const filled = text.replace(/<(\w+)>/g, (_, name) => known.get(name));
        const [head, body] = filled.split('\n\n');
        const [line, ...headers] = head.trim().split('\n');
        const [method, path] = line.split(' ');
        const response = await server.get(path, {
            method,
            headers: { connection: 'close', ...Object.fromEntries(headers.map((header) => header.split(/: (.*)/).slice(0, 2))) },
            ...(body && { body }),
        });
        assert.equal(response.status, Number(status), `${line}: ${response.text}`);
        try {
            if (answer.trim()) compare(response.json, JSON.parse(answer), line);
            else assert.equal(response.text, '');
        } catch (error) {
            error.message += `\nThe whole answer: ${response.text}`;
            throw error;
        }
        if (path.startsWith('/helix') && Number(status) < 400) assert.match(response.headers.get('ratelimit-remaining'), /^\d+$/);
    }
    await server.stop();
}

after(exitSoon);

for (const page of kPages) test(`${page}.md is answered as it says`, { timeout: 30_000 }, () => run(page));

test('every endpoint of Helix that is documented has an example', () => {
    const shown = new Set(kPages.flatMap((page) => [...document(page).matchAll(/^(GET|PUT|POST|PATCH|DELETE) \/helix\/([a-z_/]+)/gm)].map(([, method, path]) => `${method} ${path}`)));
    const rows = [...document('helix').matchAll(/^\| (GET|PUT|POST|PATCH|DELETE) `([a-z][a-z_/]*)`/gm)].map(([, method, path]) => `${method} ${path}`);
    assert.ok(rows.length >= 60, `${rows.length} endpoints are documented`);
    assert.deepEqual(rows.filter((row) => !shown.has(row)), []);
});
