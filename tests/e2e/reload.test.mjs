// SPDX-License-Identifier: Apache-2.0
// SIGHUP: settings and AutoMod's model are read again while people chat.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { IrcClient } from './irc.mjs';
import { modelBytes } from './model_file.mjs';
import { eventually, Server } from './server.mjs';

const kTimeout = { timeout: 120_000 };
const kRooms = ['pier', 'quay', 'dock'];
const kSpeakers = 3;
const kHostile = 'you are a stupid idiot';
let server;
let folder;
let model; // the file that the server reads
const clients = [];

before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'clamor-reload-'));
    model = join(folder, 'model.bin');
    writeFileSync(model, modelBytes('first'));
    server = await Server.start({ config: { automod: { model_path: model }, limits: { messages_viewer: 10_000 }, server: { shards: 2 } } });
    for (const room of kRooms) {
        await (await IrcClient.login(server, room, { channels: [room] })).close();
        // In shadow, so that all of it is heard and all of it recorded.
        await rest('PATCH', `/api/channels/${room}/automod/rules`, room, { rules: { classifier_shadow: true } });
        const owner = (await rest('GET', `/helix/users?login=${room}`, room)).json.data[0].id;
        await rest('PUT', `/helix/moderation/automod/settings?broadcaster_id=${owner}&moderator_id=${owner}`, room, { overall_level: 2 });
    }
});
after(async () => {
    for (const client of clients) await client.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
});

async function rest(method, path, login, body) {
    const answer = await server.get(path, {
        method,
        headers: { authorization: `Bearer ${login}`, 'client-id': 'e2e', 'content-type': 'application/json', connection: 'close' },
        body: body && JSON.stringify(body),
    });
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
    return answer;
}
async function login(name, channels) {
    const client = await IrcClient.login(server, name, { channels });
    clients.push(client);
    return client;
}
const version = async () => (await server.get('/metrics')).text.match(/^clamor_automod_classifier_info\{version="(.*)"\} 1$/m)[1];
const logged = (what) => eventually(() => what.test(server.log), `the log says ${what}`);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

test('the model is exchanged under load: nothing is lost, and every verdict names the model that it is of', kTimeout, async () => {
    assert.equal(await version(), 'first');
    const watchers = await Promise.all(kRooms.map((room) => login(`watch_${room}`, [room])));
    const speakers = await Promise.all(kRooms.flatMap((room) => Array.from({ length: kSpeakers }, (_, i) => login(`says_${room}_${i}`, [room]))));
    let talking = true;
    const said = new Map(kRooms.map((room) => [room, 0]));
    const talks = speakers.map(async (speaker, index) => {
        const room = kRooms[Math.floor(index / kSpeakers)];
        while (talking) {
            const number = said.get(room);
            said.set(room, number + 1);
            await speaker.sayStored(room, `${kHostile} ${number}`);
        }
    });
    await wait(500);
    for (const next of ['second', 'third']) {
        writeFileSync(`${model}.new`, modelBytes(next));
        copyFileSync(`${model}.new`, model); // over the one in use: the same file, truncated and written
        await server.reload();
        assert.equal(await version(), next);
        await wait(500);
    }
    talking = false;
    await Promise.all(talks);

    for (const [index, room] of kRooms.entries()) {
        const watcher = watchers[index];
        const count = said.get(room);
        await eventually(() => watcher.lines.count(` PRIVMSG #${room} :`) >= count, `all ${count} are heard`);
        const lines = watcher.lines.all.filter((line) => line.includes(` PRIVMSG #${room} :`));
        assert.equal(lines.length, count);
        assert.equal(new Set(lines.map((line) => line.split(' :').pop())).size, count);
        // In the order of the room.
        const found = [];
        for (const line of lines.filter((_, i) => i % Math.ceil(count / 60) === 0 || i >= count - 3)) {
            const id = line.match(/[@;]id=([^;]+);/)[1];
            const verdict = await eventually(async () => {
                const answer = await server.get(`/api/channels/${room}/automod/verdicts/${id}`, { headers: { authorization: `Bearer ${room}`, connection: 'close' } });
                return answer.status === 200 && answer.json;
            }, 'the verdict is there');
            const [finding] = verdict.findings;
            assert.equal(finding.source, 'classifier');
            if (found.at(-1) !== finding.version) found.push(finding.version);
        }
        assert.deepEqual(found, ['first', 'second', 'third'], room);
    }
});

test('a bad file keeps the model that is there, and says what is wrong with it', kTimeout, async () => {
    const was = await version();
    const failed = await server.metric('clamor_reloads_failed_total');
    const good = readFileSync(model);
    writeFileSync(model, good.subarray(0, good.length / 2));
    await server.reload();
    const changed = Buffer.from(good);
    changed[changed.length - 1] ^= 1;
    writeFileSync(model, changed);
    await server.reload();
    rmSync(model);
    await server.reload();
    assert.equal(await version(), was);
    assert.equal(await server.metric('clamor_reloads_failed_total'), failed + 3);
    for (const why of [/error +the settings were not taken over.*bytes where/, /checksum differs/, /No such file/]) await logged(why);
    assert.ok(server.alive);
    writeFileSync(model, good);
});

test('a wrong setting changes nothing, and one that needs a restart is named', kTimeout, async () => {
    const config = readFileSync(server.configFile, 'utf8');
    const was = await version();
    writeFileSync(server.configFile, config.replace(`model_path = ${JSON.stringify(model)}`, 'model_path = ""\nhold_for_s = 0'));
    await server.reload();
    await logged(/config\.toml:\d+: automod\.hold_for_s must be a whole number from 1/);
    assert.equal(await version(), was);

    writeFileSync(server.configFile, `${config.replace(`model_path = ${JSON.stringify(model)}`, 'model_path = ""\nhold_for_s = 7').replace('10000', '9000')}\n[log]\nlevel = "debug"\n`);
    await server.reload();
    await logged(/need_a_restart="automod\.hold_for_s, limits\.messages_viewer"/);
    assert.equal(await version(), 'builtin-1');
    const someone = await login('someone', [kRooms[0]]);
    await someone.sayStored(kRooms[0], 'the server goes on');
});
