// SPDX-License-Identifier: Apache-2.0
// Trusted proxies say who their clients are, by the PROXY protocol and by X-Forwarded-For; nobody else is believed. The proxies of
// these tests are connections from 127.0.0.1, which is trusted; 127.0.0.2 is not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { RawConnection, upgrade } from './raw.mjs';
import { eventually, Server } from './server.mjs';

const kTimeout = { timeout: 40_000 };
const kMost = 3; // connections of an address
let server;

before(async () => {
    server = await Server.start({ config: { server: { trusted_proxies: ['127.0.0.1/32'] }, limits: { connections_per_address: kMost } } });
});
after(() => server.stop());

const line = (client) => `PROXY TCP4 ${client} 127.0.0.1 54321 6667\r\n`;
/** Version 2, by HAProxy's description of it. */
function binary(client, { command = 1, more = Buffer.alloc(0) } = {}) {
    const addresses = client ? Buffer.from([...client.split('.').map(Number), 127, 0, 0, 1, 0xd4, 0x31, 0x1a, 0x0b]) : Buffer.alloc(0);
    const fixed = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x20 | command, client ? 0x11 : 0, 0, addresses.length + more.length]);
    return Buffer.concat([fixed, addresses, more]);
}
const open = (port, bytes, options) => RawConnection.open(port, options).then((raw) => (raw.send(bytes), raw));
const lines = (header) => Buffer.concat([Buffer.from(header), Buffer.from('NICK justinfan1\r\n')]);
const forwarded = (list) => upgrade([`X-Forwarded-For: ${list}`]);

/** Fills an address's share, shows that one more is refused, and that the share is free again afterwards. */
async function isCounted(connect, welcome, refusal) {
    for (const round of [1, 2]) {
        const crowd = [];
        for (let i = 0; i < kMost; ++i) crowd.push(await connect());
        for (const raw of crowd) await raw.until(welcome);
        const refused = await connect();
        assert.ok(await refused.closes(), `round ${round}: one more is closed`);
        assert.match(refused.text, refusal);
        await Promise.all(crowd.map((raw) => raw.close()));
        await eventually(async () => (await server.metric('clamor_connections')) === 1, 'all but the one that asks are forgotten');
    }
}

test('the PROXY protocol names the client on the port of IRC', kTimeout, async () => {
    for (const header of [line, binary]) await isCounted(() => open(server.irc, lines(header('192.0.2.1'))), / 376 /, /^ERROR :Too many connections/);
});

test('and in front of HTTP', kTimeout, async () => {
    for (const header of [line, binary]) {
        await isCounted(() => open(server.http, Buffer.concat([Buffer.from(header('192.0.2.2')), Buffer.from(upgrade())])), /^HTTP\/1\.1 101 /, /^HTTP\/1\.1 429 /);
    }
});

test('each client behind a proxy has a share of its own', kTimeout, async () => {
    const crowd = [];
    for (let i = 1; i <= 4 * kMost; ++i) crowd.push(await open(server.irc, lines(line(`192.0.2.${i}`))));
    for (const raw of crowd) await raw.until(/ 376 /);
    await Promise.all(crowd.map((raw) => raw.close()));
});

test('an IPv6 network of 64 bits has one share', kTimeout, async () => {
    const from = (client) => open(server.irc, lines(`PROXY TCP6 ${client} ::1 54321 6667\r\n`));
    const crowd = [];
    for (let i = 1; i <= kMost; ++i) crowd.push(await from(`2001:db8:1:2:${i}::${i}`));
    for (const raw of crowd) await raw.until(/ 376 /);
    const refused = await from('2001:db8:1:2::ffff');
    assert.ok(await refused.closes());
    assert.match(refused.text, /^ERROR :Too many connections/);
    crowd.push(await from('2001:db8:1:3::1'));
    await crowd.at(-1).until(/ 376 /);
    await Promise.all(crowd.map((raw) => raw.close()));
});

