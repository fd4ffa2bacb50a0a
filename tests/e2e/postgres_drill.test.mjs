// SPDX-License-Identifier: Apache-2.0
// PostgreSQL as the catalog, from outside: the drill of tests/drill, what a wrong database is told, and the way there and back.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drillHolds } from './drill.mjs';
import { IrcClient } from './irc.mjs';
import { Postgres } from './postgres.mjs';
import { runClamor, Server } from './server.mjs';

const kTimeout = { timeout: 60_000 };
let postgres;
before(async () => (postgres = await Postgres.start()));
after(() => postgres.remove());

const emptyDatabase = (name) => {
    postgres.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    return postgres.url.replace('/postgres?', `/${name}?`);
};

test('PostgreSQL stops and starts under chat: chat goes on, changes are whole or refused', { timeout: 180_000 }, () => drillHolds('postgres'));

test('a wrong URL ends the start with its reason and without its password', kTimeout, () => {
    const serve = (url) => runClamor('serve', '--data', join(postgres.folder, 'none'), '--http', '127.0.0.1:0', '--irc', '', '--postgres', url);
    for (const [url, reason] of [
        ['mysql://clamor:hunter2@127.0.0.1/db', /postgresql:\/\/USER:PASSWORD/],
        ['postgresql://clamor:hunter2@127.0.0.1:1/db', /nothing listens there/],
        [postgres.url.replace('clamor@/postgres', 'clamor:hunter2@/nothere'), /database does not exist/],
        [postgres.url.replace('clamor@', 'nobodyatall:hunter2@'), /user does not exist/],
    ]) {
        const { status, stdout, stderr } = serve(url);
        assert.notEqual(status, 0);
        assert.match(stderr, reason);
        assert.ok(!`${stdout}${stderr}`.includes('hunter2'), stderr);
    }
});

test('a data folder is backed up beside the server, imported, and served from PostgreSQL', kTimeout, async () => {
    const first = await Server.start();
    const client = await IrcClient.login(first, 'movie', { channels: ['movie'] });
    await client.sayStored('movie', 'before the move');
    client.say('movie', '/ban troublemaker noise');
    await client.lines.next('msg-id=ban_success');
    const backup = join(first.folder, 'backup');
    const backedUp = runClamor('backup', '--data', first.data, backup);
    assert.equal(backedUp.status, 0, backedUp.stderr);
    assert.match(runClamor('backup', '--data', first.data, backup).stderr, /exists/);

    const url = emptyDatabase('moved');
    const busy = runClamor('import', '--data', first.data, '--postgres', url);
    assert.match(busy.stderr, /stop it first, or import what `clamor backup` made/);
    const imported = runClamor('import', '--data', backup, '--postgres', url);
    assert.equal(imported.status, 0, imported.stderr);
    assert.match(imported.stdout, /rows copied, counts and checksums are equal/);
    assert.match(imported.stderr, /rows/, 'progress is shown');
    assert.match(runClamor('import', '--data', backup, '--postgres', url).stderr, /in use/);
    await client.close();
    await first.terminate();

    const second = await Server.start({ data: backup, args: ['--postgres', url] });
    const again = await IrcClient.login(second, 'movie', { channels: ['movie'] });
    const history = await second.get('/api/channels/movie/messages?limit=10');
    assert.ok(history.text.includes('before the move'));
    const banned = await IrcClient.login(second, 'troublemaker');
    banned.send('JOIN #movie');
    await banned.lines.next('msg-id=msg_banned');
    await again.sayStored('movie', 'after the move');
    const users = runClamor('user', 'list', '--postgres', url);
    assert.match(users.stdout, /troublemaker/);
    await second.stop();
    await first.stop();
    assert.ok(!existsSync(first.folder));
});

test('two nodes on one catalog: what one decides, the other finds', kTimeout, async () => {
    const url = emptyDatabase('shared');
    const [one, two] = await Promise.all([0, 1].map((node) => Server.start({ args: ['--postgres', url, '--node', String(node)] })));
    const owner = await IrcClient.login(one, 'sharedroom', { channels: ['sharedroom'] });
    owner.say('sharedroom', '/ban pest');
    await owner.lines.next('msg-id=ban_success');
    const pest = await IrcClient.login(two, 'pest');
    pest.send('JOIN #sharedroom');
    await pest.lines.next('msg-id=msg_banned');
    await one.stop();
    await two.stop();
});
