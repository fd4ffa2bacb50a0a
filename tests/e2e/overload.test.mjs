// SPDX-License-Identifier: Apache-2.0
// Too much of it: a thousand connections that never log in, and a viewer that stops reading in a busy channel.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { Canary, percentile } from './canary.mjs';
import { IrcClient } from './irc.mjs';
import { frame, RawConnection, RawWebSocket, upgrade } from './raw.mjs';
import { eventually, Server, sleep } from './server.mjs';

const kTimeout = { timeout: 60_000 };
let server;
let canary;

before(async () => {
    server = await Server.start({
        config: { limits: { connections_per_address: 5000, registration_timeout_s: 2, messages_viewer: 10_000, messages_moderator: 10_000 } },
    });
    canary = await Canary.start(server);
});
afterEach(() => canary.check());
after(async () => {
    await canary.stop();
    console.log(`canaries: ${canary.said} said, ${canary.heard} heard, p50 ${percentile(canary.latencies, 0.5).toFixed(1)} ms, p99 ${percentile(canary.latencies, 0.99).toFixed(1)} ms`);
    const ended = await server.stop();
    assert.equal(canary.heard, canary.said, 'the canaries missed nothing');
    assert.deepEqual(ended, { code: 0, signal: null });
});

test('a thousand connections that never log in are closed in time, and others come in meanwhile', kTimeout, async () => {
    const closedBefore = await server.metric('clamor_closed_total', { reason: 'registration_timeout' });
    const acceptedBefore = await server.metric('clamor_accepted_total');
    const started = Date.now();
    const crowd = [];
    for (let i = 0; i < 1000; ++i) {
        const overWebSocket = i % 2 === 1;
        const raw = await RawConnection.open(overWebSocket ? server.http : server.irc);
        if (overWebSocket) raw.send(upgrade());
        // Some say nothing, some something that is no login, some half of one.
        const words = ['', 'CAP LS 302\r\n', 'PASS oauth:dev\r\n', 'PING :x\r\n'][(i >> 1) % 4];
        if (words) raw.send(overWebSocket ? frame(words) : words);
        crowd.push(raw);
    }
    await eventually(async () => (await server.metric('clamor_accepted_total')) - acceptedBefore >= 1000, 'all are accepted');
    const guest = await IrcClient.login(server, 'guest1');
    await guest.sayStored('crowded', 'is it always so full here?');
    const closed = await Promise.all(crowd.map((raw) => raw.closes(10_000)));
    assert.ok(closed.every(Boolean), `${closed.filter((each) => !each).length} are still open`);
    assert.ok(Date.now() - started >= 1800);
    assert.equal((await server.metric('clamor_closed_total', { reason: 'registration_timeout' })) - closedBefore, 1000);
    await eventually(async () => (await server.metric('clamor_connections')) < 10, 'they are forgotten');
    await guest.close();
});

test('a login that is half done is refused when the time is over', kTimeout, async () => {
    const client = await IrcClient.connect(server.irc);
    client.send('NICK halfway');
    await client.closed;
    assert.deepEqual(client.lines.all, [':tmi.twitch.tv NOTICE * :Improperly formatted auth']);
});

