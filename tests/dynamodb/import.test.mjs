// SPDX-License-Identifier: Apache-2.0
// `clamor import` with both ends: the catalog of a data folder into PostgreSQL, its messages into DynamoDB.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { IrcClient } from '../e2e/irc.mjs';
import { Postgres } from '../e2e/postgres.mjs';
import { binary, eventually, exportChannel, runClamor, Server } from '../e2e/server.mjs';
import { Dynalite, kKeys } from '../e2e/dynalite.mjs';

const kTimeout = { timeout: 120_000 };
const kSaid = 1700; // in each channel: more than two pages
const kChannels = ['movie', 'music'];

const folder = mkdtempSync(join(tmpdir(), 'clamor-import-'));
let dynalite;
let postgres;
let source; // the data folder of a server that is gone
const told = new Map(); // channel -> what it exports

async function fill(server) {
    for (const channel of kChannels) {
        const client = await IrcClient.login(server, channel, { channels: [channel] });
        for (let n = 0; n < kSaid; ++n) client.say(channel, `line ${n} of ${channel}`, `client-nonce=${n}`);
        await eventually(() => client.lines.count('client-nonce=') >= kSaid, 'all is stored', 30_000);
        client.say(channel, '/ban troublemaker noise');
        await client.lines.next('msg-id=ban_success');
        await client.close();
    }
}

before(async () => {
    Object.assign(process.env, kKeys);
    [dynalite, postgres] = await Promise.all([Dynalite.start(), Postgres.start()]);
    const server = await Server.start({ data: join(folder, 'source'), config: { limits: { messages_viewer: 10_000, messages_moderator: 10_000 } } });
    source = server.data;
    await fill(server);
    await server.stop();
    for (const channel of kChannels) told.set(channel, exportChannel(source, channel));
    for (const channel of kChannels) assert.ok(told.get(channel).length >= kSaid);
});
after(async () => {
    dynalite?.stop();
    await postgres?.remove();
    rmSync(folder, { recursive: true, force: true });
});

let databases = 0;
function emptyDatabase() {
    const name = `moved${++databases}`;
    postgres.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    return postgres.url.replace('/postgres?', `/${name}?`);
}

const importArguments = (url, table, data = source) => ['import', '--data', data, '--postgres', url, '--dynamodb', table];
const exported = (url, table, channel) => {
    const { status, stdout, stderr } = runClamor('export', '--data', source, '--postgres', url, '--dynamodb', table, '--channel', channel);
    assert.equal(status, 0, stderr);
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
};

test('catalog and messages move, are served from there, and go on', kTimeout, async () => {
    const [url, table] = [emptyDatabase(), dynalite.url('moved')];
    const { status, stdout, stderr } = runClamor(...importArguments(url, table));
    assert.equal(status, 0, stderr);
    assert.match(stdout, /messages +34\d\d copied, counts and checksums are equal/);
    assert.match(stdout, /clamor serve .*--postgres .*--dynamodb dynamodb:\/\/eu-central-1\/moved/);
    assert.match(stderr, /entries \(100%\), verified/, 'progress is shown to the end');
    for (const channel of kChannels) assert.deepEqual(exported(url, table, channel), told.get(channel));

    assert.match(runClamor(...importArguments(url, table)).stderr, /the database is in use/);
    const server = await Server.start({ args: ['--postgres', url, '--dynamodb', table] });
    try {
        const client = await IrcClient.login(server, 'movie', { channels: ['movie'] });
        await client.sayStored('movie', 'after the move');
        const history = await eventually(async () => {
            const { json } = await server.get('/api/channels/movie/messages?limit=3');
            return json?.messages?.at(-1)?.text === 'after the move' && json.messages;
        }, 'the history goes on', 10_000);
        assert.equal(history.at(-2).text, `line ${kSaid - 1} of movie`);
        await client.close();
    } catch (error) {
        throw new Error(`${error.message}\n${server.log}`);
    } finally {
        await server.stop();
    }
});

