// SPDX-License-Identifier: Apache-2.0
// Writes ONNX models: as much of the format's protobuf messages as a graph of weights and operators needs.
import protobuf from 'protobufjs';

type Field = { type: string; id: number; rule?: 'repeated' };
const fields = (all: Record<string, [string, number] | [string, number, 'repeated']>) => ({
    fields: Object.fromEntries(
        Object.entries(all).map(([name, [type, id, rule]]): [string, Field] => [name, rule ? { type, id, rule } : { type, id }])),
});
// The numbers are those of onnx.proto.
const messages = protobuf.Root.fromJSON({
    nested: {
        Model: fields({ irVersion: ['int64', 1], producerName: ['string', 2], graph: ['Graph', 7], opsets: ['Opset', 8, 'repeated'] }),
        Opset: fields({ domain: ['string', 1], version: ['int64', 2] }),
        Graph: fields({
            nodes: ['Node', 1, 'repeated'], name: ['string', 2], initializers: ['Tensor', 5, 'repeated'],
            inputs: ['Value', 11, 'repeated'], outputs: ['Value', 12, 'repeated'],
        }),
        Node: fields({
            inputs: ['string', 1, 'repeated'], outputs: ['string', 2, 'repeated'], name: ['string', 3], opType: ['string', 4],
            attributes: ['Attribute', 5, 'repeated'],
        }),
        Attribute: fields({ name: ['string', 1], f: ['float', 2], i: ['int64', 3], ints: ['int64', 8, 'repeated'], type: ['int32', 20] }),
        Tensor: fields({ dims: ['int64', 1, 'repeated'], dataType: ['int32', 2], name: ['string', 8], rawData: ['bytes', 9] }),
        Value: fields({ name: ['string', 1], type: ['ValueType', 2] }),
        ValueType: fields({ tensor: ['TensorType', 1] }),
        TensorType: fields({ elementType: ['int32', 1], shape: ['Shape', 2] }),
        Shape: fields({ dims: ['Dimension', 1, 'repeated'] }),
        Dimension: fields({ value: ['int64', 1], parameter: ['string', 2] }),
    },
});

const kFloat = 1, kInt8 = 3, kInt64 = 7;
const kAttributeFloat = 1, kAttributeInt = 2, kAttributeInts = 7;

type Attribute = number | { int: number } | number[];
type Data = Float32Array | Int8Array | BigInt64Array;

function attributeOf(name: string, value: Attribute) {
    if (typeof value === 'number') return { name, f: value, type: kAttributeFloat };
    if (Array.isArray(value)) return { name, ints: value, type: kAttributeInts };
    return { name, i: value.int, type: kAttributeInt };
}

/** A graph under construction; each operator gives the name of its output. */
export class Graph {
    readonly #nodes: object[] = [];
    readonly #initializers: object[] = [];
    readonly #inputs: object[] = [];
    readonly #outputs: object[] = [];
    #made = 0;

    /** A constant. */
    tensor(data: Data, dims: number[]): string {
        const name = `w${this.#initializers.length}`;
        const dataType = data instanceof Float32Array ? kFloat : data instanceof Int8Array ? kInt8 : kInt64;
        this.#initializers.push({ name, dims, dataType, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
        return name;
    }
    floats(values: number[], dims = [values.length]): string {
        return this.tensor(Float32Array.from(values), dims);
    }
    ints(values: number[], dims = [values.length]): string {
        return this.tensor(BigInt64Array.from(values, BigInt), dims);
    }
    operator(opType: string, inputs: string[], attributes: Record<string, Attribute> = {}, outputs = 1): string[] {
        const names = Array.from({ length: outputs }, () => `v${this.#made++}`);
        this.#nodes.push({
            opType, inputs, outputs: names, name: `${opType}_${this.#nodes.length}`,
            attributes: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
        });
        return names;
    }
    op(opType: string, inputs: string[], attributes: Record<string, Attribute> = {}): string {
        return this.operator(opType, inputs, attributes)[0]!;
    }
    /** Dimensions are numbers or names. */
    input(name: string, dims: (number | string)[]): string {
        this.#inputs.push(valueOf(name, kInt64, dims));
        return name;
    }
    output(name: string, from: string, dims: (number | string)[]): void {
        this.#nodes.push({ opType: 'Identity', inputs: [from], outputs: [name], name: `Output_${name}` });
        this.#outputs.push(valueOf(name, kFloat, dims));
    }
    encode(): Uint8Array {
        const model = messages.lookupType('Model');
        return model.encode(model.create({
            irVersion: 8, producerName: 'clamor', opsets: [{ domain: '', version: 17 }],
            graph: {
                name: 'classifier', nodes: this.#nodes, initializers: this.#initializers, inputs: this.#inputs, outputs: this.#outputs,
            },
        })).finish();
    }
}

function valueOf(name: string, elementType: number, dims: (number | string)[]) {
    const shape = { dims: dims.map((dim) => (typeof dim === 'number' ? { value: dim } : { parameter: dim })) };
    return { name, type: { tensor: { elementType, shape } } };
}
