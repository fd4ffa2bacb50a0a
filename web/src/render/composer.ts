// SPDX-License-Identifier: Apache-2.0
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { kEmptyCatalog, lockedFor, type Catalog } from '../model/catalog';
import { complete, queryAt, replaceWord, suggest, type Edit, type Query, type Suggestion } from '../model/completion';
import { cleaned, kTextMax, kTextNear, lengthOf } from '../model/draft';
import type { BadgeRef, ReplyParent } from '../protocol/events';
import { composerStyle } from './composer-style';
import './emote-picker';
import { icons } from './icons';
import { base } from './tokens';

/** Why nothing can be written at the moment, and whether logging in would change that. */
export interface Block {
  reason: string;
  login: boolean;
}

/** The field that messages are written in, with emote picker and completion. Tells `composer-send`, with the text. */
@customElement('clamor-composer')
export class Composer extends LitElement {
  static override styles = [base, composerStyle];

  @property({ attribute: false }) block: Block | null = null;
  @property() channelName = '';
  @property({ attribute: false }) catalog: Catalog = kEmptyCatalog;
  @property({ attribute: false }) badges: readonly BadgeRef[] = [];
  /** Asked for only while a name is being completed. */
  @property({ attribute: false }) people: () => Suggestion[] = () => [];
  @property({ attribute: false }) reply: ReplyParent | null = null;
  @property({ type: Number }) waitUntil = 0;

  @state() private text = '';
  @state() private picking = false;
  @state() private completing: Query | null = null;
  @state() private chosen = 0;
  @state() private waitSeconds = 0;
  @query('textarea') private field!: HTMLTextAreaElement;

