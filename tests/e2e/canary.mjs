// SPDX-License-Identifier: Apache-2.0
// Two clients that talk to each other all the time while bad things are done to the server beside them.
import { IrcClient } from './irc.mjs';
import { sleep } from './server.mjs';

export function percentile(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] : NaN;
}

export class Canary {
    latencies = [];
    said = 0;
    heard = 0;

    static async start(server, channel = 'canary') {
        const canary = new Canary();
        canary.server = server;
        canary.channel = channel;
        canary.pid = server.pid;
        // The broadcaster, since its window is the wide one.
        canary.singer = await IrcClient.login(server, channel);
        canary.listener = await IrcClient.login(server, `${channel}2`, { channels: [channel] });
        const push = canary.listener.lines.push.bind(canary.listener.lines);
        canary.listener.lines.push = (line) => {
            const at = line.match(/ :sings \d+ at ([\d.]+)$/);
            if (!at) return push(line);
            ++canary.heard;
            canary.latencies.push(performance.now() - Number(at[1]));
        };
        canary.singing = canary.#sing();
        return canary;
    }

    async #sing() {
        while (!this.over && !this.singer.isClosed) {
            this.singer.say(this.channel, `sings ${this.said++} at ${performance.now()}`);
            await sleep(100);
        }
    }

    /** Fails unless the same process still serves both of them. */
    async check() {
        if (!this.server.alive || this.server.pid !== this.pid) throw new Error(`the server has ended: ${this.server.log.slice(-2000)}`);
        const text = `check ${Math.random()}`;
        this.singer.say(this.channel, text);
        await this.listener.hears(text, 5000);
        await this.singer.alive();
    }

    async stop() {
        this.over = true;
        await this.singing;
        await this.singer.alive();
        await this.check();
        for (const client of [this.singer, this.listener]) await client.close();
    }
}
