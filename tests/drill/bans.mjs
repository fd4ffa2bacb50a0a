// SPDX-License-Identifier: Apache-2.0
// The drill of bans over nodes: on the first of three nodes a moderator times out people who talk on the others, beside senders on each.
// Every viewer of every node must see every CLEARCHAT, whoever is timed out must be refused from then on, and nothing that was taken
// after it may be heard. Says how long it takes from the command until the last viewer has seen it, and until the first refusal.
//
//   node tests/drill/bans.mjs [--bans N] [--viewers N] [--rate MESSAGES_PER_SECOND] [--seed N]
import { IrcClient } from '../e2e/irc.mjs';
import { eventually, sleep } from '../e2e/server.mjs';
import { endTalk, kRoom, sendersFor, startNodes } from './cluster.mjs';
import { optionsOf } from './options.mjs';
import { percentile, run } from './senders.mjs';

const options = optionsOf({ bans: 200, viewers: 300, rate: 100, seed: 1 });
const kBans = options.bans;
const kEvery = 200; // milliseconds between two bans
const kTalks = 500; // milliseconds that somebody talks before
const kBetween = 20; // milliseconds between two things that they say
const kPatience = 5000; // milliseconds until a ban is given up

/** Sees CLEARCHATs, and what is said of whom it has seen one. */
class Watcher {
    seen = new Map(); // login -> when
    behind = 0;

    async connect(server, number) {
        this.client = await IrcClient.login(server, `justinfan${5000 + number}`, { channels: [kRoom] });
        this.client.lines.push = (line) => {
            const cleared = line.match(/ CLEARCHAT #\S+ :(\S+)$/)?.[1];
            if (cleared && !this.seen.has(cleared)) this.seen.set(cleared, performance.now());
            const author = line.match(/ :(victim\d+)!\S+ PRIVMSG /)?.[1];
            if (author && this.seen.has(author)) ++this.behind;
        };
    }
}

/** Talks until it is refused. */
class Victim {
    said = 0;

    async live(server, number) {
        this.login = `victim${number}`;
        this.client = await IrcClient.login(server, this.login, { channels: [kRoom] });
        this.client.lines.push = (line) => {
            if (/msg-id=msg_(timedout|banned)/.test(line)) this.refusedAt ??= performance.now();
        };
        const end = performance.now() + kTalks + kPatience;
        while (!this.refusedAt && performance.now() < end) {
            this.client.say(kRoom, `word ${this.said++}`);
            await sleep(kBetween);
        }
        // What was on its way is answered, too.
        await sleep(500);
        await this.client.close();
    }
}

function tell(what, times) {
    times.sort((a, b) => a - b);
    const ms = (share) => `${percentile(times, share).toFixed(1)} ms`;
    console.log(`${what}: p50 ${ms(0.5)}, p99 ${ms(0.99)}, at most ${times.at(-1).toFixed(1)} ms`);
}

const again = ['bans', 'viewers', 'rate', 'seed'].map((name) => `--${name} ${options[name]}`).join(' ');

await run(`bans.mjs ${again}`, async ({ serve, after }) => {
    console.log(`drill of bans: ${kBans} on one of three nodes, ${options.viewers} viewers on all, ${options.rate} messages/s in the channel`);
    const cluster = await startNodes({ serve, after });
    const [home, ...others] = cluster.nodes;
    const watchers = Array.from({ length: options.viewers }, () => new Watcher());
    await Promise.all(watchers.map((watcher, i) => watcher.connect(cluster.nodes[i % cluster.nodes.length], i)));
    const senders = sendersFor(cluster.nodes, 2, options.rate, options.seed);
    for (const sender of senders) await sender.connect(cluster.nodes[sender.number % cluster.nodes.length]);
    const moderator = await IrcClient.login(home, kRoom, { channels: [kRoom] });
    await eventually(() => senders.every((sender) => sender.echoes.length > 0), 'the senders are there', 20_000);

    const victims = [];
    const lives = [];
    for (let i = 0; i < kBans; ++i) {
        const victim = new Victim();
        victims.push(victim);
        lives.push(victim.live(others[i % others.length], i));
        setTimeout(() => {
            victim.bannedAt = performance.now();
            moderator.say(kRoom, `/timeout ${victim.login} 600 drill`);
        }, kTalks);
        await sleep(kEvery);
    }
    await Promise.all(lives);
    await endTalk(senders, 20_000);

    const shown = victims.flatMap((victim) => {
        const times = watchers.map((watcher) => watcher.seen.get(victim.login));
        return times.includes(undefined) ? [] : [Math.max(...times) - victim.bannedAt];
    });
    const silenced = victims.filter((victim) => victim.refusedAt).map((victim) => victim.refusedAt - victim.bannedAt);
    const behind = watchers.reduce((sum, watcher) => sum + watcher.behind, 0);
    tell('from the command until the last viewer of all nodes has seen it', shown);
    tell(`until the banned is refused on another node, who says something every ${kBetween} ms`, silenced);
    console.log(`said by the banned ${victims.reduce((sum, victim) => sum + victim.said, 0)}, beside ${senders.reduce((sum, sender) => sum + sender.sent, 0)} of others; ` +
        `heard behind a ban ${behind}`);
    const failures = [];
    if (shown.length !== kBans) failures.push(`${kBans - shown.length} bans did not reach every viewer`);
    if (silenced.length !== kBans) failures.push(`${kBans - silenced.length} of the banned went on talking`);
    const stored = (await cluster.stored()).get(kRoom);
    const bannedLogins = new Set(victims.map((victim) => victim.login));
    const visible = stored.filter((message) => bannedLogins.has(message.author.login) && !message.deleted);
    // What another node took before it heard of the ban may get its place behind it; all viewers hear that.
    if (behind > visible.length * watchers.length) failures.push(`${behind} messages were heard behind a ban, ${visible.length} are stored there`);
    console.log(`stored ${stored.length}, of the banned in sight ${visible.length}`);
    for (const one of [...watchers, ...senders, { client: moderator }]) await one.client.close();
    return failures;
});
