// SPDX-License-Identifier: Apache-2.0
// Moderation by the commands that bots type: tmi.js, whose promises fail 600 ms after a command that was not answered as it expects.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import tmi from 'tmi.js';
import { IrcClient } from './irc.mjs';
import { eventually, exitSoon, Server } from './server.mjs';

const kTimeout = { timeout: 40_000 };
let server;
const bots = [];

/** A bot that has joined the channel of `room`. */
async function joined(login, room) {
    const client = new tmi.Client({
        options: { skipUpdatingEmotesets: true, joinInterval: 300 },
        connection: { server: '127.0.0.1', port: server.http, secure: false, reconnect: false },
        identity: { username: login, password: 'oauth:dev' },
        channels: [room],
        logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
    });
    bots.push(client);
    const join = once(client, 'roomstate');
    await client.connect();
    await join;
    return client;
}

before(async () => (server = await Server.start()));
after(async () => {
    exitSoon();
    for (const client of bots) await client.disconnect().catch(() => {});
    await server.stop();
});

test('tmi.js bans, times out and takes it back', kTimeout, async () => {
    const owner = await joined('banroom', 'banroom');
    const victim = await joined('victim', 'banroom');
    const watcher = await joined('watcher', 'banroom');

    const timeout = once(watcher, 'timeout');
    assert.deepEqual(await owner.timeout('banroom', 'victim', 30, 'calm down'), ['#banroom', 'victim', 30, 'calm down']);
    const [, who, , seconds, tags] = await timeout;
    assert.equal(who, 'victim');
    assert.equal(seconds, 30);
    assert.match(tags['target-user-id'], /^\d{4,}$/);
    const refused = once(victim, 'notice');
    await victim.say('banroom', 'am I?');
    assert.equal((await refused)[1], 'msg_timedout');
    assert.deepEqual(await owner.unban('banroom', 'victim'), ['#banroom', 'victim']);

    const ban = once(watcher, 'ban');
    const out = once(victim, 'part');
    assert.deepEqual(await owner.ban('banroom', 'victim', 'spam'), ['#banroom', 'victim', 'spam']);
    assert.equal((await ban)[1], 'victim');
    assert.equal((await out)[1], 'victim');
    await assert.rejects(owner.ban('banroom', 'victim'), (error) => error === 'already_banned');
    await assert.rejects(victim.join('banroom'), (error) => error === 'msg_banned');
    await owner.unban('banroom', 'victim');
    await assert.rejects(owner.unban('banroom', 'victim'), (error) => error === 'bad_unban_no_ban');
    await assert.rejects(watcher.ban('banroom', 'victim'), (error) => error === 'no_permission');
    await assert.rejects(owner.ban('banroom', 'banroom'), (error) => error === 'bad_ban_self');
});

test('tmi.js switches every room mode on and off', kTimeout, async () => {
    const owner = await joined('moderoom', 'moderoom');
    const watcher = await joined('modewatcher', 'moderoom');
    const slow = once(watcher, 'slow');
    await owner.slow('moderoom', 300);
    assert.deepEqual((await slow).slice(1), [true, 300]);
    await owner.slow('moderoom', 300);
    await owner.slowoff('moderoom');
    const followers = once(watcher, 'followersonly');
    await owner.followersonly('moderoom', 30);
    assert.deepEqual((await followers).slice(1), [true, 30]);
    await owner.followersonlyoff('moderoom');
    for (const mode of ['emoteonly', 'subscribers', 'r9kbeta']) {
        const on = once(watcher, mode);
        await owner[mode]('moderoom');
        assert.equal((await on)[1], true);
        await assert.rejects(owner[mode]('moderoom'), (error) => /^already_/.test(error));
        await owner[`${mode}off`]('moderoom');
    }
});

test('tmi.js gives and takes roles and lists them', kTimeout, async () => {
    const owner = await joined('roleroom', 'roleroom');
    await joined('helper', 'roleroom');
    assert.deepEqual(await owner.mods('roleroom'), []);
    assert.deepEqual(await owner.vips('roleroom'), []);
    await owner.mod('roleroom', 'helper');
    assert.deepEqual(await owner.mods('roleroom'), ['helper']);
    await assert.rejects(owner.mod('roleroom', 'helper'), (error) => error === 'bad_mod_mod');
    await owner.unmod('roleroom', 'helper');
    await owner.vip('roleroom', 'helper');
    assert.deepEqual(await owner.vips('roleroom'), ['helper']);
    await owner.unvip('roleroom', 'helper');
    assert.deepEqual(await owner.commercial('roleroom', 30), ['#roleroom', 30]);
    await assert.rejects(owner.unvip('roleroom', 'helper'), (error) => error === 'bad_unvip_grantee_not_vip');
});

