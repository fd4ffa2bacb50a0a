// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { makeModel, Worker } from './worker.js';
import type { Prediction } from './worker.js';

const kLabels = ['identity_hate', 'insult', 'obscene', 'severe_toxic', 'threat', 'toxic'];
const kTexts = ['hello', 'good game, well played', '', ' ', 'WHY ARE YOU SO BAD??', 'i hate this stream', '😀😀 👍🏽', 'שלום עולם', '漢字かな', 'a'.repeat(500),
    'the quick brown fox jumps over the lazy dog '.repeat(8), '\u0000\u200d\ufeff', '\ud800 lone', '<b>&amp;</b>', '[CLS] [SEP] [MASK]', '😀'.repeat(500)];

const close = (a: number, b: number, within = 1e-5) => Math.abs(a - b) <= within;
function assertAlike(found: Record<string, number>, expected: Record<string, number>, what: string, within?: number) {
    assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
    for (const [label, score] of Object.entries(found)) assert.ok(close(score, expected[label]!, within), `${what}: ${label} ${score}, not ${expected[label]}`);
}

describe('predictions', () => {
    let worker: Worker;
    const model = makeModel();
    before(async () => { worker = await Worker.start(model); });
    after(async () => { await worker.stop(); });

    test('have all labels, the greatest score first, between 0 and 1', async () => {
        const answer = await worker.predict('hello') as Prediction[];
        assert.deepEqual(answer.map(({ label }) => label).sort(), kLabels);
        assert.ok(answer.every(({ score }) => score > 0 && score < 1));
        assert.deepEqual(answer.map(({ score }) => score), answer.map(({ score }) => score).sort((a, b) => b - a));
    });

    test('have the shape of what was asked', async () => {
        const single = await worker.predict('hello');
        assert.deepEqual(await worker.predict(['hello']), single, 'a list of one text is one sequence');
        const pair = await worker.predict(['hello', 'world']) as Prediction[];
        assert.equal(pair.length, kLabels.length);
        assert.notDeepEqual(pair, single);
        const batch = await worker.predict([['hello'], ['hello', 'world']]) as Prediction[][];
        assert.equal(batch.length, 2);
        assert.equal(batch[1]!.length, kLabels.length);
    });

    test('are probabilities of each label by itself, or logits', async () => {
        const [scores] = await worker.scores(['hello']);
        const [logits] = await worker.scores(['hello'], { raw_scores: true });
        assertAlike(scores!, Object.fromEntries(Object.entries(logits!).map(([label, x]) => [label, 1 / (1 + Math.exp(-x))])), 'sigmoid');
        assert.ok(Object.values(logits!).some((x) => x < 0 || x > 1));
    });

    test('of a batch are those of its texts alone', async () => {
        const batch = await worker.scores(kTexts);
        for (const [index, text] of kTexts.entries()) {
            const [alone] = await worker.scores([text]);
            assertAlike(batch[index]!, alone!, JSON.stringify(text.slice(0, 20)));
        }
    });

    test('depend on the text, not on its case and accents', async () => {
        const [plain, shouted, accented, other] = await worker.scores(['hello people', 'HELLO PEOPLE', 'héllo pëople', 'hello chat']);
        assertAlike(shouted!, plain!, 'upper case');
        assertAlike(accented!, plain!, 'accents');
        assert.ok(Object.keys(plain!).some((label) => !close(plain![label]!, other![label]!)));
    });

    test('are the same whenever they are asked for', async () => {
        const first = await worker.scores(kTexts);
        assert.deepEqual(await worker.scores(kTexts), first);
        const again = await Worker.start(makeModel());
        assert.deepEqual(await again.scores(kTexts), first, 'another process, the model made anew');
        await again.stop();
    });

    test('of texts that are too long are those of their beginning, or of their end', async () => {
        const kRoom = 126;  // of 128 tokens, without the special ones
        const long = `${'good '.repeat(kRoom)}${'bad '.repeat(kRoom)}`;
        const [beginning, end, right, left, huge] = [
            ...await worker.scores(['good '.repeat(kRoom), 'bad '.repeat(kRoom), long]),
            ...await worker.scores([long], { truncate: true, truncation_direction: 'left' }),
            ...await worker.scores(['good '.repeat(50_000)]),
        ];
        assertAlike(right!, beginning!, 'right');
        assertAlike(left!, end!, 'left');
        assertAlike(huge!, beginning!, 'huge');
        const refused = await worker.ask('/predict', { method: 'POST', body: JSON.stringify({ inputs: long, truncate: false }) });
        assert.equal(refused.status, 413);
        assert.match(refused.body, /at most 128 tokens. Given: 254/);
        await worker.predict('good '.repeat(kRoom), { truncate: false });
    });

    test('come back to whoever asked, however many ask at once', async () => {
        const expected = await worker.scores(kTexts);
        await Promise.all(Array.from({ length: 100 }, async (_, i) => {
            const index = i % kTexts.length;
            const [found] = await worker.scores([kTexts[index]!]);
            assertAlike(found!, expected[index]!, `request ${i}`);
        }));
    });

    test('are not given for what is no question', async () => {
        const cases: [string, number, RegExp][] = [
            ['', 422, /not JSON/], ['hello', 422, /not JSON/], ['[]', 422, /JSON object/], ['null', 422, /JSON object/], ['{}', 422, /inputs is/],
            ['{"inputs":1}', 422, /inputs is/], ['{"inputs":null}', 422, /inputs is/], ['{"inputs":{"a":"b"}}', 422, /inputs is/],
            ['{"inputs":[]}', 400, /batch is empty/], ['{"inputs":[[]]}', 422, /inputs is/], ['{"inputs":[["a","b","c"]]}', 422, /inputs is/],
            ['{"inputs":["a","b","c"]}', 422, /inputs is/], ['{"inputs":[["a"],"b"]}', 422, /inputs is/], ['{"inputs":[["a"],[1]]}', 422, /inputs is/],
            ['{"inputs":"a","truncate":"yes"}', 422, /truncate is true or false/], ['{"inputs":"a","raw_scores":1}', 422, /raw_scores/],
            ['{"inputs":"a","truncation_direction":"up"}', 422, /left or right/],
            [JSON.stringify({ inputs: new Array(33).fill(['a']) }), 413, /batch size 33 > maximum allowed batch size 32/],
            [JSON.stringify({ inputs: 'a'.repeat(1024 * 1024) }), 413, /more than 1048576 bytes/],
        ];
        for (const [body, status, error] of cases) {
            const reply = await worker.ask('/predict', { method: 'POST', body });
            assert.equal(reply.status, status, body.slice(0, 80));
            const told = JSON.parse(reply.body) as { error: string; error_type: string };
            assert.match(told.error, error);
            assert.match(told.error_type, /^(Validation|Empty)$/);
        }
        assert.equal((await worker.ask('/predict')).status, 405);
        assert.equal((await worker.ask('/embed', { method: 'POST', body: '{"inputs":"a"}' })).status, 404);
        await worker.predict('it still answers');
    });

    test('are counted', async () => {
        const before = await worker.ask('/metrics');
        const value = (text: string, name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)![1]);
        await worker.scores(['a', 'b', 'c']);
        await worker.ask('/predict', { method: 'POST', body: '{}' });
        const now = await worker.ask('/metrics');
        const grown = (name: string) => value(now.body, name) - value(before.body, name);
        assert.equal(grown('te_predict_success'), 3);
        assert.equal(grown('te_request_success{method="batch"}'.replace(/[{}]/g, '\\$&')), 1);
        assert.equal(grown('te_request_failure{err="validation"}'.replace(/[{}]/g, '\\$&')), 1);
        assert.equal(value(now.body, 'te_queue_size'), 0);
    });

    test('are of the model that /info tells of', async () => {
        const info = JSON.parse((await worker.ask('/info')).body) as
            { model_id: string; model_sha: string; model_type: { classifier: { id2label: Record<string, string> } }; max_input_length: number };
        assert.equal(info.model_id, basename(model));
        assert.equal(info.model_sha, createHash('sha256').update(readFileSync(join(model, 'onnx/model.onnx'))).digest('hex'));
        assert.deepEqual(Object.values(info.model_type.classifier.id2label).sort(), kLabels);
        assert.equal(info.max_input_length, 128);
        assert.deepEqual(await worker.ask('/health'), { status: 200, body: '' });
    });
});

test('more texts than the queue takes are refused', async () => {
    const worker = await Worker.start(makeModel(), '--queue-max', '4');
    const ask = (count: number) => worker.ask('/predict', { method: 'POST', body: JSON.stringify({ inputs: new Array(count).fill(['a']) }) });
    const { status, body } = await ask(5);
    assert.equal(status, 429);
    assert.equal((JSON.parse(body) as { error_type: string }).error_type, 'Overloaded');
    assert.equal((await ask(4)).status, 200);
    await worker.stop();
});

test('a model in eight bits and one of exclusive labels answer, too', async () => {
    const worker = await Worker.start(makeModel('--int8'), '--activation', 'softmax');
    const [scores] = await worker.scores(['hello']);
    assert.ok(close(Object.values(scores!).reduce((a, b) => a + b), 1, 1e-6));
    const info = JSON.parse((await worker.ask('/info')).body) as { model_dtype: string };
    assert.equal(info.model_dtype, 'q8');
    await worker.stop();
});
