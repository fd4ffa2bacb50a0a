// SPDX-License-Identifier: Apache-2.0
// Input that is wrong, hostile or without end. After each case the two canaries still talk, served by the same process.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { Canary, percentile } from './canary.mjs';
import { IrcClient, parseLine } from './irc.mjs';
import { closePayload, frame, kBinary, kClose, kPing, kPong, RawConnection, RawWebSocket, upgrade } from './raw.mjs';
import { eventually, Server, sleep } from './server.mjs';

const kTimeout = { timeout: 40_000 };
let server;
let canary;
let halfHandshakes;
const started = Date.now();
const clients = [];

async function login(nick, options) {
    const client = await IrcClient.login(server, nick, options);
    clients.push(client);
    return client;
}

before(async () => {
    server = await Server.start({ config: { limits: { messages_viewer: 10_000, messages_moderator: 10_000, joins_per_10s: 1000 } } });
    canary = await Canary.start(server);
    halfHandshakes = await Promise.all(['GET / HTTP/1.1\r\nHost: x\r\nUpgr', 'G', ''].map(async (bytes) => {
        const connection = await RawConnection.open(server.http);
        if (bytes) connection.send(bytes);
        return connection;
    }));
});
afterEach(async () => {
    for (const client of clients.splice(0)) {
        assert.deepEqual(client.lines.faults, [], 'every line of the server is whole');
        await client.close();
    }
    await canary.check();
});
after(async () => {
    await canary.stop();
    console.log(`canaries: ${canary.said} said, ${canary.heard} heard, p50 ${percentile(canary.latencies, 0.5).toFixed(1)} ms, p99 ${percentile(canary.latencies, 0.99).toFixed(1)} ms`);
    const ended = await server.stop();
    assert.equal(canary.heard, canary.said, 'the canaries missed nothing');
    assert.deepEqual(ended, { code: 0, signal: null });
});

// --- lines -----------------------------------------------------------------------------------------------------------

test('random bytes over TCP, before and after the login', kTimeout, async () => {
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
    const alphabet = Buffer.concat([Buffer.from([0, 1, 10, 13, 32, 58, 64, 61, 59, 44, 35, 92, 0xc3, 0xf0, 0xff, 0xed, 0xa0]), Buffer.from('JOINPARTPRIVMSGCAPREQNICK:#abc/me.')]);
    const garbage = (size) => Buffer.from(Array.from({ length: size }, () => alphabet[Math.floor(random() * alphabet.length)]));
    for (let i = 0; i < 20; ++i) {
        const raw = await RawConnection.open(server.irc);
        for (let j = 0; j < 10; ++j) raw.send(garbage(1 + Math.floor(random() * 3000)));
        await sleep(2);
        await raw.close();
    }
    const client = await login('garbler', { channels: ['garbage'] });
    for (let i = 0; i < 200; ++i) {
        const bytes = garbage(1 + Math.floor(random() * 400));
        // A QUIT or NICK by chance would end it; neither can be spelled with these letters behind a line end.
        client.sendBytes(Buffer.concat([Buffer.from('PRIVMSG #garbage :x'), bytes]));
    }
    await sleep(100);
    await canary.check();
});

