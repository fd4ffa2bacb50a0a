// SPDX-License-Identifier: Apache-2.0
// What is measured beside the load: chatters of one's own, and the server's metrics.
import { connect } from 'node:net';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function percentile(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** A chatter over the WebSocket that calls `onLine` with each line and the time of its arrival. */
export class Chatter {
    constructor(port, login, onLine) {
        this.login = login;
        this.onLine = onLine;
        this.rest = Buffer.alloc(0);
        this.ready = new Promise((resolve) => { this.setReady = resolve; });
        this.socket = connect(port, '127.0.0.1');
        this.socket.setNoDelay(true);
        this.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
        this.socket.on('data', (bytes) => this.take(bytes));
        this.socket.on('error', () => {});
    }
    take(bytes) {
        const now = performance.now();
        this.rest = this.rest.length ? Buffer.concat([this.rest, bytes]) : bytes;
        if (!this.upgraded) {
            const end = this.rest.indexOf('\r\n\r\n');
            if (end < 0) return;
            this.rest = this.rest.subarray(end + 4);
            this.upgraded = true;
            this.send('CAP REQ :twitch.tv/tags twitch.tv/commands', 'PASS oauth:bench', `NICK ${this.login}`, 'JOIN #c0000000');
        }
        for (;;) {
            if (this.rest.length < 2) return;
            let size = this.rest[1];
            let head = 2;
            if (size === 126) [size, head] = [this.rest.length < 4 ? Infinity : this.rest.readUInt16BE(2), 4];
            else if (size === 127) [size, head] = [this.rest.length < 10 ? Infinity : Number(this.rest.readBigUInt64BE(2)), 10];
            if (this.rest.length < head + size) return;
            for (const line of this.rest.toString('utf8', head, head + size).split('\r\n')) {
                if (line.includes(' ROOMSTATE #c0000000')) this.setReady();
                if (line) this.onLine(line, now);
            }
            this.rest = this.rest.subarray(head + size);
        }
    }
    send(...lines) {
        const text = Buffer.from(lines.map((line) => `${line}\r\n`).join(''));
        const head = Buffer.from(text.length < 126 ? [0x81, 0x80 | text.length, 0, 0, 0, 0] : [0x81, 0xfe, text.length >> 8, text.length & 255, 0, 0, 0, 0]);
        this.socket.write(Buffer.concat([head, text]));
    }
}

/** The server's metrics as they are now: a function from a name to its sum over the labels. */
export async function metrics(port) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return (name) => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((sum, m) => sum + Number(m[1]), 0);
}

export const metric = async (port, name) => (await metrics(port))(name);
