// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const composerStyle = css`
  :host {
    position: relative;
    display: block;
    padding: 8px 16px 14px;
    background: var(--ground);
  }
  .field {
    display: flex;
    align-items: flex-end;
    gap: 2px;
    padding: 4px 4px 4px 14px;
    border: 1px solid var(--edge-strong);
    border-radius: 12px;
    background: var(--ground);
  }
  .field:focus-within {
    border-color: var(--focus);
    box-shadow: 0 0 0 1px var(--focus);
  }
  .field.off {
    background: var(--sunken);
    border-color: var(--edge);
  }
  textarea {
    flex: 1;
    min-width: 0;
    max-height: 132px;
    padding: 6px 0;
    border: 0;
    background: none;
    resize: none;
    outline: none;
    line-height: 24px;
    font-size: 16px;
  }
  textarea:focus-visible {
    outline: none;
  }
  textarea::placeholder {
    color: var(--ink-faint);
    opacity: 1;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .send:not(:disabled) {
    color: var(--accent);
  }
  .send:disabled,
  .icon-button:disabled {
    color: var(--ink-faint);
    opacity: 0.5;
  }
  .facts {
    display: flex;
    gap: 12px;
    margin: 0 4px 4px;
    font-size: 12px;
    line-height: 18px;
    font-variant-numeric: tabular-nums;
    color: var(--ink-soft);
  }
  .wait {
    display: inline-flex;
    align-items: center;
    gap: 4px;
  }
  .count {
    margin-left: auto;
  }
  .wait .icon {
    width: 14px;
    height: 14px;
  }
  .count.over {
    color: var(--problem);
    font-weight: 700;
  }
  .reply {
    display: flex;
    align-items: center;
    gap: 8px;
    margin: 0 2px 6px;
    font-size: 13px;
    color: var(--ink-soft);
  }
  .reply > .icon {
    width: 16px;
    height: 16px;
  }
  .reply-text {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .reply strong {
    color: var(--ink);
  }
  .small {
    width: 28px;
    height: 28px;
  }
  .small .icon {
    width: 16px;
    height: 16px;
  }
  .blocked {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
    padding: 8px 8px 8px 14px;
    border-radius: 12px;
    border: 1px solid var(--edge);
    background: var(--raised);
    font-size: 14px;
    color: var(--ink-soft);
  }
  .popup {
    position: absolute;
    bottom: calc(100% - 4px);
    left: 16px;
    z-index: 5;
  }
  .popup.right {
    left: auto;
    right: 16px;
  }
  .suggestions {
    list-style: none;
    margin: 0;
    padding: 6px;
    min-width: 220px;
    max-width: calc(100% - 32px);
    background: var(--ground);
    border: 1px solid var(--edge);
    border-radius: 12px;
    box-shadow: var(--shadow);
    font-size: 14px;
  }
  .suggestions li {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 34px;
    padding: 2px 10px;
    border-radius: 7px;
    cursor: pointer;
    overflow: hidden;
  }
  .suggestions li[aria-selected='true'] {
    background: var(--accent-wash);
    color: var(--accent-strong);
  }
  .suggestions li:hover {
    background: var(--hover);
  }
  .at {
    color: var(--ink-faint);
  }
  @media (max-width: 640px) {
    :host {
      padding: 6px 10px calc(10px + env(safe-area-inset-bottom));
    }
    .popup {
      left: 10px;
    }
    .popup.right {
      right: 10px;
    }
  }
`;
