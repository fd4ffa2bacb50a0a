// SPDX-License-Identifier: Apache-2.0
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { emptyChat, type ChatState } from '../model/chat-state';
import { peopleOf } from '../model/completion';
import { modeTexts } from '../model/notices';
import type { MessageLine } from '../model/timeline';
import type { ReplyParent } from '../protocol/events';
import type { Identity } from '../protocol/source';
import type { Block, Composer } from '../render/composer';
import '../render/composer';
import { icons } from '../render/icons';
import type { ClamorLog, LineAction, LogAction } from '../render/log';
import '../render/log';
import type { LoginDialog } from '../render/login-dialog';
import '../render/login-dialog';
import { base, tokens } from '../render/tokens';
import { chatStyle } from './chat-style';
import { ChatSession } from './chat-session';
import { backendFor } from './connect';
import { FrameClock } from './frame-clock';
import { kAnonymous, loadIdentity, saveIdentity } from './identity';

/**
 * A channel's chat, for our page and for anybody's: `<clamor-chat channel="lobby" server="wss://chat.example.org">`.
 * Tells `identity-change` when somebody logs in or out inside it.
 */
@customElement('clamor-chat')
export class ClamorChat extends LitElement {
  static override styles = [tokens, base, chatStyle];

  @property() channel = '';
  @property() server = '';
  @property({ attribute: 'display-name' }) displayName = '';
  /** Given by pages that know who their visitor is; else whoever logged in here last. */
  @property({ attribute: false }) identity: Identity | null = null;

  @state() private view: ChatState = emptyChat('', null);
  @state() private reply: ReplyParent | null = null;
  @state() private dev = false;
  @state() private retrySeconds = 0;

  @query('clamor-log') private log!: ClamorLog;
  @query('clamor-composer') private composer!: Composer;
  @query('clamor-login-dialog') private dialog!: LoginDialog;

