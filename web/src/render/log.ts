// SPDX-License-Identifier: Apache-2.0
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { kEmptyCatalog, type Catalog } from '../model/catalog';
import { kEmptyTimeline, type Line, type MessageLine, type Timeline } from '../model/timeline';
import type { HistoryState } from '../model/chat-state';
import { Announcer } from './announcer';
import { icons } from './icons';
import { row, type RowContext } from './message-row';
import { rowStyle } from './row-style';
import { base } from './tokens';

/** Nearer than this to an end, in pixels, the reader is about to need what lies beyond it. */
const kNearTop = 600;
const kNearBottom = 24;
/** Steps up by less than this are the browser's rounding, not the reader. */
const kJitter = 2;

export type LogAction = 'older' | 'down' | 'left' | 'returned';
export type LineAction = 'reply' | 'retry' | 'edit' | 'dismiss' | 'mention';

interface Anchor {
  key: string;
  offset: number;
}

/** The scrolling list of messages. Shows a timeline and tells what its reader wants; changes nothing itself. */
@customElement('clamor-log')
export class ClamorLog extends LitElement {
  static override styles = [
    base,
    rowStyle,
    css`
      :host {
        position: relative;
        display: flex;
        flex-direction: column;
        min-height: 0;
        flex: 1;
      }
      .scroll {
        flex: 1;
        min-height: 0;
        overflow: hidden auto;
        overflow-anchor: none;
        overscroll-behavior: contain;
        display: flex;
        flex-direction: column;
        scrollbar-width: thin;
        scrollbar-color: var(--edge) transparent;
        padding: 8px 0;
      }
      .scroll:focus-visible {
        outline-offset: -2px;
      }
      .fill {
        flex: 1 0 0;
      }
      .rows {
        flex: none;
      }
      .top {
        flex: none;
        padding: 12px 16px;
        font-size: 13px;
        color: var(--ink-faint);
        text-align: center;
      }
      .jump {
        position: absolute;
        bottom: 12px;
        left: 50%;
        translate: -50% 0;
        display: inline-flex;
        align-items: center;
        gap: 6px;
        padding: 0 16px 0 12px;
        min-height: 38px;
        border-radius: 19px;
        font-size: 14px;
        font-weight: 600;
        white-space: nowrap;
        background: var(--accent);
        color: var(--accent-ink);
        box-shadow: var(--shadow);
      }
      .jump:hover {
        background: var(--accent-strong);
      }
      .jump .icon {
        width: 18px;
        height: 18px;
      }
      .empty {
        margin: auto;
        padding: 24px;
        text-align: center;
        color: var(--ink-soft);
      }
      .empty strong {
        display: block;
        font-size: 17px;
        color: var(--ink);
        margin-bottom: 4px;
      }
      @media (max-width: 640px) {
        .scroll {
          --row-pad: 12px;
        }
        .row {
          padding-inline: 12px;
        }
      }
    `,
  ];

  @property({ attribute: false }) timeline: Timeline = kEmptyTimeline;
  @property({ attribute: false }) catalog: Catalog = kEmptyCatalog;
  @property() history: HistoryState = 'none';
  @property({ attribute: false }) login: string | null = null;
  @property({ type: Boolean }) canWrite = false;
  @property({ type: Boolean }) loadingOlder = false;
  @property() label = '';

  @state() private spoken = '';
  @state() private busy = false;

  @query('.scroll') private scroller!: HTMLElement;
  @query('.rows') private rows!: HTMLElement;

