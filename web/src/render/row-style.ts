// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const rowStyle = css`
  .row {
    position: relative;
    padding: 4px 16px;
    contain: layout style;
    overflow-wrap: anywhere;
    line-height: 1.5;
    font-size: 15px;
    border-left: 3px solid transparent;
  }
  .row:hover,
  .row:focus-within {
    background: var(--hover);
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  time {
    display: inline-block;
    margin-right: 6px;
    font-size: 12px;
    color: var(--ink-faint);
    font-variant-numeric: tabular-nums;
  }
  .shared {
    margin-right: 5px;
    padding: 0 5px;
    font-size: 12px;
    color: var(--ink-soft);
    border: 1px solid var(--edge);
    border-radius: 8px;
  }
  .badges {
    white-space: nowrap;
  }
  .badge {
    width: 18px;
    height: 18px;
    vertical-align: -3.5px;
    margin-right: 4px;
    border-radius: 4px;
  }
  .name {
    display: inline;
    font-weight: 700;
    color: light-dark(var(--name-light), var(--name-dark));
    border-radius: 3px;
    text-align: start;
  }
  .name:hover {
    text-decoration: underline;
  }
  .action .text {
    font-style: italic;
    color: var(--ink-soft);
  }
  .colon {
    color: var(--ink-soft);
    white-space: pre;
  }
  .text {
    unicode-bidi: isolate;
    white-space: pre-wrap;
  }
  .emote {
    height: 28px;
    width: auto;
    min-width: 16px;
    vertical-align: middle;
    margin: -5px 1px;
  }
  a {
    color: var(--link);
    text-decoration-thickness: 1px;
    text-underline-offset: 2px;
  }
  .mention {
    font-weight: 600;
  }
  .mention.self {
    background: var(--mention-edge);
    color: light-dark(#1c1200, #1c1200);
    border-radius: 4px;
    padding: 0 4px;
  }
  .mentioned,
  .mentioned:hover {
    background: var(--mention);
    border-left-color: var(--mention-edge);
  }
  .first,
  .first:hover {
    background: var(--first);
    border-left-color: var(--first-edge);
  }
  .announcement,
  .announcement:hover {
    background: var(--accent-wash);
    border-left-color: var(--accent);
  }
  .first-label,
  .announcement-label {
    font-size: 12px;
    font-weight: 600;
    color: light-dark(#1f6537, #7fca9a);
  }
  .announcement-label {
    color: var(--accent-strong);
  }
  .pending .body {
    opacity: 0.62;
  }
  .failed .body {
    opacity: 0.75;
  }
  .gone {
    color: var(--ink-faint);
    font-style: italic;
  }
  .parent {
    display: flex;
    align-items: center;
    gap: 4px;
    max-width: 100%;
    font-size: 13px;
    line-height: 20px;
    color: var(--ink-faint);
  }
  .parent .icon {
    width: 14px;
    height: 14px;
    transform: scaleY(-1);
  }
  .parent-text {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    text-align: start;
    border-radius: 3px;
  }
  .parent-text:hover,
  .thread:hover {
    color: var(--ink);
    text-decoration: underline;
  }
  .parent-name {
    font-weight: 600;
  }
  .thread {
    flex: none;
    font-size: 12px;
    padding: 0 6px;
    border-radius: 9px;
    background: var(--sunken);
  }
  .reply-button {
    position: absolute;
    top: -8px;
    right: 12px;
    width: 34px;
    height: 30px;
    display: grid;
    place-items: center;
    border-radius: 8px;
    background: var(--ground);
    border: 1px solid var(--edge);
    color: var(--ink-soft);
    opacity: 0;
    z-index: 1;
  }
  .reply-button .icon {
    width: 18px;
    height: 18px;
  }
  .row:hover > .reply-button,
  .row:focus-within > .reply-button {
    opacity: 1;
  }
  .reply-button:hover {
    color: var(--accent);
    border-color: var(--accent);
  }
  @media (hover: none) {
    .reply-button {
      display: none;
    }
    .row:focus-within > .reply-button {
      display: grid;
    }
  }
  .failure {
    display: flex;
    gap: 8px;
    margin: 2px 0 4px;
    padding: 4px 10px;
    font-size: 13px;
    color: var(--problem);
    background: var(--problem-wash);
    border-radius: 8px;
  }
  .failure .icon {
    width: 16px;
    height: 16px;
    margin-top: 3px;
  }
  .failure-words {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 14px;
  }
  .choices {
    display: inline-flex;
    gap: 14px;
  }
  .link-button {
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 2px;
    min-height: 24px;
    border-radius: 4px;
  }
  .note {
    font-size: 13px;
    color: var(--ink-soft);
  }
  .note.event {
    color: var(--ink);
    font-weight: 600;
    background: var(--accent-wash);
    border-left-color: var(--accent);
  }
  .note.problem {
    color: var(--problem);
  }
  .flash {
    animation: flash 1.6s ease-out;
  }
  @keyframes flash {
    from {
      background: var(--mention);
    }
  }
`;
