// SPDX-License-Identifier: Apache-2.0
// The graph of BERT for sequence classification, with random weights.
import { Graph } from './onnx.js';

export interface Shape {
    vocabulary: number;
    hidden: number;
    layers: number;
    heads: number;
    intermediate: number;
    positions: number;
    labels: number;
    /** Multiplies matrices in 8 bits, as quantised models do. */
    int8: boolean;
    seed: number;
}

/** The same numbers on every machine: no functions that round differently. */
class Random {
    #state: number;
    constructor(seed: number) {
        this.#state = seed >>> 0;
    }
    /** From 0 to 1. */
    uniform(): number {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    }
    /** Bell-shaped, of deviation 1: the sum of three. */
    normal(): number {
        return (this.uniform() + this.uniform() + this.uniform() - 1.5) * 2;
    }
}

export function bert(shape: Shape): Uint8Array {
    const { hidden, heads } = shape;
    const graph = new Graph();
    const random = new Random(shape.seed);
    const weights = (dims: number[], deviation: number) =>
        Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal() * deviation);
    const bias = (size: number) => graph.tensor(weights([size], 0.1), [size]);

    const multiply = (x: string, rows: number, columns: number, deviation = 1 / Math.sqrt(rows)) => {
        const matrix = weights([rows, columns], deviation);
        if (!shape.int8) return graph.op('MatMul', [x, graph.tensor(matrix, [rows, columns])]);
        const scale = matrix.reduce((most, w) => Math.max(most, Math.abs(w)), 0) / 127;
        const bytes = Int8Array.from(matrix, (w) => Math.round(w / scale));
        const [quantised, xScale, zero] = graph.operator('DynamicQuantizeLinear', [x], {}, 3) as [string, string, string];
        const product = graph.op('MatMulInteger', [quantised, graph.tensor(bytes, [rows, columns]), zero]);
        const floats = graph.op('Cast', [product], { to: { int: 1 } });
        return graph.op('Mul', [floats, graph.op('Mul', [xScale, graph.floats([scale])])]);
    };
    const linear = (x: string, rows: number, columns: number, deviation?: number) =>
        graph.op('Add', [multiply(x, rows, columns, deviation), bias(columns)]);
    const normalised = (x: string) =>
        graph.op('LayerNormalization', [x, graph.floats(new Array(hidden).fill(1)), graph.floats(new Array(hidden).fill(0))],
            { axis: { int: -1 }, epsilon: 1e-12 });

    const ids = graph.input('input_ids', ['batch', 'sequence']);
    const mask = graph.input('attention_mask', ['batch', 'sequence']);
    const types = graph.input('token_type_ids', ['batch', 'sequence']);

    const embedding = (rows: number, indices: string) =>
        graph.op('Gather', [graph.tensor(weights([rows, hidden], 1), [rows, hidden]), indices]);
    const length = graph.op('Gather', [graph.op('Shape', [ids]), graph.ints([1], [])]);
    const places = graph.op('Range', [graph.ints([0], []), length, graph.ints([1], [])]);
    const embedded = graph.op('Add', [graph.op('Add', [embedding(shape.vocabulary, ids), embedding(2, types)]),
        embedding(shape.positions, places)]);
    let x = normalised(embedded);

    // What is padding gets no attention.
    const seen = graph.op('Cast', [graph.op('Unsqueeze', [mask, graph.ints([1, 2])])], { to: { int: 1 } });
    const unseen = graph.op('Mul', [graph.op('Sub', [graph.floats([1]), seen]), graph.floats([-10000])]);
    const perHead = graph.ints([0, 0, heads, hidden / heads]);
    const joined = graph.ints([0, 0, hidden]);
    const split = (y: string, perm: number[]) => graph.op('Transpose', [graph.op('Reshape', [y, perHead])], { perm });

    for (let layer = 0; layer < shape.layers; ++layer) {
        const query = split(linear(x, hidden, hidden), [0, 2, 1, 3]);
        const key = split(linear(x, hidden, hidden), [0, 2, 3, 1]);
        const value = split(linear(x, hidden, hidden), [0, 2, 1, 3]);
        const products = graph.op('Mul', [graph.op('MatMul', [query, key]), graph.floats([1 / Math.sqrt(hidden / heads)])]);
        const attention = graph.op('Softmax', [graph.op('Add', [products, unseen])], { axis: { int: -1 } });
        const context = graph.op('Transpose', [graph.op('MatMul', [attention, value])], { perm: [0, 2, 1, 3] });
        x = normalised(graph.op('Add', [x, linear(graph.op('Reshape', [context, joined]), hidden, hidden)]));

        const inner = linear(x, hidden, shape.intermediate);
        const erf = graph.op('Erf', [graph.op('Mul', [inner, graph.floats([Math.SQRT1_2])])]);
        const gelu = graph.op('Mul', [graph.op('Mul', [inner, graph.floats([0.5])]), graph.op('Add', [erf, graph.floats([1])])]);
        x = normalised(graph.op('Add', [x, linear(gelu, shape.intermediate, hidden)]));
    }
    const first = graph.op('Gather', [x, graph.ints([0], [])], { axis: { int: 1 } });
    const pooled = graph.op('Tanh', [linear(first, hidden, hidden)]);
    // Wide apart, so that texts get scores of all sizes.
    graph.output('logits', linear(pooled, hidden, shape.labels, 4 / Math.sqrt(hidden)), ['batch', shape.labels]);
    return graph.encode();
}
