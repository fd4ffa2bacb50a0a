// SPDX-License-Identifier: Apache-2.0
// A dynalite with its data in memory, which can be made to fail as DynamoDB does: node dynalite.mjs [PORT]. Says where it
// listens, and ends with its standard input.
//
// POST /faults with shares from 0 to 1 as {"throttle": 0.3, "error": 0.1, "unprocessed": 0.2}: requests that are answered
// ProvisionedThroughputExceededException or 500, and items of a batch that are left unprocessed. {"closed_ms": 4000}: nobody
// listens for so long. {"refuse": "Scan"}: the right to it is missing. The answer says how many requests there were.
//
// dynalite knows no time to live. Here it is, by Amazon's documentation, but that items are not deleted some time within two days
// of their end: POST /expire with {"now": SECONDS} deletes those whose end is not after it, and says how many.
import http from 'node:http';
import dynalite from 'dynalite';

const inner = dynalite({ createTableMs: 20, deleteTableMs: 20, updateTableMs: 20 });
let faults = {};
const timeToLive = new Map(); // table -> what UpdateTimeToLive said last
let requests = 0;

/** Each share of the requests, spread evenly and not by chance. */
const due = (share, offset) => Math.floor((requests + offset) * share) > Math.floor((requests + offset - 1) * share);

function answerText(response, text, status) {
    response.writeHead(status, { 'Content-Type': 'application/x-amz-json-1.0', 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
}
const answerJson = (response, json, status = 200) => answerText(response, JSON.stringify(json), status);

const refuse = (response, status, kind, message = 'a fault of the test') =>
    answerJson(response, { __type: `com.amazonaws.dynamodb.v20120810#${kind}`, message }, status);

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
        answerText(response, text, answer.statusCode);
    });
    forwarded.on('error', () => response.destroy());
    forwarded.end(body);
}

/** Asks dynalite itself, which looks at no signature. */
async function ask(operation, body) {
    const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'x-amz-date': '20260101T000000Z',
        authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=b',
    };
    const response = await fetch(`http://127.0.0.1:${inner.address().port}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const json = await response.json();
    if (!response.ok) throw Object.assign(new Error(json.message ?? json.__type), { json, status: response.status });
    return json;
}

async function changeTimeToLive(request, response) {
    const { TableName: table, TimeToLiveSpecification: wanted } = JSON.parse(await bodyOf(request));
    if (!wanted?.AttributeName || typeof wanted.Enabled !== 'boolean') return refuse(response, 400, 'ValidationException', 'TimeToLiveSpecification is not complete');
    try {
        await ask('DescribeTable', { TableName: table });
    } catch {
        return refuse(response, 400, 'ResourceNotFoundException', `Table ${table} not found`);
    }
    if ((timeToLive.get(table)?.Enabled ?? false) === wanted.Enabled)
        return refuse(response, 400, 'ValidationException', `TimeToLive is already ${wanted.Enabled ? 'enabled' : 'disabled'}`);
    timeToLive.set(table, wanted);
    answerJson(response, { TimeToLiveSpecification: wanted });
}

async function describeTimeToLive(request, response) {
    const { Enabled, AttributeName } = timeToLive.get(JSON.parse(await bodyOf(request)).TableName) ?? {};
    answerJson(response, { TimeToLiveDescription: Enabled ? { TimeToLiveStatus: 'ENABLED', AttributeName } : { TimeToLiveStatus: 'DISABLED' } });
}

async function expire(now) {
    let deleted = 0;
    for (const [table, { Enabled, AttributeName }] of timeToLive) {
        let from;
        do {
            const { Items, LastEvaluatedKey } = await ask('Scan', { TableName: table, ExclusiveStartKey: from, ConsistentRead: true });
            for (const item of Items) {
                const end = Enabled && item[AttributeName]?.N;
                if (!end || Number(end) > now) continue;
                await ask('DeleteItem', { TableName: table, Key: { pk: item.pk, sk: item.sk } });
                ++deleted;
            }
            from = LastEvaluatedKey;
        } while (from);
    }
    return deleted;
}

const outer = http.createServer(async (request, response) => {
    if (request.url === '/faults') {
        faults = JSON.parse(await bodyOf(request));
        answerJson(response, { requests });
        if (faults.closed_ms) {
            const { port } = outer.address();
            setTimeout(() => outer.listen(port, '127.0.0.1'), faults.closed_ms);
            outer.close();
            setTimeout(() => outer.closeAllConnections(), 20);
        }
        return undefined;
    }
    if (request.url === '/expire') return answerJson(response, { deleted: await expire(JSON.parse(await bodyOf(request)).now) });
    ++requests;
    const operation = request.headers['x-amz-target']?.split('.')[1];
    if (faults.refuse === operation) return request.resume(), refuse(response, 400, 'AccessDeniedException');
    if (faults.throttle && due(faults.throttle, 0)) return request.resume(), refuse(response, 400, 'ProvisionedThroughputExceededException');
    if (faults.error && due(faults.error, 7)) return request.resume(), refuse(response, 500, 'InternalServerError');
    if (operation === 'UpdateTimeToLive') return changeTimeToLive(request, response);
    if (operation === 'DescribeTimeToLive') return describeTimeToLive(request, response);
    if (faults.unprocessed && operation === 'BatchWriteItem') return leaveSome(request, response);
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
