// SPDX-License-Identifier: Apache-2.0
// Connections that send whatever bytes a test wants: plain, and as WebSocket frames that may be wrong.
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { sleep } from './server.mjs';

/** Sends bytes, gathers the answer. */
export class RawConnection {
    received = Buffer.alloc(0);

    /** `options.tls`: those of node:tls, where TLS is spoken. */
    static open(port, { tls, ...options } = {}) {
        return new Promise((done, fail) => {
            const where = { port, host: '127.0.0.1', ...options };
            const socket = tls ? connectTls({ ...where, ...tls }) : connect(where);
            socket.once('error', fail);
            socket.once(tls ? 'secureConnect' : 'connect', () => {
                socket.off('error', fail);
                done(new RawConnection(socket));
            });
        });
    }

    constructor(socket) {
        this.socket = socket;
        socket.setNoDelay(true);
        socket.on('data', (bytes) => {
            this.received = Buffer.concat([this.received, bytes]);
            this.onBytes?.();
        });
        socket.on('error', (error) => (this.error = error));
        this.closed = new Promise((done) =>
            socket.on('close', () => {
                this.isClosed = true;
                done();
            }),
        );
    }

    send(bytes) {
        this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    }
    get text() {
        return this.received.toString('latin1');
    }
    /** Whether the server ends the connection within the time. */
    async closes(timeout = 5000) {
        return Promise.race([this.closed.then(() => true), sleep(timeout, false, { ref: false })]);
    }
    async until(pattern, timeout = 5000) {
        const end = Date.now() + timeout;
        while (!this.text.match(pattern)) {
            if (this.isClosed || Date.now() > end) throw new Error(`no ${pattern} ${this.isClosed ? 'before the end' : 'in time'}: ${this.text.slice(-300)}`);
            await sleep(5);
        }
        return this.text.match(pattern);
    }
    async close() {
        this.socket.destroy();
        await this.closed;
    }
}

const kKey = 'dGhlIHNhbXBsZSBub25jZQ==';

export const upgrade = (lines = [], path = '/') =>
    [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${kKey}`, ...lines, '', ''].join('\r\n');

export const kText = 1;
export const kBinary = 2;
export const kClose = 8;
export const kPing = 9;
export const kPong = 10;

/** A frame; `length` overrides the length that the header tells. */
export function frame(payload, { opcode = kText, fin = true, rsv = 0, mask = true, length } = {}) {
    const body = Buffer.from(payload);
    const size = length ?? body.length;
    const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
    if (size < 126) {
        head.push((mask ? 0x80 : 0) | size);
    } else if (size < 65536) {
        head.push((mask ? 0x80 : 0) | 126, size >> 8, size & 255);
    } else {
        const long = Buffer.alloc(8);
        long.writeBigUInt64BE(BigInt(size));
        head.push((mask ? 0x80 : 0) | 127, ...long);
    }
    if (!mask) return Buffer.concat([Buffer.from(head), body]);
    const key = [0x12, 0x34, 0x56, 0x78];
    for (let i = 0; i < body.length; ++i) body[i] ^= key[i & 3];
    return Buffer.concat([Buffer.from(head), Buffer.from(key), body]);
}

export function closePayload(code, reason = '') {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    return Buffer.concat([payload, Buffer.from(reason)]);
}

/** A WebSocket whose handshake is done; `frames` are what the server sent, `code` its Close. */
export class RawWebSocket extends RawConnection {
    static async open(port, { headers = [], path = '/', ...options } = {}) {
        const raw = await RawConnection.open(port, options);
        raw.send(upgrade(headers, path));
        const [head] = await raw.until(/^HTTP\/1\.1 101 [^]*?\r\n\r\n/);
        const rest = raw.received.subarray(head.length);
        raw.socket.removeAllListeners('data');
        const made = new RawWebSocket(raw.socket);
        made.head = head;
        made.closed = raw.closed.then(() => (made.isClosed = true));
        made.received = rest;
        made.onBytes = () => made.#parse();
        made.#parse();
        return made;
    }

    frames = [];
    code = undefined;

    #parse() {
        for (;;) {
            if (this.received.length < 2) return;
            let size = this.received[1] & 127;
            let at = 2;
            if (size === 126) {
                if (this.received.length < 4) return;
                size = this.received.readUInt16BE(2);
                at = 4;
            } else if (size === 127) {
                if (this.received.length < 10) return;
                size = Number(this.received.readBigUInt64BE(2));
                at = 10;
            }
            if (this.received.length < at + size) return;
            const opcode = this.received[0] & 15;
            const payload = Buffer.from(this.received.subarray(at, at + size));
            this.frames.push({ opcode, payload });
            if (opcode === kClose) this.code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
            this.received = this.received.subarray(at + size);
        }
    }

    /** All lines of the text frames. */
    get lines() {
        return this.frames.filter((each) => each.opcode === kText).map((each) => each.payload.toString('utf8')).join('');
    }
    async line(pattern, timeout = 5000) {
        const end = Date.now() + timeout;
        while (!this.lines.match(pattern)) {
            if (this.isClosed || Date.now() > end) throw new Error(`no ${pattern}: ${this.lines.slice(-300)} (close ${this.code})`);
            await sleep(5);
        }
        return this.lines.match(pattern);
    }
}