test('who reads too slowly is closed and told so, and nobody else notices', kTimeout, async () => {
    const closedBefore = await server.metric('clamor_closed_total', { reason: 'slow_reader' });
    const busy = await IrcClient.login(server, 'busy');
    const viewers = [];
    const latencies = [];
    let heard = 0;
    for (let i = 0; i < 10; ++i) {
        const viewer = await IrcClient.login(server, `quick${i}`, { channels: ['busy'] });
        const push = viewer.lines.push.bind(viewer.lines);
        viewer.lines.push = (line) => {
            const at = line.match(/ PRIVMSG #busy :\d+ ([\d.]+) /);
            if (!at) return push(line);
            ++heard;
            latencies.push(performance.now() - Number(at[1]));
        };
        viewers.push(viewer);
    }
    const slow = [];
    const stopReading = async () => {
        const ws = await RawWebSocket.open(server.http);
        ws.send(frame(`CAP REQ :twitch.tv/tags twitch.tv/commands\r\nPASS oauth:dev\r\nNICK slow${slow.length}\r\nJOIN #busy\r\n`));
        await ws.line(/ROOMSTATE #busy\r\n/);
        ws.socket.pause();
        slow.push(ws);
        return ws;
    };
    const closed = async () => (await server.metric('clamor_closed_total', { reason: 'slow_reader' })) - closedBefore;
    const memory = server.memory();
    const filler = `z${'\u{1F602}'.repeat(450)}`;
    let said = 0;
    let over = false;
    const talking = (async () => {
        while (!over) {
            for (let i = 0; i < 10; ++i) busy.say('busy', `${said++} ${performance.now()} ${filler}`);
            await sleep(20);
        }
    })();
    try {
        // One reads again in time to see why it was closed; those who follow it by some seconds never do.
        const told = await stopReading();
        await sleep(4000);
        await Promise.all([stopReading(), stopReading(), stopReading()]);
        await eventually(async () => (await closed()) === 1, 'the first is closed', 20_000);
        told.socket.resume();
        await told.closed;
        assert.equal(told.code, 1013);
        assert.match(told.lines, /NOTICE \* :This connection is closed since it reads too slowly\. Please connect again\.\r\n$/);
        await eventually(async () => (await closed()) === 4, 'the others are closed', 20_000);
        // The message log's page cache alone grows by 16 MiB meanwhile; the four may cost half a MiB each.
        const grown = server.memory() - memory;
        assert.ok(grown < 24 << 20, `${grown >> 10} KiB more`);
        await sleep(1000);
    } finally {
        over = true;
        await talking;
    }
    await busy.alive();
    await eventually(() => heard >= said * viewers.length, `${heard} of ${said * viewers.length} deliveries`).catch(() => {});
    assert.equal(heard, said * viewers.length, 'the quick ones got everything');
    const p99 = percentile(latencies, 0.99);
    console.log(`beside slow readers: ${said} messages to ${viewers.length} viewers, p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
    // The promise is 100 ms; the machine that tests has other things to do as well.
    assert.ok(p99 < 300, `p99 ${p99} ms`);
    assert.ok((await server.metric('clamor_skipped_total')) > 0, 'what was not delivered is counted');
    await eventually(async () => (await server.metric('clamor_connections')) <= 2 + 1 + viewers.length + 1, 'the silent ones are gone as well', 10_000);
    for (const ws of slow) ws.socket.destroy();
    for (const client of [busy, ...viewers]) await client.close();
});

test('who reads a little too slowly is told how much was skipped', kTimeout, async () => {
    const loud = await IrcClient.login(server, 'loud');
    const ws = await RawWebSocket.open(server.http);
    ws.send(frame('CAP REQ :twitch.tv/tags twitch.tv/commands\r\nPASS oauth:dev\r\nNICK dozer\r\nJOIN #loudroom\r\n'));
    await ws.line(/ROOMSTATE #loudroom\r\n/);
    ws.socket.pause();
    const skippedBefore = await server.metric('clamor_skipped_total', { class: 'message' });
    const filler = 'z' + '\u{1F602}'.repeat(450);
    let said = 0;
    await eventually(async () => {
        for (let i = 0; i < 10; ++i) loud.say('loudroom', `${said++} ${filler}`);
        return (await server.metric('clamor_skipped_total', { class: 'message' })) > skippedBefore;
    }, 'something is skipped', 20_000);
    await loud.alive();
    ws.socket.resume();
    const [, count] = await ws.line(/@msg-id=clamor_skipped :tmi\.twitch\.tv NOTICE #loudroom :(\d+) messages were skipped/, 10_000);
    const got = ws.lines.match(/ PRIVMSG #loudroom :\d+ z/g).length;
    assert.equal(got + Number(count), said, 'each message was delivered or counted');
    await ws.close();
    await loud.close();
});
