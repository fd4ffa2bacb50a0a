// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { failure, makeModel, scratch, Worker } from './worker.js';

const model = makeModel();

function changed(change: (folder: string) => void): string {
    const folder = scratch();
    cpSync(model, folder, { recursive: true });
    change(folder);
    return folder;
}
function withConfig(change: (config: Record<string, unknown>) => void): string {
    return changed((folder) => {
        const path = join(folder, 'config.json');
        const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
        change(config);
        writeFileSync(path, JSON.stringify(config));
    });
}
function fails(args: string[], message: RegExp) {
    const { status, stderr } = failure(...args);
    assert.equal(status, 1, stderr);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length, 1, `one line for the operator, not: ${stderr}`);
}

test('the random model is the same on every machine, and another with another seed', () => {
    const file = 'onnx/model.onnx';
    const bytes = readFileSync(join(model, file));
    assert.deepEqual(readFileSync(join(makeModel(), file)), bytes);
    assert.notDeepEqual(readFileSync(join(makeModel('--seed', '2'), file)), bytes);
});

test('a folder that has no model is told of in a line', () => {
    fails(['--model', '/nowhere/at/all'], /no such folder/);
    fails(['--model', changed((folder) => rmSync(join(folder, 'tokenizer.json')))], /tokenizer\.json is missing/);
    fails(['--model', changed((folder) => rmSync(join(folder, 'onnx'), { recursive: true }))], /no ONNX model/);
    fails(['--model', model, '--dtype', 'q8'], /no ONNX model.*model_quantized\.onnx/);
    fails(['--model', changed((folder) => writeFileSync(join(folder, 'onnx/model.onnx'), 'not a model'))], /cannot be loaded/);
    fails(['--model', changed((folder) => writeFileSync(join(folder, 'config.json'), '{'))], /cannot be loaded/);
});

test('labels that are not those of the model are told of', () => {
    fails(['--model', withConfig((config) => { delete config['id2label']; })], /no id2label/);
    fails(['--model', withConfig((config) => { config['id2label'] = { 1: 'toxic' }; })], /id2label has numbers from 0 to 0/);
    fails(['--model', withConfig((config) => { config['id2label'] = { 0: 'toxic', 1: 'toxic' }; })], /alike/);
    fails(['--model', withConfig((config) => { config['id2label'] = { 0: 'harmless', 1: 'toxic' }; })], /\[2,6\], not \[2, 2\]: config.json has 2 labels/);
});

test('a hub that cannot be reached is told of', () => {
    fails(['--model', 'unitary/toxic-bert', '--hub', 'http://127.0.0.1:1', '--cache', scratch()], /hub cannot be reached.*give the folder/);
    fails(['--model', 'not a name'], /neither a folder nor a name/);
});

test('wrong options are told of', () => {
    fails([], /--model is missing/);
    fails(['--modle', model], /modle/);
    fails(['--model', model, '--threads', '0'], /--threads is a number from 1/);
    fails(['--model', model, '--dtype', 'fp8'], /--dtype is one of/);
    fails(['--model', model, '--listen', 'somewhere'], /HOST:PORT or unix/);
    fails(['--model', model, '--listen', '0.0.0.0:0'], /--public allows it/);
    fails(['--model', model, '--listen', '[::]:0'], /--public allows it/);
    fails(['--model', model, '--listen', 'unix:relative.sock'], /path of a Unix socket/);
});

test('a model file beside config.json is found', async () => {
    const worker = await Worker.start(changed((folder) => renameSync(join(folder, 'onnx/model.onnx'), join(folder, 'model.onnx'))));
    assert.equal((await worker.scores(['hello'])).length, 1);
    await worker.stop();
});

test('a Unix socket is for owner and group, taken over from the dead only, and removed', async () => {
    const path = join(scratch(), 'model.sock');
    const first = await Worker.start(model, '--listen', `unix:${path}`);
    assert.equal((await first.scores(['hello'])).length, 1);
    assert.equal(statSync(path).mode & 0o777, 0o660);
    fails(['--model', model, '--listen', `unix:${path}`], /somebody listens/);
    first.child.removeAllListeners('exit');
    await new Promise((resolve) => { first.child.on('exit', resolve); first.child.kill('SIGKILL'); });
    assert.ok(existsSync(path), 'left behind');
    const second = await Worker.start(model, '--listen', `unix:${path}`);
    assert.equal((await second.scores(['hello'])).length, 1);
    assert.equal(await second.stop(), 0);
    assert.ok(!existsSync(path));
    writeFileSync(path, 'precious');
    fails(['--model', model, '--listen', `unix:${path}`], /is not a socket/);
    assert.equal(readFileSync(path, 'utf8'), 'precious');
});

test('a port that is taken is told of', async () => {
    const worker = await Worker.start(model);
    fails(['--model', model, '--listen', worker.address.replace('http://', '')], /EADDRINUSE/);
    await worker.stop();
});

test('what is under way is answered before it ends', async () => {
    const worker = await Worker.start(model);
    const asked = Array.from({ length: 20 }, () => worker.scores(['hello']).catch(() => 'refused'));
    await asked[0];
    assert.equal(await worker.stop(), 0);
    for (const answer of await Promise.all(asked)) assert.ok(answer === 'refused' || answer.length === 1);
});
