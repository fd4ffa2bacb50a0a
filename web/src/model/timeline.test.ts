// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { aLine, range } from './testing';
import {
  append,
  extendBelow,
  kEmptyTimeline,
  kStepDown,
  kTailMax,
  kWindowMax,
  linesBelow,
  mergeLatest,
  pin,
  prepend,
  stepDown,
  unpin,
  type Line,
  type Timeline,
} from './timeline';

const lines = (first: number, last: number): Line[] => range(first, last).map((n) => aLine(n));
const ids = (list: readonly Line[]) => list.map((line) => (line.kind === 'message' ? line.message.id : line.key));
const filled = (first: number, last: number): Timeline => append(kEmptyTimeline, lines(first, last));

describe('append', () => {
  it('leaves out what is there already, and doubles among the new', () => {
    const timeline = append(filled(1, 3), [...lines(2, 4), ...lines(4, 4)]);
    expect(ids(timeline.tail)).toEqual(['m1', 'm2', 'm3', 'm4']);
  });

  it('keeps the newest lines and remembers that older ones exist', () => {
    const timeline = append(filled(1, kTailMax), lines(kTailMax + 1, kTailMax + 50));
    expect(timeline.tail).toHaveLength(kTailMax);
    expect(ids(timeline.tail)[0]).toBe('m51');
    expect(timeline.hasOlder).toBe(true);
    expect(timeline.window).toBe(timeline.tail);
  });

  it('counts for a reader further up, and moves nothing', () => {
    const reading = unpin(filled(1, 10));
    const timeline = append(reading, lines(11, 17));
    expect(timeline.window).toBe(reading.window);
    expect(timeline.unseen).toBe(7);
    expect(pin(timeline).window).toHaveLength(17);
    expect(pin(timeline).unseen).toBe(0);
  });

  it('stays bounded whoever reads, however long', () => {
    let timeline = unpin(filled(1, 100));
    for (let n = 101; n < 5_000; n += 100) timeline = append(timeline, lines(n, n + 99));
    expect(timeline.tail).toHaveLength(kTailMax);
    expect(timeline.window).toHaveLength(100);
  });
});

describe('mergeLatest', () => {
  it('closes a gap without doubles, in order', () => {
    const live = append(filled(1, 5), [aLine(9, { seq: null }), aLine(10, { seq: null })]);
    const timeline = mergeLatest(live, lines(4, 9), true);
    expect(ids(timeline.tail)).toEqual(range(1, 10).map((n) => `m${n}`));
  });

  it('puts what came live behind what is stored when the clock does not tell', () => {
    const at = { sentAt: 5 };
    const live = append(kEmptyTimeline, [aLine(3, { ...at, seq: null })]);
    const timeline = mergeLatest(live, [aLine(1, at), aLine(2, at)], false);
    expect(ids(timeline.tail)).toEqual(['m1', 'm2', 'm3']);
  });

  it('keeps the key of a line, so that it is not drawn anew', () => {
    const own = { ...aLine(5, { seq: null }), key: 'nonce' };
    const timeline = mergeLatest(append(kEmptyTimeline, [own]), [aLine(5)], false);
    expect(timeline.tail).toHaveLength(1);
    expect(timeline.tail[0]).toMatchObject({ key: 'nonce', message: { seq: 5 } });
  });

  it('leaves the window of a reader further up alone', () => {
    const reading = unpin(filled(1, 5));
    const timeline = mergeLatest(reading, lines(4, 9), true);
    expect(timeline.window).toBe(reading.window);
    expect(timeline.unseen).toBe(4);
  });
});

describe('reading back', () => {
  it('adds older lines above and unpins', () => {
    const timeline = prepend(filled(101, 200), lines(51, 101), true);
    expect(ids(timeline.window).slice(0, 2)).toEqual(['m51', 'm52']);
    expect(timeline.window).toHaveLength(150);
    expect(timeline.pinned).toBe(false);
  });

  it('lets go of lines below when the window is full', () => {
    let timeline = filled(1001, 1000 + kTailMax);
    timeline = prepend(timeline, lines(901, 1000), true);
    expect(timeline.window).toHaveLength(kWindowMax);
    expect(ids(timeline.window)[0]).toBe('m901');
    expect(linesBelow(timeline)).toBe(100);
  });

  it('comes down step by step, and is pinned when little is left', () => {
    let timeline = append(unpin(filled(1, 10)), lines(11, 10 + kStepDown + 50));
    timeline = stepDown(timeline);
    expect(timeline.window).toHaveLength(10 + kStepDown);
    expect(timeline.pinned).toBe(false);
    timeline = stepDown(timeline);
    timeline = stepDown(timeline);
    expect(timeline.pinned).toBe(true);
    expect(timeline.window).toBe(timeline.tail);
  });

  it('knows when what follows has to be fetched', () => {
    let timeline = append(unpin(filled(1, 10)), lines(11, 10 + kTailMax + 100));
    expect(linesBelow(timeline)).toBeNull();
    expect(stepDown(timeline)).toBe(timeline);
    timeline = extendBelow(timeline, lines(11, 110));
    expect(ids(timeline.window).at(-1)).toBe('m110');
    timeline = extendBelow(timeline, lines(111, 210));
    expect(linesBelow(timeline)).not.toBeNull();
  });
});
