// SPDX-License-Identifier: Apache-2.0
// A WordPiece vocabulary that can spell everything in Latin letters, and the tokenizer's files for it.

const kSpecial = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const kWords = `the a to and you of is it in i that for on my with this be are was not have so all your just what like
    me we at can no do if but out up he she they one good game play stream chat time lol get go time know got now people
    see how who why when love hate bad nice great really think want here there from will about more`.split(/\s+/);
const kEndings = ['ing', 'ed', 'er', 'ers', 'ly', 'es', 'est', 'ness', 'able', 'ment'];

export function vocabulary(): string[] {
    const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
    const marks = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];
    return [...new Set([...kSpecial, ...marks, ...letters, ...letters.map((c) => `##${c}`), ...kWords,
        ...kEndings.map((e) => `##${e}`)])];
}

export function tokenizerFiles(tokens: string[], positions: number): Record<string, unknown> {
    const id = (token: string) => tokens.indexOf(token);
    const special = (token: string) =>
        ({ id: id(token), content: token, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });
    const template = (token: string, type_id: number) => ({ SpecialToken: { id: token, type_id } });
    return {
        'tokenizer.json': {
            version: '1.0', truncation: null, padding: null, added_tokens: kSpecial.map(special),
            normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
            pre_tokenizer: { type: 'BertPreTokenizer' },
            post_processor: {
                type: 'TemplateProcessing',
                single: [template('[CLS]', 0), { Sequence: { id: 'A', type_id: 0 } }, template('[SEP]', 0)],
                pair: [template('[CLS]', 0), { Sequence: { id: 'A', type_id: 0 } }, template('[SEP]', 0),
                    { Sequence: { id: 'B', type_id: 1 } }, template('[SEP]', 1)],
                special_tokens: Object.fromEntries(
                    ['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [id(token)], tokens: [token] }])),
            },
            decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
            model: {
                type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100,
                vocab: Object.fromEntries(tokens.map((token, index) => [token, index])),
            },
        },
        'tokenizer_config.json': {
            tokenizer_class: 'BertTokenizer', do_lower_case: true, model_max_length: positions, unk_token: '[UNK]',
            sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]',
        },
        'special_tokens_map.json': {
            unk_token: '[UNK]', sep_token: '[SEP]', pad_token: '[PAD]', cls_token: '[CLS]', mask_token: '[MASK]',
        },
    };
}
