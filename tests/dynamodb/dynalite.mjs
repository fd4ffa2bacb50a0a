// SPDX-License-Identifier: Apache-2.0
// A dynalite with its data in memory, which can be made to fail as DynamoDB does: node dynalite.mjs [PORT]. Says where it
// listens, and ends with its standard input.
//
// POST /faults with shares from 0 to 1 as {"throttle": 0.3, "error": 0.1, "unprocessed": 0.2}: requests that are answered
// ProvisionedThroughputExceededException or 500, and items of a batch that are left unprocessed. {"closed_ms": 4000}: nobody
// listens for so long. The answer says how many requests there were.
import http from 'node:http';
import dynalite from 'dynalite';

const inner = dynalite({ createTableMs: 20, deleteTableMs: 20, updateTableMs: 20 });
let faults = {};
let requests = 0;

/** Each share of the requests, spread evenly and not by chance. */
const due = (share, offset) => Math.floor((requests + offset) * share) > Math.floor((requests + offset - 1) * share);

function refuse(response, status, kind) {
    const body = JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${kind}`, message: 'a fault of the test' });
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
}

const bodyOf = async (stream) => {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
};

/** Takes items out of a batch, and says of them that they were not processed. */
async function leaveSome(request, response) {
    const batch = JSON.parse(await bodyOf(request));
    const left = {};
    for (const [table, items] of Object.entries(batch.RequestItems)) {
        const kept = [];
        const out = [];
        items.forEach((item, i) => (Math.floor((i + 1) * faults.unprocessed) > Math.floor(i * faults.unprocessed) ? out : kept).push(item));
        if (out.length) left[table] = out;
        batch.RequestItems[table] = kept;
        if (!kept.length) delete batch.RequestItems[table];
    }
    if (!Object.keys(batch.RequestItems).length) return refuse(response, 400, 'ProvisionedThroughputExceededException');
    const body = JSON.stringify(batch);
    const headers = { ...request.headers, 'content-length': Buffer.byteLength(body) };
    delete headers['transfer-encoding'];
    const forwarded = http.request({ host: '127.0.0.1', port: inner.address().port, path: '/', method: 'POST', headers }, async (answer) => {
        let text = await bodyOf(answer);
        if (answer.statusCode === 200) text = JSON.stringify({ ...JSON.parse(text), UnprocessedItems: left });
        response.writeHead(answer.statusCode, { 'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': Buffer.byteLength(text) });
        response.end(text);
    });
    forwarded.on('error', () => response.destroy());
    forwarded.end(body);
}

const outer = http.createServer(async (request, response) => {
    if (request.url === '/faults') {
        faults = JSON.parse(await bodyOf(request));
        response.end(JSON.stringify({ requests }));
        if (faults.closed_ms) {
            const { port } = outer.address();
            setTimeout(() => outer.listen(port, '127.0.0.1'), faults.closed_ms);
            outer.close();
            setTimeout(() => outer.closeAllConnections(), 20);
        }
        return undefined;
    }
    ++requests;
    if (faults.throttle && due(faults.throttle, 0)) return request.resume(), refuse(response, 400, 'ProvisionedThroughputExceededException');
    if (faults.error && due(faults.error, 7)) return request.resume(), refuse(response, 500, 'InternalServerError');
    if (faults.unprocessed && request.headers['x-amz-target']?.endsWith('BatchWriteItem')) return leaveSome(request, response);
    inner.emit('request', request, response);
});
outer.keepAliveTimeout = 60_000;
outer.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
});
inner.listen(0, '127.0.0.1', () =>
    outer.listen(Number(process.argv[2] ?? 0), '127.0.0.1'));
outer.once('listening', () => console.log(`listening on http://127.0.0.1:${outer.address().port}`));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
