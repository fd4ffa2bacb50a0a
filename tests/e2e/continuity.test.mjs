// SPDX-License-Identifier: Apache-2.0
// clamor.dev/seq: who comes back with a position has every stored message once and in order, also when the server was killed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { IrcClient, kAllCaps } from './irc.mjs';
import { eventually, exitSoon, Server, sleep } from './server.mjs';

const kTimeout = { timeout: 60_000 };
const kCaps = `${kAllCaps} clamor.dev/seq`;
const kSpeakers = 8;
let server;

const position = (line) => line.match(/^@(?:\S*;)?clamor\.dev\/seq=(\d+)-(\d+)[; ]/)?.slice(1).map(Number);
const before_ = (a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

/** A viewer that remembers over its connections what it was given. */
class Viewer {
    texts = [];
    positions = [];
    async connect(room) {
        this.client = await IrcClient.login(server, this.nick ?? 'justinfan42', { caps: kCaps });
        const last = this.positions.at(-1);
        this.client.send(`${last ? `@clamor.dev/after=${last.join('-')} ` : ''}JOIN #${room}`);
        await this.client.lines.next(` 366 justinfan42 #${room}`);
    }
    /** Ends the connection and keeps what came over it. */
    async leave() {
        if (!this.client.isClosed) await this.client.close();
        for (const line of this.client.lines.all) {
            if (line.includes(' PRIVMSG #')) this.texts.push(line.slice(line.indexOf(' :', line.indexOf(' PRIVMSG ')) + 2));
            const at = position(line);
            if (at && line.includes(' PRIVMSG #')) this.positions.push(at);
            assert.ok(!line.includes('msg-id=clamor_skipped'), line);
        }
    }
}

before(async () => (server = await Server.start({ config: { limits: { messages_viewer: 1000 } } })));
after(async () => {
    exitSoon();
    await server.stop();
});

test('a viewer who comes and goes under load has every message once, in order', kTimeout, async () => {
    const room = 'comings';
    const speakers = [];
    for (let i = 0; i < kSpeakers; ++i) speakers.push(await IrcClient.login(server, `speaker${i}`, { channels: [room] }));
    const said = new Set();
    let count = 0;
    const talk = setInterval(() => {
        const text = `number ${count++}`;
        said.add(text);
        speakers[count % kSpeakers].say(room, text);
    }, 10);
    const viewer = new Viewer();
    for (let i = 0; i < 12; ++i) {
        await viewer.connect(room);
        await sleep(100 + 20 * i);
        await viewer.leave();
        await sleep(50 * (i % 4));
    }
    clearInterval(talk);
    await sleep(200);
    await viewer.connect(room);
    const last = `number ${count - 1}`;
    await eventually(() => viewer.texts.includes(last) || viewer.client.lines.count(` :${last}`) > 0, 'the last message comes');
    await viewer.leave();
    const stored = (server.export(room)).map(({ text }) => text);
    const first = stored.indexOf(viewer.texts[0]);
    assert.deepEqual(viewer.texts, stored.slice(first));
    assert.ok(viewer.texts.length > said.size / 2);
    for (let i = 1; i < viewer.positions.length; ++i) assert.ok(before_(viewer.positions[i - 1], viewer.positions[i]));
    for (const speaker of speakers) await speaker.close();
});

test('so has one whose server was killed', kTimeout, async () => {
    const room = 'killings';
    const viewer = new Viewer();
    await viewer.connect(room);
    for (let life = 0; life < 3; ++life) {
        const speakers = [];
        for (let i = 0; i < kSpeakers; ++i) speakers.push(await IrcClient.login(server, `speaker${i}`, { channels: [room] }));
        let count = 0;
        const talk = setInterval(() => speakers[count % kSpeakers].say(room, `life ${life} number ${count++}`), 5);
        await sleep(700);
        await server.kill();
        clearInterval(talk);
        await viewer.client.closed;
        await viewer.leave();
        await server.restart();
        await viewer.connect(room);
    }
    const end = await IrcClient.login(server, room, { channels: [room] });
    await end.sayStored(room, 'the end');
    await viewer.client.hears('the end');
    await viewer.leave();
    const stored = (server.export(room)).map(({ text }) => text);
    assert.equal(stored.length, new Set(stored).size);
    const given = new Map(viewer.texts.map((text) => [text, 0]));
    for (const text of viewer.texts) given.set(text, given.get(text) + 1);
    for (const text of stored) assert.equal(given.get(text), 1, `${text} was given ${given.get(text) ?? 0} times`);
    const kept = viewer.texts.filter((text) => stored.includes(text));
    assert.deepEqual(kept, stored);
    console.log(`${stored.length} stored messages over three kills, each given once; ${viewer.texts.length - kept.length} given and not stored`);
});

test('a gap names its range, which the history gives', kTimeout, async () => {
    const room = 'long';
    const by = await IrcClient.login(server, room, { channels: [room] });
    for (let i = 0; i < 90; ++i) by.say(room, `number ${i}`);
    await eventually(async () => (server.export(room)).length === 90, 'all are stored');
    const late = await IrcClient.login(server, 'justinfan43', { caps: kCaps });
    late.send(`@clamor.dev/after=0-0 JOIN #${room}`);
    await late.hears('number 89');
    const unknown = await IrcClient.login(server, 'justinfan44', { caps: kCaps });
    unknown.send(`@clamor.dev/after=999999-1 JOIN #${room}`);
    await unknown.lines.next('msg-id=clamor_position_unknown');
    unknown.send(`@clamor.dev/after=nonsense JOIN #${room}x`);
    await unknown.lines.next('msg-id=clamor_bad_position');
    for (const client of [by, late, unknown]) await client.close();
});
