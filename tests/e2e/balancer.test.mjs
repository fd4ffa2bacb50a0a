// SPDX-License-Identifier: Apache-2.0
// Three nodes behind HAProxy with the configuration of deploy/, in which only the addresses are exchanged: an upgrade of one node is
// nothing that a client fails at.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { Dynalite, kKeys } from './dynalite.mjs';
import { IrcClient } from './irc.mjs';
import { Postgres } from './postgres.mjs';
import { RawConnection, upgrade } from './raw.mjs';
import { Redis } from './redis.mjs';
import { eventually, exitSoon, root, Server, sleep } from './server.mjs';

const kTimeout = { timeout: 120_000 };
const kMost = 20; // connections of an address, on each node
let postgres, dynalite, redis, nodes, proxy;
const folder = mkdtempSync(join(tmpdir(), 'clamor-balancer-'));

function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

async function startProxy() {
    const [http, irc] = [await freePort(), await freePort()];
    let text = readFileSync(join(root, 'deploy/haproxy.cfg'), 'utf8').replace('bind :8080', `bind 127.0.0.1:${http}`).replace('bind :6667', `bind 127.0.0.1:${irc}`);
    nodes.forEach((node, i) => {
        text = text.replaceAll(`clamor-${i + 1}:8080`, `127.0.0.1:${node.http}`).replaceAll(`clamor-${i + 1}:6667 port 8080`, `127.0.0.1:${node.irc} port ${node.http}`);
    });
    assert.doesNotMatch(text, /clamor-\d:/);
    writeFileSync(join(folder, 'haproxy.cfg'), text);
    const child = spawn('/usr/sbin/haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], { stdio: ['ignore', 'pipe', 'pipe'] });
    const proxy = { child, http, irc, log: '', url: `http://127.0.0.1:${http}` };
    child.on('error', (error) => (proxy.log += `script/bootstrap --test installs haproxy: ${error.message}`));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (proxy.log += text));
    process.on('exit', () => child.kill('SIGKILL'));
    const passes = async () => (await fetch(`${proxy.url}/api/version`).catch(() => undefined))?.status < 500;
    await eventually(passes, 'HAProxy passes on', 15_000).catch((error) => assert.fail(`${error.message}\n${proxy.log}`));
    return proxy;
}

before(async () => {
    Object.assign(process.env, kKeys);
    [postgres, dynalite, redis] = await Promise.all([Postgres.start(), Dynalite.start(), Redis.start()]);
    const args = ['--postgres', postgres.url, '--dynamodb', dynalite.url('balancer'), '--redis', redis.url];
    // A drain that is long enough to look at. HAProxy comes from this address, as do all clients that say nothing else.
    const config = { server: { trusted_proxies: ['127.0.0.1'] }, limits: { connections_per_address: kMost, drain_s: 8 } };
    nodes = await Promise.all([1, 2, 3].map(() => Server.start({ args, config })));
    proxy = await startProxy();
});
after(async () => {
    exitSoon();
    proxy?.child.kill('SIGKILL');
    await Promise.all((nodes ?? []).map((node) => node.stop()));
    await redis?.stop();
    dynalite?.stop();
    await postgres?.remove();
    rmSync(folder, { recursive: true, force: true });
});

const enter = (nick, room) => IrcClient.login(proxy, nick, { channels: [room] });
const connections = (node) => node.metric('clamor_members');

function welcomed(nick) {
    return new Promise((done, fail) => {
        const socket = new WebSocket(`ws://127.0.0.1:${proxy.http}/`);
        socket.on('error', fail);
        socket.on('open', () => socket.send(`NICK ${nick}\r\n`));
        socket.on('message', (data) => {
            if (!`${data}`.includes(' 376 ')) return;
            socket.close();
            done();
        });
    });
}