  private session: ChatSession | null = null;
  private current: Identity = kAnonymous;
  private retryTimer: ReturnType<typeof setInterval> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.session?.close();
    this.session = null;
    clearInterval(this.retryTimer);
    this.retryTimer = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.start();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!this.hasUpdated || changed.has('server') || changed.has('identity')) this.start();
    else if (changed.has('channel')) this.enter();
  }

  /** Opens the login dialog, as the button in the composer does. */
  login(): void {
    this.dialog.open();
  }

  logout(): void {
    this.become(kAnonymous);
  }

  private start(): void {
    this.session?.close();
    const backend = backendFor(this.server);
    this.current = this.identity ?? loadIdentity();
    this.reply = null;
    const session = new ChatSession({
      source: backend.createSource(),
      api: backend.api,
      createClock: (work) => new FrameClock(work),
      onChange: () => this.onChange(session),
    });
    this.session = session;
    this.view = session.state;
    void backend.api.server().then(
      (info) => (this.dev = info.dev),
      () => undefined,
    );
    if (this.channel !== '') session.open(this.current, this.channel.toLowerCase());
  }

  private enter(): void {
    this.reply = null;
    const channel = this.channel.toLowerCase();
    if (this.view.channel === '') this.session?.open(this.current, channel);
    else this.session?.enter(channel);
  }

  private onChange(session: ChatSession): void {
    if (session !== this.session) return;
    const before = this.view.connection;
    this.view = session.state;
    const { connection } = this.view;
    if (connection === before) return;
    if (connection.phase === 'waiting') this.countDown(connection.retryAt);
    if (connection.phase === 'refused') this.onRefused(connection.reason);
  }

  private onRefused(reason: string): void {
    void this.updateComplete.then(() => this.dialog.open(`The server refused this login: ${reason}`));
  }

  private countDown(until: number): void {
    const tick = () => {
      this.retrySeconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      if (this.retrySeconds === 0) clearInterval(this.retryTimer);
    };
    clearInterval(this.retryTimer);
    this.retryTimer = setInterval(tick, 500);
    tick();
  }

  private become(identity: Identity): void {
    saveIdentity(identity, this.dev);
    this.current = identity;
    this.reply = null;
    this.session?.open(identity, this.channel.toLowerCase());
    if (this.session) this.view = this.session.state;
    this.dispatchEvent(new CustomEvent('identity-change', { detail: identity, bubbles: true, composed: true }));
  }

  private readonly onMove = (event: CustomEvent<LogAction>) => {
    const session = this.session!;
    switch (event.detail) {
      case 'older':
        return void session.loadOlder().then(() => this.requestUpdate());
      case 'down':
        return void session.stepDown();
      case 'left':
        return session.leavePresent();
      case 'returned':
        return session.returnToPresent();
    }
  };

  private readonly onLine = (event: CustomEvent<{ action: LineAction; line: MessageLine }>) => {
    const { action, line } = event.detail;
    const { author, text, id, reply } = line.message;
    switch (action) {
      case 'reply':
        this.reply = {
          id,
          login: author.login,
          displayName: author.displayName,
          text,
          threadId: reply?.threadId ?? id,
        };
        return this.composer.focusField();
      case 'mention':
        if (this.block() === null) this.composer.insert(`@${author.login}`);
        return;
      case 'retry':
        return this.session!.retry(line);
      case 'edit':
        this.session!.dismiss(line);
        this.reply = reply;
        return this.composer.setDraft(line.message.action ? `/me ${text}` : text);
      case 'dismiss':
        return this.session!.dismiss(line);
    }
  };

  private readonly onSend = (event: CustomEvent<string>) => {
    const { reply } = this;
    this.reply = null;
    this.session!.say(event.detail, reply);
  };

  private block(): Block | null {
    const { login, connection, join } = this.view;
    if (login === null) return { reason: 'You are reading without an account.', login: true };
    if (connection.phase === 'refused') return { reason: 'Your login was refused.', login: true };
    if (join.kind === 'refused') return { reason: join.reason, login: false };
    if (connection.phase !== 'online') return { reason: 'Not connected at the moment', login: false };
    if (join.kind === 'no') return { reason: 'Joining…', login: false };
    return null;
  }

  private banner() {
    const { connection, join } = this.view;
    if (join.kind === 'refused') return html`<div class="banner problem" role="alert">${icons.warn}${join.reason}</div>`;
    switch (connection.phase) {
      case 'connecting':
        return connection.attempt > 1 ? html`<div class="banner" role="status">${icons.retry}Reconnecting…</div>` : nothing;
      case 'waiting':
        return html`<div class="banner problem" role="status">
          ${icons.warn}<span>Connection lost.</span> <span aria-hidden="true">Next attempt in ${this.retrySeconds} s.</span>
        </div>`;
      case 'refused':
        return html`<div class="banner problem" role="alert">
          ${icons.warn}<span>Login refused: ${connection.reason}</span>
          <button class="banner-button" @click=${() => this.dialog.open()}>Log in again</button>
          <button class="banner-button" @click=${() => this.logout()}>Read without an account</button>
        </div>`;
      default:
        return nothing;
    }
  }

  private modes() {
    const texts = modeTexts(this.view.modes);
    if (texts.length === 0 || this.view.join.kind !== 'joined') return nothing;
    return html`<div class="modes" role="status" aria-label="Room modes">
      ${texts.map(({ text, hint }) => html`<span class="mode" title=${hint}>${text}</span>`)}
    </div>`;
  }

  override render() {
    const { view } = this;
    const block = this.block();
    const name = this.displayName || this.channel;
    return html`
      <button class="skip" @click=${() => this.composer.focusField()}>Skip to writing</button>
      ${this.banner()}
      <clamor-log
        .timeline=${view.timeline}
        .catalog=${view.catalog}
        .history=${view.history}
        .login=${view.login}
        .canWrite=${block === null}
        .loadingOlder=${this.session?.loadingOlder ?? false}
        label="Messages in ${name}"
        @log-move=${this.onMove}
        @log-line=${this.onLine}
        @log-escape=${() => this.composer.focusField()}
      ></clamor-log>
      ${this.modes()}
      <clamor-composer
        .block=${block}
        .channelName=${name}
        .catalog=${view.catalog}
        .badges=${view.self?.badges ?? []}
        .people=${() => peopleOf(this.view.timeline.tail, this.view.names, this.view.login)}
        .reply=${this.reply}
        .waitUntil=${view.waitUntil}
        @composer-send=${this.onSend}
        @composer-login=${() => this.dialog.open()}
        @composer-cancel-reply=${() => (this.reply = null)}
        @composer-up=${() => this.log.focusRows()}
      ></clamor-composer>
      <clamor-login-dialog
        .needsToken=${!this.dev}
        @identity=${(event: CustomEvent<Identity>) => this.become(event.detail)}
      ></clamor-login-dialog>
    `;
  }
}
