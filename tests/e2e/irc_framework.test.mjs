// SPDX-License-Identifier: Apache-2.0
// irc-framework: a client for ordinary IRC, which knows nothing of Twitch.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import Irc from 'irc-framework';
import { announceEverything, kAnnounced } from './announcer.mjs';
import { IrcClient } from './irc.mjs';
import { moderateEverything } from './moderator.mjs';
import { eventually, exitSoon, Server } from './server.mjs';

const kTimeout = { timeout: 30_000 };
let server;
const clients = [];

function client(nick, options = {}) {
    const made = new Irc.Client();
    made.requestCap(['twitch.tv/tags', 'twitch.tv/commands', 'twitch.tv/membership']);
    made.connect({ host: '127.0.0.1', port: server.irc, nick, username: nick, gecos: nick, password: 'oauth:dev', auto_reconnect: false, ...options });
    clients.push(made);
    return made;
}

before(async () => (server = await Server.start()));
after(async () => {
    exitSoon();
    for (const made of clients) made.quit();
    await server.stop();
});

test('irc-framework registers, joins, speaks and hears', kTimeout, async () => {
    const [ida, ivo] = [client('ida'), client('ivo')];
    await Promise.all([ida, ivo].map((made) => once(made, 'registered')));
    for (const made of [ida, ivo]) {
        const join = once(made, 'userlist');
        made.join('#plainroom');
        await join;
    }
    let message = once(ivo, 'message');
    ida.say('#plainroom', 'hello');
    let [said] = await message;
    assert.deepEqual([said.type, said.nick, said.target, said.message], ['privmsg', 'ida', '#plainroom', 'hello']);
    message = once(ivo, 'message');
    ida.action('#plainroom', 'waves to all');
    [said] = await message;
    assert.deepEqual([said.type, said.nick, said.message], ['action', 'ida', 'waves to all']);
    const part = once(ida, 'part');
    ida.part('#plainroom');
    assert.equal((await part)[0].nick, 'ida');
});

test('irc-framework sees tags of others, and none of its own words', kTimeout, async () => {
    const made = client('iris');
    await once(made, 'registered');
    const join = once(made, 'userlist');
    made.join('#plaintags');
    await join;
    const other = await IrcClient.login(server, 'ingo', { channels: ['plaintags'] });
    let own = 0;
    made.on('message', ({ nick }) => (own += nick === 'iris'));
    made.say('#plaintags', 'mine');
    await other.hears('mine');
    const message = once(made, 'message');
    const echo = await other.sayStored('plaintags', 'yours');
    const [said] = await message;
    assert.equal(said.message, 'yours');
    assert.equal(said.tags.id, echo.tags.id);
    assert.equal(own, 0);
    await other.close();
});

test('irc-framework reads what a moderator does, as far as it knows Twitch', kTimeout, async () => {
    const watcher = client('irwatcher');
    await once(watcher, 'registered');
    const join = once(watcher, 'userlist');
    watcher.join('#irmods');
    await join;
    const seen = [];
    watcher.on('unknown command', ({ command, params, tags }) => seen.push({ command, params, tags }));
    const done = new Promise((heard) => watcher.on('message', ({ message }) => message === 'all done' && heard()));
    const { messageId } = await moderateEverything(server, 'irmods', 'irvictim', 'irwatcher');
    await done;
    const of = (name) => seen.filter(({ command }) => command === name);
    await eventually(() => of('WHISPER').length === 1, 'the whisper');
    const [timeout, ban, clear] = of('CLEARCHAT');
    assert.deepEqual([timeout.params, timeout.tags['ban-duration']], [['#irmods', 'irvictim'], '30']);
    assert.deepEqual([ban.params, ban.tags['ban-duration']], [['#irmods', 'irvictim'], undefined]);
    assert.deepEqual(clear.params, ['#irmods']);
    const [deleted] = of('CLEARMSG');
    assert.deepEqual([deleted.params, deleted.tags['target-msg-id'], deleted.tags.login], [['#irmods', 'rude words'], messageId, 'irvictim']);
    assert.equal(of('ROOMSTATE').length, 10);
    assert.deepEqual(of('USERNOTICE').map(({ tags }) => tags['msg-id']), ['announcement', 'raid']);
    assert.deepEqual(of('WHISPER')[0].params, ['irwatcher', 'between us']);
});

test('irc-framework stays and reads the tags while the platform announces all that there is', kTimeout, async () => {
    const watcher = client('irfan');
    await once(watcher, 'registered');
    const join = once(watcher, 'userlist');
    watcher.join('#irevents');
    await join;
    const seen = [];
    let left = 0;
    watcher.on('close', () => ++left);
    watcher.on('unknown command', ({ command, params, tags }) => command === 'USERNOTICE' && seen.push({ params, tags }));
    const cheer = new Promise((heard) => watcher.on('message', (said) => said.message === 'well played' && heard(said)));
    const ids = await announceEverything(server, 'irevents');
    const { nick, tags } = await cheer;
    assert.deepEqual([nick, tags.bits], ['fan', '100']);
    assert.deepEqual(seen.map((notice) => notice.tags['msg-id']), kAnnounced);
    // It reads the names of tags in lower case.
    const has = (index, wanted) => {
        const parameters = seen[index].tags;
        assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, parameters[`msg-param-${key}`]])), wanted);
    };
    assert.deepEqual(seen[1].params, ['#irevents', 'Great stream']);
    has(1, { 'sub-plan': 'Prime', 'cumulative-months': '6', 'streak-months': '2' });
    has(2, { 'gifter-id': ids.giver, 'gift-months': '6', 'gift-month-being-redeemed': '3' });
    has(3, { 'mass-gift-count': '10', 'sender-count': '20' });
    has(4, { 'recipient-id': ids.lucky, 'sub-plan': '3000', 'gift-months': '6', months: '4' });
    has(9, { 'prior-gifter-id': ids.giver, 'recipient-id': ids.fan });
    has(11, { login: 'giver', viewercount: '42' });
    has(13, { threshold: '1000' });
    has(14, { value: '10', coporeward: '450' });
    assert.equal(left, 0);
    assert.ok(watcher.connected);
});

test('irc-framework is let go when the login fails', kTimeout, async () => {
    const made = client('ida', { password: 'oauth:invalid' });
    const notice = once(made, 'notice');
    const close = once(made, 'close');
    assert.match((await notice)[0].message, /Login authentication failed/);
    await close;
});