test('NUL bytes and broken UTF-8 reach nobody as they are', kTimeout, async () => {
    const viewer = await login('reader1', { channels: ['bytes'] });
    const sender = await login('sender1');
    sender.sendBytes(Buffer.concat([Buffer.from('PRIVMSG #bytes :a'), Buffer.from([0, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xc0, 0xaf]), Buffer.from('z\r\n')]));
    const heard = await viewer.lines.next('PRIVMSG #bytes');
    assert.match(heard.text, /^a\ufffd+\(\ufffd+z$/);
    for (const bytes of [[0xff], [0xe2, 0x82], [0xf0, 0x9f, 0x98]]) {
        sender.sendBytes(Buffer.concat([Buffer.from('PING '), Buffer.from(bytes), Buffer.from('\r\nJOIN #'), Buffer.from(bytes), Buffer.from('\r\n'), Buffer.from(bytes), Buffer.from(' x\r\nCAP REQ :'), Buffer.from(bytes), Buffer.from('\r\n@client-nonce='), Buffer.from(bytes), Buffer.from(' PRIVMSG #bytes :n'), Buffer.from(bytes), Buffer.from('\r\n')]));
    }
    await sender.alive();
});

test('overlong lines are skipped and counted, the connection is kept, and sixteen of them end it', kTimeout, async () => {
    const viewer = await login('reader2', { channels: ['long'] });
    const sender = await login('sender2');
    const skipped = await server.metric('clamor_overlong_lines_total');
    sender.send(`PRIVMSG #long :${'x'.repeat(4096)}`, `@client-nonce=${'y'.repeat(8191)} PRIVMSG #long :tags`);
    await sender.sayStored('long', 'within the limits');
    assert.equal((await server.metric('clamor_overlong_lines_total')) - skipped, 2);
    assert.equal(viewer.lines.count('PRIVMSG #long'), 1);

    const longest = `PRIVMSG #long :${'z'.repeat(4096 - 16)}`;
    sender.send(`@client-nonce=n;x=${'t'.repeat(8191 - 20)} ${longest}`);
    assert.equal((await viewer.lines.next('zzz')).text, 'z'.repeat(500), 'cut at 500 code points');

    const flooder = await login('flooder2');
    for (let i = 0; i < 15; ++i) flooder.send('x'.repeat(5000));
    await flooder.alive();
    flooder.send('x'.repeat(5000));
    await flooder.closed;
    assert.equal(await server.metric('clamor_closed_total', { reason: 'input_flood' }), 1);
});

test('megabytes without a line end are one skipped line and hold no memory', kTimeout, async () => {
    const sender = await login('endless');
    const skipped = await server.metric('clamor_overlong_lines_total');
    const memory = server.memory();
    const block = 'x'.repeat(64 * 1024);
    sender.sendBytes(block);
    await sleep(50);
    for (let i = 0; i < 500; ++i) {
        if (!sender.socket.write(block)) await new Promise((done) => sender.socket.once('drain', done));
    }
    sender.sendBytes('\r\n');
    await sender.alive();
    assert.equal((await server.metric('clamor_overlong_lines_total')) - skipped, 1);
    assert.ok(server.memory() - memory < 8 << 20, `${(server.memory() - memory) >> 10} KiB more`);
});

test('ten thousand names in one JOIN', kTimeout, async () => {
    const client = await login('greedy');
    const names = Array.from({ length: 10_000 }, (_, i) => `#n${i}`);
    const skipped = await server.metric('clamor_overlong_lines_total');
    client.send(`JOIN ${names.join(',')}`);
    await client.alive();
    assert.equal((await server.metric('clamor_overlong_lines_total')) - skipped, 1);
    assert.equal(client.lines.count(' ROOMSTATE '), 0);
    // As many as a line can hold; a connection may be in a hundred channels.
    client.send(`JOIN ${names.slice(0, 700).join(',')}`);
    await client.alive();
    assert.equal(client.lines.count(' ROOMSTATE '), 100);
    assert.equal(client.lines.count('msg_concurrent_channel_limit_reached'), 600);
    client.send(`JOIN ${'#,'.repeat(2000)}`, 'JOIN ,,,,', 'JOIN #', 'JOIN', 'JOIN #a b c d e f g h i j k l m n o p q r s t u v w x y z', 'PART', 'PART ,#,', 'PART #nowhere');
    await client.alive();
});

test('tags and prefixes of a client change nothing about who it is', kTimeout, async () => {
    const viewer = await login('reader3', { channels: ['spoof'] });
    const sender = await login('spoofer');
    const honest = (await sender.sayStored('spoof', 'honest')).tags;
    const first = (await viewer.hears('honest')).tags;
    sender.send('@badges=broadcaster/1,staff/1;badge-info=subscriber/99;mod=1;user-id=1000;display-name=Canary;color=#FF0000;subscriber=1;turbo=1;vip=1;'
        + 'user-type=mod;tmi-sent-ts=1;id=00000000-0000-4000-8000-000000000000;room-id=1000;first-msg=1;bits=1000;emotes=25:0-4;flags=0-1:A.9;msg-id=highlighted-message;'
        + 'reply-parent-user-login=canary;historical=1;login=canary :canary!canary@canary.tmi.twitch.tv PRIVMSG #spoof :spoofed');
    const heard = await viewer.lines.next(' :spoofed');
    assert.equal(heard.prefix, 'spoofer!spoofer@spoofer.tmi.twitch.tv');
    const changing = new Set(['id', 'tmi-sent-ts', 'first-msg']);
    for (const [key, value] of Object.entries(first)) if (!changing.has(key)) assert.equal(heard.tags[key], value, key);
    assert.deepEqual(Object.keys(heard.tags), Object.keys(first));
    assert.notEqual(heard.tags.id, '00000000-0000-4000-8000-000000000000');
    assert.ok(Number(heard.tags['tmi-sent-ts']) >= Number(first['tmi-sent-ts']));
    const again = (await sender.sayStored('spoof', 'again')).tags;
    assert.deepEqual([again.badges, again.mod], [honest.badges, honest.mod]);
    sender.send(':tmi.twitch.tv PRIVMSG #spoof :from the server', ':tmi.twitch.tv NOTICE #spoof :hi', 'CLEARCHAT #spoof', 'USERNOTICE #spoof :sub', 'GLOBALUSERSTATE', 'RECONNECT');
    await sender.alive();
    assert.equal((await viewer.hears('from the server')).nick, 'spoofer');
    assert.equal(viewer.lines.count('NOTICE'), 0);
    assert.equal(viewer.lines.count('CLEARCHAT'), 0);
});

test('CR and LF in any field break no line', kTimeout, async () => {
    const viewer = await login('reader4', { channels: ['breaks'] });
    const evil = ':tmi.twitch.tv NOTICE * :gotcha';
    for (const cut of ['\r', '\n', '\r\n', '\0\r\n', '\r\r\n']) {
        const raw = await RawConnection.open(server.irc);
        raw.send(`PASS oauth:dev${cut}${evil}\r\nNICK nina${cut}${evil}\r\nPING :end\r\n`);
        await raw.until(/PONG|closed|NOTICE/).catch(() => {});
        assert.ok(!raw.text.split('\r\n').includes(evil), raw.text);
        await raw.close();
    }
    // Over WebSocket a frame may hold anything.
    for (const lines of [
        ['CAP REQ :twitch.tv/tags twitch.tv/commands', 'PASS oauth:dev', 'NICK breaker', `PRIVMSG #breaks :one\r${evil}\r`, `JOIN #breaks\r${evil}`, `@client-nonce=a\rb PRIVMSG #breaks :two\0\r`, `PING :a\r${evil}`],
    ]) {
        const ws = await RawWebSocket.open(server.http);
        for (const line of lines) ws.send(frame(line));
        ws.send(frame('PING :end'));
        await ws.line(/PONG tmi\.twitch\.tv :end\r\n/);
        assert.ok(!ws.lines.split(/\r\n|\r|\n/).includes(evil), ws.lines);
        assert.ok(!/[^\r]\n|\r[^\n]|\0/.test(ws.lines));
        await ws.close();
    }
    await viewer.lines.next(' :one');
    await viewer.lines.next(' :two');

    // Escaped ones, which turn up when tags are read.
    const sender = await login('escaper');
    const escaped = 'x\\r\\n:tmi.twitch.tv\\sNOTICE\\s*\\s:gotcha\\';
    const echo = await sender.sayStored('breaks', `root ${escaped}`, `client-nonce=${escaped}`);
    const root = await viewer.lines.next('root x');
    assert.equal(root.text, `root ${escaped}`);
    sender.say('breaks', 'answer', `reply-parent-msg-id=${echo.tags.id};client-nonce=${escaped}`);
    const reply = await viewer.lines.next(' answer');
    assert.equal(reply.tags['reply-parent-msg-body'], `root ${escaped}`);
    sender.say('breaks', 'stray', `reply-parent-msg-id=${escaped}`);
    await viewer.hears('stray');
    for (const line of [...viewer.lines.all, ...sender.lines.all]) {
        assert.ok(!line.startsWith(evil), line);
        assert.match(parseLine(line).command, /^([A-Z]+|\d{3})$/);
    }
});

test('what a client may not say before its login is not done', kTimeout, async () => {
    const viewer = await login('reader5', { channels: ['early'] });
    const raw = await RawConnection.open(server.irc);
    raw.send('JOIN #early\r\nPRIVMSG #early :too early\r\nNAMES #early\r\nPART #early\r\nFOO\r\nPING :x\r\n');
    await raw.until(/PONG tmi\.twitch\.tv :x\r\n/);
    assert.ok(!/ROOMSTATE| 353 /.test(raw.text));
    await raw.close();
    await viewer.alive();
    assert.equal(viewer.lines.count('too early'), 0);
});

test('ten thousand commands in one go are answered in order, or the sender is closed for not reading', kTimeout, async () => {
    const client = await login('torrent');
    for (let i = 0; i < 100; ++i) client.sendBytes(Array.from({ length: 100 }, (_, j) => `PING :${i * 100 + j}\r\n`).join(''));
    await Promise.race([client.lines.next('PONG tmi.twitch.tv :9999', 10_000).catch(() => {}), client.closed]);
    const numbers = client.lines.all.filter((line) => line.includes(' PONG ')).map((line) => Number(line.split(':').pop()));
    assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, i) => i), 'none is left out');
    if (numbers.length < 10_000) assert.match(client.lines.all.at(-1), /NOTICE \* :This connection is closed since it reads too slowly/);
});

