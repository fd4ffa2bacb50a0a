// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { escapeTag, nickOf, parseLine, splitFrame, unescapeTag } from './irc-line';

describe('parseLine', () => {
  it('splits prefix, command, middle and trailing parameters', () => {
    const line = parseLine(':alice!alice@alice.tmi.twitch.tv PRIVMSG #dallas :Hello  Kappa ');
    expect(line).toMatchObject({
      prefix: 'alice!alice@alice.tmi.twitch.tv',
      command: 'PRIVMSG',
      params: ['#dallas', 'Hello  Kappa '],
    });
  });

  it('unescapes tag values and takes tags without a value as empty', () => {
    const line = parseLine('@a=b\\\\and\\nk;c=72\\s45;d=gh\\:764;e;f= foo');
    expect([...line!.tags]).toEqual([
      ['a', 'b\\and\nk'],
      ['c', '72 45'],
      ['d', 'gh;764'],
      ['e', ''],
      ['f', ''],
    ]);
  });

  it.each([
    ['foo bar baz asdf', ['bar', 'baz', 'asdf']],
    ['foo bar baz :asdf quux', ['bar', 'baz', 'asdf quux']],
    ['foo bar baz :', ['bar', 'baz', '']],
    ['foo bar baz ::asdf', ['bar', 'baz', ':asdf']],
    [':src foo bar :lol :) ', ['bar', 'lol :) ']],
    [':src   foo   bar   baz', ['bar', 'baz']],
    ['foo bar   ', ['bar']],
  ])('finds the parameters of %j', (line, params) => {
    expect(parseLine(line)!.params).toEqual(params);
  });

  it('has nothing to say about lines without a command', () => {
    for (const line of ['', ' ', '@a=b', ':only.a.prefix', '@a=b :prefix ']) expect(parseLine(line)).toBeNull();
  });

  it('puts the command in upper case', () => {
    expect(parseLine('ping :x')!.command).toBe('PING');
  });
});

describe('tag values', () => {
  it('come back as they were', () => {
    const value = 'semi; space \\ back\r\nend\\';
    expect(unescapeTag(escapeTag(value))).toBe(value);
  });

  it('drop a lone backslash at the end and keep what follows an unknown escape', () => {
    expect(unescapeTag('test\\')).toBe('test');
    expect(unescapeTag('te\\bst')).toBe('tebst');
  });
});

describe('splitFrame', () => {
  it('takes CR LF, LF and the end of the frame as ends of lines', () => {
    expect(splitFrame('a\r\nb\nc')).toEqual(['a', 'b', 'c']);
    expect(splitFrame('\r\n\r\n')).toEqual([]);
  });
});

describe('nickOf', () => {
  it('stops at the user or the host', () => {
    expect(nickOf('bob!bob@host')).toBe('bob');
    expect(nickOf('bob@host')).toBe('bob');
    expect(nickOf('tmi.twitch.tv')).toBe('tmi.twitch.tv');
  });
});
