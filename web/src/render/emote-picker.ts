// SPDX-License-Identifier: Apache-2.0
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { lockedFor, type Catalog, kEmptyCatalog } from '../model/catalog';
import type { BadgeRef } from '../protocol/events';
import type { Emote } from '../protocol/rest';
import { icons } from './icons';
import { base } from './tokens';

const kHeadings = { channel: 'This channel', global: 'Everywhere', bits: 'Bits' } as const;
const kGroups = ['channel', 'global', 'bits'] as const;

/** A grid of emotes with a search field. Tells which one was picked (`emote-pick`) and when it is done (`picker-close`). */
@customElement('clamor-emote-picker')
export class EmotePicker extends LitElement {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        width: min(360px, calc(100vw - 24px));
        max-height: min(380px, 55vh);
        background: var(--ground);
        border: 1px solid var(--edge);
        border-radius: 14px;
        box-shadow: var(--shadow);
        overflow: hidden;
      }
      .search {
        display: flex;
        align-items: center;
        gap: 8px;
        margin: 10px;
        padding: 0 10px;
        border: 1px solid var(--edge-strong);
        border-radius: 8px;
        color: var(--ink-faint);
      }
      .search:focus-within {
        outline: 2px solid var(--focus);
        outline-offset: 0;
        border-color: transparent;
      }
      input {
        flex: 1;
        min-width: 0;
        border: 0;
        background: none;
        height: 36px;
        outline: none;
        color: var(--ink);
        font-size: 16px;
      }
      input:focus-visible {
        outline: none;
      }
      .grids {
        overflow-y: auto;
        padding: 0 10px 10px;
        scrollbar-width: thin;
      }
      h3 {
        margin: 8px 2px 4px;
        font-size: 12px;
        font-weight: 600;
        color: var(--ink-faint);
      }
      .grid {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(46px, 1fr));
        gap: 2px;
      }
      .cell {
        position: relative;
        display: grid;
        place-items: center;
        height: 46px;
        border-radius: 8px;
      }
      .cell:hover,
      .cell:focus-visible {
        background: var(--hover);
      }
      .cell:focus-visible {
        outline-offset: -2px;
      }
      .cell img {
        height: 34px;
        max-width: 44px;
      }
      .cell[aria-disabled='true'] img {
        opacity: 0.4;
        filter: grayscale(1);
      }
      .cell .icon {
        position: absolute;
        right: 3px;
        bottom: 3px;
        width: 14px;
        height: 14px;
        color: var(--ink-soft);
      }
      .foot {
        display: flex;
        align-items: center;
        min-height: 36px;
        padding: 6px 14px;
        border-top: 1px solid var(--edge);
        background: var(--raised);
        font-size: 13px;
        color: var(--ink-soft);
      }
      .none {
        padding: 20px 8px;
        text-align: center;
        color: var(--ink-soft);
        font-size: 14px;
      }
    `,
  ];

  @property({ attribute: false }) catalog: Catalog = kEmptyCatalog;
  @property({ attribute: false }) badges: readonly BadgeRef[] = [];
  @state() private filter = '';
  @state() private hinted = '';
  @query('input') private input!: HTMLInputElement;

  override firstUpdated(): void {
    this.input.focus();
  }

  private pick(emote: Emote): void {
    if (lockedFor(emote, this.badges)) {
      this.hinted = `${emote.code} is for subscribers`;
      return;
    }
    this.dispatchEvent(new CustomEvent('emote-pick', { detail: emote.code }));
  }

  private get cells(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('.cell')];
  }

  /** The cell straight above or below, across groups: the nearest one whose row is next. */
  private vertical(cells: HTMLElement[], current: HTMLElement, step: 1 | -1): HTMLElement | undefined {
    const { left, top } = current.getBoundingClientRect();
    const rows = cells.map((cell) => ({ cell, box: cell.getBoundingClientRect() })).filter(({ box }) => (box.top - top) * step > 4);
    if (rows.length === 0) return undefined;
    const nearest = Math.min(...rows.map(({ box }) => Math.abs(box.top - top)));
    const row = rows.filter(({ box }) => Math.abs(Math.abs(box.top - top) - nearest) < 4);
    row.sort((a, b) => Math.abs(a.box.left - left) - Math.abs(b.box.left - left));
    return row[0]?.cell;
  }

  private readonly onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.dispatchEvent(new CustomEvent('picker-close'));
      return;
    }
    const cells = this.cells;
    const current = (event.target as Element).closest<HTMLElement>('.cell');
    if (current === null) {
      if (event.key === 'ArrowDown') cells[0]?.focus();
      else if (event.key === 'Enter') cells[0]?.click();
      else return;
      event.preventDefault();
      return;
    }
    const at = cells.indexOf(current);
    const steps: Record<string, () => HTMLElement | undefined> = {
      ArrowRight: () => cells[at + 1],
      ArrowLeft: () => cells[at - 1],
      ArrowDown: () => this.vertical(cells, current, 1),
      ArrowUp: () => this.vertical(cells, current, -1) ?? this.input,
      Home: () => cells[0],
      End: () => cells.at(-1),
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    step()?.focus();
  };

  private group(type: Emote['type'], emotes: readonly Emote[]) {
    const members = emotes.filter((emote) => emote.type === type);
    if (members.length === 0) return nothing;
    return html`<h3 id="g-${type}">${kHeadings[type]}</h3>
      <div class="grid" role="group" aria-labelledby="g-${type}">
        ${members.map((emote) => {
          const locked = lockedFor(emote, this.badges);
          return html`<button
            class="cell"
            tabindex="-1"
            aria-label=${locked ? `${emote.code}, for subscribers` : emote.code}
            aria-disabled=${locked ? 'true' : 'false'}
            @click=${() => this.pick(emote)}
            @focus=${() => (this.hinted = emote.code)}
            @pointerenter=${() => (this.hinted = emote.code)}
          >
            <img srcset="${emote.url} 1x, ${emote.url2x} 2x, ${emote.url4x} 4x" src=${emote.url} alt="" loading="lazy" />
            ${locked ? icons.lock : nothing}
          </button>`;
        })}
      </div>`;
  }

  override render() {
    const wanted = this.filter.trim().toLowerCase();
    const emotes = this.catalog.emotes.filter((emote) => emote.code.toLowerCase().includes(wanted));
    return html`<div class="search" @keydown=${this.onKey}>
        ${icons.search}
        <input
          type="text"
          aria-label="Search emotes"
          placeholder="Search emotes"
          autocomplete="off"
          spellcheck="false"
          .value=${this.filter}
          @input=${() => (this.filter = this.input.value)}
        />
      </div>
      <div class="grids" @keydown=${this.onKey}>
        ${emotes.length === 0
          ? html`<div class="none">${this.catalog.emotes.length === 0 ? 'This channel has no emotes yet.' : 'No emote of this name.'}</div>`
          : kGroups.map((type) => this.group(type, emotes))}
      </div>
      <div class="foot" aria-live="polite">${this.hinted || 'Pick an emote'}</div>`;
  }
}
