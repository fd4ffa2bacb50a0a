// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Emote } from '../protocol/rest';
import { findEmotes, fragmentsOf, mentions, withoutReplyMention } from './fragments';

const kReply = { id: 'p', login: 'alice', displayName: 'Alice', text: '', threadId: 'p' };

describe('fragmentsOf', () => {
  it('counts emote places in code points', () => {
    expect(fragmentsOf('😂 Kappa!', [{ id: '25', first: 2, last: 6 }])).toEqual([
      { kind: 'text', text: '😂 ' },
      { kind: 'emote', id: '25', code: 'Kappa' },
      { kind: 'text', text: '!' },
    ]);
  });

  it('ignores places outside of the text and those that overlap', () => {
    const ranges = [
      { id: 'a', first: 0, last: 1 },
      { id: 'b', first: 1, last: 2 },
      { id: 'c', first: 3, last: 99 },
    ];
    expect(fragmentsOf('abcd', ranges).map(({ kind }) => kind)).toEqual(['emote', 'text']);
  });

  it.each([
    ['see https://a.example/x?y=1.', 'https://a.example/x?y=1'],
    ['(http://a.example)', 'http://a.example'],
    ['https://a.example/wiki/Clam_(animal)', 'https://a.example/wiki/Clam_(animal)'],
  ])('finds the link in %j and loses no text', (text, url) => {
    const fragments = fragmentsOf(text, []);
    expect(fragments.filter((f) => f.kind === 'link')).toEqual([{ kind: 'link', text: url, url }]);
    expect(fragments.map((f) => ('text' in f ? f.text : '')).join('')).toBe(text);
  });

  it.each(['javascript://alert(1)', 'https://', 'xhttps://a.example', 'ftp://a.example', 'https://<b>'])('makes no link of %j', (text) => {
    expect(fragmentsOf(text, []).every(({ kind }) => kind === 'text')).toBe(true);
  });

  it('keeps HTML as the text that it is', () => {
    const text = '<img src=x onerror=alert(1)> &amp;';
    expect(fragmentsOf(text, [])).toEqual([{ kind: 'text', text }]);
  });

  it('finds mentions with their punctuation outside', () => {
    expect(fragmentsOf('hey @Bob_1, hi', [])[1]).toEqual({ kind: 'mention', text: '@Bob_1', login: 'bob_1' });
    expect(fragmentsOf('mail a@b.example', []).every(({ kind }) => kind === 'text')).toBe(true);
  });
});

describe('withoutReplyMention', () => {
  it('takes the parent off the front, and nobody else', () => {
    expect(withoutReplyMention(fragmentsOf('@Alice I agree', []), kReply)).toEqual([{ kind: 'text', text: 'I agree' }]);
    expect(withoutReplyMention(fragmentsOf('@bob I agree', []), kReply)).toHaveLength(2);
  });

  it('knows a display name in another script', () => {
    const reply = { ...kReply, displayName: '雨' };
    expect(withoutReplyMention(fragmentsOf('@雨 yes', []), reply)).toEqual([{ kind: 'text', text: 'yes' }]);
  });
});

describe('findEmotes', () => {
  it('takes whole words only', () => {
    const byCode = new Map([['clamGg', { id: 'e', code: 'clamGg' } as Emote]]);
    expect(findEmotes('é clamGg clamGgg', byCode)).toEqual([{ id: 'e', first: 2, last: 7 }]);
  });
});

describe('mentions', () => {
  it('needs somebody to be mentioned', () => {
    expect(mentions(fragmentsOf('hi @bob', []), null)).toBe(false);
    expect(mentions(fragmentsOf('hi @bob', []), 'bob')).toBe(true);
  });
});