// --- WebSocket ---------------------------------------------------------------------------------------------------------

async function closesWith(code, bytes, options) {
    const ws = await RawWebSocket.open(server.http, options);
    for (const each of [bytes].flat()) ws.send(each);
    assert.ok(await ws.closes(), 'the server closes');
    assert.equal(ws.code, code);
}

test('frames that break the protocol are answered with its codes', kTimeout, async () => {
    await closesWith(1002, frame('PING', { mask: false }));
    await closesWith(1002, frame('PING', { rsv: 2 }));
    await closesWith(1002, frame('PING', { rsv: 4 }), { headers: [] });
    await closesWith(1002, frame('', { opcode: 3 }));
    await closesWith(1002, frame('', { opcode: 11 }));
    await closesWith(1002, frame('x'.repeat(126), { opcode: kPing }));
    await closesWith(1002, frame('x', { opcode: kPing, fin: false }));
    await closesWith(1002, frame('x', { opcode: 0 }));
    await closesWith(1002, [frame('x', { fin: false }), frame('y')]);
    await closesWith(1007, frame(Buffer.from([0x50, 0xff, 0xfe])));
    await closesWith(1007, [frame(Buffer.from([0xe2, 0x82]), { fin: false }), frame('x', { opcode: 0 })]);
    const ws = await RawWebSocket.open(server.http);
    ws.send(Buffer.concat([frame('PING :a', { opcode: kBinary }), frame('are you there', { opcode: kPing }), frame('', { opcode: kPong })]));
    await eventually(() => ws.frames.some(({ opcode, payload }) => opcode === kPong && payload.toString() === 'are you there'), 'a pong');
    await ws.close();
});