test('clients spread over the nodes, and hear each other', kTimeout, async () => {
    const clients = await Promise.all(Array.from({ length: 9 }, (_, i) => enter(`chatter${i}`, 'spread')));
    for (const node of nodes) assert.equal(await connections(node), 3);
    clients[0].say('spread', 'to all of you');
    for (const client of clients.slice(1)) await client.lines.next('PRIVMSG #spread :to all of you');
    for (const client of clients) client.close();
});

test('what is for the operator only is not passed on', kTimeout, async () => {
    for (const path of ['/metrics', '/healthz', '/readyz']) assert.equal((await fetch(proxy.url + path)).status, 403);
});

test('a node that drains gets nobody any more, and no attempt fails', kTimeout, async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, (_, i) => enter(`stays${i}`, 'upgrade')));
    const [leaving, ...others] = nodes;
    assert.equal(await connections(leaving), 2);
    const ended = leaving.terminate();
    let attempts = 0;
    const until = Date.now() + 4000;
    while (Date.now() < until) {
        await welcomed(`justinfan${1000 + attempts}`);
        (await IrcClient.login(proxy, `justinfan${5000 + attempts++}`)).close();
        await sleep(20);
    }
    assert.ok(attempts > 20);
    const told = () => clients.filter((client) => client.lines.count(' RECONNECT') === 1);
    await eventually(() => told().length === 2, 'the two of the node are asked to connect again', 10_000);
    const again = await Promise.all(told().map((client, i) => {
        client.close();
        return enter(`again${i}`, 'upgrade');
    }));
    assert.equal((await ended).code, 0);
    again[0].say('upgrade', 'still here');
    for (const client of [again[1], ...clients.filter((one) => !told().includes(one))]) await client.lines.next('PRIVMSG #upgrade :still here');
    await eventually(async () => (await Promise.all(others.map(connections))).reduce((a, b) => a + b) === 6, 'all are on the other two');
    await leaving.restart();
    for (const client of [...clients, ...again]) client.close();
    await eventually(async () => {
        const newcomer = await enter('newcomer', 'upgrade');
        const there = (await connections(leaving)) === 1;
        newcomer.close();
        return there;
    }, 'it gets clients again', 15_000, 200);
});

test('an address has a hundred connections through the balancer', kTimeout, async () => {
    const sockets = [];
    let refused = 0;
    for (let i = 0; i < 120; ++i) {
        const socket = connect(proxy.irc, '127.0.0.1');
        socket.on('error', () => {});
        socket.on('close', () => ++refused);
        sockets.push(socket);
    }
    await eventually(() => refused >= 15, 'those above the bound are refused');
    await sleep(200);
    assert.ok(refused <= 30, `${refused} of 120 refused`);
    for (const socket of sockets) socket.destroy();
});

test('the nodes bound the connections of each client, not those of HAProxy', kTimeout, async () => {
    const crowd = [];
    const refused = (text) => crowd.filter((raw) => raw.text.match(text)).length;
    // Of HTTP an address has one node.
    for (let i = 0; i < kMost + 3; ++i) crowd.push(await RawConnection.open(proxy.http, { localAddress: '127.0.0.2' }));
    for (const raw of crowd) raw.send(upgrade());
    await eventually(() => refused(/^HTTP\/1\.1 429 /) === 3, 'three more than one node takes are refused');
    assert.equal(refused(/^HTTP\/1\.1 101 /), kMost);
    await welcomed('justinfan77');
    await Promise.all(crowd.splice(0).map((raw) => raw.close()));

    for (let i = 0; i < 3 * kMost + 3; ++i) crowd.push(await RawConnection.open(proxy.irc, { localAddress: '127.0.0.3' }));
    for (const raw of crowd) raw.send('NICK justinfan1\r\n');
    await eventually(() => refused(/^ERROR :Too many connections/) === 3, 'three more than three nodes take are refused');
    await eventually(() => refused(/ 376 /) === 3 * kMost, 'the others are welcome');
    await Promise.all(crowd.map((raw) => raw.close()));
});
