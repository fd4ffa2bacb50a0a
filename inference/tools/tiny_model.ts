// SPDX-License-Identifier: Apache-2.0
// Makes a model folder of the architecture of unitary/toxic-bert with random weights: the tests run the worker on it, and
// with --base, which is as large as toxic-bert, times are measured. Its scores mean nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bert } from './bert.js';
import { tokenizerFiles, vocabulary } from './wordpiece.js';

const kLabels = ['toxic', 'severe_toxic', 'obscene', 'threat', 'insult', 'identity_hate'];

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { base: { type: 'boolean' }, int8: { type: 'boolean' }, seed: { type: 'string', default: '1' }, help: { type: 'boolean', short: 'h' } },
});
const folder = positionals[0];
const seed = Number(values.seed);
if (values.help || !folder || positionals.length > 1 || !Number.isSafeInteger(seed)) {
    console.log('Usage: npm run tiny-model -- FOLDER [--base] [--int8] [--seed N]');
    process.exit(values.help ? 0 : 2);
}
const size = values.base
    ? { hidden: 768, layers: 12, heads: 12, intermediate: 3072, positions: 512 }
    : { hidden: 32, layers: 2, heads: 2, intermediate: 64, positions: 128 };
const tokens = vocabulary();
const vocabularySize = values.base ? 30522 : tokens.length;

mkdirSync(join(folder, 'onnx'), { recursive: true });
const files: Record<string, unknown> = {
    'config.json': {
        model_type: 'bert', architectures: ['BertForSequenceClassification'], problem_type: 'multi_label_classification',
        vocab_size: vocabularySize, hidden_size: size.hidden, num_hidden_layers: size.layers, num_attention_heads: size.heads,
        intermediate_size: size.intermediate, max_position_embeddings: size.positions, type_vocab_size: 2, pad_token_id: 0,
        hidden_act: 'gelu', layer_norm_eps: 1e-12,
        id2label: Object.fromEntries(kLabels.map((label, index) => [index, label])),
        label2id: Object.fromEntries(kLabels.map((label, index) => [label, index])),
    },
    ...tokenizerFiles(tokens, size.positions),
};
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
writeFileSync(join(folder, 'vocab.txt'), `${tokens.join('\n')}\n`);
const model = bert({ ...size, vocabulary: vocabularySize, labels: kLabels.length, int8: values.int8 ?? false, seed });
writeFileSync(join(folder, 'onnx', values.int8 ? 'model_quantized.onnx' : 'model.onnx'), model);
console.log(`${folder}: ${model.length} bytes`);