test('tmi.js deletes a message and clears the chat', kTimeout, async () => {
    const owner = await joined('deleteroom', 'deleteroom');
    const writer = await joined('deletewriter', 'deleteroom');
    const message = once(owner, 'message');
    await writer.say('deleteroom', 'delete this');
    const id = (await message)[1].id;
    const gone = once(writer, 'messagedeleted');
    await owner.deletemessage('deleteroom', id);
    assert.deepEqual((await gone).slice(1, 3), ['deletewriter', 'delete this']);
    const cleared = once(writer, 'clearchat');
    await owner.clear('deleteroom');
    await cleared;
    await assert.rejects(owner.deletemessage('deleteroom', '00000000-0000-4000-8000-000000000000'),
        (error) => error === 'bad_delete_message_error');
});

test('tmi.js changes its colour and whispers', kTimeout, async () => {
    const one = await joined('whisperer', 'whisperroom');
    const other = await joined('listener', 'whisperroom');
    assert.deepEqual(await one.color('SpringGreen'), ['SpringGreen']);
    const heard = once(other, 'message');
    await one.say('whisperroom', 'in green');
    assert.equal((await heard)[1].color, '#00FF7F');
    const whisper = once(other, 'whisper');
    await one.whisper('listener', 'between us');
    const [from, , text] = await whisper;
    assert.equal(from, '#whisperer');
    assert.equal(text, 'between us');
});

test('history obeys moderation', kTimeout, async () => {
    const owner = await IrcClient.login(server, 'historyroom', { channels: ['historyroom'] });
    const writer = await IrcClient.login(server, 'historian', { channels: ['historyroom'] });
    await writer.sayStored('historyroom', 'first');
    const { tags } = await writer.sayStored('historyroom', 'second');
    owner.say('historyroom', `/delete ${tags.id}`);
    await owner.lines.next('msg-id=delete_message_success');
    owner.say('historyroom', '/announce welcome');
    await owner.lines.next('msg-id=announcement');
    const texts = async () => (await server.get('/api/channels/historyroom/messages')).json.messages.map(({ text, deleted }) => [text, deleted]);
    await eventually(async () => JSON.stringify(await texts()) === '[["first",false],["second",true]]', 'the deletion is in the history');
    owner.say('historyroom', '/timeout historian 60');
    await owner.lines.next('msg-id=timeout_success');
    await eventually(async () => (await texts()).every(([, deleted]) => deleted), 'all messages of the author are marked');
    const recent = async (query = '') => (await server.get(`/api/v2/recent-messages/historyroom${query}`)).json.messages;
    const lines = await recent();
    assert.equal(lines.filter((line) => line.includes('rm-deleted=1')).length, 2);
    assert.equal(lines.filter((line) => line.includes(' CLEARMSG #historyroom :second')).length, 1);
    assert.equal(lines.filter((line) => line.includes('@ban-duration=60;historical=1;')).length, 1);
    assert.equal(lines.filter((line) => line.includes(' USERNOTICE #historyroom :welcome')).length, 1);
    assert.equal((await recent('?hide_moderation_messages=true')).filter((line) => /CLEAR(CHAT|MSG)/.test(line)).length, 0);
    assert.equal((await recent('?hide_moderated_messages=true')).filter((line) => line.includes('PRIVMSG')).length, 0);
    assert.equal((await recent('?clearchat_to_notice=true')).filter((line) => line.includes('msg-id=rm-timeout')).length, 1);
    assert.deepEqual(server.export('historyroom').map(({ text, deleted }) => [text, deleted]), [['first', true], ['second', true]]);
    await owner.close();
    await writer.close();
});

test('moderation holds after a restart', kTimeout, async () => {
    const owner = await IrcClient.login(server, 'restartroom', { channels: ['restartroom'] });
    owner.say('restartroom', '/ban outlaw');
    await owner.lines.next('msg-id=ban_success');
    owner.say('restartroom', '/slow 120');
    await owner.lines.next('msg-id=slow_on');
    await owner.close();
    await server.terminate();
    await server.restart();
    const outlaw = await IrcClient.login(server, 'outlaw');
    outlaw.send('JOIN #restartroom');
    await outlaw.lines.next('msg-id=msg_banned');
    const viewer = await IrcClient.login(server, 'viewer');
    const state = await viewer.join('restartroom');
    assert.equal(state.tags.slow, '120');
    await outlaw.close();
    await viewer.close();
});
