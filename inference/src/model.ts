// SPDX-License-Identifier: Apache-2.0
// A text-classification model on ONNX Runtime: from a local folder, or by its name from a hub.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { AutoModelForSequenceClassification, AutoTokenizer, env, Tensor } from '@huggingface/transformers';
import { PredictError } from './predict.js';
import type { Activation, Sequence } from './predict.js';

/** What the operator can mend; shown without a stack. */
export class SetupError extends Error {}

export type DataType = 'q8' | 'int8' | 'uint8' | 'fp32' | 'fp16';

/** The files of a model by the kind of its numbers, in the order in which they are looked for. */
const kFiles: [DataType, string][] = [
    ['q8', 'model_quantized.onnx'], ['int8', 'model_int8.onnx'], ['uint8', 'model_uint8.onnx'], ['fp32', 'model.onnx'], ['fp16', 'model_fp16.onnx'],
];
export const kDataTypes = kFiles.map(([type]) => type);

/** Longer texts are cut before they are split into tokens, of which few are so long. */
const kCharactersPerToken = 64;
const kLengthMax = 512;

export interface ModelOptions {
    model: string;
    dtype: DataType | 'auto';
    activation: Activation | 'auto';
    threads: number;
    cache: string;
    hub?: string | undefined;
    revision: string;
}

export interface Encoding {
    ids: number[];
    types: number[] | undefined;
}

interface Config {
    id2label?: Record<string, unknown>;
    problem_type?: unknown;
    max_position_embeddings?: unknown;
    pad_token_id?: unknown;
}

export class Model {
    private constructor(
        readonly name: string,
        /** Of the network's files; null where they cannot be found. */
        readonly sha: string | null,
        readonly dtype: string,
        readonly labels: string[],
        readonly activation: Activation,
        readonly lengthMax: number,
        private readonly padding: number,
        private readonly around: { before: Encoding; after: Encoding },
        private readonly tokenizer: (text: string, options: object) => { input_ids: number[]; token_type_ids?: number[] },
        private readonly network: (inputs: Record<string, Tensor>) => Promise<{ logits?: Tensor }>,
    ) {}

    static async load(options: ModelOptions): Promise<Model> {
        const place = placeOf(options);
        const tokenizer = await orSetupError(options, () => AutoTokenizer.from_pretrained(place.id, { revision: options.revision }));
        const network = await orSetupError(options, () => AutoModelForSequenceClassification.from_pretrained(place.id, {
            revision: options.revision, dtype: place.dtype, subfolder: place.subfolder, device: 'cpu',
            session_options: { intraOpNumThreads: options.threads, interOpNumThreads: 1 },
        }));
        const config = network.config as unknown as Config;
        const labels = labelsOf(config);
        const positions = Number(config.max_position_embeddings) || kLengthMax;
        const tokenize = (text: string, more: object) =>
            tokenizer(text, { padding: false, truncation: false, return_tensor: false, ...more }) as ReturnType<Model['tokenizer']>;
        const made = new Model(
            place.name, await shaOf(place.network), place.dtype, labels, activationOf(options, config, labels.length),
            Math.min(Number(tokenizer.model_max_length) || kLengthMax, positions, kLengthMax),
            Number(config.pad_token_id) || 0, specialTokens(tokenize('', {})), tokenize,
            (inputs) => network(inputs) as Promise<{ logits?: Tensor }>,
        );
        await made.check();
        return made;
    }

    /** The tokens of a sequence, as many as the model takes. */
    encode(sequence: Sequence, truncate: boolean, left: boolean): Encoding {
        const most = this.lengthMax * kCharactersPerToken;
        const fitting = sequence.map((text) => (text.length <= most ? text : left ? text.slice(-most) : text.slice(0, most)));
        const cut = fitting.some((text, index) => text.length < sequence[index]!.length);
        const { input_ids, token_type_ids } = this.tokenizer(fitting[0]!, fitting.length > 1 ? { text_pair: fitting[1] } : {});
        const encoding = { ids: input_ids.map(Number), types: token_type_ids?.map(Number) };
        if (!cut && encoding.ids.length <= this.lengthMax) return encoding;
        if (!truncate) {
            const count = cut ? 'many more' : String(encoding.ids.length);
            throw new PredictError('Validation', `inputs must have at most ${this.lengthMax} tokens. Given: ${count}`);
        }
        return this.shortened(encoding, left);
    }

    /** The logits of each encoding. */
    async run(encodings: Encoding[]): Promise<Float32Array[]> {
        const length = Math.max(...encodings.map(({ ids }) => ids.length));
        const dims = [encodings.length, length];
        const padded = (row: (encoding: Encoding) => number[], otherwise: number) => {
            const data = new BigInt64Array(encodings.length * length).fill(BigInt(otherwise));
            encodings.forEach((encoding, index) => row(encoding).forEach((value, place) => { data[index * length + place] = BigInt(value); }));
            return new Tensor('int64', data, dims);
        };
        const inputs: Record<string, Tensor> = {
            input_ids: padded(({ ids }) => ids, this.padding),
            attention_mask: padded(({ ids }) => ids.map(() => 1), 0),
        };
        if (encodings[0]!.types) inputs['token_type_ids'] = padded(({ types }) => types!, 0);
        const { logits } = await this.network(inputs);
        const count = this.labels.length;
        if (!logits || logits.dims.length !== 2 || logits.dims[0] !== encodings.length || logits.dims[1] !== count)
            throw new SetupError(`the model's output has the shape [${logits?.dims ?? ''}], not [${encodings.length}, ${count}]: config.json has ${count} labels in id2label`);
        const data = logits.data as Float32Array;
        return encodings.map((_, index) => data.slice(index * count, (index + 1) * count));
    }

