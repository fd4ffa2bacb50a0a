// SPDX-License-Identifier: Apache-2.0
import type { Message } from '../protocol/events';
import type { Fragment } from './fragments';

/** Lines kept at the present end, and lines that the reader's window holds at most. */
export const kTailMax = 500;
export const kWindowMax = 500;
/** Lines added at once when the reader arrives at the lower end of the window. */
export const kStepDown = 100;
/** With no more than this many lines below the window, arriving at its end means arriving at the present. */
export const kCatchUp = 20;

export type MessageState =
  | { kind: 'shown' }
  /** Sent, and not yet confirmed by the server; `lost` once the connection that carried it is gone. */
  | { kind: 'pending'; lost: boolean }
  /** Not sent; the text is kept so that it can be tried again. */
  | { kind: 'failed'; reason: string }
  | { kind: 'deleted' };

export interface MessageLine {
  kind: 'message';
  /** Stays the same when a pending line is confirmed, so that what is drawn stays in place. */
  key: string;
  message: Message;
  fragments: readonly Fragment[];
  state: MessageState;
  mentionsSelf: boolean;
  own: boolean;
}

export interface NoteLine {
  kind: 'note';
  key: string;
  tone: 'info' | 'event' | 'problem';
  text: string;
  sentAt: number;
}

export type Line = MessageLine | NoteLine;

/**
 * The lines of one channel. `tail` is always the newest of them; `window` is what is drawn. A reader at the present end
 * is pinned, and the window is the tail. A reader further up has a window of their own that does not move under them:
 * it grows only where they go, older lines above, newer ones below. Both are bounded.
 */
export interface Timeline {
  tail: readonly Line[];
  window: readonly Line[];
  pinned: boolean;
  /** Messages that came since the reader left the present end. */
  unseen: number;
  /** False once the server has said that nothing is older than the window. */
  hasOlder: boolean;
}

export const kEmptyTimeline: Timeline = { tail: [], window: [], pinned: true, unseen: 0, hasOlder: false };

export function timeOf(line: Line): number {
  return line.kind === 'message' ? line.message.sentAt : line.sentAt;
}

export function idOf(line: Line): string {
  return line.kind === 'message' && line.message.id !== '' ? line.message.id : line.key;
}

function known(lines: readonly Line[]): Set<string> {
  return new Set(lines.map(idOf));
}

function withTail(timeline: Timeline, tail: readonly Line[]): Timeline {
  const trimmed = tail.length > kTailMax;
  const kept = trimmed ? tail.slice(-kTailMax) : tail;
  if (!timeline.pinned) return { ...timeline, tail: kept };
  return { ...timeline, tail: kept, window: kept, hasOlder: timeline.hasOlder || trimmed };
}

/** Adds lines at the present end; those whose message is already there are left out. */
export function append(timeline: Timeline, lines: readonly Line[]): Timeline {
  const ids = known(timeline.tail);
  const fresh: Line[] = [];
  for (const line of lines) {
    const id = idOf(line);
    if (ids.has(id)) continue;
    ids.add(id);
    fresh.push(line);
  }
  if (fresh.length === 0) return timeline;
  const next = withTail(timeline, timeline.tail.concat(fresh));
  if (timeline.pinned) return next;
  return { ...next, unseen: timeline.unseen + fresh.filter((line) => line.kind === 'message').length };
}

/** Messages in the channel's order; lines without a position came over the live connection after those with one. */
function inOrder(a: Line, b: Line): number {
  const time = timeOf(a) - timeOf(b);
  if (time !== 0) return time;
  const seq = (line: Line) => (line.kind === 'message' ? (line.message.seq ?? Infinity) : Infinity);
  const [x, y] = [seq(a), seq(b)];
  return x === y ? 0 : x - y;
}

