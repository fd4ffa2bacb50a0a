// SPDX-License-Identifier: Apache-2.0
// POST /predict, GET /health, /info and /metrics.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Batcher } from './batcher.js';
import { Metrics } from './metrics.js';
import type { Encoding, Model } from './model.js';
import { parseRequest, PredictError, predictionsOf } from './predict.js';

export interface ServeOptions {
    queueMax: number;
    batchMax: number;
    clientBatchMax: number;
    bodyMax: number;
    autoTruncate: boolean;
}

export const kVersion = '0.1.0';
const kConnectionsMax = 256;
const kDtypeNames: Record<string, string> = { fp32: 'float32', fp16: 'float16' };

async function bodyOf(request: IncomingMessage, most: number): Promise<string> {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
        size += part.length;
        if (size > most) throw new PredictError('Validation', `the body has more than ${most} bytes`);
        parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
}

export function serve(model: Model, options: ServeOptions): Server {
    const metrics = new Metrics();
    const batcher = new Batcher<Encoding, Float32Array>(options, (encodings) => model.run(encodings), ({ size, seconds, waited }) => {
        metrics.record('te_batch_next_size', size);
        metrics.record('te_request_inference_duration', seconds);
        for (const wait of waited) metrics.record('te_request_queue_duration', wait);
    });
    metrics.gauge('te_queue_size', () => batcher.waiting);

    async function predict(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
        const text = await bodyOf(request, options.bodyMax);
        const started = performance.now();
        const asked = parseRequest(text, options.clientBatchMax, options.autoTruncate);
        const method = asked.single ? 'single' : 'batch';
        metrics.add('te_request_count', 'method', method);
        metrics.add('te_predict_count', '', '', asked.sequences.length);
        const encodings = asked.sequences.map((sequence) => model.encode(sequence, asked.truncate, asked.truncateLeft));
        const logits = await batcher.submit(encodings, () => response.destroyed);
        const predictions = logits.map((scores) => predictionsOf(scores, model.labels, model.activation, asked.rawScores));
        metrics.add('te_predict_success', '', '', predictions.length);
        metrics.add('te_request_success', 'method', method);
        metrics.record('te_request_duration', (performance.now() - started) / 1000);
        return asked.single ? predictions[0] : predictions;
    }

    const info = {
        model_id: model.name, model_sha: model.sha, model_dtype: kDtypeNames[model.dtype] ?? model.dtype, served_model_name: model.name,
        model_type: {
            classifier: {
                id2label: Object.fromEntries(model.labels.map((label, index) => [index, label])),
                label2id: Object.fromEntries(model.labels.map((label, index) => [label, index])),
            },
        },
        max_concurrent_requests: options.queueMax, max_input_length: model.lengthMax, max_batch_tokens: options.batchMax * model.lengthMax,
        max_batch_requests: options.batchMax, max_client_batch_size: options.clientBatchMax, auto_truncate: options.autoTruncate,
        tokenization_workers: 1, version: kVersion, sha: null, docker_label: null, activation: model.activation,
    };

    const routes: Record<string, [string, (request: IncomingMessage, response: ServerResponse) => unknown]> = {
        '/predict': ['POST', predict],
        '/health': ['GET', () => ''],
        '/info': ['GET', () => info],
        '/metrics': ['GET', () => metrics.text()],
    };

    async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const [method, route] = routes[(request.url ?? '').split('?')[0]!] ?? [];
        try {
            if (!route) throw new PredictError('Validation', 'there are POST /predict, GET /health, GET /info and GET /metrics', 404);
            if (request.method !== method) {
                response.setHeader('Allow', method!);
                throw new PredictError('Validation', `this is for ${method} only`, 405);
            }
            const answer = await route(request, response);
            send(response, 200, typeof answer === 'string' ? answer : JSON.stringify(answer), typeof answer === 'string' ? 'text/plain; version=0.0.4' : 'application/json');
        } catch (error) {
            const known = error instanceof PredictError ? error : new PredictError('Backend', (error as Error).message);
            metrics.add('te_request_failure', 'err', known.type.toLowerCase());
            if (!(error instanceof PredictError)) console.error(`clamor-inference: ${(error as Error).stack}`);
            // What is left of a body that was too large is not read.
            if (!request.complete) response.setHeader('Connection', 'close');
            send(response, known.status, JSON.stringify({ error: known.message, error_type: known.type }), 'application/json');
        }
    }

    const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => void handle(request, response));
    server.maxConnections = kConnectionsMax;
    return server;
}

function send(response: ServerResponse, status: number, body: string, type: string): void {
    if (response.destroyed) return;
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
}
