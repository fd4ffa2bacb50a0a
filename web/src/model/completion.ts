// SPDX-License-Identifier: Apache-2.0
import type { Emote } from '../protocol/rest';
import type { Line } from './timeline';

export const kSuggestionsMax = 8;

export interface Query {
  kind: 'person' | 'emote';
  /** What follows the `@` or `:`, in lower case. */
  word: string;
  /** Where the word with its mark begins and ends in the text. */
  start: number;
  end: number;
}

export type Suggestion =
  | { kind: 'person'; login: string; displayName: string }
  | { kind: 'emote'; emote: Emote };

/** What is being typed at the caret, if it asks for completion. An emote word needs two letters: `:)` is none. */
export function queryAt(text: string, caret: number): Query | null {
  const match = /(?:^|\s)([@:])([A-Za-z0-9_]*)$/.exec(text.slice(0, caret));
  if (match === null) return null;
  const kind = match[1] === '@' ? 'person' : 'emote';
  const word = match[2]!.toLowerCase();
  if (kind === 'emote' && word.length < 2) return null;
  return { kind, word, start: caret - word.length - 1, end: caret };
}

/** People who can be mentioned: those who wrote, latest first, then the others who are here. */
export function peopleOf(lines: readonly Line[], names: readonly string[], self: string | null): Suggestion[] {
  const people = new Map<string, string>();
  for (let i = lines.length - 1; i >= 0; i -= 1) {
    const line = lines[i]!;
    if (line.kind !== 'message') continue;
    const { login, displayName } = line.message.author;
    if (login !== '' && login !== self && !people.has(login)) people.set(login, displayName);
  }
  for (const login of names) if (login !== self && !people.has(login)) people.set(login, login);
  return [...people].map(([login, displayName]) => ({ kind: 'person', login, displayName }));
}

/** Best first: what begins with the word, then what has it inside. Order within both is kept. */
export function suggest(query: Query, people: readonly Suggestion[], emotes: readonly Emote[]): Suggestion[] {
  const all: readonly Suggestion[] =
    query.kind === 'person' ? people : emotes.map((emote) => ({ kind: 'emote', emote }) as const);
  const name = (s: Suggestion) => (s.kind === 'person' ? s.login : s.emote.code.toLowerCase());
  const starts = all.filter((s) => name(s).startsWith(query.word));
  const holds = all.filter((s) => name(s).indexOf(query.word) > 0);
  return [...starts, ...holds].slice(0, kSuggestionsMax);
}

export interface Edit {
  text: string;
  caret: number;
}

/** A display name in another script cannot be found in a text again; the login can. */
function mentionOf({ login, displayName }: { login: string; displayName: string }): string {
  return `@${displayName.toLowerCase() === login ? displayName : login}`;
}

export function complete(text: string, query: Query, suggestion: Suggestion): Edit {
  const word = suggestion.kind === 'person' ? mentionOf(suggestion) : suggestion.emote.code;
  return replaceWord(text, query.start, query.end, word);
}

/** Puts a word at a place, with one blank on either side where there is none yet. */
export function replaceWord(text: string, start: number, end: number, word: string): Edit {
  const before = text.slice(0, start);
  const after = text.slice(end);
  const gap = before === '' || /\s$/.test(before) ? '' : ' ';
  const head = `${before}${gap}${word} `;
  return { text: head + after.replace(/^ /, ''), caret: head.length };
}
