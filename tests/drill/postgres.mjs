// SPDX-License-Identifier: Apache-2.0
// The drill of the catalog: people talk and a moderator bans, while PostgreSQL is stopped and started again, in order and as by a
// crash. Chat must go on all the time, from what is cached; every ban must be either answered as done, and then be there with its
// line in the audit log and its CLEARCHAT, or be answered as not done, and then be nowhere. All comes back by itself.
//
//   node tests/drill/postgres.mjs [--rounds N]
import { IrcClient } from '../e2e/irc.mjs';
import { Postgres } from '../e2e/postgres.mjs';
import { eventually, sleep } from '../e2e/server.mjs';
import { optionsOf } from './options.mjs';
import { generator, report, run, Sender, total, Viewer } from './senders.mjs';

const options = optionsOf({ rounds: 4 });
const kRounds = options.rounds;
const kChannel = 'drill';
const kAway = 1500; // milliseconds without PostgreSQL

/** Says one thing after the other. */
class Talker extends Sender {
    async talk(client) {
        for (; !this.over; await sleep(10)) this.say(client);
    }
}

/** Bans one account after the other and waits for the answer to each. */
class Moderator {
    done = [];
    refused = [];
    silent = [];
    /** When the one was asked for that has no answer yet. */
    asked = Infinity;

    constructor(client) {
        this.client = client;
    }

    async ban() {
        for (let n = 0; !this.over; ++n) {
            const target = `target${n}`;
            this.client.say(kChannel, `/ban ${target} drill`);
            this.asked = Date.now();
            try {
                const answer = await this.client.lines.next((line) => / NOTICE /.test(line) && /msg-id=(ban_success|clamor_busy)/.test(line), 20_000);
                (answer.tags['msg-id'] === 'ban_success' ? this.done : this.refused).push(target);
            } catch {
                this.silent.push(target);
            }
            this.asked = Infinity;
            await sleep(5);
        }
    }
}

await run(`postgres.mjs --rounds ${kRounds}`, async ({ serve, after }) => {
    const failures = [];
    const must = (so, what) => so || failures.push(what);
    const postgres = await Postgres.start();
    after(() => postgres.remove());
    const server = await serve({
        config: { catalog: { url: postgres.url, statement_timeout_ms: 2000 }, limits: { messages_viewer: 10_000, messages_moderator: 10_000, connections_per_address: 1000 } },
    });
    const viewer = new Viewer([kChannel]);
    await viewer.connect(server);
    const clears = await IrcClient.login(server, 'clears', { channels: [kChannel] });
    const moderator = new Moderator(await IrcClient.login(server, kChannel, { channels: [kChannel] }));
    const talkers = [1, 2].map((number) => new Talker(number, generator(number), kChannel));
    for (const talker of talkers) await talker.connect(server);
    await eventually(() => talkers.every((talker) => talker.echoes.length > 0), 'the talkers are known to the room');
    const bans = moderator.ban();

    for (let round = 0; round < kRounds; ++round) {
        const how = round % 2 === 0 ? 'fast' : 'immediate';
        const before = moderator.done.length;
        await eventually(() => moderator.done.length > before + 10, 'bans are done while PostgreSQL runs', 20_000);
        await postgres.stop(how);
        const stopped = Date.now();
        const refused = moderator.refused.length;
        const heard = viewer.delivered.size;
        await sleep(kAway);
        must(viewer.delivered.size - heard > kAway / 20, `chat went on without PostgreSQL (${how}): ${viewer.delivered.size - heard} messages`);
        // Whether a ban that was being written is written is found out first.
        must(moderator.refused.length > refused || moderator.asked < stopped, `bans are refused without PostgreSQL (${how})`);
        const helix = await server.get('/helix/users?login=drill1', { headers: { authorization: 'Bearer drill1', 'client-id': 'drill' } });
        must(helix.status === 503, `REST says that it cannot: ${helix.status} ${helix.text}`);
        const ready = await server.get('/readyz');
        must(ready.status === 200 && ready.json.dependencies.postgresql.status === 'down', `/readyz tells of it: ${ready.text}`);
        must((await server.get('/healthz')).json.status === 'degraded', '/healthz tells of it');
        must((await server.metric('clamor_postgres_away')) === 1, 'the metric tells of it');
        const late = await IrcClient.connect(server.irc);
        late.send('PASS oauth:x', 'NICK latecomer');
        const answer = await late.lines.next(/NOTICE|376/);
        must(answer.command === 'NOTICE', `a login is answered: ${answer.raw}`);
        await late.close();
        await postgres.start();
        await eventually(async () => (await server.get('/readyz')).json.dependencies.postgresql.status === 'up', 'the server finds PostgreSQL again', 30_000);
    }
    const before = moderator.done.length;
    await eventually(() => moderator.done.length > before + 10, 'bans are done again', 20_000);

    for (const worker of [...talkers, moderator]) worker.over = true;
    await bans;
    await eventually(() => talkers.every((talker) => talker.waiting === 0), 'every message is echoed', 20_000).catch((error) => failures.push(error.message));
    const said = talkers.reduce((sum, talker) => sum + talker.sent, 0);
    must(viewer.delivered.size === said, `the viewer heard ${viewer.delivered.size} of ${said} messages`);
    const stored = new Map([[kChannel, server.export(kChannel, '--postgres', postgres.url)]]);
    must(total(report(talkers, viewer, stored, { gapless: false }).problems) === 0, 'the stored messages are not what was promised');

    const column = (sql) => new Set(postgres.query(sql).rows.map(([login]) => login));
    const banned = column('SELECT u.login FROM bans b JOIN users u ON u.user_id = b.user_id');
    const audited = column("SELECT u.login FROM audit_log a JOIN users u ON u.user_id = a.target_id WHERE a.action = 'ban'");
    const seen = new Set(clears.lines.all.map((line) => line.match(/ CLEARCHAT #\S+ :(\S+)$/)?.[1]).filter(Boolean));
    const done = new Set(moderator.done);
    const differs = (a, b) => [...a].filter((login) => !b.has(login));
    for (const [name, set] of Object.entries({ banned, audited, seen })) {
        must(!differs(done, set).length, `done, but not ${name}: ${differs(done, set).slice(0, 5)}`);
        must(!differs(set, done).length, `${name}, but not done: ${differs(set, done).slice(0, 5)}`);
    }
    must(!moderator.silent.length, `bans without an answer: ${moderator.silent}`);
    console.log(`rounds     ${kRounds} (fast and immediate in turn)`);
    console.log(`bans       ${moderator.done.length} done, ${moderator.refused.length} refused, ${moderator.silent.length} without an answer`);
    console.log(`in the catalog: ${banned.size} bans, ${audited.size} lines of the audit log, ${seen.size} CLEARCHATs`);
    const stop = await server.terminate();
    must(stop.code === 0, `the server ended in order: ${JSON.stringify(stop)}`);
    return failures;
});