  private waitTimer: ReturnType<typeof setInterval> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.waitTimer);
    this.waitTimer = undefined;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('waitUntil')) this.countDown();
    if (this.block !== null) this.picking = false;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('reply') && this.reply !== null) this.focusField();
  }

  focusField(): void {
    this.field?.focus();
  }

  get draft(): string {
    return this.text;
  }

  setDraft(text: string): void {
    this.apply({ text, caret: text.length });
  }

  /** Adds a word at the caret, as a mention does. */
  insert(word: string): void {
    const { selectionStart, selectionEnd } = this.field;
    this.apply(replaceWord(this.text, selectionStart, selectionEnd, word));
  }

  private apply(edit: Edit): void {
    this.text = edit.text;
    this.completing = null;
    void this.updateComplete.then(() => {
      this.grow();
      this.focusField();
      this.field.setSelectionRange(edit.caret, edit.caret);
    });
  }

  private countDown(): void {
    const tick = () => {
      this.waitSeconds = Math.max(0, Math.ceil((this.waitUntil - Date.now()) / 1000));
      if (this.waitSeconds > 0) return;
      clearInterval(this.waitTimer);
      this.waitTimer = undefined;
    };
    clearInterval(this.waitTimer);
    this.waitTimer = setInterval(tick, 500);
    tick();
  }

  /** The field is as high as its text, up to the limit that the style sheet sets. */
  private grow(): void {
    this.field.style.setProperty('height', 'auto');
    this.field.style.setProperty('height', `${this.field.scrollHeight}px`);
  }

  private readonly onInput = () => {
    this.text = this.field.value;
    this.grow();
    this.ask();
  };

  private ask(): void {
    this.completing = this.field.selectionStart === this.field.selectionEnd ? queryAt(this.text, this.field.selectionStart) : null;
    this.chosen = 0;
  }

  private suggestions(): Suggestion[] {
    if (this.completing === null) return [];
    const people = this.completing.kind === 'person' ? this.people() : [];
    const emotes = this.catalog.emotes.filter((emote) => !lockedFor(emote, this.badges));
    return suggest(this.completing, people, emotes);
  }

  private take(suggestion: Suggestion): void {
    this.apply(complete(this.text, this.completing!, suggestion));
  }

  private completionKey(event: KeyboardEvent): boolean {
    const list = this.suggestions();
    if (list.length === 0) return false;
    switch (event.key) {
      case 'ArrowDown':
        this.chosen = (this.chosen + 1) % list.length;
        return true;
      case 'ArrowUp':
        this.chosen = (this.chosen + list.length - 1) % list.length;
        return true;
      case 'Tab':
      case 'Enter':
        this.take(list[Math.min(this.chosen, list.length - 1)]!);
        return true;
      case 'Escape':
        this.completing = null;
        return true;
      default:
        return false;
    }
  }

  private readonly onKey = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (this.completionKey(event)) {
      event.preventDefault();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.send();
    } else if (event.key === 'Escape' && this.reply !== null) {
      this.cancelReply();
    } else if (event.key === 'ArrowUp' && this.text === '') {
      event.preventDefault();
      this.dispatchEvent(new CustomEvent('composer-up'));
    }
  };

  private cancelReply(): void {
    this.dispatchEvent(new CustomEvent('composer-cancel-reply'));
  }

  private get sendable(): boolean {
    return this.block === null && cleaned(this.text) !== '' && lengthOf(cleaned(this.text)) <= kTextMax;
  }

  private send(): void {
    if (!this.sendable) return;
    const text = cleaned(this.text);
    this.apply({ text: '', caret: 0 });
    this.dispatchEvent(new CustomEvent('composer-send', { detail: text }));
  }

  private readonly onPick = (event: CustomEvent<string>) => {
    this.picking = false;
    this.insert(event.detail);
  };

  private readonly onPickerClose = () => {
    this.picking = false;
    this.focusField();
  };

  private replyBar() {
    if (this.reply === null) return nothing;
    return html`<div class="reply">
      ${icons.reply}
      <span class="reply-text"><strong>Replying to ${this.reply.displayName}</strong> ${this.reply.text}</span>
      <button class="icon-button small" aria-label="Cancel the reply" title="Cancel (Esc)" @click=${this.cancelReply}>${icons.close}</button>
    </div>`;
  }

  private option(suggestion: Suggestion, index: number) {
    const content =
      suggestion.kind === 'person'
        ? html`<span class="at">@</span><bdi>${suggestion.displayName}</bdi>`
        : html`<img src=${suggestion.emote.url2x} alt="" height="24" />${suggestion.emote.code}`;
    return html`<li
      id="s-${index}"
      role="option"
      aria-selected=${index === this.chosen ? 'true' : 'false'}
      @pointerdown=${(event: Event) => {
        event.preventDefault();
        this.take(suggestion);
      }}
    >
      ${content}
    </li>`;
  }

  private popup(suggestions: Suggestion[]) {
    if (this.picking) {
      return html`<clamor-emote-picker
        class="popup right"
        role="dialog"
        aria-label="Emotes"
        .catalog=${this.catalog}
        .badges=${this.badges}
        @emote-pick=${this.onPick}
        @picker-close=${this.onPickerClose}
      ></clamor-emote-picker>`;
    }
    if (suggestions.length === 0) return nothing;
    return html`<ul class="popup suggestions" id="suggestions" role="listbox" aria-label="Completions">
      ${suggestions.map((suggestion, index) => this.option(suggestion, index))}
    </ul>`;
  }

  private counter() {
    const length = lengthOf(cleaned(this.text));
    if (length < kTextNear) return nothing;
    const over = length > kTextMax;
    return html`<span class=${over ? 'count over' : 'count'} aria-live="polite"
      >${length}/${kTextMax}${over ? html`<span class="hidden"> too long to send</span>` : nothing}</span
    >`;
  }

  /** What the writer should know before sending: the wait that the server asks for, and the length. */
  private facts() {
    const counter = this.counter();
    if (this.waitSeconds === 0 && counter === nothing) return nothing;
    return html`<div class="facts">
      ${this.waitSeconds > 0 ? html`<span class="wait">${icons.clock}Next message in ${this.waitSeconds} s</span>` : nothing} ${counter}
    </div>`;
  }

  private blockedBar(block: Block) {
    return html`<div class="blocked">
      <span>${block.reason}</span>
      ${block.login
        ? html`<button class="button primary" @click=${() => this.dispatchEvent(new CustomEvent('composer-login'))}>Log in</button>`
        : nothing}
    </div>`;
  }

  override render() {
    if (this.block?.login) return this.blockedBar(this.block);
    const suggestions = this.suggestions();
    const open = suggestions.length > 0;
    return html`
      ${this.popup(suggestions)} ${this.replyBar()} ${this.facts()}
      <div class=${this.block === null ? 'field' : 'field off'}>
        <textarea
          rows="1"
          aria-label="Message to ${this.channelName}"
          placeholder=${this.block?.reason ?? `Message ${this.channelName}`}
          ?disabled=${this.block !== null}
          autocomplete="off"
          enterkeyhint="send"
          role="combobox"
          aria-expanded=${open ? 'true' : 'false'}
          aria-controls="suggestions"
          aria-autocomplete="list"
          aria-activedescendant=${open ? `s-${this.chosen}` : nothing}
          .value=${this.text}
          @input=${this.onInput}
          @click=${this.ask}
          @blur=${() => (this.completing = null)}
          @keydown=${this.onKey}
        ></textarea>
        <button
          class="icon-button"
          aria-label="Emotes"
          aria-expanded=${this.picking ? 'true' : 'false'}
          title="Emotes"
          ?disabled=${this.block !== null}
          @click=${() => (this.picking = !this.picking)}
        >
          ${icons.smile}
        </button>
        <button class="icon-button send" aria-label="Send" title="Send (Enter)" ?disabled=${!this.sendable} @click=${this.send}>
          ${icons.send}
        </button>
      </div>
    `;
  }
}
