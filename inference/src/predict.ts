// SPDX-License-Identifier: Apache-2.0
// What is asked and answered, in the text-classification shape of Hugging Face's text-embeddings-inference.

/** One text, or two that belong together. */
export type Sequence = [string] | [string, string];

export interface PredictRequest {
    sequences: Sequence[];
    /** Asked about one sequence, not about a list of them: so is the answer. */
    single: boolean;
    truncate: boolean;
    truncateLeft: boolean;
    rawScores: boolean;
}

export interface Prediction {
    score: number;
    label: string;
}

export type ErrorType = 'Unhealthy' | 'Backend' | 'Overloaded' | 'Validation' | 'Tokenizer' | 'Empty';

const kStatus: Record<ErrorType, number> = { Unhealthy: 503, Backend: 424, Overloaded: 429, Validation: 413, Tokenizer: 422, Empty: 400 };

/** Why there is no prediction, as the client is told. */
export class PredictError extends Error {
    readonly status: number;
    constructor(readonly type: ErrorType, message: string, status?: number) {
        super(message);
        this.status = status ?? kStatus[type];
    }
}

const kInputs = 'inputs is a string, a pair [string, string] or a batch [[string], [string, string], ...]';
const isString = (value: unknown): value is string => typeof value === 'string';
const malformed = (message: string) => new PredictError('Validation', message, 422);

function sequenceOf(value: unknown): Sequence {
    if (!Array.isArray(value) || value.length < 1 || value.length > 2 || !value.every(isString)) throw malformed(kInputs);
    return value as Sequence;
}

function flag(body: Record<string, unknown>, name: string, otherwise: boolean): boolean {
    const value = body[name] ?? otherwise;
    if (typeof value !== 'boolean') throw malformed(`${name} is true or false`);
    return value;
}

export function parseRequest(text: string, batchMax: number, autoTruncate: boolean): PredictRequest {
    let body: unknown;
    try {
        body = JSON.parse(text);
    } catch {
        throw malformed('the body is not JSON');
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw malformed('the body is a JSON object with inputs');
    const fields = body as Record<string, unknown>;
    const direction = fields['truncation_direction'] ?? 'right';
    if (!isString(direction) || !/^([Ll]eft|[Rr]ight)$/.test(direction)) throw malformed('truncation_direction is left or right');
    const { inputs } = fields;
    const batch = Array.isArray(inputs) && !isString(inputs[0]);
    if (batch && inputs.length === 0) throw new PredictError('Empty', 'batch is empty');
    if (batch && inputs.length > batchMax)
        throw new PredictError('Validation', `batch size ${inputs.length} > maximum allowed batch size ${batchMax}`);
    return {
        sequences: batch ? inputs.map(sequenceOf) : [sequenceOf(isString(inputs) ? [inputs] : inputs)],
        single: !batch,
        truncate: flag(fields, 'truncate', autoTruncate),
        truncateLeft: direction.toLowerCase() === 'left',
        rawScores: flag(fields, 'raw_scores', false),
    };
}

export type Activation = 'sigmoid' | 'softmax';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Scores of all labels, the greatest first. */
export function predictionsOf(logits: Float32Array, labels: string[], activation: Activation, raw: boolean): Prediction[] {
    let scores = Array.from(logits);
    if (!scores.every(Number.isFinite)) throw new PredictError('Backend', 'the model gave a score that is not a number');
    if (!raw && activation === 'sigmoid') scores = scores.map(sigmoid);
    if (!raw && activation === 'softmax') {
        const most = Math.max(...scores);
        const powers = scores.map((x) => Math.exp(x - most));
        const sum = powers.reduce((a, b) => a + b, 0);
        scores = powers.map((x) => x / sum);
    }
    return scores.map((score, index) => ({ score, label: labels[index]! })).sort((a, b) => b.score - a.score);
}
