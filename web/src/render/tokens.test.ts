// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { contrast, kContrastMin, kDarkGround, kLightGround } from '../model/color';
import { tokens } from './tokens';

/** What WCAG 2.1 asks of marks and borders that carry meaning. */
const kMarkMin = 3;
const kTexts = ['ink', 'ink-soft', 'ink-faint', 'link', 'problem', 'accent'];
const kGrounds = ['ground', 'raised', 'sunken', 'hover', 'mention', 'first'];

const pairs = new Map(
  [...tokens.cssText.matchAll(/--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map((m) => [m[1]!, [m[2]!, m[3]!] as const]),
);

function below(min: number, front: string, back: string): string[] {
  return [0, 1]
    .filter((scheme) => contrast(pairs.get(front)![scheme]!, pairs.get(back)![scheme]!) < min)
    .map((scheme) => `${front} on ${back}, ${scheme === 0 ? 'light' : 'dark'}`);
}

describe('colours', () => {
  it('of text are readable on every ground', () => {
    expect(kTexts.flatMap((text) => kGrounds.flatMap((ground) => below(kContrastMin, text, ground)))).toEqual([]);
  });

  it.each([
    ['accent-ink', 'accent', kContrastMin],
    ['accent-ink', 'accent-strong', kContrastMin],
    ['accent-strong', 'accent-wash', kContrastMin],
    ['ink-soft', 'accent-wash', kContrastMin],
    ['problem', 'problem-wash', kContrastMin],
    ['edge-strong', 'ground', kMarkMin],
    ['focus', 'ground', kMarkMin],
    ['mention-edge', 'mention', kMarkMin],
    ['first-edge', 'first', kMarkMin],
    ['accent', 'accent-wash', kMarkMin],
  ])('%s stands out from %s', (front, back, min) => {
    expect(below(min, front, back)).toEqual([]);
  });

  it('behind rows are no harder to read on than the grounds that name colours are made for', () => {
    for (const ground of ['ground', 'hover', 'mention', 'first', 'accent-wash']) {
      const [light, dark] = pairs.get(ground)!;
      expect(contrast(light, '#000000')).toBeGreaterThanOrEqual(contrast(kLightGround, '#000000'));
      expect(contrast(dark, '#ffffff')).toBeGreaterThanOrEqual(contrast(kDarkGround, '#ffffff'));
    }
  });
});
