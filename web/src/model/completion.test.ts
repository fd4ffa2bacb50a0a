// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Emote } from '../protocol/rest';
import { complete, kSuggestionsMax, peopleOf, queryAt, replaceWord, suggest } from './completion';
import { aLine, aMessage } from './testing';

const emote = (code: string) => ({ id: code, code }) as Emote;
const by = (login: string) => ({ author: { ...aMessage(1).author, login, displayName: login } });

describe('queryAt', () => {
  it('knows people and emotes at the caret', () => {
    expect(queryAt('hi @Al', 6)).toEqual({ kind: 'person', word: 'al', start: 3, end: 6 });
    expect(queryAt(':cl and more', 3)).toEqual({ kind: 'emote', word: 'cl', start: 0, end: 3 });
  });

  it('takes neither smileys, addresses nor times for one', () => {
    for (const text of [':D', 'a@b', '12:30', 'https://x']) expect(queryAt(text, text.length)).toBeNull();
  });
});

describe('suggest', () => {
  it('puts beginnings before insides, and few', () => {
    const query = queryAt(':gg', 3)!;
    const emotes = ['clamGg', 'ggWave', ...Array.from({ length: 20 }, (_, i) => `xgg${i}`)].map(emote);
    const found = suggest(query, [], emotes);
    expect(found[0]).toMatchObject({ emote: { code: 'ggWave' } });
    expect(found).toHaveLength(kSuggestionsMax);
  });
});

describe('peopleOf', () => {
  it('names those who wrote last first, everybody once, not oneself', () => {
    const lines = [aLine(1, by('alice')), aLine(2, by('bob')), aLine(3, by('alice')), aLine(4, by('me'))];
    expect(peopleOf(lines, ['carol', 'bob', 'me'], 'me').map((p) => p.kind === 'person' && p.login)).toEqual(['alice', 'bob', 'carol']);
  });
});

describe('complete', () => {
  it('replaces the word and goes on behind one blank', () => {
    const query = queryAt('hi @al there', 6)!;
    expect(complete('hi @al there', query, { kind: 'person', login: 'alice', displayName: 'Alice' })).toEqual({
      text: 'hi @Alice there',
      caret: 10,
    });
  });

  it('mentions by login when the display name is another', () => {
    expect(complete('@', queryAt('@', 1)!, { kind: 'person', login: 'ame', displayName: '雨' }).text).toBe('@ame ');
  });

  it('parts an inserted word from what is before it', () => {
    expect(replaceWord('nice', 4, 4, 'clamGg')).toEqual({ text: 'nice clamGg ', caret: 12 });
  });
});
