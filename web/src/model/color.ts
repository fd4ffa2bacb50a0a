// SPDX-License-Identifier: Apache-2.0

/** Contrast that WCAG 2.1 AA asks of text. */
export const kContrastMin = 4.5;
/**
 * The grounds against which name colours are made readable: of all that a row can have behind it (plain, hovered,
 * mention, first message), the one that is hardest to read on. The style sheet keeps to them.
 */
export const kLightGround = '#f3ecdc';
export const kDarkGround = '#332a17';

/** For people without a colour of their own: distinct hues, none of them near the highlight colours. */
const kFallbackColors = [
  '#d1483f', '#2f7dd1', '#2e9e5b', '#b8552c', '#7a57d1', '#1f9aa8', '#c2457f', '#8a7a1f',
  '#4a6fd8', '#3d9140', '#a84bb3', '#c07a1a', '#00897b', '#d14d6a', '#5e6fb0', '#6b8e23',
] as const;

type Rgb = readonly [number, number, number];

function parseHex(hex: string): Rgb | null {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) return null;
  const value = parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function toHex([r, g, b]: Rgb): string {
  return `#${[r, g, b].map((c) => Math.round(c).toString(16).padStart(2, '0')).join('')}`;
}

function luminance([r, g, b]: Rgb): number {
  const linear = (c: number) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

function ratio(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/** Of two colours in `#RRGGBB`; 1 when either is malformed. */
export function contrast(a: string, b: string): number {
  const [x, y] = [parseHex(a), parseHex(b)];
  return x === null || y === null ? 1 : ratio(x, y);
}

/** The nearest mix of a colour with black or white that is readable on the ground; hue is kept. */
function readableOn(color: Rgb, ground: Rgb): Rgb {
  if (ratio(color, ground) >= kContrastMin) return color;
  const goal: Rgb = luminance(ground) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  const mix = (share: number): Rgb => {
    const at = (i: 0 | 1 | 2) => Math.round(color[i] + (goal[i] - color[i]) * share);
    return [at(0), at(1), at(2)];
  };
  let [near, far] = [0, 1];
  for (let step = 0; step < 10; step += 1) {
    const middle = (near + far) / 2;
    if (ratio(mix(middle), ground) >= kContrastMin) far = middle;
    else near = middle;
  }
  return mix(far);
}

/** Always the same colour for the same login. */
export function fallbackColor(login: string): string {
  let hash = 2166136261;
  for (let i = 0; i < login.length; i += 1) hash = Math.imul(hash ^ login.charCodeAt(i), 16777619);
  return kFallbackColors[(hash >>> 0) % kFallbackColors.length]!;
}

export interface NameColors {
  light: string;
  dark: string;
}

const cache = new Map<string, NameColors>();
const kCacheMax = 4096;

/** A name's colour as it is drawn on light and on dark ground, both with enough contrast. */
export function nameColors(color: string, login: string): NameColors {
  const wanted = parseHex(color) === null ? fallbackColor(login) : color.toLowerCase();
  let colors = cache.get(wanted);
  if (colors === undefined) {
    const rgb = parseHex(wanted)!;
    colors = {
      light: toHex(readableOn(rgb, parseHex(kLightGround)!)),
      dark: toHex(readableOn(rgb, parseHex(kDarkGround)!)),
    };
    if (cache.size >= kCacheMax) cache.clear();
    cache.set(wanted, colors);
  }
  return colors;
}
