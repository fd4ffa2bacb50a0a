// SPDX-License-Identifier: Apache-2.0
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Channel } from '../protocol/rest';
import { icons } from '../render/icons';
import { tint } from '../render/tint';
import { base } from '../render/tokens';
import { loginFrom, pathOf } from './route';

const kCount = new Intl.NumberFormat(undefined, { notation: 'compact' });

/** The channels as a narrow list or as cards, with a field to go to any other. Tells `channel-open` with its login. */
@customElement('clamor-channel-list')
export class ChannelList extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
      }
      form {
        display: flex;
        align-items: center;
        gap: 6px;
        margin: 0 0 12px;
        padding: 0 4px 0 10px;
        border: 1px solid var(--edge-strong);
        border-radius: 10px;
        background: var(--ground);
        color: var(--ink-faint);
      }
      form:focus-within {
        border-color: var(--focus);
        box-shadow: 0 0 0 1px var(--focus);
      }
      form .icon {
        width: 16px;
        height: 16px;
      }
      input {
        flex: 1;
        min-width: 0;
        height: 38px;
        border: 0;
        outline: none;
        background: none;
        font-size: 16px;
        color: var(--ink);
      }
      input:focus-visible {
        outline: none;
      }
      input::placeholder {
        color: var(--ink-faint);
        opacity: 1;
        font-size: 14px;
      }
      .problem {
        margin: -4px 0 12px;
        font-size: 13px;
        color: var(--problem);
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 2px;
      }
      a {
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 8px 10px;
        border-radius: 10px;
        color: inherit;
        text-decoration: none;
      }
      a:hover {
        background: var(--hover);
      }
      a[aria-current] {
        background: var(--accent-wash);
      }
      .face {
        flex: none;
        display: grid;
        place-items: center;
        width: 34px;
        height: 34px;
        border-radius: 10px;
        font-weight: 700;
        font-size: 16px;
        color: light-dark(#ffffff, #17131c);
        background: light-dark(var(--name-light), var(--name-dark));
      }
      .words {
        flex: 1;
        min-width: 0;
      }
      .name {
        display: block;
        font-weight: 600;
        font-size: 14px;
        line-height: 20px;
      }
      .title {
        display: block;
        font-size: 13px;
        line-height: 18px;
        color: var(--ink-soft);
      }
      .name,
      .title {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .viewers {
        flex: none;
        display: inline-flex;
        align-items: center;
        gap: 5px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
        color: var(--ink-soft);
      }
      .viewers::before {
        content: '';
        width: 7px;
        height: 7px;
        border-radius: 50%;
        background: var(--first-edge);
      }
      .viewers.none::before {
        background: none;
        border: 1.5px solid var(--edge-strong);
      }
      .state {
        padding: 12px 10px;
        font-size: 14px;
        color: var(--ink-soft);
      }
      :host([cards]) ul {
        grid-template-columns: repeat(auto-fill, minmax(min(280px, 100%), 1fr));
        gap: 12px;
      }
      :host([cards]) a {
        padding: 16px;
        gap: 14px;
        border: 1px solid var(--edge);
        background: var(--raised);
        border-radius: 14px;
      }
      :host([cards]) a:hover {
        border-color: var(--accent);
        background: var(--ground);
      }
      :host([cards]) .face {
        width: 48px;
        height: 48px;
        border-radius: 14px;
        font-size: 21px;
      }
      :host([cards]) .name {
        font-size: 16px;
        line-height: 22px;
      }
      :host([cards]) form {
        max-width: 400px;
        margin-bottom: 20px;
      }
      :host([cards]) input {
        height: 44px;
      }
    `,
  ];

  @property({ attribute: false }) channels: readonly Channel[] | null = null;
  @property() current: string | null = null;
  @property({ type: Boolean }) failed = false;
  @property({ type: Boolean, reflect: true }) cards = false;
  @state() private problem = '';
  @query('input') private input!: HTMLInputElement;

  private open(login: string): void {
    this.dispatchEvent(new CustomEvent('channel-open', { detail: login }));
  }

  private readonly onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const login = loginFrom(this.input.value);
    this.problem = login === null ? 'A channel has 1 to 25 letters, digits or underscores.' : '';
    if (login === null) return;
    this.input.value = '';
    this.open(login);
  };

  private onClick(event: MouseEvent, login: string): void {
    // Other clicks ask for a new tab or window, and the link is a real one.
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.open(login);
  }

  private entry(channel: Channel) {
    const { login, displayName, title, viewers } = channel;
    return html`<li>
      <a
        href=${pathOf(login)}
        aria-current=${login === this.current ? 'page' : nothing}
        @click=${(event: MouseEvent) => this.onClick(event, login)}
      >
        <span class="face" aria-hidden="true" ${tint('', login)}>${[...displayName][0]?.toUpperCase()}</span>
        <span class="words"><span class="name">${displayName}</span><span class="title">${title || `#${login}`}</span></span>
        <span class=${viewers === 0 ? 'viewers none' : 'viewers'}
          >${kCount.format(viewers)}<span class="hidden"> ${viewers === 1 ? 'viewer' : 'viewers'}</span></span
        >
      </a>
    </li>`;
  }

  private list() {
    if (this.channels === null) {
      return html`<div class="state" role="status">${this.failed ? 'The channels could not be loaded. Trying again soon.' : 'Loading channels…'}</div>`;
    }
    if (this.channels.length === 0) return html`<div class="state">There are no channels yet. Go to one by its name.</div>`;
    return html`<ul>
      ${this.channels.map((channel) => this.entry(channel))}
    </ul>`;
  }

  override render() {
    return html`<form role="search" @submit=${this.onSubmit}>
        ${icons.hash}<input
          type="text"
          aria-label="Go to a channel"
          placeholder="Go to a channel"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="26"
          enterkeyhint="go"
        />
      </form>
      ${this.problem ? html`<div class="problem" role="alert">${this.problem}</div>` : nothing} ${this.list()}`;
  }
}
