// SPDX-License-Identifier: Apache-2.0

export type Theme = 'auto' | 'light' | 'dark';

const kKey = 'clamor.theme';
const kThemes: readonly Theme[] = ['auto', 'light', 'dark'];

export function loadTheme(): Theme {
  try {
    const theme = localStorage.getItem(kKey) as Theme;
    return kThemes.includes(theme) ? theme : 'auto';
  } catch {
    return 'auto';
  }
}

export function saveTheme(theme: Theme): void {
  try {
    localStorage.setItem(kKey, theme);
  } catch {
    // Holds until the page is left.
  }
}

export function nextTheme(theme: Theme): Theme {
  return kThemes[(kThemes.indexOf(theme) + 1) % kThemes.length]!;
}
