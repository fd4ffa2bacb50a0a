// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

/**
 * Colours and measures. `color-scheme` chooses between the two values of `light-dark()`: it follows the system unless
 * the attribute `theme` says otherwise. Grounds of rows keep within the two of model/color.ts.
 */
export const tokens = css`
  :host {
    color-scheme: light dark;
    --ground: light-dark(#ffffff, #141217);
    --raised: light-dark(#faf8f5, #1b1920);
    --sunken: light-dark(#f4f1ec, #0f0d12);
    --hover: light-dark(#f5f2ed, #201d26);
    --edge: light-dark(#e5dfd6, #2d2935);
    --edge-strong: light-dark(#8f8797, #7b7486);
    --ink: light-dark(#1c1922, #eeebf2);
    --ink-soft: light-dark(#575060, #b4adbf);
    --ink-faint: light-dark(#6d6577, #958da1);
    --accent: light-dark(#bb3d0c, #ff9a62);
    --accent-strong: light-dark(#a03206, #ffb286);
    --accent-ink: light-dark(#ffffff, #2a1003);
    --accent-wash: light-dark(#fdeee5, #33211a);
    --mention: light-dark(#fff5d9, #302812);
    --mention-edge: light-dark(#b57b00, #e0ab3a);
    --first: light-dark(#eef6ee, #18261c);
    --first-edge: light-dark(#2e8049, #62b880);
    --problem: light-dark(#b3261e, #ff9c94);
    --problem-wash: light-dark(#fdf0ee, #331b1a);
    --link: light-dark(#1558b0, #8ab8ff);
    --focus: light-dark(#1558b0, #9dc2ff);
    --shadow: 0 1px 2px rgb(20 10 0 / 0.08), 0 8px 28px rgb(20 10 0 / 0.16);
    --radius: 10px;
    --font: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif;
    font-family: var(--font);
    color: var(--ink);
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
`;

/** What every component of ours shares. */
export const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  button,
  input,
  textarea {
    font: inherit;
    color: inherit;
  }
  button {
    border: 0;
    padding: 0;
    background: none;
    cursor: pointer;
  }
  button:disabled {
    cursor: not-allowed;
  }
  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }
  .icon {
    width: 20px;
    height: 20px;
    flex: none;
    display: block;
  }
  .icon-button {
    display: inline-grid;
    place-items: center;
    width: 36px;
    height: 36px;
    border-radius: 8px;
    color: var(--ink-soft);
  }
  .icon-button:hover:not(:disabled) {
    background: var(--hover);
    color: var(--ink);
  }
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 36px;
    padding: 0 14px;
    border-radius: 8px;
    font-weight: 600;
    font-size: 14px;
    white-space: nowrap;
    border: 1px solid var(--edge);
    background: var(--ground);
  }
  .button:hover:not(:disabled) {
    background: var(--hover);
  }
  .button.primary {
    border-color: transparent;
    background: var(--accent);
    color: var(--accent-ink);
  }
  .button.primary:hover:not(:disabled) {
    background: var(--accent-strong);
  }
  .button.primary:disabled {
    background: var(--sunken);
    color: var(--ink-faint);
    border-color: var(--edge);
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 0.01ms !important;
      scroll-behavior: auto !important;
    }
  }
`;