  private context: RowContext = { catalog: kEmptyCatalog, login: null, canWrite: false };
  private anchor: Anchor | null = null;
  private lastTop = 0;
  private wanted: string | null = null;
  private readonly resize = new ResizeObserver(() => this.stick());
  private readonly announcer = new Announcer((text, busy) => {
    this.spoken = text;
    this.busy = busy;
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resize.disconnect();
    this.announcer.stop();
  }

  override firstUpdated(): void {
    this.resize.observe(this.scroller);
    this.resize.observe(this.rows);
  }

  /** Moves the focus to the newest row. */
  focusRows(): void {
    this.focusRow(this.rows.lastElementChild);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('catalog') || changed.has('login') || changed.has('canWrite')) {
      this.context = { catalog: this.catalog, login: this.login, canWrite: this.canWrite };
    }
    if (changed.has('timeline')) {
      const before = changed.get('timeline') as Timeline | undefined;
      if (before !== undefined) this.announcer.saw(before.tail, this.timeline.tail);
      if (this.hasUpdated && !this.timeline.pinned) this.anchor = this.findAnchor();
    }
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.timeline.pinned) this.stick();
    else if (changed.has('timeline')) this.restoreAnchor();
    if (this.wanted !== null) this.show(this.wanted);
  }

  /** A pinned list stays at its end, whatever changes its height: new rows, pictures, the window. */
  private stick(): void {
    if (!this.timeline.pinned || !this.scroller) return;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.lastTop = this.scroller.scrollTop;
  }

  private findAnchor(): Anchor | null {
    const top = this.scroller.getBoundingClientRect().top;
    for (const element of this.rows.children) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top) return { key: (element as HTMLElement).dataset['key'] ?? '', offset: box.top - top };
    }
    return null;
  }

  /** What was read stays where it was, although rows came or went above it. */
  private restoreAnchor(): void {
    const anchor = this.anchor;
    this.anchor = null;
    if (anchor === null) return;
    const element = this.rowOf(anchor.key);
    if (element === null) return;
    const offset = element.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
    this.scroller.scrollTop += offset - anchor.offset;
    this.lastTop = this.scroller.scrollTop;
  }

  private rowOf(key: string): HTMLElement | null {
    return this.rows.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  private say(action: LogAction): void {
    this.dispatchEvent(new CustomEvent<LogAction>('log-move', { detail: action }));
  }

  private sayLine(action: LineAction, line: MessageLine): void {
    this.dispatchEvent(new CustomEvent('log-line', { detail: { action, line } }));
  }

  private readonly onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const up = scrollTop < this.lastTop - kJitter;
    this.lastTop = scrollTop;
    const below = scrollHeight - scrollTop - clientHeight;
    if (this.timeline.pinned && up && below > kNearBottom) this.say('left');
    if (!this.timeline.pinned && below <= kNearBottom && !up) this.say('down');
    if (scrollTop < kNearTop && this.timeline.hasOlder && !this.timeline.pinned) this.say('older');
  };

  private lineOf(element: Element | null): MessageLine | null {
    const key = (element?.closest('.row') as HTMLElement | null)?.dataset['key'];
    const line = this.timeline.window.find((candidate: Line) => candidate.key === key);
    return line?.kind === 'message' ? line : null;
  }

  private readonly onClick = (event: MouseEvent) => {
    const target = event.target as Element;
    const button = target.closest<HTMLElement>('[data-act]');
    if (button === null) {
      // A tap gives a row the focus, and with it the reply button, where there is no pointer to hover.
      if (!target.closest('a') && getSelection()?.isCollapsed) this.focusRow(target.closest('.row'));
      return;
    }
    const act = button.dataset['act']!;
    if (act === 'jump') {
      this.show(button.dataset['to']!);
      return;
    }
    const line = this.lineOf(button);
    if (line !== null) this.sayLine(act as LineAction, line);
  };

  /** Brings a message into view, and asks for older ones until it is there or there are no more. */
  private show(id: string): void {
    this.wanted = null;
    const element = this.rows.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
    if (element === null) {
      if (!this.timeline.hasOlder || this.timeline.window.length >= 400) return;
      this.wanted = id;
      this.say('older');
      return;
    }
    if (this.timeline.pinned) this.say('left');
    element.scrollIntoView({ block: 'center' });
    element.classList.remove('flash');
    requestAnimationFrame(() => element.classList.add('flash'));
    this.focusRow(element);
  }

  private focusRow(element: Element | null): void {
    if (!(element instanceof HTMLElement)) return;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: 'nearest' });
  }

  private readonly onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const current = (event.target as Element).closest('.row');
    const go = (next: Element | null | undefined) => {
      event.preventDefault();
      if (this.timeline.pinned) this.say('left');
      this.focusRow(next ?? current);
    };
    switch (event.key) {
      case 'ArrowUp':
      case 'k':
        return go(current === null ? this.rows.lastElementChild : current.previousElementSibling);
      case 'ArrowDown':
      case 'j':
        if (current !== null && current.nextElementSibling === null) return this.say('down');
        return go(current === null ? this.rows.firstElementChild : current.nextElementSibling);
      case 'End':
        event.preventDefault();
        return this.say('returned');
      case 'r':
      case 'R': {
        const line = this.lineOf(current);
        if (line === null || !this.canWrite || line.state.kind !== 'shown') return;
        event.preventDefault();
        return this.sayLine('reply', line);
      }
      case 'Escape':
        this.dispatchEvent(new CustomEvent('log-escape'));
    }
  };

  private top() {
    if (this.history === 'loading' && this.timeline.window.length === 0) return html`<div class="top">Loading messages…</div>`;
    if (this.loadingOlder) return html`<div class="top">Loading older messages…</div>`;
    if (this.history === 'failed') return html`<div class="top">Older messages could not be loaded.</div>`;
    if (this.history === 'loaded' && !this.timeline.hasOlder && this.timeline.window.length > 0) {
      return html`<div class="top">This is where the chat begins.</div>`;
    }
    return nothing;
  }

  private jumpButton() {
    const { pinned, unseen } = this.timeline;
    if (pinned) return nothing;
    const text = unseen === 0 ? 'To the newest' : `${unseen > 999 ? '999+' : unseen} new message${unseen === 1 ? '' : 's'}`;
    return html`<button class="jump" @click=${() => this.say('returned')}>${icons.down}${text}</button>`;
  }

  override render() {
    const lines = this.timeline.window;
    const empty = lines.length === 0 && this.history === 'loaded';
    return html`
      <div
        class="scroll"
        role="log"
        tabindex="0"
        aria-label=${this.label}
        aria-live=${this.busy ? 'off' : 'polite'}
        aria-relevant="additions"
        @scroll=${this.onScroll}
        @click=${this.onClick}
        @keydown=${this.onKey}
      >
        <div class="fill"></div>
        ${this.top()}
        ${empty ? html`<div class="empty"><strong>It is quiet here.</strong>Be the first to say something.</div>` : nothing}
        <div class="rows">
          ${repeat(
            lines,
            (line) => line.key,
            (line) => guard([line, this.context], () => row(line, this.context)),
          )}
        </div>
      </div>
      ${this.jumpButton()}
      <div class="hidden" role="status">${this.spoken}</div>
    `;
  }
}
