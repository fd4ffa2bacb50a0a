// SPDX-License-Identifier: Apache-2.0
// The delaying proxy of the tests does what a wide-area link does.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { DelayProxy } from './delay_proxy.mjs';
import { RawConnection } from './raw.mjs';
import { eventually, sleep } from './server.mjs';

const kTimeout = { timeout: 30_000 };
const kDelay = 40;
let echo, proxy;

before(async () => {
    echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
    await new Promise((done) => echo.listen(0, '127.0.0.1', done));
    proxy = await DelayProxy.start(echo.address().port, { delay: kDelay });
});
after(async () => {
    await proxy.stop();
    echo.close();
});

test('bytes come later by the delay each way, whole and in order', kTimeout, async () => {
    const client = await RawConnection.open(proxy.port);
    const began = performance.now();
    let sent = '';
    for (let i = 0; i < 500; ++i) {
        sent += `${i} `;
        client.send(`${i} `);
        if (i % 100 === 0) await sleep(1);
    }
    await eventually(() => client.received.length >= sent.length, 'all has come back');
    assert.equal(client.text, sent);
    assert.ok(performance.now() - began >= 2 * kDelay);
    await client.close();
});

test('a cut link passes nothing and tells nobody, and loses nothing once it is mended', kTimeout, async () => {
    const client = await RawConnection.open(proxy.port);
    client.send('before ');
    await client.until(/before /);
    proxy.cut();
    client.send('meanwhile ');
    const other = await RawConnection.open(proxy.port);
    other.send('new');
    await sleep(5 * kDelay);
    assert.equal(client.text, 'before ');
    assert.equal(other.text, '');
    assert.ok(!client.isClosed && !other.isClosed);
    proxy.mend();
    client.send('after');
    await client.until(/^before meanwhile after$/);
    await other.until(/^new$/);
    await Promise.all([client.close(), other.close()]);
});

test('the end of a connection passes, too, and all of them can be reset', kTimeout, async () => {
    let ended;
    const server = createServer((socket) => socket.on('error', () => {}).on('close', () => (ended = true)).resume());
    await new Promise((done) => server.listen(0, '127.0.0.1', done));
    const link = await DelayProxy.start(server.address().port, { delay: kDelay });
    const client = await RawConnection.open(link.port);
    client.send('x');
    await client.close();
    await eventually(() => ended, 'the server has heard of the end');
    const reset = await RawConnection.open(link.port);
    await eventually(() => link.connections === 2, 'it is connected');
    link.reset();
    assert.ok(await reset.closes());
    await link.stop();
    server.close();
});
