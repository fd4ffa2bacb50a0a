// SPDX-License-Identifier: Apache-2.0
// A node with Redis: what is said goes through it; without it the node goes on alone, and loses nothing.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { IrcClient } from './irc.mjs';
import { Redis } from './redis.mjs';
import { binary, eventually, Server } from './server.mjs';

const kTimeout = { timeout: 120_000 };
const only = ['--redis-only-node'];

test('a node that is alone with a Redis chats through it', kTimeout, async () => {
    const redis = await Redis.start();
    const server = await Server.start({ args: ['--redis', redis.url, ...only] });
    try {
        const sender = await IrcClient.login(server, 'through');
        const viewer = await IrcClient.login(server, 'throughviewer', { channels: ['through'] });
        sender.say('through', 'hello over there', 'client-nonce=a');
        await viewer.lines.next('hello over there');
        await sender.lines.next((line) => line.includes('client-nonce=a;') && line.includes(' USERSTATE '));
        assert.match(redis.cli('keys', '*'), /clamor:\{\d+\}:stream/);
        assert.ok((await server.metric('clamor_redis_published_total')) >= 1);
        assert.ok((await server.metric('clamor_redis_limits_asked_total')) >= 1);
        assert.equal((await server.get('/healthz')).json.status, 'ok');
        sender.say('through', '/slow 5');
        await viewer.lines.next('slow=5');
    } finally {
        await server.stop();
        await redis.stop();
    }
});

for (const [what, leave, comeBack] of [
    ['killed and started again, empty', (redis) => redis.kill(), (redis) => redis.again()],
    ['stopped for a while', (redis) => redis.pause(), (redis) => redis.goOn()],
]) {
    test(`viewers are served while Redis is ${what}; echoes follow`, kTimeout, async () => {
        const redis = await Redis.start();
        const server = await Server.start({ args: ['--redis', redis.url, ...only], config: { limits: { messages_moderator: 1000 } } });
        try {
            const sender = await IrcClient.login(server, 'outage');
            const viewer = await IrcClient.login(server, 'outageviewer', { channels: ['outage'] });
            sender.say('outage', 'number 0.', 'client-nonce=n0');
            await viewer.lines.next('number 0.');
            await leave(redis);
            for (let i = 1; i <= 20; ++i) sender.say('outage', `number ${i}.`, `client-nonce=n${i}`);
            await viewer.lines.next('number 20.');
            await eventually(async () => (await server.get('/healthz')).json.reasons?.join().includes('Redis'), 'it says that Redis is away');
            await sender.lines.next('msg-id=msg_not_stored_yet');
            // New viewers come in, and moderation works.
            const late = await IrcClient.login(server, 'latecomer', { channels: ['outage'] });
            sender.say('outage', '/slow 7');
            await late.lines.next('slow=7');
            await comeBack(redis);
            await sender.lines.next((line) => line.includes('client-nonce=n20;') && line.includes(' USERSTATE '), 30_000);
            await eventually(async () => (await server.get('/healthz')).json.status === 'ok', 'all is well again', 10_000);
            sender.say('outage', 'number 21.');
            await viewer.lines.next('number 21.');
            assert.equal(viewer.lines.count('PRIVMSG #outage'), 22, 'nothing lost, nothing twice');
            const history = await eventually(async () => {
                const { json } = await server.get('/api/channels/outage/messages?limit=100');
                return json.messages.filter((one) => one.text?.startsWith('number')).length === 22 && json.messages;
            }, 'history has all');
            assert.deepEqual(history.filter((one) => one.text?.startsWith('number')).map((one) => one.text), [...Array(22).keys()].map((i) => `number ${i}.`));
        } finally {
            redis.goOn();
            await server.stop();
            await redis.stop();
        }
    });
}

/** Something between clamor and a Redis that changes what Redis says; `port` is where. */
async function between(redis, change) {
    const sockets = new Set();
    const server = createServer((client) => {
        const upstream = connect(redis.port, '127.0.0.1');
        for (const socket of [client, upstream]) {
            sockets.add(socket);
            socket.on('error', () => {});
            socket.on('close', () => [client, upstream].forEach((one) => one.destroy()));
        }
        client.pipe(upstream);
        upstream.on('data', (data) => client.write(Buffer.from(change(data.toString('latin1')), 'latin1')));
    });
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    return { port: server.address().port, close: () => (sockets.forEach((socket) => socket.destroy()), server.close()) };
}