test('oversize frames and messages are refused before they are read', kTimeout, async () => {
    const memory = server.memory();
    await closesWith(1009, frame('', { length: 65_537 }));
    await closesWith(1009, frame('', { length: 2 ** 40 }));
    await closesWith(1009, frame('x'.repeat(70_000)));
    await closesWith(1009, [frame('x'.repeat(40_000), { fin: false }), frame('x'.repeat(40_000), { opcode: 0 })]);
    const head = Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
    const ws = await RawWebSocket.open(server.http);
    ws.send(head);
    assert.ok(await ws.closes());
    assert.ok([1002, 1009].includes(ws.code), `${ws.code}`);
    assert.ok(server.memory() - memory < 8 << 20);
});

test('close frames: good codes come back, bad ones are a violation', kTimeout, async () => {
    for (const code of [1000, 1001, 1003, 1007, 1011, 3000, 4999]) await closesWith(code, frame(closePayload(code, 'bye'), { opcode: kClose }));
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535]) await closesWith(1002, frame(closePayload(code), { opcode: kClose }));
    await closesWith(1002, frame('x', { opcode: kClose }));
    await closesWith(1007, frame(Buffer.concat([closePayload(1000), Buffer.from([0xff])]), { opcode: kClose }));
    await closesWith(1005, frame('', { opcode: kClose }));
});