    /** What config.json promises is what the model does. */
    private async check(): Promise<void> {
        try {
            await this.run([this.encode(['hello'], true, false), this.encode(['hello, world'], true, false)]);
        } catch (error) {
            if (error instanceof SetupError) throw error;
            throw new SetupError(`${this.name}: the model does not run: ${(error as Error).message}`);
        }
    }

    private shortened({ ids, types }: Encoding, left: boolean): Encoding {
        const { before, after } = this.around;
        const room = Math.max(this.lengthMax - before.ids.length - after.ids.length, 0);
        const cut = (all: number[], first: number[], last: number[]) => {
            const inside = all.slice(first.length, all.length - last.length);
            return [...all.slice(0, first.length), ...(left ? inside.slice(-room) : inside.slice(0, room)), ...all.slice(all.length - last.length)];
        };
        return { ids: cut(ids, before.ids, after.ids), types: types && cut(types, before.ids, after.ids) };
    }
}

/** What the tokenizer puts in front of a text and behind it: around nothing, half of it each. */
function specialTokens({ input_ids, token_type_ids }: { input_ids: number[]; token_type_ids?: number[] }) {
    const half = Math.floor(input_ids.length / 2);
    const part = (from: number, to?: number): Encoding => ({ ids: input_ids.slice(from, to).map(Number), types: token_type_ids?.slice(from, to).map(Number) });
    return { before: part(0, half), after: part(half) };
}

/** Names what answers, whatever the folder is called: SHA-256 of the network, and of the weights where they are beside it. */
async function shaOf(network: string): Promise<string | null> {
    if (!existsSync(network)) return null;
    const hash = createHash('sha256');
    for (const file of [network, `${network}_data`].filter((path) => existsSync(path)))
        for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
    return hash.digest('hex');
}

interface Place {
    id: string;
    name: string;
    dtype: DataType;
    subfolder: string;
    network: string;
}

/** Where the library finds the model: a folder is given to it as its parent folder and a name. */
function placeOf(options: ModelOptions): Place {
    const looksLocal = isAbsolute(options.model) || /^\.{1,2}(\/|$)/.test(options.model);
    if (!looksLocal && !existsSync(options.model)) {
        if (!/^[\w.-]+(\/[\w.-]+)?$/.test(options.model)) throw new SetupError(`${options.model}: neither a folder nor a name on the hub, such as Xenova/toxic-bert`);
        env.allowLocalModels = false;
        env.cacheDir = options.cache;
        if (options.hub) env.remoteHost = options.hub.replace(/\/*$/, '/');
        const dtype = options.dtype === 'auto' ? 'q8' : options.dtype;
        const file = kFiles.find(([type]) => type === dtype)![1];
        const cached = join(options.cache, options.model, options.revision === 'main' ? '' : options.revision, 'onnx', file);
        return { id: options.model, name: options.model, dtype, subfolder: 'onnx', network: cached };
    }
    const folder = resolve(options.model);
    if (!existsSync(folder) || !statSync(folder).isDirectory()) throw new SetupError(`${options.model}: there is no such folder`);
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
        if (!existsSync(join(folder, file))) throw new SetupError(`${options.model}: ${file} is missing; a model folder has config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx`);
    const wanted = kFiles.filter(([type]) => options.dtype === 'auto' || options.dtype === type);
    for (const subfolder of ['onnx', '']) {
        for (const [dtype, file] of wanted) {
            if (!existsSync(join(folder, subfolder, file))) continue;
            env.allowRemoteModels = false;
            env.allowLocalModels = true;
            env.localModelPath = `${dirname(folder)}/`;
            return { id: basename(folder), name: basename(folder), dtype, subfolder, network: join(folder, subfolder, file) };
        }
    }
    throw new SetupError(`${options.model}: there is no ONNX model, neither in onnx/ nor beside config.json; looked for ${wanted.map(([, file]) => file).join(', ')}`);
}

async function orSetupError<T>(options: ModelOptions, load: () => Promise<T>): Promise<T> {
    try {
        return await load();
    } catch (error) {
        const { message, cause } = error as Error;
        const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
        if (/fetch failed|network|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT/i.test(why))
            throw new SetupError(`${options.model}: the hub cannot be reached (${why}); without a network, give the folder of a model`);
        throw new SetupError(`${options.model}: cannot be loaded: ${why}`);
    }
}

function labelsOf({ id2label }: Config): string[] {
    const entries = Object.entries(id2label ?? {});
    if (!entries.length) throw new SetupError('config.json has no id2label: it is not known what the scores of this model mean');
    const labels: string[] = [];
    for (const [id, label] of entries) {
        if (!/^\d+$/.test(id) || Number(id) >= entries.length || typeof label !== 'string' || !label)
            throw new SetupError(`config.json: id2label has numbers from 0 to ${entries.length - 1} and a label for each, not '${id}'`);
        labels[Number(id)] = label;
    }
    if (new Set(labels).size < labels.length) throw new SetupError('config.json: two labels of id2label are alike');
    return labels;
}

function activationOf(options: ModelOptions, { problem_type }: Config, labels: number): Activation {
    if (options.activation !== 'auto') return options.activation;
    return problem_type === 'multi_label_classification' || labels === 1 ? 'sigmoid' : 'softmax';
}
