// SPDX-License-Identifier: Apache-2.0
// What is wrong with a message log on DynamoDB is said at the start, and by `clamor check` where nobody need be asked.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { IrcClient } from '../e2e/irc.mjs';
import { binary, eventually, runClamor, Server } from '../e2e/server.mjs';
import { Dynalite, kKeys as keys } from '../e2e/dynalite.mjs';

const folder = mkdtempSync(join(tmpdir(), 'clamor-dynamodb-'));
let dynalite;

before(async () => {
    Object.assign(process.env, keys);
    dynalite = await Dynalite.start();
});
after(() => {
    dynalite.stop();
    rmSync(folder, { recursive: true, force: true });
});

/** What `clamor serve` says when it does not start. */
function refusal(url, env = keys) {
    const { status, stderr, stdout } = spawnSync(
        binary, ['serve', '--dev', '--data', mkdtempSync(join(folder, 'data-')), '--http', '127.0.0.1:0', '--irc', '127.0.0.1:0', '--dynamodb', url],
        { encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...env } });
    assert.notEqual(status, 0, stdout);
    assert.doesNotMatch(stderr, /very-secret/);
    return stderr;
}

test('a wrong address is named, with what would be right', () => {
    assert.match(refusal('https://dynamodb.eu-central-1.amazonaws.com'), /does not begin with dynamodb:\/\/.*|must be dynamodb:\/\/REGION\/TABLE/);
    assert.match(refusal('dynamodb://eu-central-1'), /it has no table/);
    const file = join(folder, 'wrong.toml');
    writeFileSync(file, '[dynamodb]\nurl = "dynamodb://eu-central-1/a b"\nkeep_days_of = ["music"]\n');
    const { status, stderr } = runClamor('check', file);
    assert.notEqual(status, 0);
    assert.match(stderr, /wrong\.toml:2: dynamodb\.url must be empty, or dynamodb:\/\/REGION\/TABLE/);
});

test('an endpoint where nobody listens is named', () => {
    assert.match(refusal('dynamodb://eu-central-1/clamor?endpoint=http://127.0.0.1:1'), /DescribeTable at http:\/\/127\.0\.0\.1:1: Couldn't connect/);
});

test('missing credentials are asked for', () => {
    assert.match(refusal(dynalite.url('clamor'), {}), /no credentials: give AWS_ACCESS_KEY_ID/);
});

test('what was said is in the history, also after a restart', async () => {
    const args = ['--dynamodb', dynalite.url('round')];
    const server = await Server.start({ args });
    try {
        const client = await IrcClient.login(server, 'alice');
        for (const text of ['one', 'two', 'three']) client.say('alice', text);
        const texts = async () => (await server.get('/api/channels/alice/messages')).json?.messages?.map((message) => message.text);
        await eventually(async () => (await texts())?.length === 3, 'the history has them', 10_000);
        await client.close();
        await server.terminate();
        await server.restart();
        assert.deepEqual(await texts(), ['one', 'two', 'three']);
        assert.ok((await server.metric('clamor_dynamodb_requests_total')) > 0);
    } catch (error) {
        throw new Error(`${error.message}\n${server.log}`);
    } finally {
        await server.stop();
    }
});

test('what a channel keeps for a day is gone from history and table after it, what others keep is not', async () => {
    const day = 24 * 60 * 60 * 1000;
    const server = await Server.start({ config: { dynamodb: { keep_days_of: ['music=1'] } }, args: ['--dynamodb', dynalite.url('ending')] });
    try {
        const texts = async (channel) => (await server.get(`/api/channels/${channel}/messages`)).json?.messages?.map((message) => message.text);
        for (const channel of ['music', 'movie']) {
            const client = await IrcClient.login(server, channel, { channels: [channel] });
            await client.sayStored(channel, `said in ${channel}`);
            await eventually(async () => (await texts(channel))?.length === 1, 'the history has it', 10_000);
            await client.close();
        }
        assert.equal(await dynalite.expire(Date.now() + day / 2), 0);
        // The message, its author's item and its id's.
        assert.equal(await dynalite.expire(Date.now() + 1.1 * day), 3);
        assert.deepEqual(await texts('music'), []);
        assert.deepEqual(await texts('movie'), ['said in movie']);
    } catch (error) {
        throw new Error(`${error.message}\n${server.log}`);
    } finally {
        await server.stop();
    }
});