const kDeflate = { headers: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] };

test('a compression bomb is closed with 1009 and takes no memory', kTimeout, async () => {
    const bomb = deflateRawSync(Buffer.alloc(60 << 20, 'x'), { level: 9 });
    assert.ok(bomb.length < 65_536, `${bomb.length} bytes that want to be 60 MiB`);
    await closesWith(1009, frame(bomb, { rsv: 4 }), kDeflate);
    const memory = server.memory();
    const started = performance.now();
    for (let i = 0; i < 20; ++i) await closesWith(1009, frame(bomb, { rsv: 4 }), kDeflate);
    // In pieces: a message of many fragments, each of which is small.
    const pieces = [];
    for (let at = 0; at < bomb.length; at += 1000) pieces.push(frame(bomb.subarray(at, at + 1000), { rsv: at === 0 ? 4 : 0, opcode: at === 0 ? 1 : 0, fin: at + 1000 >= bomb.length }));
    await closesWith(1009, pieces, kDeflate);
    assert.ok(server.memory() - memory < 4 << 20, `${(server.memory() - memory) >> 10} KiB more`);
    assert.ok(performance.now() - started < 5000);
});

test('compressed nonsense is refused, compressed lines are taken', kTimeout, async () => {
    const ws = await RawWebSocket.open(server.http, kDeflate);
    assert.match(ws.head, /permessage-deflate/);
    ws.send(frame(deflateRawSync('PASS oauth:dev\r\nNICK squeezed\r\nPING :flat'), { rsv: 4 }));
    await eventually(() => ws.frames.length > 0, 'an answer');
    await ws.close();
    for (const bytes of [Buffer.from([0xff, 0xff, 0xff]), Buffer.from([0x07]), Buffer.alloc(200, 0xaa)]) {
        const bad = await RawWebSocket.open(server.http, kDeflate);
        bad.send(frame(bytes, { rsv: 4 }));
        assert.ok(await bad.closes());
        assert.ok([1002, 1007].includes(bad.code), `${bad.code}`);
    }
    await closesWith(1007, frame(deflateRawSync(Buffer.from([0x50, 0xff])), { rsv: 4 }), kDeflate);
});