test('killed in the middle of the messages it goes on, and nothing is there twice', kTimeout, async () => {
    const [url, table] = [emptyDatabase(), dynalite.url('killed')];
    const begun = await dynalite.failWith({ throttle: 0.5 });
    for (let kills = 0; kills < 3; ++kills) {
        const child = spawn(binary, importArguments(url, table), { stdio: ['ignore', 'ignore', 'pipe'] });
        let said = '';
        child.stderr.on('data', (text) => (said += text));
        const ended = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })));
        await eventually(() => said.includes(' entries '), `messages are copied: ${said}`, 60_000);
        // Into the middle of the next page.
        const from = await dynalite.failWith({ throttle: 0.5 });
        await eventually(async () => (await dynalite.failWith({ throttle: 0.5 })) > from + 30 + 10 * kills, 'items are written', 30_000);
        child.kill('SIGKILL');
        assert.equal((await ended).signal, 'SIGKILL', said);
        const early = runClamor('export', '--data', source, '--dynamodb', table, '--channel', 'movie');
        assert.match(early.stderr, /an import of .* into the DynamoDB table killed is not finished/);
        assert.match(runClamor('export', '--data', source, '--postgres', url, '--channel', 'movie').stderr, /is not finished/);
    }
    assert.ok((await dynalite.failWith({})) > begun + 90);
    const { status, stdout, stderr } = runClamor(...importArguments(url, table));
    assert.equal(status, 0, stderr);
    assert.match(stdout, /counts and checksums are equal/);
    for (const channel of kChannels) assert.deepEqual(exported(url, table, channel), told.get(channel));
});

test('a target that holds other data is refused before anything is copied', kTimeout, async () => {
    const table = dynalite.url('taken');
    const other = await Server.start({ args: ['--dynamodb', table] });
    const client = await IrcClient.login(other, 'alice', { channels: ['alice'] });
    await client.sayStored('alice', 'mine');
    await client.close();
    await other.stop();
    const url = emptyDatabase();
    const { status, stderr } = runClamor(...importArguments(url, table));
    assert.notEqual(status, 0);
    assert.match(stderr, /the DynamoDB table taken is in use: it has an item .* An import fills an empty table only/);

    // Another folder's import, finished or not.
    const copy = join(folder, 'copy');
    cpSync(source, copy, { recursive: true });
    const moved = dynalite.url('moved');
    assert.match(runClamor(...importArguments(emptyDatabase(), moved, copy)).stderr, /holds an import of .*source: run that one again, or name another table/);
    // The catalog's database is still empty.
    assert.equal(runClamor(...importArguments(url, dynalite.url('free'))).status, 0);
});

test('a table with other keys, an endpoint where nobody is and a wrong address are named', kTimeout, async () => {
    const url = emptyDatabase();
    const refusal = (table) => {
        const { status, stderr, stdout } = runClamor(...importArguments(url, table));
        assert.notEqual(status, 0);
        assert.doesNotMatch(stderr + stdout, /very-secret/);
        return stderr;
    };
    const made = await fetch(dynalite.endpoint, {
        method: 'POST',
        headers: {
            'content-type': 'application/x-amz-json-1.0',
            'x-amz-target': 'DynamoDB_20120810.CreateTable',
            authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b',
            'x-amz-date': '20260101T000000Z',
        },
        body: JSON.stringify({
            TableName: 'foreign', BillingMode: 'PAY_PER_REQUEST',
            AttributeDefinitions: [{ AttributeName: 'user', AttributeType: 'N' }], KeySchema: [{ AttributeName: 'user', KeyType: 'HASH' }],
        }),
    });
    assert.equal(made.status, 200, await made.text());
    assert.match(refusal(dynalite.url('foreign')), /has the keys user \(N, HASH\) and must have pk \(S, HASH\), sk \(S, RANGE\)/);
    assert.match(refusal('dynamodb://eu-central-1/clamor?endpoint=http://127.0.0.1:1'), /DescribeTable at http:\/\/127\.0\.0\.1:1: Couldn't connect/);
    assert.match(refusal('http://127.0.0.1:1'), /dynamodb:\/\/REGION\/TABLE/);
});
