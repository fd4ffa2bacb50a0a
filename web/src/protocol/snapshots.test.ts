// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeLine } from './decode';
import { nickOf, parseLine, splitFrame } from './irc-line';

interface Snapshot {
  scenes: { name: string; steps: { out?: string[] }[] }[];
}

/** The lines that the server's own tests fix: what this decoder has to understand. */
const folder = new URL('../../../tests/data/irc/', import.meta.url);
const lines = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Snapshot)
  .flatMap(({ scenes }) => scenes.flatMap(({ steps }) => steps.flatMap(({ out }) => out ?? [])))
  .flatMap(splitFrame);

const ofCommand = (command: string) => lines.filter((line) => parseLine(line)?.command === command);
const tagged = (command: string) => ofCommand(command).filter((line) => line.startsWith('@'));

describe("the server's lines", () => {
  it('are all lines of IRC', () => {
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter((line) => parseLine(line) === null)).toEqual([]);
  });

  it.each(['PRIVMSG', 'ROOMSTATE', 'USERSTATE', 'NOTICE', 'JOIN', 'PART', '376', '353'])('of %s are understood', (command) => {
    const found = ofCommand(command);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((line) => decodeLine(line) === null)).toEqual([]);
  });

  it('of PRIVMSG come through whole', () => {
    for (const line of tagged('PRIVMSG')) {
      const { prefix, params } = parseLine(line)!;
      const event = decodeLine(line);
      if (event?.kind !== 'message') throw new Error(line);
      const { message } = event;
      expect(message.id).not.toBe('');
      expect(message.sentAt).toBeGreaterThan(0);
      expect(message.author).toMatchObject({ login: nickOf(prefix), displayName: expect.stringMatching(/./) });
      expect(params[1]).toContain(message.text);
      const length = Array.from(message.text).length;
      for (const { first, last } of message.emotes) expect(0 <= first && first <= last && last < length).toBe(true);
      expect(message.reply === null).toBe(!line.includes('reply-parent-msg-id'));
    }
  });

  it('of ROOMSTATE name their room', () => {
    for (const line of tagged('ROOMSTATE')) expect(decodeLine(line)).toMatchObject({ roomId: expect.stringMatching(/^\d+$/) });
  });
});