test('upgrades that are not right are refused', kTimeout, async () => {
    const refused = async (request, status) => {
        const raw = await RawConnection.open(server.http);
        raw.send(request);
        const [, got] = await raw.until(/^HTTP\/1\.1 (\d+) /);
        assert.match(got, status, JSON.stringify(request.slice(0, 200)));
        await raw.close();
    };
    await refused(upgrade().replace('Version: 13', 'Version: 12'), /426/);
    await refused(upgrade().replace(/Sec-WebSocket-Key: .*\r\n/, ''), /400/);
    await refused(upgrade().replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'), /400/);
    await refused(upgrade().replace('Connection: Upgrade\r\n', ''), /400/);
    await refused(upgrade([], '/ws').replace('Version: 13', 'Version: 12'), /426/);
    await refused(upgrade().replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n'), /40\d/);
    const odd = await RawWebSocket.open(server.http, { path: '/irc:80', headers: ['Sec-WebSocket-Protocol: foo, irc'] });
    assert.match(odd.head, /Sec-WebSocket-Protocol: irc\r\n/);
    await odd.close();
    // EventSub tells, and never listens.
    const events = await RawWebSocket.open(server.http, { path: '/ws' });
    events.send(frame(Buffer.from('PASS oauth:dev')));
    assert.ok(await events.closes());
    assert.equal(events.code, 4001);
    const none = await RawWebSocket.open(server.http, { headers: ['Sec-WebSocket-Protocol: text.ircv3.net'] });
    assert.ok(!/Sec-WebSocket-Protocol/.test(none.head));
    await none.close();
});

// --- HTTP --------------------------------------------------------------------------------------------------------------

/** What one connection is answered to these bytes, until it is closed or silent. */
async function http(bytes, timeout = 400) {
    const raw = await RawConnection.open(server.http);
    raw.send(bytes);
    await eventually(() => raw.isClosed || /^HTTP\/1\.1 \d+ [^]*\r\n\r\n/.test(raw.text), 'an answer').catch(() => {});
    const closed = await raw.closes(timeout);
    const text = raw.text;
    await raw.close();
    return { text, closed, statuses: [...text.matchAll(/HTTP\/1\.1 (\d+) [A-Z]/g)].map((match) => Number(match[1])) };
}
const get = (path, lines = []) => [`GET ${path} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n');

test('requests that are none are refused once, and the connection is closed', kTimeout, async () => {
    for (const bytes of [
        'GET\r\n\r\n', '\r\n\r\n\r\nnonsense\r\n\r\n', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 'GET  /  HTTP/1.1\r\nHost: x\r\n\r\n', get('/', ['Bad Header: x']), get('/', ['Space : x']), get('/', [': x']),
        get('/', ['X: a\0b']), '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'PASS oauth:dev\r\nNICK lost\r\n\r\n',
        get('/\x01'), get('no-slash'), get('/', ['Content-Length: -1']), get('/', ['Content-Length: 1e3']), get('/', ['Content-Length: 99999999999999999999']), get('/', ['Content-Length: 5, 6']),
    ]) {
        const { statuses, closed } = await http(bytes);
        assert.ok(closed, `closed after ${JSON.stringify(bytes)}`);
        assert.equal(statuses.length, 1, `${JSON.stringify(bytes)}: ${statuses}`);
        assert.ok(statuses[0] >= 400 && statuses[0] < 600, `${JSON.stringify(bytes)}: ${statuses}`);
    }
});

test('headers and bodies that are too large are refused', kTimeout, async () => {
    const memory = server.memory();
    assert.deepEqual((await http(get('/', [`X: ${'x'.repeat(20_000)}`]))).statuses, [431]);
    assert.deepEqual((await http(get('/', Array.from({ length: 10_000 }, (_, i) => `X-${i}: y`)))).statuses, [431]);
    assert.ok([414, 431].includes((await http(get(`/${'x'.repeat(20_000)}`))).statuses[0]));
    assert.deepEqual((await http('POST /api/channels HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nx')).statuses, [413]);
    const chunked = 'POST /api/channels HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.deepEqual((await http(`${chunked}FFFFFFFF\r\nx`)).statuses, [413]);
    assert.ok([400, 413].includes((await http(`${chunked}FFFFFFFFFFFFFFFFF\r\nx`)).statuses[0]));
    assert.deepEqual((await http(`${chunked}zz\r\nx`)).statuses, [400]);
    assert.ok(server.memory() - memory < 8 << 20);
});

test('a request cannot be smuggled behind another', kTimeout, async () => {
    const smuggled = get('/api/channels/smuggled/messages');
    for (const head of [
        ['Content-Length: 4', 'Transfer-Encoding: chunked'], ['Transfer-Encoding: chunked', 'Content-Length: 4'], ['Transfer-Encoding: xchunked'], ['Transfer-Encoding: chunked, identity'],
        ['Transfer-Encoding: identity, chunked, chunked'], ['Content-Length: 4', 'Content-Length: 5'], ['Transfer-Encoding : chunked'], ['Transfer-Encoding: \x0bchunked'], ['Content-Length: +4'], ['Content-Length: 0x4'],
    ]) {
        const { statuses, closed, text } = await http(`POST /api/channels HTTP/1.1\r\nHost: x\r\n${head.join('\r\n')}\r\n\r\n0\r\n\r\n${smuggled}`);
        assert.equal(statuses.length, 1, `${head}: ${statuses}`);
        assert.ok(statuses[0] >= 400, `${head}: ${statuses}`);
        assert.ok(closed, `${head}`);
        assert.ok(!text.includes('smuggled'), `${head}`);
    }
    const honest = await http(`${get('/healthz')}${get('/readyz', ['Connection: close'])}`);
    assert.deepEqual(honest.statuses, [200, 200], 'honest pipelining works');
});

test('no path leads out of the site', kTimeout, async () => {
    for (const path of [
        '/../../../../etc/passwd', '/static/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc%2fpasswd', '/static/..%5c..%5cetc', '//etc/passwd', '/static//etc/passwd',
        '/%00', '/index.html%00.txt', '/%', '/%zz', '/%c0%ae%c0%ae/etc/passwd', '/api/channels/..%2f..%2f/messages', '/api/channels/%00/messages', '/api/channels/%ff/messages',
        "/api/channels/a'%20OR%201=1--/messages", '/api/channels/x/messages?limit=-1', '/api/channels/x/messages?limit=1e9', '/api/channels/x/messages?before=%00', '/api/channels/x/messages?limit=1&limit=2',
    ]) {
        const { statuses, text } = await http(get(path, ['Connection: close']));
        assert.equal(statuses.length, 1, path);
        assert.ok(!/root:.*:0:0:/.test(text), path);
        assert.ok(statuses[0] < 500, `${path}: ${statuses[0]}`);
        if (path.includes('etc/passwd') || path.includes('%00')) assert.ok([301, 308, 400, 404].includes(statuses[0]), `${path}: ${statuses[0]}`);
    }
    for (const method of ['DELETE', 'PUT', 'TRACE', 'CONNECT', 'FOO']) {
        const { statuses } = await http(get('/api/channels', ['Connection: close']).replace('GET', method));
        assert.ok([400, 404, 405, 501].includes(statuses[0]), `${method}: ${statuses}`);
    }
});

// --- connections -------------------------------------------------------------------------------------------------------

test('no more than a hundred connections from one address', kTimeout, async () => {
    const refusedBefore = await server.metric('clamor_refused_address_total');
    const crowd = [];
    for (let i = 0; i < 110; ++i) crowd.push(await RawConnection.open(i % 2 ? server.http : server.irc));
    await eventually(() => crowd.filter((raw) => raw.isClosed).length >= 10, 'those above the bound are closed');
    await sleep(100);
    const refused = crowd.filter((raw) => raw.isClosed);
    // The canaries and the half handshakes have five of the hundred.
    assert.equal(refused.length, 15);
    for (const raw of refused) assert.match(raw.text, /^(HTTP\/1\.1 429 |ERROR :)/);
    await Promise.all(crowd.map((raw) => raw.close()));
    // Asking takes a connection, too.
    await eventually(async () => (await server.get('/readyz').catch(() => ({}))).status === 200, 'there is room again');
    await eventually(async () => (await server.metric('clamor_connections')) < 20, 'they are forgotten');
    assert.ok((await server.metric('clamor_refused_address_total')) - refusedBefore >= 15);
});

test('connections that come and go at once leave nothing behind', kTimeout, async () => {
    const warm = async () => {
        for (let i = 0; i < 400; ++i) {
            const raw = await RawConnection.open(i % 2 ? server.http : server.irc);
            if (i % 3 === 0) raw.send(i % 2 ? upgrade() : 'NICK justinfan1\r\nJOIN #coming\r\n');
            if (i % 4 === 0) raw.socket.resetAndDestroy?.();
            await raw.close();
        }
    };
    await warm();
    const memory = server.memory();
    await warm();
    await warm();
    assert.ok(server.memory() - memory < 6 << 20, `${(server.memory() - memory) >> 10} KiB more`);
    await eventually(async () => (await server.metric('clamor_connections')) < 20, 'they are forgotten');
});

test('half a handshake is not waited for for ever', { timeout: 60_000 }, async () => {
    const left = 36_000 - (Date.now() - started);
    for (const connection of halfHandshakes) assert.ok(await connection.closes(Math.max(left, 1000)), 'closed after half a minute');
    assert.ok(Date.now() - started > 25_000);
});