/** Puts stored messages among the live ones: after a connection, and after a gap. */
export function mergeLatest(timeline: Timeline, lines: readonly Line[], hasOlder: boolean): Timeline {
  const stored = new Map(lines.map((line) => [idOf(line), line]));
  const kept = timeline.tail.map((line) => {
    const twin = stored.get(idOf(line));
    if (twin === undefined) return line;
    stored.delete(idOf(line));
    // What is drawn keeps its key; what the server stored wins in everything else.
    return { ...twin, key: line.key } as Line;
  });
  const before = timeline.tail.length;
  const merged = [...stored.values(), ...kept].sort(inOrder);
  const next = withTail(timeline, merged);
  if (timeline.pinned) return { ...next, hasOlder: hasOlder || merged.length > kTailMax };
  return { ...next, unseen: timeline.unseen + Math.max(0, merged.length - before) };
}

/** Adds older lines above the window of a reader who went up. */
export function prepend(timeline: Timeline, lines: readonly Line[], hasOlder: boolean): Timeline {
  const ids = known(timeline.window);
  const fresh = lines.filter((line) => !ids.has(idOf(line)));
  const window = fresh.concat(timeline.window).slice(0, kWindowMax);
  return { ...timeline, window, hasOlder, pinned: false };
}

/** Where the window's last line stands in the tail; -1 when lines between the two are not loaded. */
function overlap(timeline: Timeline): number {
  const last = timeline.window.at(-1);
  if (last === undefined) return timeline.tail.length === 0 ? -1 : 0;
  const id = idOf(last);
  return timeline.tail.findLastIndex((line) => idOf(line) === id);
}

/** How many lines of the tail are below the window; null when the window does not reach the tail. */
export function linesBelow(timeline: Timeline): number | null {
  const at = overlap(timeline);
  return at < 0 ? null : timeline.tail.length - 1 - at;
}

/** The reader arrived at the lower end of the window: adds what follows. Unchanged when that has to be fetched. */
export function stepDown(timeline: Timeline): Timeline {
  if (timeline.pinned) return timeline;
  const at = overlap(timeline);
  if (at < 0) return timeline;
  if (timeline.tail.length - 1 - at <= kCatchUp) return pin(timeline);
  const window = timeline.window.concat(timeline.tail.slice(at + 1, at + 1 + kStepDown));
  return { ...timeline, window: window.slice(-kWindowMax), hasOlder: timeline.hasOlder || window.length > kWindowMax };
}

/** Adds fetched lines below the window of a reader who comes down through history. */
export function extendBelow(timeline: Timeline, lines: readonly Line[]): Timeline {
  if (timeline.pinned) return timeline;
  const ids = known(timeline.window);
  const window = timeline.window.concat(lines.filter((line) => !ids.has(idOf(line))));
  return { ...timeline, window: window.slice(-kWindowMax), hasOlder: timeline.hasOlder || window.length > kWindowMax };
}

/** The reader leaves the present end: from now on the window stands still. */
export function unpin(timeline: Timeline): Timeline {
  return timeline.pinned ? { ...timeline, pinned: false, unseen: 0 } : timeline;
}

/** The reader is back at the present end. */
export function pin(timeline: Timeline): Timeline {
  if (timeline.pinned) return timeline;
  // Lines above the tail may exist on the server whatever was known of the window.
  const [drawn, kept] = [timeline.window[0], timeline.tail[0]];
  const hasOlder = timeline.hasOlder || (drawn && idOf(drawn)) !== (kept && idOf(kept));
  return { ...timeline, window: timeline.tail, pinned: true, unseen: 0, hasOlder };
}

/** Changes lines wherever they are kept; `change` returns the same object for lines that stay as they are. */
export function mapLines(timeline: Timeline, change: (line: Line) => Line | null): Timeline {
  const apply = (lines: readonly Line[]): readonly Line[] => {
    let changed = false;
    const next: Line[] = [];
    for (const line of lines) {
      const result = change(line);
      if (result !== line) changed = true;
      if (result !== null) next.push(result);
    }
    return changed ? next : lines;
  };
  const tail = apply(timeline.tail);
  const window = timeline.window === timeline.tail ? tail : apply(timeline.window);
  return tail === timeline.tail && window === timeline.window ? timeline : { ...timeline, tail, window };
}
