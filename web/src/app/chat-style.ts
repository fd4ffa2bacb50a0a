// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const chatStyle = css`
  :host {
    position: relative;
    display: flex;
    flex-direction: column;
    min-height: 240px;
    height: 100%;
    background: var(--ground);
    overflow: hidden;
  }
  .skip {
    position: absolute;
    top: 8px;
    left: 8px;
    z-index: 6;
    padding: 8px 14px;
    border-radius: 8px;
    font-weight: 600;
    background: var(--ground);
    border: 1px solid var(--edge-strong);
  }
  .skip:not(:focus) {
    clip-path: inset(50%);
    pointer-events: none;
  }
  .banner {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 10px;
    padding: 8px 16px;
    font-size: 14px;
    font-weight: 500;
    background: var(--accent-wash);
    color: var(--accent-strong);
  }
  .banner.problem {
    background: var(--problem-wash);
    color: var(--problem);
  }
  .banner .icon {
    width: 18px;
    height: 18px;
  }
  .banner-button {
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 2px;
    min-height: 28px;
  }
  .modes {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    padding: 6px 16px 0;
  }
  .mode {
    padding: 2px 10px;
    border-radius: 11px;
    font-size: 12px;
    font-weight: 600;
    line-height: 18px;
    color: var(--accent-strong);
    background: var(--accent-wash);
  }
  @media (max-width: 640px) {
    .modes {
      padding-inline: 10px;
    }
  }
`;
