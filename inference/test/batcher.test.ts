// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batcher } from '../src/batcher.js';
import { PredictError } from '../src/predict.js';

/** A batcher whose batches end when they are told to. */
function manual(queueMax = 100, batchMax = 4) {
    const batches: { inputs: number[]; finish: () => void; fail: (error: Error) => void }[] = [];
    const batcher = new Batcher<number, number>({ queueMax, batchMax }, (inputs) => new Promise((resolve, reject) => {
        batches.push({ inputs, finish: () => resolve(inputs.map((x) => x * 10)), fail: reject });
    }));
    return { batcher, batches };
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

test('what several ask at once runs together, in order, one batch at a time', async () => {
    const { batcher, batches } = manual();
    const answers = [batcher.submit([1, 2]), batcher.submit([3]), batcher.submit([4, 5, 6])];
    await turn();
    assert.deepEqual(batches.map(({ inputs }) => inputs), [[1, 2, 3, 4]]);
    assert.equal(batcher.waiting, 2);
    batches[0]!.finish();
    await turn();
    assert.deepEqual(batches[1]!.inputs, [5, 6]);
    batches[1]!.finish();
    assert.deepEqual(await Promise.all(answers), [[10, 20], [30], [40, 50, 60]]);
});

test('the queue takes all of a request or nothing', async () => {
    const { batcher, batches } = manual(3);
    const first = batcher.submit([1, 2]);
    await assert.rejects(batcher.submit([3, 4]), (error: PredictError) => error.type === 'Overloaded' && error.status === 429);
    assert.equal(batcher.waiting, 2);
    await turn();
    batches[0]!.finish();
    assert.deepEqual(await first, [10, 20]);
});

test('what nobody waits for any more is not run, and makes room', async () => {
    const { batcher, batches } = manual(4, 1);
    let gone = false;
    const first = batcher.submit([1]);
    await turn();
    const left = batcher.submit([2, 3, 4], () => gone);
    left.catch(() => {});
    gone = true;
    const last = batcher.submit([5, 6]);
    await assert.rejects(left, /gone/);
    for (let i = 0; i < 3; ++i) {
        batches[i]!.finish();
        await turn();
    }
    assert.deepEqual(batches.map(({ inputs }) => inputs), [[1], [5], [6]]);
    assert.deepEqual([await first, await last], [[10], [50, 60]]);
});

test('a batch that fails fails those in it, not those behind it', async () => {
    const { batcher, batches } = manual(100, 2);
    const [bad, good] = [batcher.submit([1, 2]), batcher.submit([3])];
    await turn();
    batches[0]!.fail(new Error('out of memory'));
    await assert.rejects(bad, /out of memory/);
    await turn();
    batches[1]!.finish();
    assert.deepEqual(await good, [30]);
});
