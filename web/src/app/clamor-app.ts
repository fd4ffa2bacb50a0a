// SPDX-License-Identifier: Apache-2.0
import { html, LitElement, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { Channel } from '../protocol/rest';
import type { Identity } from '../protocol/source';
import { icons } from '../render/icons';
import { base, tokens } from '../render/tokens';
import { appStyle } from './app-style';
import './channel-list';
import type { ClamorChat } from './clamor-chat';
import './clamor-chat';
import { backendFor } from './connect';
import { loadIdentity } from './identity';
import { channelOfPath, pathOf } from './route';
import { loadTheme, nextTheme, saveTheme, type Theme } from './settings';

const kRefreshMs = 30_000;
const kThemeIcons = { auto: icons.system, light: icons.sun, dark: icons.moon } as const;
const kThemeNames = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

/** The page: channels at the side, the chat of one of them, who is logged in. */
@customElement('clamor-app')
export class ClamorApp extends LitElement {
  static override styles = [tokens, base, appStyle];

  @state() private channel: string | null = channelOfPath(location.pathname);
  @state() private channels: readonly Channel[] | null = null;
  @state() private failed = false;
  @state() private theme: Theme = loadTheme();
  @state() private identity: Identity = loadIdentity();
  @state() private drawer = false;

  @query('clamor-chat') private chat!: ClamorChat | null;
  @query('.drawer') private drawerDialog!: HTMLDialogElement | null;

  private refreshTimer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('popstate', this.onPop);
    document.addEventListener('visibilitychange', this.refresh);
    this.refreshTimer = setInterval(this.refresh, kRefreshMs);
    this.showTheme();
    this.refresh();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('popstate', this.onPop);
    document.removeEventListener('visibilitychange', this.refresh);
    clearInterval(this.refreshTimer);
  }

  override willUpdate(): void {
    document.title = this.channel === null ? 'clamor' : `${this.displayName} · clamor`;
  }

  override updated(): void {
    if (this.drawer && this.drawerDialog && !this.drawerDialog.open) this.drawerDialog.showModal();
  }

  private readonly refresh = () => {
    if (document.hidden) return;
    void backendFor('')
      .api.channels()
      .then(
        (channels) => {
          this.channels = channels;
          this.failed = false;
        },
        () => (this.failed = true),
      );
  };

  private readonly onPop = () => {
    this.channel = channelOfPath(location.pathname);
  };

  private readonly onOpen = (event: CustomEvent<string>) => this.go(event.detail);

  private go(channel: string | null): void {
    this.drawerDialog?.close();
    this.drawer = false;
    if (channel === this.channel) return;
    history.pushState(null, '', pathOf(channel));
    this.channel = channel;
  }

  private showTheme(): void {
    this.setAttribute('theme', this.theme);
    document.documentElement.dataset['theme'] = this.theme;
  }

  private switchTheme(): void {
    this.theme = nextTheme(this.theme);
    saveTheme(this.theme);
    this.showTheme();
  }

  private get entry(): Channel | undefined {
    return this.channels?.find(({ login }) => login === this.channel);
  }

  private get displayName(): string {
    return this.entry?.displayName ?? this.channel ?? '';
  }

  private list(cards = false) {
    return html`<clamor-channel-list
      .channels=${this.channels}
      .current=${this.channel}
      .failed=${this.failed}
      .cards=${cards}
      @channel-open=${this.onOpen}
    ></clamor-channel-list>`;
  }

  private brand() {
    return html`<a
      class="brand"
      href="/"
      @click=${(event: MouseEvent) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.go(null);
      }}
      ><img src="/static/logo.svg" width="30" height="30" alt="" />clamor</a
    >`;
  }

  private themeButton() {
    return html`<button
      class="icon-button"
      title="Colours: ${kThemeNames[this.theme]}"
      aria-label="Colours: ${kThemeNames[this.theme]}. Change"
      @click=${this.switchTheme}
    >
      ${kThemeIcons[this.theme]}
    </button>`;
  }

  private account() {
    const { login } = this.identity;
    if (this.channel === null) return nothing;
    if (login === null) {
      return html`<button class="button login" @click=${() => this.chat?.login()}>Log in</button>`;
    }
    return html`<span class="who" title="Logged in as ${login}">${icons.user}<span>${login}</span></span>
      <button class="icon-button" title="Log out" aria-label="Log out ${login}" @click=${() => this.chat?.logout()}>${icons.leave}</button>`;
  }

  private header() {
    const { entry } = this;
    return html`<header>
      <button class="icon-button open-drawer" aria-label="Channels" title="Channels" @click=${() => (this.drawer = true)}>${icons.menu}</button>
      <div class="place">
        <h1>${this.displayName}</h1>
        ${entry?.title ? html`<p title=${entry.title}>${entry.title}</p>` : nothing}
      </div>
      ${entry === undefined
        ? nothing
        : html`<span class="viewers" title="Viewers">${icons.people}${entry.viewers.toLocaleString()}<span class="hidden"> viewers</span></span>`}
      <div class="tools">${this.account()}<span class="narrow">${this.themeButton()}</span></div>
    </header>`;
  }

  private drawerSheet() {
    if (!this.drawer) return nothing;
    return html`<dialog
      class="drawer"
      aria-label="Channels"
      @close=${() => (this.drawer = false)}
      @click=${(event: MouseEvent) => event.target === this.drawerDialog && this.drawerDialog?.close()}
    >
      <div class="drawer-body">
        <div class="side-head">
          ${this.brand()}
          <button class="icon-button" aria-label="Close" @click=${() => this.drawerDialog?.close()}>${icons.close}</button>
        </div>
        ${this.list()}
      </div>
    </dialog>`;
  }

  private home() {
    return html`<main class="home">
      <div class="home-head">${this.brand()}${this.themeButton()}</div>
      <div class="hero">
        <img src="/static/logo.svg" width="96" height="96" alt="" />
        <div>
          <h1>Where is the noise?</h1>
          <p>Pick a channel and read along. Log in there when you have something to say.</p>
        </div>
      </div>
      ${this.list(true)}
    </main>`;
  }

  override render() {
    if (this.channel === null) return this.home();
    return html`
      <nav aria-label="Channels">
        <div class="side-head">${this.brand()}${this.themeButton()}</div>
        <div class="side-list">${this.list()}</div>
      </nav>
      <main>
        ${this.header()}
        <clamor-chat
          .channel=${this.channel}
          display-name=${this.displayName}
          theme=${this.theme}
          @identity-change=${(event: CustomEvent<Identity>) => (this.identity = event.detail)}
        ></clamor-chat>
      </main>
      ${this.drawerSheet()}
    `;
  }
}
