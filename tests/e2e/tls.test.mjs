// SPDX-License-Identifier: Apache-2.0
// TLS of the server's own: for HTTP, IRC over WebSocket, EventSub and IRC over TCP, with a certificate that is renewed meanwhile.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import tmi from 'tmi.js';
import WebSocket from 'ws';
import { IrcClient } from './irc.mjs';
import { Papers, tlsPorts } from './papers.mjs';
import { RawConnection, RawWebSocket, upgrade } from './raw.mjs';
import { binary, eventually, exitSoon, root, Server, sleep } from './server.mjs';

const kTimeout = { timeout: 60_000 };
const papers = new Papers();
const kMost = 30; // connections of an address that is no proxy
let server;
let ports;
let tls; // options of node:tls: whom to trust

before(async () => {
    server = await Server.start({ config: { server: { ...papers.settings, shards: 2, trusted_proxies: ['127.0.0.2/32'] }, limits: { messages_viewer: 10_000, connections_per_address: kMost, outbox_age_s: 2 } } });
    ports = tlsPorts(server);
    tls = { ca: papers.certificate };
});
after(async () => {
    exitSoon();
    await server?.stop();
    papers.remove();
});

const count = (name) => server.metric(`clamor_tls_${name}_total`);
const certificateOf = async (port, options = {}) => {
    const raw = await RawConnection.open(port, { tls: { rejectUnauthorized: false, ...options } });
    const { fingerprint256 } = raw.socket.getPeerCertificate();
    await raw.close();
    return fingerprint256;
};
/** A viewer over TLS and TCP. */
async function viewer(room, port = ports.ircs, options = {}) {
    const raw = await RawConnection.open(port, { tls, ...options });
    raw.send(`CAP REQ :twitch.tv/commands\r\nNICK justinfan1\r\nJOIN #${room}\r\n`);
    await raw.until(/ 366 /);
    return raw;
}

test('HTTP over TLS answers as without, for the certificate that the server has', kTimeout, async () => {
    const answer = await new Promise((done, fail) => get({ host: '127.0.0.1', port: ports.https, path: '/readyz', ...tls, agent: false }, done).on('error', fail));
    assert.equal(answer.statusCode, 200);
    answer.resume();
    await once(answer, 'end');
    // A larger body than a record, and many requests of one connection.
    const raw = await RawConnection.open(ports.https, { tls });
    for (let i = 0; i < 3; ++i) {
        raw.received = Buffer.alloc(0);
        raw.send('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
        const [, size] = await raw.until(/^HTTP\/1\.1 200 [^]*Content-Length: (\d+)/i);
        await eventually(() => raw.received.length >= Number(size), 'all of the body has come');
        assert.ok(Number(size) > 16_384, 'more than one record');
    }
    await raw.close();
    await assert.rejects(RawConnection.open(ports.https, { tls: { servername: 'chat.example', ca: [] } }), /self-signed|self signed/);
});

test('versions before 1.2 are refused, and 1.2 is spoken', kTimeout, async () => {
    const old = await RawConnection.open(ports.ircs, { tls: { ...tls, maxVersion: 'TLSv1.2' } });
    assert.equal(old.socket.getProtocol(), 'TLSv1.2');
    await old.close();
    const failures = await count('failures');
    await assert.rejects(RawConnection.open(ports.ircs, { tls: { ...tls, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } }));
    await eventually(async () => (await count('failures')) === failures + 1, 'it is counted');
    const now = await RawConnection.open(ports.https, { tls: { ...tls, ALPNProtocols: ['h2', 'http/1.1'] } });
    assert.equal(now.socket.getProtocol(), 'TLSv1.3');
    assert.equal(now.socket.alpnProtocol, 'http/1.1');
    await now.close();
});

test('tmi.js and a client of IRC over TCP talk, both over TLS', kTimeout, async () => {
    const bot = new tmi.Client({
        options: { skipUpdatingEmotesets: true },
        // With TLS it knows no port but 443, which it writes behind the server's name.
        connection: { server: `127.0.0.1:${ports.https}/?`, secure: true, reconnect: false },
        identity: { username: 'tessa', password: 'oauth:dev' },
        channels: ['tlsroom'],
        logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} },
    });
    // tmi.js has no setting for whom to trust.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const join = once(bot, 'roomstate');
    await bot.connect();
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    await join;
    const raw = await RawConnection.open(ports.ircs, { tls });
    raw.send('PASS oauth:dev\r\nNICK tom\r\nJOIN #tlsroom\r\n');
    await raw.until(/ 366 /);
    const heard = once(bot, 'message');
    raw.send('PRIVMSG #tlsroom :over TLS\r\n');
    assert.equal((await heard)[2], 'over TLS');
    await bot.say('tlsroom', 'as well');
    await raw.until(/PRIVMSG #tlsroom :as well/);
    await raw.close();
    await bot.disconnect();
});

