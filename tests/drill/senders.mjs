// SPDX-License-Identifier: Apache-2.0
// What the drills have in common: people who talk, and whether what they saw the echo of is stored.
import { IrcClient } from '../e2e/irc.mjs';
import { sleep } from '../e2e/server.mjs';

const kInFlight = 40; // messages of a sender that wait for their echo

/** mulberry32: small, seeded, good enough to choose moments. */
export function generator(seed) {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0;
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

const kEcho = /^@(?=\S*client-nonce=([^; ]+))(?=\S*[;@]id=([0-9a-f-]{36}))\S* :tmi\.twitch\.tv USERSTATE #(\S+)$/;

/** Talks in its channel for as long as it is connected; keeps what it sent and what it saw the echo of. */
export class Sender {
    sent = 0;
    echoes = []; // {id, text, channel, sender, number}
    refused = 0;

    constructor(number, random, channel) {
        this.number = number;
        this.random = random;
        this.channel = channel;
    }

    async connect(server) {
        const client = await IrcClient.login(server, `drill${this.number}`);
        client.lines.push = (line) => this.take(line);
        this.client = client;
        this.waiting = 0;
        this.talk(client);
    }

    #text(number) {
        return `${this.number}:${number} ${'x'.repeat(Math.floor(this.random() * 120))}`;
    }

    say(client) {
        const number = this.sent++;
        this.texts ??= new Map();
        const text = this.#text(number).trimEnd();
        this.texts.set(String(number), text);
        ++this.waiting;
        client.say(this.channel, text, `client-nonce=${number}`);
        return number;
    }

    async talk(client) {
        while (!client.isClosed && !this.over) {
            const batch = Math.min(1 + Math.floor(this.random() * 8), kInFlight - this.waiting);
            for (let i = 0; i < batch; ++i) this.say(client);
            await sleep(1 + this.random() * 6);
        }
    }

    take(line) {
        const echo = line.match(kEcho);
        if (echo) {
            --this.waiting;
            this.echoes.push({ id: echo[2], channel: echo[3], text: this.texts.get(echo[1]), sender: this.number, number: Number(echo[1]) });
        } else if (line.includes(' NOTICE ') && !line.includes('msg_not_stored_yet')) {
            --this.waiting;
            ++this.refused;
        }
    }
}

/** What is wrong about the stored messages, given the echoes that were seen. */
export function judge(echoes, stored) {
    const problems = { lost: [], altered: [], duplicated: [], gaps: [], reordered: [] };
    for (const [channel, messages] of stored) {
        const byId = new Map();
        const texts = new Set();
        messages.forEach((message, i) => {
            if (byId.has(message.id) || texts.has(message.text)) problems.duplicated.push(`#${channel} ${message.id} ${message.text}`);
            byId.set(message.id, message);
            texts.add(message.text);
            if (message.seq !== i + 1) problems.gaps.push(`#${channel}: seq ${message.seq} at place ${i + 1}`);
        });
        const last = new Map();
        for (const echo of echoes.filter((each) => each.channel === channel)) {
            const message = byId.get(echo.id);
            if (!message) {
                problems.lost.push(`#${channel} ${echo.id} ${echo.text}`);
                continue;
            }
            if (message.text !== echo.text) problems.altered.push(`#${channel} ${echo.id}`);
            if (message.seq <= (last.get(echo.sender) ?? 0)) problems.reordered.push(`#${channel} ${echo.id}`);
            last.set(echo.sender, message.seq);
        }
    }
    return problems;
}

export const total = (problems) => Object.values(problems).reduce((sum, list) => sum + list.length, 0);
