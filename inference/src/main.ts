// SPDX-License-Identifier: Apache-2.0
// clamor-inference: serves one model until it is told to end.
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kDataTypes, Model, SetupError } from './model.js';
import { serve } from './server.js';

const kUsage = `Usage: npm start -- --model FOLDER_OR_NAME [option...]

Answers POST /predict in the shape of Hugging Face's text-embeddings-inference, GET /health, /info and /metrics.

  --model X             a folder with config.json, tokenizer.json and onnx/model.onnx, or a name on the hub that
                        has ONNX files, such as Xenova/toxic-bert (unitary/toxic-bert made ONNX)
  --listen ADDRESS      HOST:PORT or unix:/PATH; 127.0.0.1:8090
  --public              allows to listen on other addresses than those of this machine; there is no password
  --dtype KIND          ${kDataTypes.join(', ')}; auto: the smallest that a folder has, q8 from the hub
  --activation KIND     sigmoid or softmax; auto: as config.json says
  --threads N           of the model; 1
  --queue-max N         texts that wait; 512
  --batch-max N         texts that run together; 8
  --client-batch-max N  texts of one request; 32
  --no-truncate         refuses texts that are too long where the request does not say
  --cache FOLDER        where models from the hub are kept; ~/.cache/clamor-inference
  --hub URL             another hub than https://huggingface.co/
  --revision R          branch, tag or commit on the hub; main
`;
const kBodyMax = 1024 * 1024;
const kIdleCheckMs = 50;
const kPatienceMs = 5000;

type Listen = { host: string; port: number } | { path: string };

function numberOf(name: string, text: string, most: number): number {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) throw new SetupError(`--${name} is a number from 1 to ${most}, not '${text}'`);
    return value;
}

function oneOf<T extends string>(name: string, text: string, all: readonly T[]): T {
    if (!all.includes(text as T)) throw new SetupError(`--${name} is one of ${all.join(', ')}, not '${text}'`);
    return text as T;
}

function listenOf(text: string, open: boolean): Listen {
    if (text.startsWith('unix:')) {
        const path = text.slice('unix:'.length);
        if (!path.startsWith('/') || Buffer.byteLength(path) > 107) throw new SetupError(`--listen: '${path}' is not the path of a Unix socket (absolute, at most 107 bytes)`);
        return { path };
    }
    const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
    if (!host || Number(port) > 65535) throw new SetupError(`--listen is HOST:PORT or unix:/PATH, not '${text}'`);
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    if (!open && !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(bare))
        throw new SetupError(`--listen: ${bare} can be reached from other machines, and whoever reaches it may ask; --public allows it`);
    return { host: bare, port: Number(port) };
}

/** Removes the socket that a process left behind which was killed, not one that somebody listens on. */
async function clearSocket(path: string): Promise<void> {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats) return;
    if (!stats.isSocket()) throw new SetupError(`--listen: ${path} is there and is not a socket`);
    const alive = await new Promise<boolean>((resolve) => {
        const socket = connect(path, () => { socket.destroy(); resolve(true); });
        socket.on('error', () => resolve(false));
    });
    if (alive) throw new SetupError(`--listen: somebody listens on ${path} already`);
    unlinkSync(path);
}

async function listen(server: Server, where: Listen): Promise<string> {
    if ('path' in where) await clearSocket(where.path);
    await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => reject(new SetupError(`--listen: ${error.message}`)));
        server.listen(where, resolve);
    });
    if ('path' in where) {
        chmodSync(where.path, 0o660);
        return `unix:${where.path}`;
    }
    const address = server.address();
    if (address === null || typeof address === 'string') throw new SetupError('--listen: there is no address');
    return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

async function main(): Promise<void> {
    const text = { type: 'string' } as const;
    let values;
    try {
        ({ values } = parseArgs({
            options: {
                model: text, listen: text, public: { type: 'boolean' }, dtype: text, activation: text, threads: text, 'queue-max': text,
                'batch-max': text, 'client-batch-max': text, 'no-truncate': { type: 'boolean' }, cache: text, hub: text, revision: text,
                help: { type: 'boolean', short: 'h' },
            },
        }));
    } catch (error) {
        throw new SetupError((error as Error).message);
    }
    if (values.help) {
        process.stdout.write(kUsage);
        return;
    }
    if (!values.model) throw new SetupError('--model is missing; --help shows the options');
    const where = listenOf(values.listen ?? '127.0.0.1:8090', values.public ?? false);
    const model = await Model.load({
        model: values.model,
        dtype: oneOf('dtype', values.dtype ?? 'auto', ['auto', ...kDataTypes]),
        activation: oneOf('activation', values.activation ?? 'auto', ['auto', 'sigmoid', 'softmax']),
        threads: numberOf('threads', values.threads ?? '1', 256),
        cache: values.cache ?? join(homedir(), '.cache/clamor-inference'),
        hub: values.hub, revision: values.revision ?? 'main',
    });
    const server = serve(model, {
        queueMax: numberOf('queue-max', values['queue-max'] ?? '512', 65536),
        batchMax: numberOf('batch-max', values['batch-max'] ?? '8', 64),
        clientBatchMax: numberOf('client-batch-max', values['client-batch-max'] ?? '32', 1024),
        bodyMax: kBodyMax, autoTruncate: !values['no-truncate'],
    });
    console.log(`${model.name} (${model.dtype}, ${model.activation}: ${model.labels.join(', ')})`);
    console.log(`listening on ${await listen(server, where)}`);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => {
            // What is under way is answered; connections that clients keep for later would keep the server.
            server.close(() => process.exit(0));
            setInterval(() => server.closeIdleConnections(), kIdleCheckMs);
            setTimeout(() => process.exit(0), kPatienceMs);
        });
    }
}

main().catch((error: unknown) => {
    console.error(error instanceof SetupError ? `clamor-inference: ${error.message}` : error);
    process.exit(1);
});
