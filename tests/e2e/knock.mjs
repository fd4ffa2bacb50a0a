// SPDX-License-Identifier: Apache-2.0
// Whether a server takes connections all the time.
import { connect } from 'node:net';
import { eventually } from './server.mjs';

/** Tries to connect and to be welcomed, again and again; counts what failed. */
export function knock(server, every) {
    const knocks = { tried: 0, welcomed: 0, failed: [], longest: 0, open: 0 };
    const timer = setInterval(() => {
        ++knocks.tried;
        ++knocks.open;
        const begin = Date.now();
        const socket = connect(server.irc, '127.0.0.1');
        let said = '';
        socket.write('NICK justinfan1\r\n');
        const done = (why) => {
            if (socket.destroyed && why === undefined) return;
            --knocks.open;
            if (why === undefined) ++knocks.welcomed;
            else knocks.failed.push(why);
            knocks.longest = Math.max(knocks.longest, Date.now() - begin);
            socket.removeAllListeners();
            socket.on('error', () => {});
            socket.destroy();
        };
        socket.on('data', (bytes) => {
            said += bytes;
            if (said.includes(' 376 ')) done();
        });
        socket.on('error', (error) => done(error.message));
        socket.on('close', () => done('closed before the welcome'));
    }, every);
    knocks.stop = async () => {
        clearInterval(timer);
        await eventually(() => knocks.open === 0, 'every attempt has an end', 20_000);
    };
    return knocks;
}