test('a header may come in pieces, have more fields, or name nobody', kTimeout, async () => {
    const whole = lines(binary('192.0.2.3', { more: Buffer.from([0x04, 0, 2, 1, 2]) }));
    const slow = await RawConnection.open(server.irc);
    for (const byte of whole) {
        slow.send(Buffer.from([byte]));
        await new Promise((done) => setImmediate(done));
    }
    await slow.until(/ 376 /);
    await slow.close();
    for (const header of [binary('', { command: 0 }), Buffer.from('PROXY UNKNOWN\r\n'), Buffer.alloc(0)]) {
        const crowd = [];
        for (let i = 0; i < 2 * kMost; ++i) crowd.push(await open(server.irc, lines(header)));
        for (const raw of crowd) await raw.until(/ 376 /);
        await Promise.all(crowd.map((raw) => raw.close()));
    }
    // What begins like a header and is none.
    const none = await RawConnection.open(server.irc);
    none.send('P');
    none.send('ASS oauth:x\r\nNICK justinfan1\r\n');
    await none.until(/ 376 /);
    await none.close();
});

test('X-Forwarded-For names the client of a WebSocket, and whoever wrote what stands in front of it', kTimeout, async () => {
    await isCounted(() => open(server.http, forwarded('203.0.113.9, 192.0.2.4')), /^HTTP\/1\.1 101 /, /^HTTP\/1\.1 429 /);
    let turn = 0;
    await isCounted(() => open(server.http, forwarded(`203.0.113.${++turn}, 192.0.2.5, 127.0.0.1`)), /^HTTP\/1\.1 101 /, /^HTTP\/1\.1 429 /);
});

test('requests of a proxy are not bounded as connections', kTimeout, async () => {
    const crowd = [];
    for (let i = 0; i < 3 * kMost; ++i) crowd.push(await open(server.http, 'GET /api/channels HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.6\r\n\r\n'));
    for (const raw of crowd) await raw.until(/^HTTP\/1\.1 200 /);
    await Promise.all(crowd.map((raw) => raw.close()));
});

test('who asks without a token uses up the requests of nobody else behind the proxy', kTimeout, async () => {
    const left = async (client) => {
        const answer = await server.get('/helix/users', { headers: { connection: 'close', 'X-Forwarded-For': client } });
        assert.equal(answer.status, 401);
        return Number(answer.headers.get('ratelimit-remaining'));
    };
    const first = await left('192.0.2.9');
    assert.ok((await left('192.0.2.9')) < first);
    assert.equal(await left('192.0.2.10'), first);
});

test('nobody else is believed', kTimeout, async () => {
    const stranger = { localAddress: '127.0.0.2' };
    let turn = 0;
    await isCounted(() => open(server.http, forwarded(`203.0.113.${++turn}`), stranger), /^HTTP\/1\.1 101 /, /^HTTP\/1\.1 429 /);
    const irc = await open(server.irc, lines(line('192.0.2.7')), stranger);
    await irc.until(/ 421 \S+ PROXY :Unknown command/);
    await irc.close();
    const http = await open(server.http, Buffer.concat([Buffer.from(line('192.0.2.7')), Buffer.from(upgrade())]), stranger);
    await http.until(/^HTTP\/1\.1 400 /);
    await http.close();
});

test('a header that cannot be read ends the connection and is counted', kTimeout, async () => {
    const before = await server.metric('clamor_proxy_headers_refused_total');
    const version = binary('192.0.2.8');
    version[12] = 0x31;
    const wrong = ['PROXY TCP4 nonsense\r\n', `PROXY UNKNOWN${' '.repeat(200)}`, version, Buffer.concat([binary('').subarray(0, 14), Buffer.from([0xff, 0xff])])];
    for (const bytes of wrong) {
        for (const port of [server.irc, server.http]) {
            const raw = await open(port, bytes);
            assert.ok(await raw.closes());
            assert.equal(raw.text, '');
        }
    }
    assert.equal((await server.metric('clamor_proxy_headers_refused_total')) - before, 2 * wrong.length);
});
