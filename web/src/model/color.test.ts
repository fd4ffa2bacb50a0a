// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { contrast, fallbackColor, kContrastMin, kDarkGround, kLightGround, nameColors } from './color';

const kSteps = ['00', '33', '80', 'cc', 'ff'];
const kColors = kSteps.flatMap((r) => kSteps.flatMap((g) => kSteps.map((b) => `#${r}${g}${b}`)));

describe('nameColors', () => {
  it('is readable on light and on dark ground, whatever was chosen', () => {
    for (const color of kColors) {
      const { light, dark } = nameColors(color, 'alice');
      expect(contrast(light, kLightGround)).toBeGreaterThanOrEqual(kContrastMin);
      expect(contrast(dark, kDarkGround)).toBeGreaterThanOrEqual(kContrastMin);
    }
  });

  it('leaves colours alone that are readable already', () => {
    expect(nameColors('#7a1f2b', 'alice').light).toBe('#7a1f2b');
    expect(nameColors('#FFD23F', 'alice').dark).toBe('#ffd23f');
  });

  it('gives everybody without one a colour that stays theirs', () => {
    expect(fallbackColor('alice')).toBe(fallbackColor('alice'));
    expect(nameColors('', 'alice')).toEqual(nameColors('red', 'alice'));
    expect(new Set(['alice', 'bob', 'carol', 'dave', 'erin', 'frank'].map(fallbackColor)).size).toBeGreaterThan(3);
  });
});
