// SPDX-License-Identifier: Apache-2.0
// `clamor replay` and `clamor bench` against a running server. CLAMOR_BIN is the binary.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const binary = process.env.CLAMOR_BIN ?? join(here, '../../build/release/clamor');
const sample = join(here, '../../bench/data/sample_chat.jsonl');
const folder = mkdtempSync(join(tmpdir(), 'clamor-load-test-'));
let server;
let url;

function run(...args) {
    return new Promise((resolve) => {
        const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
        let out = '';
        let err = '';
        child.stdout.on('data', (text) => (out += text));
        child.stderr.on('data', (text) => (err += text));
        child.on('close', (status) => resolve({ status, out, err }));
    });
}

before(async () => {
    server = spawn(binary, ['serve', '--dev', '--data', join(folder, 'data'), '--http', '127.0.0.1:0', '--irc', '127.0.0.1:0'],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    url = await new Promise((resolve, reject) => {
        let said = '';
        server.stdout.on('data', (text) => {
            said += text;
            const address = said.match(/http:\/\/([0-9.:]+)/);
            if (address) resolve(`ws://${address[1]}`);
        });
        server.on('close', () => reject(new Error(`the server did not start: ${said}`)));
    });
});

after(async () => {
    const ended = new Promise((resolve) => server.on('close', resolve));
    server.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
});

const number = (text, pattern) => Number(text.match(pattern)?.[1] ?? NaN);

test('a recorded chat is played by its authors, and everything that was accepted is delivered', async () => {
    const { status, out, err } = await run('replay', sample, '--channel', 'replayed', '--server', url, '--rate', '200');
    assert.equal(status, 0, out + err);
    assert.equal(number(out, /^sent +(\d+)$/m), 420);
    const accepted = number(out, /^accepted +(\d+)$/m);
    const refused = [...out.matchAll(/^refused +(\d+) msg_(ratelimit|duplicate)$/gm)].reduce((sum, m) => sum + Number(m[1]), 0);
    assert.equal(accepted + refused, 420, out);
    assert.equal(number(out, /^delivered +(\d+) \(lost 0, duplicated 0\)$/m), accepted, out);
});

// Recordings of real stream chats, where the folder of shared data is (CLAMOR_SHARED_DATA, or beside the project).
const recordings = join(process.env.CLAMOR_SHARED_DATA ?? join(here, '../../../shared/data'), 'chatlog');
for (const [file, messages] of [['twitch_irc.jsonl', 798], ['twitch_vod.jsonl', 3090]]) {
    const path = join(recordings, file);
    const skip = existsSync(path) ? false : `${path} is absent; CLAMOR_SHARED_DATA names the folder that holds chatlog`;
    test(`a real stream chat is played through at speed: ${file}`, { skip }, async () => {
        const { status, out, err } = await run('replay', path, '--channel', file.replace(/\W/g, '_'), '--server', url, '--rate', '500');
        assert.equal(status, 0, out + err);
        assert.equal(number(out, /^sent +(\d+)$/m), messages, out);
        const accepted = number(out, /^accepted +(\d+)$/m);
        assert.ok(accepted > messages / 2, out);
        assert.equal(number(out, /^delivered +(\d+) \(lost 0, duplicated 0\)$/m), accepted, out);
    });
}

test('a replay gets along with fewer connections than authors', async () => {
    const { status, out, err } = await run('replay', sample, '--channel', 'crowded', '--server', url, '--rate', '200', '--authors', '7');
    assert.equal(status, 0, out + err);
    assert.equal(number(out, /^sent +(\d+)$/m), 420);
});

test('a bad line of a recording is named, and left out when told to', async () => {
    const file = join(folder, 'bad.jsonl');
    writeFileSync(file, '{"t_ms":0,"user":"ann","text":"one"}\n{"t_ms":1,"user":"ann"}\n{"t_ms":2,"user":"bob","text":"two"}\n');
    const refused = await run('replay', file, '--channel', 'bad', '--server', url);
    assert.equal(refused.status, 2);
    assert.match(refused.err, /bad\.jsonl:2: has no "text"/);
    const skipped = await run('replay', file, '--channel', 'bad', '--server', url, '--skip-bad');
    assert.equal(skipped.status, 0, skipped.out + skipped.err);
    assert.equal(number(skipped.out, /^accepted +(\d+)$/m), 2);
});

test('a replay says that nobody answers', async () => {
    const { status, err } = await run('replay', sample, '--channel', 'c', '--server', 'ws://127.0.0.1:1');
    assert.equal(status, 2);
    assert.match(err, /Connection refused/);
});

test('a bench measures viewers and draws a plot', async () => {
    const plot = join(folder, 'plot.svg');
    const { status, out, err } = await run('bench', '--server', url, '--channel', 'one,two', '--viewers', '40', '--rate', '20', '--seconds', '2', '--plot', plot);
    assert.equal(status, 0, out + err);
    const [, delivered, due] = out.match(/^delivered +(\d+) of (\d+) \(lost 0, duplicated 0, reordered 0\)$/m) ?? [];
    assert.ok(Number(delivered) > 0, out);
    assert.equal(delivered, due);
    assert.match(readFileSync(plot, 'utf8'), /<polyline/);
});
