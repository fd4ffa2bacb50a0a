// SPDX-License-Identifier: Apache-2.0
// The rival of script/bench: `node server.js PORT [CERTIFICATE KEY]`, over TLS with the latter. The path says what a connection does:
//   /t/NAME  is subscribed to the topic NAME when it opens
//   /p/NAME  publishes what it sends to the topic NAME
//   /m       "+a,b,c" subscribes to a, b and c; anything else goes to the topic that its first 8 characters name
const uws = require('@trufflesuite/uws-js-unofficial');

if (!Object.keys(require.cache).some((file) => /uws_[^/]*\.node$/.test(file)))
    throw new Error('the native binary of uWebSockets does not load here, and its JavaScript stand-in is no rival');

const port = Number(process.argv[2]);
const topicAt = (message) => Buffer.from(message).latin1Slice(0, 8);
const [certificate, key] = process.argv.slice(3);
const app = certificate ? uws.SSLApp({ cert_file_name: certificate, key_file_name: key }) : uws.App();
const common = { compression: uws.DISABLED, idleTimeout: 0, maxBackpressure: 256 * 1024 * 1024, maxPayloadLength: 64 * 1024 };
const named = (res, req, context) =>
    res.upgrade({ topic: req.getParameter(0) }, req.getHeader('sec-websocket-key'), '', '', context);

app.ws('/t/:topic', { ...common, upgrade: named, open: (ws) => ws.subscribe(ws.topic) });
app.ws('/p/:topic', { ...common, upgrade: named, message: (ws, message) => app.publish(ws.topic, message, false, false) });
app.ws('/m', {
    ...common,
    message: (ws, message) => {
        if (new Uint8Array(message, 0, 1)[0] !== 43) app.publish(topicAt(message), message, false, false);
        else for (const topic of Buffer.from(message).toString('latin1', 1).split(',')) ws.subscribe(topic);
    },
});
app.listen('127.0.0.1', port, (socket) => {
    if (!socket) throw new Error(`port ${port} cannot be listened on`);
    console.log('ready');
});
