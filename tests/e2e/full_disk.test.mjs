// SPDX-License-Identifier: Apache-2.0
// No room on the disk: the server says so, goes on delivering, and catches up when there is room again. While the spool has room,
// what is said is durable and echoed; when it has none either, the echo is withheld.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { IrcClient } from './irc.mjs';
import { eventually, Server, sleep } from './server.mjs';

const kTimeout = { timeout: 60_000 };
const config = { limits: { messages_viewer: 10_000, messages_moderator: 10_000 } };
const command = (...words) => spawnSync(words[0], words.slice(1), { encoding: 'utf8' });

const kLog = { reason: /message log cannot be written/, logged: /error +the message log cannot be written/, recovered: /the message log writes again/, metric: 'clamor_log_degraded' };
const kSpool = { reason: /spool cannot be written/, logged: /error +the spool cannot be written/, recovered: /the spool is written again/, metric: 'clamor_spool_degraded' };

/** Chats until `fails` does, goes on, lets `makeRoom` give room again, and checks that nothing is lost. */
async function drill(server, fails, makeRoom) {
    const channel = 'full';
    const sender = await IrcClient.login(server, channel);
    const viewer = await IrcClient.login(server, 'fullviewer', { channels: [channel] });
    const filler = '\u{1F602}'.repeat(400); // four bytes each
    let said = 0;
    const say = () => sender.say(channel, `${said} ${filler}`, `client-nonce=n${said++}`);

    const degraded = async () => (await server.get('/healthz')).json;
    let health;
    for (let round = 0; round < 1200; ++round) {
        for (let i = 0; i < 50; ++i) say();
        // At the pace of the reader, who would be closed as a slow one otherwise, and so slowly that fewer than
        // 512 replies wait for the spool when it fails: with more the sender is not read any more.
        await Promise.all([sleep(10), viewer.lines.next(` PRIVMSG #${channel} :${said - 1} `)]);
        health = await degraded();
        if (fails.reason.test(health.reasons?.join())) break;
    }
    assert.equal(health.status, 'degraded');
    assert.match(health.reasons.join(), fails.reason);
    assert.equal((await server.get('/healthz')).status, 200, 'alive nevertheless');
    assert.match(server.log, fails.logged);
    assert.equal(await server.metric(fails.metric), 1);

    const withheld = said;
    for (let i = 0; i < 20; ++i) say();
    await viewer.lines.next(` PRIVMSG #${channel} :${said - 1} `);
    assert.equal(viewer.lines.count(`PRIVMSG #${channel}`), said, 'everything is delivered');
    const echo = (n) => (line) => line.includes(`client-nonce=n${n};`) && line.includes(' USERSTATE ');
    if (fails === kSpool) {
        const notice = await sender.lines.next('msg-id=msg_not_stored_yet');
        assert.match(notice.text, /was delivered but could not be stored yet/);
        await sleep(300);
        for (let n = withheld; n < said; ++n) assert.ok(!sender.lines.all.some(echo(n)), 'no echo for what is not stored');
    } else {
        await sender.lines.next(echo(said - 1));
        assert.equal(sender.lines.count('msg-id=msg_not_stored_yet'), 0, 'it is stored, in the spool');
    }

    // Reading the history still works, and so does the login of who has an account.
    assert.equal((await server.get(`/api/channels/${channel}/messages?limit=1`)).status, 200);
    const other = await IrcClient.login(server, 'fullviewer', { channels: [channel] });
    await other.alive();

    makeRoom();
    await eventually(async () => (await degraded()).status === 'ok', 'the server has recovered', 15_000);
    await eventually(() => sender.lines.count(/client-nonce=n\d+;.* USERSTATE /) === said, 'every echo has come', 15_000);
    assert.match(server.log, fails.recovered);
    assert.equal(await server.metric('clamor_log_lost_total'), 0);
    say();
    await sender.lines.next((line) => line.includes(`client-nonce=n${said - 1};`) && line.includes(' USERSTATE '));

    const stored = server.export(channel);
    assert.equal(stored.length, said);
    stored.forEach((message, i) => {
        assert.equal(message.seq, i + 1);
        assert.ok(message.text.startsWith(`${i} `));
    });
    for (const client of [sender, viewer, other]) await client.close();
    const ended = await server.terminate();
    assert.deepEqual(ended, { code: 0, signal: null });
    assert.equal(server.export(channel).length, said);
    return said;
}

test('a file size limit stops the message log alone, and its end lets it go on', kTimeout, async (t) => {
    const tried = command('prlimit', '--version');
    if (tried.status !== 0) return t.skip('there is no prlimit here');
    const server = await Server.start({ config });
    try {
        const largest = Math.max(...readdirSync(server.data).map((name) => statSync(join(server.data, name)).size));
        const limited = command('prlimit', '--pid', String(server.pid), `--fsize=${largest + (1 << 20)}:unlimited`);
        if (limited.status !== 0) return t.skip(`prlimit is not permitted: ${limited.stderr.trim()}`);
        const said = await drill(server, kLog, () => assert.equal(command('prlimit', '--pid', String(server.pid), '--fsize=unlimited:unlimited').status, 0));
        console.log(`file size limit: ${said} messages, all stored in the end`);
    } finally {
        await server.stop();
    }
});

test('a full file system stops the spool too, and more room lets it go on', kTimeout, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'clamor-full-'));
    const mount = join(folder, 'disk');
    mkdirSync(mount);
    const mounted = command('mount', '-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', mount);
    if (mounted.status !== 0) {
        rmSync(folder, { recursive: true });
        return t.skip(`mounting a small file system is not permitted: ${mounted.stderr.trim()}`);
    }
    let server;
    try {
        server = await Server.start({ config, data: join(mount, 'data') });
        const said = await drill(server, kSpool, () => assert.equal(command('mount', '-o', 'remount,size=200m', mount).status, 0));
        console.log(`full file system: ${said} messages, all stored in the end`);
    } finally {
        await server?.stop();
        command('umount', mount);
        rmSync(folder, { recursive: true, force: true });
    }
});
