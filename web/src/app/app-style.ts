// SPDX-License-Identifier: Apache-2.0
import { css } from 'lit';

export const appStyle = css`
  :host {
    display: flex;
    height: 100dvh;
    background: var(--ground);
  }
  nav {
    flex: none;
    width: 288px;
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--sunken);
    border-right: 1px solid var(--edge);
  }
  .side-head,
  .home-head {
    flex: none;
    display: flex;
    align-items: center;
    justify-content: space-between;
    height: 60px;
    padding: 0 12px 0 16px;
  }
  .side-list {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    padding: 4px 12px 12px;
    scrollbar-width: thin;
  }
  .brand {
    display: inline-flex;
    align-items: center;
    gap: 10px;
    font-size: 20px;
    font-weight: 750;
    letter-spacing: -0.02em;
    color: inherit;
    text-decoration: none;
    border-radius: 8px;
  }
  main {
    flex: 1;
    min-width: 0;
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  header {
    flex: none;
    display: flex;
    align-items: center;
    gap: 14px;
    min-height: 60px;
    padding: 8px 16px;
    border-bottom: 1px solid var(--edge);
  }
  .place {
    flex: 1;
    min-width: 0;
  }
  .place h1,
  .place p {
    margin: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .place h1 {
    font-size: 17px;
    line-height: 22px;
  }
  .place p {
    font-size: 13px;
    line-height: 18px;
    color: var(--ink-soft);
  }
  .viewers {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    font-size: 14px;
    font-variant-numeric: tabular-nums;
    color: var(--ink-soft);
  }
  .viewers .icon {
    width: 18px;
    height: 18px;
  }
  .tools {
    display: flex;
    align-items: center;
    gap: 4px;
  }
  .who {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    max-width: 180px;
    font-size: 14px;
    font-weight: 600;
  }
  .who span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .open-drawer,
  .narrow {
    display: none;
  }
  clamor-chat {
    flex: 1;
    min-height: 0;
  }
  .home {
    overflow-y: auto;
    padding: 0 max(20px, calc((100% - 1040px) / 2)) 40px;
    display: block;
  }
  .home-head {
    padding: 0;
  }
  .hero {
    display: flex;
    align-items: center;
    gap: 24px;
    margin: 40px 0 32px;
  }
  .hero h1 {
    margin: 0 0 6px;
    font-size: clamp(26px, 4.5vw, 40px);
    line-height: 1.1;
    letter-spacing: -0.025em;
  }
  .hero p {
    margin: 0;
    max-width: 46ch;
    font-size: 16px;
    line-height: 1.5;
    color: var(--ink-soft);
  }
  .drawer {
    position: fixed;
    inset: 0 auto 0 0;
    width: min(320px, 88vw);
    height: 100dvh;
    max-height: none;
    margin: 0;
    padding: 0;
    border: 0;
    background: var(--ground);
    color: var(--ink);
    box-shadow: var(--shadow);
  }
  .drawer::backdrop {
    background: rgb(10 6 14 / 0.5);
  }
  .drawer-body {
    min-height: 100%;
    padding: 0 12px 12px;
  }
  .drawer .side-head {
    padding: 0 0 0 4px;
  }
  @media (max-width: 900px) {
    nav {
      display: none;
    }
    .open-drawer {
      display: inline-grid;
    }
    .narrow {
      display: contents;
    }
    header {
      gap: 8px;
      padding: 6px 8px;
      min-height: 54px;
    }
  }
  @media (max-width: 520px) {
    .hero {
      gap: 16px;
      margin: 16px 0 24px;
    }
    .hero img {
      width: 64px;
      height: 64px;
    }
    .who {
      max-width: 92px;
    }
    .who .icon {
      display: none;
    }
  }
  @media (max-width: 420px) {
    header .viewers {
      display: none;
    }
  }
`;
