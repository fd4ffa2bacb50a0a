// SPDX-License-Identifier: Apache-2.0
// Puts what is asked by several clients at once into batches. One batch runs at a time; the queue is bounded.
import { PredictError } from './predict.js';

export interface BatcherOptions {
    queueMax: number;
    batchMax: number;
}

interface Waiting<In, Out> {
    input: In;
    gone: () => boolean;
    since: number;
    resolve: (output: Out) => void;
    reject: (error: unknown) => void;
}

export interface Batched {
    size: number;
    seconds: number;
    waited: number[];
}

export class Batcher<In, Out> {
    #queue: Waiting<In, Out>[] = [];
    #running = false;

    constructor(
        private readonly options: BatcherOptions,
        private readonly run: (inputs: In[]) => Promise<Out[]>,
        private readonly done: (batch: Batched) => void = () => {},
    ) {}

    get waiting(): number {
        return this.#queue.length;
    }

    /** All of them or none. What is `gone` by its turn is not run any more. */
    submit(inputs: In[], gone: () => boolean = () => false): Promise<Out[]> {
        this.#queue = this.#queue.length + inputs.length > this.options.queueMax ? this.#queue.filter((one) => !this.#drop(one)) : this.#queue;
        if (this.#queue.length + inputs.length > this.options.queueMax)
            return Promise.reject(new PredictError('Overloaded', 'model is overloaded'));
        const since = performance.now();
        const outputs = inputs.map((input) => new Promise<Out>((resolve, reject) => this.#queue.push({ input, gone, since, resolve, reject })));
        void this.#work();
        return Promise.all(outputs);
    }

    #drop(one: Waiting<In, Out>): boolean {
        if (!one.gone()) return false;
        one.reject(new PredictError('Backend', 'the client is gone'));
        return true;
    }

    async #work(): Promise<void> {
        if (this.#running) return;
        this.#running = true;
        for (;;) {
            // Requests that have come in by now join.
            await new Promise(setImmediate);
            const batch: Waiting<In, Out>[] = [];
            while (this.#queue.length && batch.length < this.options.batchMax) {
                const one = this.#queue.shift()!;
                if (!this.#drop(one)) batch.push(one);
            }
            if (!batch.length) break;
            const started = performance.now();
            try {
                const outputs = await this.run(batch.map(({ input }) => input));
                batch.forEach(({ resolve }, index) => resolve(outputs[index]!));
            } catch (error) {
                for (const { reject } of batch) reject(error);
            }
            this.done({ size: batch.length, seconds: (performance.now() - started) / 1000, waited: batch.map(({ since }) => (started - since) / 1000) });
        }
        this.#running = false;
        if (this.#queue.length) void this.#work();
    }
}
