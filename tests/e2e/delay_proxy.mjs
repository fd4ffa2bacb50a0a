// SPDX-License-Identifier: Apache-2.0
// A wide-area link on one machine: passes TCP on, each byte some time later, and can be cut.
//
//   node tests/e2e/delay_proxy.mjs --target PORT [--listen PORT] [--delay MS]
//
// On a terminal: SIGUSR1 cuts the link, SIGUSR2 mends it.
import { connect, createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

/** One way of one connection: what comes in leaves `delay` later, in order, while the link is whole. */
class Way {
    #waiting = [];
    #timer;

    constructor(link, to) {
        this.link = link;
        this.to = to;
    }
    /** `bytes` null: the end. */
    take(bytes) {
        this.#waiting.push({ at: performance.now() + this.link.delay, bytes });
        this.flow();
    }
    flow() {
        clearTimeout(this.#timer);
        while (!this.link.isCut && this.#waiting.length > 0 && this.#waiting[0].at <= performance.now()) {
            const { bytes } = this.#waiting.shift();
            bytes === null ? this.to.destroy() : this.to.write(bytes);
        }
        if (this.link.isCut || this.#waiting.length === 0) return;
        // Timers end up to a millisecond too soon.
        this.#timer = setTimeout(() => this.flow(), Math.ceil(this.#waiting[0].at - performance.now()));
    }
    stop() {
        clearTimeout(this.#timer);
    }
}

export class DelayProxy {
    #ways = new Set();
    #sockets = new Set();

    /** @param target a port of 127.0.0.1; @param options.delay milliseconds each way; @param options.listen 0: a free port */
    static start(target, { delay = 80, listen = 0 } = {}) {
        const proxy = new DelayProxy();
        proxy.target = target;
        proxy.delay = delay;
        proxy.isCut = false;
        proxy.connections = 0;
        proxy.server = createServer((client) => proxy.#pass(client));
        return new Promise((done, fail) => {
            proxy.server.once('error', fail);
            proxy.server.listen(listen, '127.0.0.1', () => {
                proxy.port = proxy.server.address().port;
                done(proxy);
            });
        });
    }

    #pass(client) {
        ++this.connections;
        const server = connect(this.target, '127.0.0.1');
        for (const [from, to] of [[client, server], [server, client]]) {
            const way = new Way(this, to);
            this.#ways.add(way);
            this.#sockets.add(from);
            from.setNoDelay(true);
            from.on('data', (bytes) => way.take(bytes));
            from.on('error', () => {});
            from.on('close', () => {
                this.#sockets.delete(from);
                way.take(null);
                to.once('close', () => this.#ways.delete(way));
            });
        }
    }

    /** Nothing passes any more, and nobody is told: what is sent waits, as it does where packets are lost and sent again. */
    cut() {
        this.isCut = true;
    }
    /** What waits goes on. */
    mend() {
        this.isCut = false;
        for (const way of this.#ways) way.flow();
    }
    /** Ends all connections, as a machine between does that forgets them. */
    reset() {
        for (const socket of this.#sockets) socket.resetAndDestroy();
    }
    async stop() {
        for (const way of this.#ways) way.stop();
        this.reset();
        await new Promise((done) => this.server.close(done));
    }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
    const given = (name, otherwise) => {
        const at = process.argv.indexOf(`--${name}`);
        return at < 0 ? otherwise : Number(process.argv[at + 1]);
    };
    const target = given('target');
    if (!(target > 0)) {
        console.error('usage: node tests/e2e/delay_proxy.mjs --target PORT [--listen PORT] [--delay MS]');
        process.exit(2);
    }
    const proxy = await DelayProxy.start(target, { listen: given('listen', 0), delay: given('delay', 80) });
    process.on('SIGUSR1', () => proxy.cut());
    process.on('SIGUSR2', () => proxy.mend());
    console.log(`127.0.0.1:${proxy.port} -> 127.0.0.1:${target}, ${proxy.delay} ms each way`);
}
