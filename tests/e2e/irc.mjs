// SPDX-License-Identifier: Apache-2.0
// IRC as bytes and lines, without a library that would repair or hide anything.
import { connect } from 'node:net';

const kPatience = 5000;
export const kAllCaps = 'twitch.tv/tags twitch.tv/commands twitch.tv/membership';

const kUnescaped = { ':': ';', s: ' ', r: '\r', n: '\n' };

/** `{raw, tags, prefix, nick, command, params, text}` of a line of the server. */
export function parseLine(raw) {
    const line = { raw, tags: {}, prefix: '', command: '', params: [] };
    let rest = raw;
    if (rest.startsWith('@')) {
        const end = rest.indexOf(' ');
        for (const tag of rest.slice(1, end).split(';')) {
            const equals = tag.indexOf('=');
            line.tags[tag.slice(0, equals)] = tag.slice(equals + 1).replace(/\\(.?)/g, (_, c) => kUnescaped[c] ?? c);
        }
        rest = rest.slice(end + 1);
    }
    if (rest.startsWith(':')) {
        const end = rest.indexOf(' ');
        line.prefix = rest.slice(1, end);
        rest = rest.slice(end + 1);
    }
    const colon = rest.indexOf(' :');
    const middle = (colon < 0 ? rest : rest.slice(0, colon)).split(' ');
    line.command = middle.shift();
    line.params = middle;
    if (colon >= 0) line.params.push(rest.slice(colon + 2));
    line.nick = line.prefix.split('!')[0];
    line.text = colon < 0 ? undefined : rest.slice(colon + 2);
    return line;
}

/** What was received, in order, and the wait for what is to come. */
export class Lines {
    all = [];
    #cursor = 0;
    #waiting = [];
    /** What is wrong about the server's lines themselves. */
    faults = [];

    push(line) {
        this.all.push(line);
        if (/[\0\r\n]/.test(line) || line === '') this.faults.push(line);
        for (const wake of this.#waiting.splice(0)) wake();
    }
    end() {
        this.ended = true;
        for (const wake of this.#waiting.splice(0)) wake();
    }
    /** The first line after the last one found that matches; later waits go on behind it. */
    async next(pattern, timeout = kPatience) {
        const end = Date.now() + timeout;
        const matches = typeof pattern === 'function' ? pattern : (line) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line));
        let at = this.#cursor;
        for (;;) {
            for (; at < this.all.length; ++at) {
                if (!matches(this.all[at])) continue;
                this.#cursor = at + 1;
                return parseLine(this.all[at]);
            }
            const left = end - Date.now();
            if (left <= 0 || this.ended) {
                throw new Error(`no line ${pattern} ${this.ended ? 'before the end' : `within ${timeout} ms`}; the last lines: ` +
                    JSON.stringify(this.all.slice(-5)));
            }
            await new Promise((wake) => {
                const timer = setTimeout(wake, left);
                this.#waiting.push(() => {
                    clearTimeout(timer);
                    wake();
                });
            });
        }
    }
    count(pattern) {
        return this.all.filter((line) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line))).length;
    }
    /** Later waits look at nothing that is there now. */
    skip() {
        this.#cursor = this.all.length;
    }
}

/** IRC lines over TCP. */
export class IrcClient {
    lines = new Lines();

    static connect(port, host = '127.0.0.1') {
        return new Promise((done, fail) => {
            const socket = connect(port, host);
            socket.once('error', fail);
            socket.once('connect', () => {
                socket.off('error', fail);
                done(new IrcClient(socket));
            });
        });
    }

    /** Connects and logs in, with the dev mode's password unless another token is given. `caps` '' asks for none. */
    static async login(server, nick, { caps = kAllCaps, channels = [], token = 'dev' } = {}) {
        const client = await IrcClient.connect(server.irc);
        client.nick = nick;
        client.send(...(caps ? [`CAP REQ :${caps}`] : []), ...(nick.startsWith('justinfan') ? [] : [`PASS oauth:${token}`]), `NICK ${nick}`);
        await client.lines.next(' 376 ');
        for (const channel of channels) await client.join(channel);
        return client;
    }

    constructor(socket) {
        this.socket = socket;
        let rest = Buffer.alloc(0);
        socket.setNoDelay(true);
        socket.on('data', (bytes) => {
            rest = rest.length ? Buffer.concat([rest, bytes]) : bytes;
            for (let end; (end = rest.indexOf('\n')) >= 0; rest = rest.subarray(end + 1)) {
                const line = this.#decode(rest.subarray(0, end));
                if (line.endsWith('\r')) this.lines.push(line.slice(0, -1));
                else this.lines.faults.push(line);
            }
        });
        socket.on('error', (error) => (this.error = error));
        this.closed = new Promise((done) =>
            socket.on('close', () => {
                this.isClosed = true;
                this.lines.end();
                done();
            }),
        );
    }

    #decode(bytes) {
        try {
            return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
        } catch {
            this.lines.faults.push(bytes);
            return bytes.toString('latin1');
        }
    }

    send(...lines) {
        this.socket.write(lines.map((line) => `${line}\r\n`).join(''));
    }
    sendBytes(bytes) {
        this.socket.write(bytes);
    }
    async join(channel) {
        this.send(`JOIN #${channel}`);
        return this.lines.next(this.nick?.startsWith('justinfan') ? ` 366 ${this.nick} #${channel} ` : `:tmi.twitch.tv ROOMSTATE #${channel}`);
    }
    say(channel, text, tags = '') {
        this.send(`${tags ? `@${tags} ` : ''}PRIVMSG #${channel} :${text}`);
    }
    /** Says it and waits for the echo, which is returned. */
    async sayStored(channel, text, tags) {
        this.say(channel, text, tags);
        return this.lines.next((line) => /^@\S*\bid=[^;]+;/.test(line) && line.includes(` USERSTATE #${channel}`));
    }
    hears(text, timeout) {
        return this.lines.next((line) => line.includes(' PRIVMSG #') && line.endsWith(` :${text}`), timeout);
    }
    /** Whether the server answers this connection; everything sent before has been answered then. */
    async alive(word = `alive${Math.random()}`) {
        this.send(`PING :${word}`);
        return this.lines.next(`:tmi.twitch.tv PONG tmi.twitch.tv :${word}`);
    }
    async close() {
        this.socket.destroy();
        await this.closed;
    }
}