test('a clock that differs from Redis\'s is told', kTimeout, async () => {
    const redis = await Redis.start();
    const proxy = await between(redis, (text) => text.replace(/^\*2\r\n\$10\r\n(\d{10})\r\n/gm, (_, seconds) => `*2\r\n$10\r\n${Number(seconds) + 5}\r\n`));
    const server = await Server.start({ args: ['--redis', `redis://127.0.0.1:${proxy.port}`, ...only] });
    try {
        await eventually(() => server.log.includes("this machine's clock and Redis's differ"), 'it is told');
        const skew = await server.metric('clamor_redis_clock_skew_seconds');
        assert.ok(skew > 4 && skew < 6, `${skew}`);
    } finally {
        await server.stop();
        proxy.close();
        await redis.stop();
    }
});

test('a Redis that is too old is named', kTimeout, async () => {
    const redis = await Redis.start();
    const proxy = await between(redis, (text) => text.replace(/redis_version:(\d)/, 'redis_version:6'));
    try {
        // Not spawnSync: it would stop the proxy.
        await assert.rejects(Server.start({ args: ['--redis', `redis://127.0.0.1:${proxy.port}`, ...only] }), /is version 6\.[\d.]+; clamor needs 7 or newer/);
    } finally {
        proxy.close();
        await redis.stop();
    }
});

test('a Redis that speaks TLS is checked, and chatted through', kTimeout, async () => {
    const papers = mkdtempSync(join(tmpdir(), 'clamor-papers-'));
    const at = (name) => join(papers, name);
    const openssl = (name, ...args) => {
        const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
            '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`), ...args], { encoding: 'utf8' });
        assert.equal(made.status, 0, made.stderr);
    };
    for (const ca of ['ca', 'other']) openssl(ca);
    openssl('redis', '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=critical,CA:FALSE');
    const plain = await Redis.start();
    const { port } = plain;
    await plain.stop();
    const redis = await Redis.start(['--tls-port', `${port}`, '--tls-cert-file', at('redis.crt'), '--tls-key-file', at('redis.key'), '--tls-ca-cert-file', at('ca.crt'),
        '--tls-auth-clients', 'no']);
    const config = (ca) => ({ redis: { url: `rediss://127.0.0.1:${port}`, only_node: true, ca_file: at(ca) } });
    try {
        const server = await Server.start({ config: config('ca.crt') });
        const sender = await IrcClient.login(server, 'secret', { channels: ['secret'] });
        sender.say('secret', 'nobody listens', 'client-nonce=a');
        await sender.lines.next((line) => line.includes('client-nonce=a;') && line.includes(' USERSTATE '));
        assert.ok((await server.metric('clamor_redis_published_total')) >= 1);
        await server.stop();
        const run = (command, ca) => {
            writeFileSync(at('c.toml'), `[server]\nhttp = "127.0.0.1:0"\nirc = ""\ndata = "${at('data')}"\n[redis]\nurl = "rediss://127.0.0.1:${port}"\nonly_node = true\nca_file = "${at(ca)}"\n`);
            return spawnSync(binary, command === 'check' ? ['check', at('c.toml')] : ['serve', '--config', at('c.toml')], { encoding: 'utf8', timeout: 20_000 });
        };
        assert.equal(run('check', 'other.crt').status, 0);
        const wrong = run('serve', 'other.crt');
        assert.notEqual(wrong.status, 0);
        assert.match(wrong.stderr, /not trusted.*redis\.ca_file/);
        const missing = run('check', 'none.crt');
        assert.notEqual(missing.status, 0);
        assert.match(missing.stdout + missing.stderr, /redis\.ca_file \('.*none\.crt'\).*No such file/);
    } finally {
        await redis.stop();
        rmSync(papers, { recursive: true, force: true });
    }
});

test('what is wrong about Redis is said at the start', kTimeout, async () => {
    const redis = await Redis.start(['--requirepass', 'right']);
    const serve = (...args) => spawnSync(binary, ['serve', '--dev', '--data', `${redis.folder}/data`, '--http', '127.0.0.1:0', '--irc', '', ...args],
        { encoding: 'utf8', timeout: 20_000 });
    try {
        const alone = serve('--redis', redis.url);
        assert.notEqual(alone.status, 0);
        assert.match(alone.stderr, /--redis-only-node/);
        const password = serve('--redis', `redis://:hunter2@127.0.0.1:${redis.port}`, ...only);
        assert.notEqual(password.status, 0);
        assert.match(password.stderr, /WRONGPASS/);
        assert.doesNotMatch(password.stderr, /hunter2/);
        const form = serve('--redis', `127.0.0.1:${redis.port}`, ...only);
        assert.match(form.stderr, /redis:\/\/\[user:password@\]host/);
    } finally {
        await redis.stop();
    }
});