test('what is said is the same to those with TLS and those without, also when it is much', kTimeout, async () => {
    const plain = await RawConnection.open(server.irc);
    plain.send('NICK justinfan2\r\nJOIN #crowd\r\n');
    await plain.until(/ 366 /);
    const secure = await viewer('crowd');
    const over = await RawWebSocket.open(ports.https, { tls });
    const speaker = await IrcClient.login(server, 'sam', { channels: ['crowd'] });
    const texts = Array.from({ length: 1500 }, (_, i) => `${i} ${'long '.repeat(80)}`);
    for (const [i, text] of texts.entries()) {
        speaker.say('crowd', text);
        if (i % 50 === 49) await sleep(10);
    }
    for (const raw of [plain, secure]) await raw.until(/:1499 /, 20_000);
    const said = (raw) => [...raw.text.matchAll(/PRIVMSG #crowd :(.*)\r\n/g)].map(([, text]) => text);
    assert.deepEqual(said(secure), said(plain));
    assert.equal(said(secure).length, texts.length);
    for (const raw of [plain, secure, over]) await raw.close();
    await speaker.close();
});

test('who does not read over TLS is told and closed, and others are not hurt', kTimeout, async () => {
    const slow = await viewer('flood');
    const quick = await IrcClient.login(server, 'justinfan4', { channels: ['flood'] });
    slow.socket.pause();
    const speaker = await IrcClient.login(server, 'flo', { channels: ['flood'] });
    const closed = async () => server.metric('clamor_closed_total', { reason: 'slow_reader' });
    const before = await closed();
    const filler = '\u{1F602}'.repeat(450);
    let sent = 0;
    await eventually(async () => {
        for (let i = 0; i < 50; ++i) speaker.say('flood', `${sent++} ${filler}`);
        await sleep(20);
        return (await closed()) > before;
    }, 'the slow one is closed', 40_000);
    slow.socket.resume();
    await slow.closed;
    assert.match(slow.text.slice(-500), /NOTICE \* :This connection is closed since it reads too slowly\. Please connect again\.\r\n$/);
    assert.equal(slow.error, undefined);
    await eventually(() => quick.lines.all.filter((line) => line.includes(' PRIVMSG #flood :')).length === sent, 'the quick one got everything');
    await quick.close();
    await speaker.close();
});

test('a handshake may come byte by byte', kTimeout, async () => {
    // A client whose TLS goes over a stream of the test's own.
    const carrier = await RawConnection.open(ports.ircs);
    carrier.socket.removeAllListeners('data');
    const thin = new Duplex({
        read() {},
        async write(bytes, _, done) {
            for (const byte of bytes) {
                carrier.socket.write(Buffer.from([byte]));
                await new Promise((next) => setImmediate(next));
            }
            done();
        },
    });
    carrier.socket.on('data', (bytes) => thin.push(bytes));
    const client = connectTls({ socket: thin, ...tls, servername: 'localhost' });
    await once(client, 'secureConnect');
    let text = '';
    client.on('data', (bytes) => (text += bytes));
    client.write('NICK justinfan3\r\n');
    await eventually(() => / 376 /.test(text), 'it is welcome');
    client.destroy();
    await carrier.close();
});

test('who speaks in plain text at a port of TLS is told so', kTimeout, async () => {
    const failures = await count('failures');
    const irc = await RawConnection.open(ports.ircs);
    irc.send('NICK justinfan1\r\n');
    assert.ok(await irc.closes());
    assert.match(irc.text, /^ERROR :This port speaks TLS/);
    for (const first of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', upgrade()]) {
        const http = await RawConnection.open(ports.https);
        http.send(first);
        assert.ok(await http.closes());
        assert.match(http.text, /^HTTP\/1\.1 400 [^]*https:\/\//);
    }
    await eventually(async () => (await count('failures')) === failures + 3, 'they are counted');
});

test('garbage, broken records and silence hurt nobody', kTimeout, async () => {
    const failures = await count('failures');
    const kInputs = [Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]), Buffer.concat([Buffer.from([0x16, 3, 1, 0xff, 0xff]), Buffer.alloc(70_000, 7)]), Buffer.from([0x16, 0xff, 0xff, 0xff, 0xff]), Buffer.concat([Buffer.from([0x16, 3, 3, 0x40, 0]), Buffer.alloc(0x4000)])];
    for (const bytes of kInputs) {
        for (const port of [ports.https, ports.ircs]) {
            const raw = await RawConnection.open(port);
            raw.send(bytes);
            assert.ok(await raw.closes(), bytes.subarray(0, 8).toString('hex'));
        }
    }
    await eventually(async () => (await count('failures')) === failures + 2 * kInputs.length, 'they are counted');
    const silent = await RawConnection.open(ports.https);
    const half = await RawConnection.open(ports.ircs);
    half.send(Buffer.from([0x16]));
    await sleep(100);
    await half.close();
    await silent.close();
    await eventually(async () => (await server.metric('clamor_connections')) <= 1, 'all are forgotten');
});

test('a client that says that it has finished is answered in the same way', kTimeout, async () => {
    const raw = await viewer('leaving');
    const ended = once(raw.socket, 'end');
    raw.socket.end();
    await ended;
    assert.equal(raw.error, undefined, 'by the words of TLS, not by a cut');
    await raw.closed;
});

test('EventSub over TLS gives addresses with TLS', kTimeout, async () => {
    const events = new WebSocket(`wss://127.0.0.1:${ports.https}/ws`, tls);
    const frames = [];
    events.on('message', (text) => frames.push(JSON.parse(text)));
    await eventually(() => frames.length > 0, 'it welcomes');
    const told = await server.get('/api/platform/eventsub/reconnect', { method: 'POST', headers: { authorization: 'Bearer app', 'client-id': 'e2e', connection: 'close' } });
    assert.equal(told.status, 204, told.text);
    const { payload } = await eventually(() => frames.find(({ metadata }) => metadata.message_type === 'session_reconnect'), 'it is told to reconnect');
    assert.match(payload.session.reconnect_url, new RegExp(`^wss://127\\.0\\.0\\.1:${ports.https}/ws\\?session=`));
    events.terminate();
    await once(events, 'close');
});

test('clamor replay plays a chat over TLS, and says what is wrong with a certificate that it does not trust', kTimeout, () => {
    const play = (address, env) =>
        spawnSync(binary, ['replay', join(root, 'bench/data/sample_chat.jsonl'), '--channel', 'played', '--server', address, '--rate', '400', '--authors', '5'], { encoding: 'utf8', env: { ...process.env, ...env } });
    for (const address of [`wss://127.0.0.1:${ports.https}`, `tls://127.0.0.1:${ports.ircs}`]) {
        const played = play(address, { SSL_CERT_FILE: papers.certificateFile });
        assert.equal(played.status, 0, played.stdout + played.stderr);
        assert.match(played.stdout, /^delivered +\d+ \(lost 0, duplicated 0\)$/m);
        const refused = play(address, {});
        assert.notEqual(refused.status, 0);
        assert.match(refused.stderr + refused.stdout, /TLS failed: certificate verify failed \(SSL_CERT_FILE/);
    }
});

test('the bound of connections of an address counts those over TLS, and a proxy names its clients in front of TLS', kTimeout, async () => {
    await eventually(async () => (await server.metric('clamor_connections')) === 1, 'all others are gone');
    const crowd = [];
    const refused = await server.metric('clamor_refused_address_total');
    const open = () => RawConnection.open(crowd.length % 2 ? ports.https : ports.ircs, { tls }).then((raw) => crowd.push(raw));
    while (crowd.length < kMost - 1) await open();
    // The connection that asked for the metric may still be there.
    await assert.rejects(async () => {
        await open();
        await open();
    }, /disconnected before secure TLS|ECONNRESET/);
    await Promise.all(crowd.splice(0).map((raw) => raw.close()));
    await eventually(async () => (await server.metric('clamor_refused_address_total').catch(() => 0)) > refused, 'it is counted');
    // A trusted proxy says who it is before TLS begins.
    for (let i = 0; i < kMost + 2; ++i) {
        const carrier = await RawConnection.open(ports.ircs, { localAddress: '127.0.0.2' });
        carrier.send(`PROXY TCP4 192.0.2.7 127.0.0.1 54321 6697\r\n`);
        carrier.socket.removeAllListeners('data');
        const client = connectTls({ socket: carrier.socket, ...tls, servername: 'localhost' });
        client.on('error', () => {});
        crowd.push(client);
        const closed = new Promise((done) => client.on('close', done));
        if (i < kMost) await once(client, 'secureConnect');
        else await closed;
    }
    for (const client of crowd) client.destroy();
    await eventually(async () => (await server.metric('clamor_connections')) === 1, 'all are forgotten');
});

test('a renewed certificate is shown after SIGHUP; who is there stays', kTimeout, async () => {
    const first = await certificateOf(ports.ircs);
    const stays = await viewer('renewal');
    papers.renew({ days: 5 });
    assert.equal(await certificateOf(ports.ircs), first, 'not before it is asked for');
    await server.reload();
    const second = await certificateOf(ports.ircs);
    assert.notEqual(second, first);
    for (let i = 0; i < 8; ++i) assert.equal(await certificateOf(i % 2 ? ports.https : ports.ircs), second, 'on all shards');
    assert.match(server.log, /the certificate ends soon: .*days_left=4/);
    const ends = await server.metric('clamor_tls_certificate_ends_timestamp_seconds');
    assert.ok(Math.abs(ends - (Date.now() / 1000 + 5 * 86_400)) < 120);
    // One that cannot be read changes nothing.
    const failed = await server.metric('clamor_reloads_failed_total');
    writeFileSync(papers.certificateFile, 'no certificate');
    await server.reload();
    assert.equal(await server.metric('clamor_reloads_failed_total'), failed + 1);
    assert.equal(await certificateOf(ports.https), second);
    papers.renew();
    await server.reload();
    assert.notEqual(await certificateOf(ports.https), second);
    tls = { ca: papers.certificate };
    const speaker = await IrcClient.login(server, 'rene', { channels: ['renewal'] });
    speaker.send('PRIVMSG #renewal :still here');
    await stays.until(/:still here/);
    await stays.close();
    await speaker.close();
});

test('the next process takes the ports of TLS over', kTimeout, async () => {
    const raw = await RawConnection.open(ports.ircs, { tls });
    raw.send('CAP REQ :twitch.tv/commands\r\nNICK justinfan1\r\n');
    await raw.until(/ 376 /);
    await server.upgrade();
    assert.match(raw.text, /RECONNECT/);
    await eventually(() => tlsPorts(server), 'it says where it listens');
    assert.deepEqual(tlsPorts(server), ports);
    await (await viewer('upgraded')).close();
    await raw.close();
});
