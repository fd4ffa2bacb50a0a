// SPDX-License-Identifier: Apache-2.0
// The callback of a webhook: a real HTTP server, which checks the signatures.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';

export const kSecret = 'a secret of some length';
const receivers = [];

/** A callback: answers challenges and writes down what comes; `answer` says what to answer to a notification. */
export class Receiver {
    static async start() {
        const receiver = new Receiver();
        await new Promise((done) => receiver.server.listen(0, '127.0.0.1', done));
        receivers.push(receiver);
        return receiver;
    }

    constructor() {
        this.posts = [];
        this.answer = () => 204;
        this.challenge = (challenge) => challenge;
        this.server = createServer((request, response) => {
            const parts = [];
            request.on('data', (part) => parts.push(part));
            request.on('end', () => {
                const text = Buffer.concat(parts).toString('utf8');
                const header = (name) => request.headers[`twitch-eventsub-${name}`];
                const mac = createHmac('sha256', kSecret).update(header('message-id') + header('message-timestamp') + text).digest('hex');
                const post = {
                    id: header('message-id'), type: header('message-type'), retry: Number(header('message-retry')),
                    subscription: header('subscription-type'), signed: header('message-signature') === `sha256=${mac}`, at: Date.now(),
                    body: JSON.parse(text),
                };
                this.posts.push(post);
                if (post.type === 'webhook_callback_verification') {
                    response.writeHead(200, { 'content-type': 'text/plain' }).end(this.challenge(post.body.challenge));
                } else {
                    response.writeHead(this.answer(post)).end();
                }
            });
        });
    }

    get url() {
        return `http://127.0.0.1:${this.server.address().port}/callback`;
    }
    of(type) {
        return this.posts.filter((post) => post.type === type);
    }
    get notifications() {
        return this.of('notification');
    }
    static closeAll() {
        for (const receiver of receivers) receiver.close();
    }
    close() {
        this.server.closeAllConnections?.();
        this.server.close();
    }
}
