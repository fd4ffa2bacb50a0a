// SPDX-License-Identifier: Apache-2.0
// The end of a server: told at a pace, and, at an upgrade, taken over by the next process without a failed connection.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { IrcClient, kAllCaps } from './irc.mjs';
import { knock } from './knock.mjs';
import { eventually, exitSoon, runClamor, Server, sleep } from './server.mjs';

const kTimeout = { timeout: 120_000 };
after(exitSoon);

const admin = (server, command) => runClamor('admin', command, '--data', server.data);

/** A viewer that comes back whenever it is told to or loses its connection, with its position. */
class Viewer {
    texts = [];
    gaps = [];
    async live(server, room) {
        for (let last; !this.ended;) {
            this.client = await IrcClient.login(server, 'justinfan5', { caps: `${kAllCaps} clamor.dev/seq` });
            this.client.send(`${last ? `@clamor.dev/after=${last} ` : ''}JOIN #${room}`);
            const left = new Promise((go) => {
                let seen = 0;
                const look = setInterval(() => {
                    for (; seen < this.client.lines.all.length; ++seen) {
                        const line = this.client.lines.all[seen];
                        const at = line.match(/^@(?:\S*;)?clamor\.dev\/seq=(\d+-\d+)/)?.[1];
                        if (at) last = at;
                        if (line.includes(' PRIVMSG #')) {
                            this.texts.push(line.slice(line.indexOf(' :', line.indexOf(' PRIVMSG ')) + 2));
                            if (this.heardAt) this.gaps.push(Date.now() - this.heardAt);
                            this.heardAt = Date.now();
                        }
                        if (/msg-id=clamor_(skipped|position)/.test(line)) this.texts.push(line);
                        if (line.endsWith(' RECONNECT')) this.reconnects = (this.reconnects ?? 0) + 1;
                    }
                    if (this.client.isClosed || this.ended || (this.reconnects ?? 0) > (this.came ?? 0)) {
                        clearInterval(look);
                        go();
                    }
                }, 5);
            });
            await left;
            this.came = this.reconnects ?? 0;
            await this.client.close();
        }
    }
}

test('the next process takes over: no attempt fails, nothing is lost', kTimeout, async () => {
    const server = await Server.start({ config: { limits: { messages_viewer: 1000, connections_per_address: 20_000 } } });
    const room = 'upgrades';
    const viewers = Array.from({ length: 20 }, () => new Viewer());
    const lives = viewers.map((viewer) => viewer.live(server, room));
    let count = 0;
    const echoed = [];
    let speaking = true;
    const speaker = (async () => {
        while (speaking) {
            try {
                const client = await IrcClient.login(server, 'speaker', { channels: [room] });
                while (speaking && client.lines.count(' RECONNECT') === 0) {
                    const text = `number ${count++}`;
                    await client.sayStored(room, text);
                    echoed.push(text);
                }
                await client.close();
            } catch {
                await sleep(20);
            }
        }
    })();
    await sleep(1000);
    const knocks = knock(server, 15);
    for (let upgrade = 0; upgrade < 3; ++upgrade) {
        assert.deepEqual(await server.upgrade(), { code: 0, signal: null }, server.log);
        await sleep(800);
    }
    await knocks.stop();
    speaking = false;
    await speaker;
    await sleep(300);
    for (const viewer of viewers) viewer.ended = true;
    await Promise.all(lives);
    assert.deepEqual(knocks.failed, []);
    assert.equal(knocks.welcomed, knocks.tried);
    const stored = server.export(room).map(({ text }) => text);
    for (const text of echoed) assert.ok(stored.includes(text), `${text} was echoed and is not stored`);
    for (const viewer of viewers) assert.deepEqual(viewer.texts, stored.slice(stored.indexOf(viewer.texts[0])));
    console.log(`3 upgrades: ${knocks.tried} connection attempts, 0 failed, the longest ${knocks.longest} ms to the welcome; ${echoed.length} echoed ` +
        `messages, each given once to 20 viewers; longest silence ${Math.max(...viewers.flatMap((viewer) => viewer.gaps))} ms`);
    await server.stop();
});

test('clients are told to come again at a pace, and nobody is cut off before', kTimeout, async () => {
    const server = await Server.start({ config: { limits: { reconnects_per_second: 100, drain_s: 10, connections_per_address: 1000 } } });
    const clients = [];
    for (let i = 0; i < 100; ++i) clients.push(await IrcClient.login(server, `justinfan${100 + i}`, { channels: ['pace'] }));
    const told = () => clients.filter((client) => client.lines.count(' RECONNECT') > 0).length;
    const asked = runClamor('admin', 'drain', '--data', server.data);
    assert.equal(asked.status, 0, asked.stderr);
    await eventually(() => told() > 0, 'the first are told');
    assert.ok(told() < clients.length, 'not all at once');
    assert.ok(!clients.some((client) => client.isClosed));
    await eventually(() => told() === clients.length, 'all are told', 10_000);
    for (const client of clients) await client.close();
    assert.deepEqual(await server.ended, { code: 0, signal: null });
    await server.stop();
});

test('admin speaks to the server, or says that there is none', kTimeout, async () => {
    const server = await Server.start();
    const client = await IrcClient.login(server, 'ann', { channels: ['here'] });
    const status = JSON.parse(admin(server, 'status').stdout);
    assert.equal(status.pid, server.pid);
    assert.equal(status.sessions, 1);
    assert.equal(status.ready, true);
    assert.equal(admin(server, 'reconnect').status, 0);
    await client.lines.next(' RECONNECT');
    await client.alive();
    const wrong = runClamor('admin', 'explode', '--data', server.data);
    assert.equal(wrong.status, 2);
    await client.close();
    await server.terminate();
    const none = admin(server, 'status');
    assert.equal(none.status, 1);
    assert.match(none.stderr, /no clamor serves from .*; start it, or give its --data/);
    await server.stop();
});
