// SPDX-License-Identifier: Apache-2.0
// The rules of Twitch's chat as they are on the wire: order of replies, tags, limits, who hears what, what is stored.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { IrcClient, kAllCaps, parseLine } from './irc.mjs';
import { Server, runClamor, sleep } from './server.mjs';

const kTimeout = { timeout: 30_000 };
let server;
const open = [];
async function login(nick, options) {
    const client = await IrcClient.login(server, nick, options);
    open.push(client);
    return client;
}

before(async () => (server = await Server.start()));
after(async () => {
    for (const client of open) client.socket.destroy();
    const ended = await server.stop();
    assert.deepEqual(ended, { code: 0, signal: null });
});

test('registration: capabilities, welcome and the own state, in this order', kTimeout, async () => {
    const client = await IrcClient.connect(server.irc);
    open.push(client);
    client.send(`CAP REQ :${kAllCaps}`, 'CAP LS 302', 'CAP REQ :twitch.tv/tags nonsense', 'PASS oauth:dev', 'NICK Alice', 'PING :here');
    await client.lines.next('PONG');
    assert.deepEqual(client.lines.all.map((line) => line.replace(/^@\S+ /, '@ ')), [
        `:tmi.twitch.tv CAP * ACK :${kAllCaps}`,
        ':tmi.twitch.tv CAP * LS :twitch.tv/commands twitch.tv/membership twitch.tv/tags',
        ':tmi.twitch.tv CAP * NAK :twitch.tv/tags nonsense',
        ':tmi.twitch.tv 001 alice :Welcome, GLHF!',
        ':tmi.twitch.tv 002 alice :Your host is tmi.twitch.tv',
        ':tmi.twitch.tv 003 alice :This server is rather new',
        ':tmi.twitch.tv 004 alice :-',
        ':tmi.twitch.tv 375 alice :-',
        ':tmi.twitch.tv 372 alice :You are in a maze of twisty passages, all alike.',
        ':tmi.twitch.tv 376 alice :>',
        '@ :tmi.twitch.tv GLOBALUSERSTATE',
        ':tmi.twitch.tv PONG tmi.twitch.tv :here',
    ]);
    assert.deepEqual(Object.keys(parseLine(client.lines.all[10]).tags),
        ['badge-info', 'badges', 'color', 'display-name', 'emote-sets', 'user-id', 'user-type']);
});

test('PASS after NICK, lower case commands, LF alone and lines cut anywhere', kTimeout, async () => {
    const client = await IrcClient.connect(server.irc);
    open.push(client);
    for (const piece of ['nick bo', 'b\npa', 'ss :oauth:dev\ncap req twitch.tv/tags\njoin #pieces\nprivmsg #pieces :\xc3', '\xa4h', '\n']) {
        client.sendBytes(Buffer.from(piece, 'latin1'));
        await sleep(20);
    }
    await client.lines.next(' 366 bob #pieces ');
    const other = await login('justinfan99', { channels: ['pieces'] });
    client.sendBytes('privmsg #pieces :umlaut \u00e4\n');
    assert.equal((await other.hears('umlaut \u00e4')).nick, 'bob');
});

test('a login is refused for a wrong token, a token without "oauth:", an impossible nick and a second nick', kTimeout, async () => {
    for (const [lines, text] of [
        [['PASS oauth:invalid', 'NICK carol'], ':tmi.twitch.tv NOTICE * :Login authentication failed'],
        [['PASS dev', 'NICK carol'], ':tmi.twitch.tv NOTICE * :Improperly formatted auth'],
        [['PASS oauth:dev', 'NICK a!b'], ':tmi.twitch.tv NOTICE * :Invalid NICK'],
    ]) {
        const client = await IrcClient.connect(server.irc);
        client.send(...lines);
        await client.closed;
        assert.deepEqual(client.lines.all, [text]);
    }
    const client = await login('carol');
    client.send('NICK dave');
    await client.closed;
});

