// SPDX-License-Identifier: Apache-2.0
// The examples of docs/protocol/examples.md, sent as they stand there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { exitSoon, Server } from './server.mjs';

const page = new URL('../../docs/protocol/examples.md', import.meta.url);
const kExample = /```http\n(.*?)```\n```json (\d+)\n(.*?)```/gs;
const known = new Map();
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
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(wanted).sort(), `the fields of ${where}`);
    for (const [key, value] of Object.entries(wanted)) compare(actual[key], value, `${where}.${key}`);
}

before(async () => (server = await Server.start()));
after(async () => {
    exitSoon();
    await server.stop();
});

test('the documented examples are answered as they say', { timeout: 30_000 }, async () => {
    const examples = [...readFileSync(page, 'utf8').matchAll(kExample)];
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
});
