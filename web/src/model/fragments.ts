// SPDX-License-Identifier: Apache-2.0
import type { EmoteRange, ReplyParent } from '../protocol/events';
import type { Emote } from '../protocol/rest';

/** A piece of a message, ready to be drawn; none of it is ever read as HTML. */
export type Fragment =
  | { kind: 'text'; text: string }
  | { kind: 'emote'; id: string; code: string }
  | { kind: 'mention'; text: string; login: string }
  | { kind: 'link'; text: string; url: string };

const kMention = /^@([A-Za-z0-9_]{1,25})/;
const kLink = /^https?:\/\/[^\s<>"]+/i;
/** Characters that usually belong to the sentence around a link. */
const kLinkTail = /[.,!?;:'"”’»)\]}]+$/;

function splitLink(word: string): { before: string; url: string; after: string } | null {
  const before = /^[(\[{"'«“]*/.exec(word)![0];
  const match = kLink.exec(word.slice(before.length));
  if (match === null) return null;
  let url = match[0];
  const tail = kLinkTail.exec(url)?.[0] ?? '';
  url = url.slice(0, url.length - tail.length);
  // A bracket that was opened inside the address belongs to it.
  if (tail.startsWith(')') && url.includes('(')) url += ')';
  try {
    const { protocol, hostname } = new URL(url);
    if ((protocol !== 'http:' && protocol !== 'https:') || hostname === '') return null;
  } catch {
    return null;
  }
  return { before, url, after: word.slice(before.length + url.length) };
}

class Builder {
  readonly fragments: Fragment[] = [];

  text(text: string): void {
    if (text === '') return;
    const last = this.fragments.at(-1);
    if (last?.kind === 'text') last.text += text;
    else this.fragments.push({ kind: 'text', text });
  }

  /** Finds mentions and links in text between emotes. */
  words(text: string): void {
    for (const word of text.split(/(\s+)/)) {
      const mention = kMention.exec(word);
      if (mention !== null) {
        this.fragments.push({ kind: 'mention', text: mention[0], login: mention[1]!.toLowerCase() });
        this.text(word.slice(mention[0].length));
        continue;
      }
      const link = word.includes('://') ? splitLink(word) : null;
      if (link === null) {
        this.text(word);
        continue;
      }
      this.text(link.before);
      this.fragments.push({ kind: 'link', text: link.url, url: link.url });
      this.text(link.after);
    }
  }
}

/** Cuts a text at its emotes, mentions and links. Ranges that overlap or lie outside of the text are ignored. */
export function fragmentsOf(text: string, emotes: readonly EmoteRange[]): Fragment[] {
  const builder = new Builder();
  if (emotes.length === 0) {
    builder.words(text);
    return builder.fragments;
  }
  const points = Array.from(text);
  let at = 0;
  for (const { id, first, last } of emotes) {
    if (first < at || last < first || last >= points.length) continue;
    builder.words(points.slice(at, first).join(''));
    builder.fragments.push({ kind: 'emote', id, code: points.slice(first, last + 1).join('') });
    at = last + 1;
  }
  builder.words(points.slice(at).join(''));
  return builder.fragments;
}

/** Where the known emotes stand in a text that the server has not seen yet. Emote words are parted by blanks. */
export function findEmotes(text: string, byCode: ReadonlyMap<string, Emote>): EmoteRange[] {
  const ranges: EmoteRange[] = [];
  let at = 0;
  for (const word of text.split(' ')) {
    const length = Array.from(word).length;
    const emote = byCode.get(word);
    if (emote !== undefined) ranges.push({ id: emote.id, first: at, last: at + length - 1 });
    at += length + 1;
  }
  return ranges;
}

/** Without the `@Parent ` that the server puts in front of a reply: the line above the message says it already. */
export function withoutReplyMention(fragments: readonly Fragment[], reply: ReplyParent): readonly Fragment[] {
  const [first, second, ...rest] = fragments;
  const spelled = `@${reply.displayName} `;
  if (first?.kind === 'text' && first.text.startsWith(spelled)) {
    return [{ kind: 'text', text: first.text.slice(spelled.length) }, ...fragments.slice(1)];
  }
  if (first?.kind !== 'mention' || first.login !== reply.login) return fragments;
  if (second?.kind !== 'text') return second === undefined ? fragments : [second, ...rest];
  const text = second.text.trimStart();
  return text === '' && rest.length > 0 ? rest : [{ kind: 'text', text }, ...rest];
}

/** Whether a message speaks of the person, with or without `@`. */
export function mentions(fragments: readonly Fragment[], login: string | null): boolean {
  if (login === null || login === '') return false;
  return fragments.some((fragment) => {
    if (fragment.kind === 'mention') return fragment.login === login;
    if (fragment.kind !== 'text') return false;
    return fragment.text.toLowerCase().includes(login) && wholeWord(fragment.text.toLowerCase(), login);
  });
}

function wholeWord(text: string, word: string): boolean {
  return text.split(/[^a-z0-9_]+/).includes(word);
}