test('fifteen channels in one JOIN are answered block by block, in their order', kTimeout, async () => {
    const client = await login('joiner');
    const channels = Array.from({ length: 15 }, (_, i) => `many${i}`);
    client.lines.skip();
    const before = client.lines.all.length;
    client.send(`JOIN ${channels.map((name) => `#${name}`).join(',')}`, 'PING :behind');
    await client.lines.next(' PONG ');
    const kinds = client.lines.all.slice(before, -1).map((line) => parseLine(line)).map(({ command, params }) => `${command} ${params.find((p) => p.startsWith('#'))}`);
    assert.deepEqual(kinds, channels.flatMap((name) => ['JOIN', '353', '366', 'USERSTATE', 'ROOMSTATE'].map((kind) => `${kind} #${name}`)));
});

test('replies come in the order of the requests, whatever each of them waits for', kTimeout, async () => {
    const client = await login('order', { channels: ['queue'] });
    const before = client.lines.all.length;
    client.send('PRIVMSG #queue :first', 'PING :1', 'JOIN #orderb', 'PRIVMSG #queue :first', 'PART #orderb', 'FOO', 'PRIVMSG #queue :second', 'PING :2');
    await client.lines.next('PONG tmi.twitch.tv :2');
    const told = client.lines.all.slice(before).map((line) => parseLine(line)).map(({ command, tags }) => tags['msg-id'] ?? (tags.id ? 'echo' : command));
    assert.deepEqual(told, ['echo', 'PONG', 'JOIN', '353', '366', 'USERSTATE', 'ROOMSTATE',
        'msg_duplicate', 'PART', '421', 'echo', 'PONG']);
});

test('a message has every tag, emotes counted in code points, and its own time', kTimeout, async () => {
    const sender = await login('ella');
    const viewer = await login('viewer1', { channels: ['lobby'] });
    const started = Date.now();
    const emotes = (await server.get('/api/emotes/1000')).json;
    const code = JSON.stringify(emotes).match(/"code":"([A-Za-z0-9]+)"/)?.[1];
    assert.ok(code, 'the demo has global emotes');
    sender.say('lobby', `\u{1F602}\u{1F602} ${code} \u{1F469}\u200D\u{1F680} ${code}`);
    const heard = await viewer.lines.next(' PRIVMSG #lobby ');
    assert.deepEqual(Object.keys(heard.tags), ['badge-info', 'badges', 'color', 'display-name', 'emotes', 'first-msg', 'flags', 'id', 'mod',
        'returning-chatter', 'room-id', 'subscriber', 'tmi-sent-ts', 'turbo', 'user-id', 'user-type']);
    const second = 3 + code.length + 1 + 3 + 1;
    assert.equal(heard.tags.emotes.split(':')[1], `3-${2 + code.length},${second}-${second + code.length - 1}`);
    assert.match(heard.tags.id, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    assert.equal(heard.tags['room-id'], '1000');
    assert.equal(heard.tags['first-msg'], '1');
    assert.equal(heard.prefix, 'ella!ella@ella.tmi.twitch.tv');
    assert.ok(Math.abs(Number(heard.tags['tmi-sent-ts']) - started) < 5000);
    await sender.sayStored('lobby', 'and again');
    assert.equal((await viewer.hears('and again')).tags['first-msg'], '0');
});

test('broadcaster and moderator are shown as what they are', kTimeout, async () => {
    await (await login('modmaker', { channels: ['modroom'] })).alive();
    const moderator = await login('helper');
    await moderator.alive();
    const set = server.run('channel', 'role', '--data', server.data, 'modroom', 'helper', 'moderator');
    assert.equal(set.status, 0, set.stderr);
    const viewer = await login('viewer2', { channels: ['modroom'] });
    const owner = await login('modroom');
    await owner.sayStored('modroom', 'mine');
    const mine = await viewer.hears('mine');
    assert.deepEqual([mine.tags.badges, mine.tags.mod], ['broadcaster/1', '0']);
    const echo = await moderator.sayStored('modroom', 'to help');
    assert.deepEqual([echo.tags.mod, echo.tags['user-type']], ['1', 'mod']);
    const helped = await viewer.hears('to help');
    assert.deepEqual([helped.tags.badges, helped.tags.mod, helped.tags['user-type']], ['moderator/1', '1', 'mod']);
});

test('the sender gets an echo with id and nonce, its other connection and everybody else the message', kTimeout, async () => {
    const sender = await login('twice', { channels: ['echo'] });
    const itself = await login('twice', { channels: ['echo'] });
    const viewer = await login('viewer3', { channels: ['echo'] });
    const echo = await sender.sayStored('echo', 'hello', 'client-nonce=0d1632f37b6baee51576859d5dbaf325');
    assert.equal(echo.tags['client-nonce'], '0d1632f37b6baee51576859d5dbaf325');
    for (const client of [itself, viewer]) {
        const heard = await client.hears('hello');
        assert.equal(heard.tags.id, echo.tags.id);
        assert.equal(heard.tags['client-nonce'], '0d1632f37b6baee51576859d5dbaf325');
    }
    await sender.alive();
    assert.equal(sender.lines.count('PRIVMSG'), 0);
});

test('one need not be in a channel to speak there', kTimeout, async () => {
    const viewer = await login('viewer4', { channels: ['outside'] });
    const sender = await login('outsider');
    const echo = await sender.sayStored('outside', 'through the window');
    assert.equal((await viewer.hears('through the window')).tags.id, echo.tags.id);
});

test('actions, escapes and unknown commands', kTimeout, async () => {
    const viewer = await login('viewer5', { channels: ['slash'] });
    const sender = await login('slash');
    sender.send('PRIVMSG #slash :\x01ACTION waves\x01', 'PRIVMSG #slash :/me nods', 'PRIVMSG #slash :/ /ban all', 'PRIVMSG #slash :..dots', 'PRIVMSG #slash :/nosuch thing');
    await viewer.hears('\x01ACTION waves\x01');
    await viewer.hears('\x01ACTION nods\x01');
    await viewer.hears('/ban all');
    await viewer.hears('..dots');
    const notice = await sender.lines.next('NOTICE #slash');
    assert.equal(notice.tags['msg-id'], 'unrecognized_cmd');
});

test('replies carry their parent and the root of their thread', kTimeout, async () => {
    const viewer = await login('viewer6', { channels: ['thread'] });
    const ann = await login('ann');
    const ben = await login('ben');
    const root = (await ann.sayStored('thread', 'a; root \\ of all')).tags.id;
    const answer = (await ben.sayStored('thread', 'first answer', `reply-parent-msg-id=${root}`)).tags.id;
    const first = await viewer.lines.next('first answer');
    assert.equal(first.text, `@${first.tags['reply-parent-display-name']} first answer`);
    assert.equal(first.tags['reply-parent-msg-body'], 'a; root \\ of all');
    assert.equal(first.tags['reply-parent-user-login'], 'ann');
    await ann.sayStored('thread', 'second answer', `reply-parent-msg-id=${answer}`);
    const second = await viewer.lines.next('second answer');
    assert.equal(second.tags['reply-parent-msg-id'], answer);
    assert.equal(second.tags['reply-thread-parent-msg-id'], root);
    await ann.sayStored('thread', 'to nobody', 'reply-parent-msg-id=00000000-0000-4000-8000-000000000000');
    assert.equal((await viewer.hears('to nobody')).tags['reply-parent-msg-id'], undefined);
});

test('the same text twice within thirty seconds is refused', kTimeout, async () => {
    const sender = await login('parrot', { channels: ['cage'] });
    await sender.sayStored('cage', 'hello');
    sender.say('cage', 'hello');
    const notice = await sender.lines.next('NOTICE #cage');
    assert.equal(notice.tags['msg-id'], 'msg_duplicate');
    await sender.sayStored('cage', 'hello!');
});

test('the twenty-first message in thirty seconds is refused, and says how long to wait', kTimeout, async () => {
    const viewer = await login('viewer7', { channels: ['flood'] });
    const sender = await login('flooder');
    for (let i = 0; i < 25; ++i) sender.say('flood', `message ${i}`);
    await sender.alive();
    assert.equal(sender.lines.count(/^@\S*id=[0-9a-f-]{36};.* USERSTATE #flood/), 20);
    assert.equal(sender.lines.count('msg-id=msg_ratelimit'), 5);
    assert.match(sender.lines.all.find((line) => line.includes('msg_ratelimit')), /You can send again in (2\d|30) seconds\./);
    await viewer.hears('message 19');
    await viewer.alive();
    assert.equal(viewer.lines.count('PRIVMSG #flood'), 20);
    const owner = await login('flood');
    for (let i = 0; i < 40; ++i) owner.say('flood', `own ${i}`);
    await owner.alive();
    assert.equal(owner.lines.count('msg_ratelimit'), 0, 'a broadcaster has a wider window');
});

test('more than twenty joins in ten seconds are refused with one notice', kTimeout, async () => {
    const client = await login('hasty');
    client.send(`JOIN ${Array.from({ length: 30 }, (_, i) => `#hasty${i}`).join(',')}`);
    await client.alive();
    assert.equal(client.lines.count(' ROOMSTATE #hasty'), 20);
    assert.equal(client.lines.count('clamor_join_ratelimit'), 1);
});

test('NAMES and membership: who is there, who comes and who goes', { timeout: 40_000 }, async () => {
    const watcher = await login('watcher', { channels: ['party'] });
    const guest = await login('guest', { channels: ['party'] });
    const anonymous = await login('justinfan7', { channels: ['party'] });
    await watcher.lines.next(':guest!guest@guest.tmi.twitch.tv JOIN #party', 15_000);
    guest.send('NAMES #party');
    const names = await guest.lines.next((line) => line.includes(' 353 ') && line.includes('watcher'));
    assert.ok(names.text.split(' ').includes('guest'));
    assert.ok(!names.text.includes('justinfan'));
    const plain = await login('plain', { caps: 'twitch.tv/tags', channels: [] });
    plain.send('JOIN #party');
    assert.equal((await plain.lines.next(' 353 ')).text, 'plain');
    guest.send('PART #party');
    await guest.lines.next(':guest!guest@guest.tmi.twitch.tv PART #party');
    await watcher.lines.next(':guest!guest@guest.tmi.twitch.tv PART #party', 15_000);
    assert.equal(watcher.lines.count('justinfan'), 0);
    assert.equal(anonymous.lines.count(' USERSTATE '), 0);
});

test('anonymous connections read and are not heard', kTimeout, async () => {
    const viewer = await login('viewer8', { channels: ['quiet'] });
    const anonymous = await login('justinfan12345', { channels: ['quiet'] });
    anonymous.say('quiet', 'psst');
    await anonymous.alive();
    await viewer.sayStored('quiet', 'anyone?');
    assert.equal((await anonymous.hears('anyone?')).nick, 'viewer8');
    assert.equal(viewer.lines.count('psst'), 0);
});

test('what was said is in the history, in both its forms, and in the export', kTimeout, async () => {
    const sender = await login('writer');
    const ids = [];
    for (const text of ['one', 'two; \u{1F602}', 'three']) ids.push((await sender.sayStored('memory', text)).tags.id);
    sender.say('memory', '\x01ACTION bows\x01');
    await sender.alive();

    const { status, json } = await server.get('/api/channels/memory/messages');
    assert.equal(status, 200);
    assert.deepEqual(json.messages.map((message) => message.text), ['one', 'two; \u{1F602}', 'three', 'bows']);
    assert.deepEqual(json.messages.slice(0, 3).map((message) => message.id), ids);
    assert.deepEqual(json.messages.map((message) => message.seq), [1, 2, 3, 4]);
    assert.deepEqual(json.messages.map((message) => message.author.login), Array(4).fill('writer'));
    assert.deepEqual(json.messages.map((message) => message.action), [false, false, false, true]);
    const page = (await server.get('/api/channels/memory/messages?after_seq=1&limit=2')).json;
    assert.deepEqual(page.messages.map((message) => message.text), ['two; \u{1F602}', 'three']);
    const last = (await server.get('/api/channels/memory/messages?before_seq=4&limit=1')).json;
    assert.deepEqual(last.messages.map((message) => message.text), ['three']);

    const recent = await server.get('/api/v2/recent-messages/memory');
    assert.equal(recent.headers.get('access-control-allow-origin'), '*');
    assert.deepEqual([recent.json.error, recent.json.error_code], [null, null]);
    const lines = recent.json.messages.map(parseLine);
    assert.deepEqual(lines.map((line) => line.text), ['one', 'two; \u{1F602}', 'three', '\x01ACTION bows\x01']);
    assert.deepEqual(lines.slice(0, 3).map((line) => line.tags.id), ids);
    for (const line of lines) {
        assert.equal(line.tags.historical, '1');
        assert.ok(Math.abs(Number(line.tags['rm-received-ts']) - Date.now()) < 10_000);
    }
    assert.equal((await server.get('/api/v2/recent-messages/memory?limit=2')).json.messages.length, 2);
    assert.equal((await server.get('/api/v2/recent-messages/nobody_was_here')).json.error_code, 'channel_not_joined');
    assert.equal((await server.get('/api/v2/recent-messages/no%20channel')).status, 400);

    assert.deepEqual(server.export('memory').map((message) => message.text), ['one', 'two; \u{1F602}', 'three', 'bows']);
});

test('health, readiness and metrics', kTimeout, async () => {
    assert.equal((await server.get('/healthz')).json.status, 'ok');
    assert.equal((await server.get('/readyz')).json.status, 'ready');
    const { status, headers, text } = await server.get('/metrics');
    assert.equal(status, 200);
    assert.match(headers.get('content-type'), /^text\/plain/);
    assert.match(text, /^# TYPE clamor_messages_accepted_total counter$/m);
    assert.ok((await server.metric('clamor_messages_accepted_total')) > 50);
    assert.ok((await server.metric('clamor_log_appended_total')) > 50);
    assert.equal(await server.metric('clamor_room_faults_total'), 0);
});

test('no line of the server was broken', kTimeout, () => {
    for (const client of open) assert.deepEqual(client.lines.faults, []);
});

test('a second server on the same port is refused and told what to do', kTimeout, async () => {
    const second = runClamor('serve', '--dev', '--data', `${server.data}-second`, '--http', `127.0.0.1:${server.http}`,
        '--irc', '127.0.0.1:0');
    assert.equal(second.status, 1);
    assert.match(second.stderr, /cannot listen on 127\.0\.0\.1:\d+; stop what uses it, or give another address with --http/);
});
