// SPDX-License-Identifier: Apache-2.0
import { buildCatalog } from '../model/catalog';
import { emptyChat, reduce, type Action, type ChatState } from '../model/chat-state';
import { isCommand } from '../model/draft';
import { idOf, linesBelow, type MessageLine } from '../model/timeline';
import type { Api } from '../protocol/api';
import type { ChatEvent, Message, ReplyParent } from '../protocol/events';
import type { MessagePage } from '../protocol/rest';
import type { Identity, Source, SourceStatus } from '../protocol/source';

export const kPage = 100;
/** Pages that are fetched to close a gap; what is further back can still be reached by scrolling up. */
export const kGapPagesMax = 5;
/** Events waiting for a frame; with more of them the work is done at once. */
export const kQueueMax = 2_000;
/** A message without an answer for this long counts as not sent. */
export const kEchoMs = 15_000;
/** A join without an answer for this long is asked for again: the server drops joins that come too fast. */
export const kJoinMs = 10_000;

/** Runs work soon, once for many requests. */
export interface Clock {
  request(): void;
}

export interface SessionOptions {
  source: Source;
  api: Api;
  createClock: (work: () => void) => Clock;
  onChange: () => void;
  now?: () => number;
  createNonce?: () => string;
}

/**
 * One channel's chat, live: joins what the source, the history and the reducer do. Owns the source. Everything runs on
 * the page's thread; what comes from the wire is taken in once for each frame.
 */
export class ChatSession {
  state: ChatState = emptyChat('', null);
  loadingOlder = false;

  private readonly source: Source;
  private readonly api: Api;
  private readonly clock: Clock;
  private readonly onChange: () => void;
  private readonly now: () => number;
  private readonly createNonce: () => string;
  private queue: ChatEvent[] = [];
  /** Changes with channel and identity, so that answers to questions of an earlier one are known as such. */
  private era = 0;
  private loadingNewer = false;
  private joinTimer: ReturnType<typeof setTimeout> | undefined;
  private catalogOf = '';
  private askedNames = new Set<string>();

  constructor(options: SessionOptions) {
    this.source = options.source;
    this.api = options.api;
    this.onChange = options.onChange;
    this.now = options.now ?? Date.now;
    this.createNonce = options.createNonce ?? randomNonce;
    this.clock = options.createClock(() => this.takeIn());
  }

  /** Connects as somebody; the channel is joined as soon as the connection is there. */
  open(identity: Identity, channel: string): void {
    this.begin(channel, identity.login);
    this.source.open(identity, {
      onEvents: (events) => this.receive(events),
      onStatus: (status) => this.onStatus(status),
    });
  }

  /** Goes to another channel on the same connection. */
  enter(channel: string): void {
    if (channel === this.state.channel) return;
    const { connection, login, channel: before } = this.state;
    if (before !== '') this.source.send({ kind: 'part', channel: before });
    this.begin(channel, login);
    this.state = { ...this.state, connection };
    if (connection.phase === 'online') this.join();
    this.onChange();
  }

  close(): void {
    this.era += 1;
    clearTimeout(this.joinTimer);
    this.source.close();
  }

  /** Sends a text; what becomes of it is seen in the state. */
  say(text: string, reply: ReplyParent | null): void {
    const nonce = this.createNonce();
    const { channel } = this.state;
    const command = isCommand(text);
    if (!command) this.apply({ kind: 'said', text, nonce, reply, now: this.now() });
    const sent = this.source.send({ kind: 'say', channel, text, nonce, replyTo: reply?.id ?? null });
    if (command) return;
    if (!sent) this.apply({ kind: 'failed', key: nonce, reason: 'Not sent: there is no connection.' });
    else setTimeout(() => this.expire(nonce), kEchoMs);
  }

  /** Sends a line that failed once more. */
  retry(line: MessageLine): void {
    this.dismiss(line);
    const { text, action, reply } = line.message;
    this.say(action ? `/me ${text}` : text, reply);
  }

  dismiss(line: MessageLine): void {
    this.apply({ kind: 'dropped', key: line.key });
  }

  leavePresent(): void {
    this.takeIn();
    this.apply({ kind: 'left' });
  }

  returnToPresent(): void {
    this.takeIn();
    this.apply({ kind: 'returned' });
  }

  /** The reader is at the lower end of the window. */
  async stepDown(): Promise<void> {
    const { timeline, channel } = this.state;
    if (timeline.pinned) return;
    const last = timeline.window.at(-1);
    const seq = last?.kind === 'message' ? last.message.seq : null;
    // Without a position to continue from, the only way on is to the present.
    if (linesBelow(timeline) !== null) return this.apply({ kind: 'steppedDown' });
    if (seq === null) return this.returnToPresent();
    if (this.loadingNewer) return;
    this.loadingNewer = true;
    const page = await this.page(() => this.api.messages(channel, { limit: kPage, afterSeq: seq }));
    this.loadingNewer = false;
    if (page !== null) this.apply({ kind: 'newer', messages: page.messages });
  }

  async loadOlder(): Promise<void> {
    const { timeline, channel } = this.state;
    if (this.loadingOlder || !timeline.hasOlder) return;
    const first = timeline.window.find((line) => line.kind === 'message');
    if (first?.kind !== 'message') return;
    this.loadingOlder = true;
    this.onChange();
    const { seq, sentAt } = first.message;
    const bound = seq === null ? { before: sentAt } : { beforeSeq: seq };
    const page = await this.page(() => this.api.messages(channel, { limit: kPage, ...bound }));
    this.loadingOlder = false;
    if (page === null) this.onChange();
    else this.apply({ kind: 'older', messages: page.messages, hasOlder: page.messages.length >= kPage });
  }

  private begin(channel: string, login: string | null): void {
    this.era += 1;
    this.queue = [];
    this.loadingOlder = this.loadingNewer = false;
    this.catalogOf = '';
    this.askedNames.clear();
    clearTimeout(this.joinTimer);
    this.state = emptyChat(channel, login);
  }

  private apply(action: Action): void {
    const next = reduce(this.state, action);
    if (next === this.state) return;
    this.state = next;
    this.onChange();
  }

  private receive(events: readonly ChatEvent[]): void {
    this.queue.push(...events);
    if (this.queue.length >= kQueueMax) this.takeIn();
    else this.clock.request();
  }

  private takeIn(): void {
    const events = this.queue;
    if (events.length === 0) return;
    this.queue = [];
    const before = this.state;
    this.apply({ kind: 'events', events, now: this.now() });
    this.nameSources(events.flatMap((event) => ('message' in event && event.message !== null ? [event.message] : [])));
    const { channel, join } = this.state;
    if (join.kind !== 'joined') return;
    if (before.join.kind !== 'joined') return this.onJoined();
    // The server left something out, since this connection or itself was too slow: it is in the history.
    const skipped = events.some((event) => event.kind === 'notice' && event.id === 'clamor_skipped' && event.channel === channel);
    if (skipped) void this.loadLatest();
  }

  private onStatus(status: SourceStatus): void {
    this.takeIn();
    this.apply({ kind: 'status', status });
    clearTimeout(this.joinTimer);
    if (status.phase === 'online') this.join();
  }

  private join(): void {
    const { channel } = this.state;
    if (channel === '') return;
    this.source.send({ kind: 'join', channel });
    clearTimeout(this.joinTimer);
    this.joinTimer = setTimeout(() => {
      if (this.state.join.kind === 'no' && this.state.connection.phase === 'online') this.join();
    }, kJoinMs);
  }

  /** From here on everything comes live; what was before is fetched now, and both meet without a gap. */
  private onJoined(): void {
    clearTimeout(this.joinTimer);
    void this.loadLatest();
    void this.loadCatalog();
  }

  private async loadLatest(): Promise<void> {
    const { channel } = this.state;
    const known = new Set(this.state.timeline.tail.map(idOf));
    this.apply({ kind: 'historyLoading' });
    const pages: Message[][] = [];
    let hasOlder = true;
    for (let turn = 0; turn < kGapPagesMax; turn += 1) {
      const first = pages[0]?.[0];
      const bound = first === undefined ? {} : { beforeSeq: first.seq ?? 0 };
      const page = await this.page(() => this.api.messages(channel, { limit: kPage, ...bound }));
      if (page === null) {
        if (pages.length === 0 && this.state.channel === channel) return this.apply({ kind: 'historyFailed' });
        break;
      }
      pages.unshift(page.messages);
      hasOlder = page.messages.length >= kPage;
      // Only a page that reaches what was shown before the connection broke closes the gap.
      const closed = known.size === 0 || page.messages.some((message) => known.has(message.id));
      if (closed || !hasOlder || page.messages[0]?.seq === null) break;
    }
    this.takeIn();
    if (this.state.channel === channel) {
      this.apply({ kind: 'latest', messages: pages.flat(), hasOlder, now: this.now() });
    }
  }

  private async loadCatalog(): Promise<void> {
    const { channelId } = this.state;
    if (channelId === '' || this.catalogOf === channelId) return;
    const { era } = this;
    this.catalogOf = channelId;
    try {
      const [emotes, badges] = await Promise.all([this.api.emotes(channelId), this.api.badges(channelId)]);
      if (era !== this.era) return;
      const { channelNames } = this.state.catalog;
      this.apply({ kind: 'catalog', channelId, catalog: buildCatalog(emotes, badges, channelNames) });
    } catch {
      // Messages are readable without pictures; the next join asks again.
      if (era === this.era) this.catalogOf = '';
    }
  }

  /** Asks once for the name of each channel that shares its chat with this one. */
  private nameSources(messages: readonly Message[]): void {
    for (const { sharedFrom } of messages) {
      if (sharedFrom === null || this.askedNames.has(sharedFrom)) continue;
      this.askedNames.add(sharedFrom);
      void this.nameSource(sharedFrom);
    }
  }

  private async nameSource(id: string): Promise<void> {
    const { era } = this;
    try {
      const channel = await this.api.channelById(id);
      if (channel === null || era !== this.era) return;
      const { channelId, catalog } = this.state;
      const channelNames = new Map(catalog.channelNames).set(id, channel.displayName);
      this.apply({ kind: 'catalog', channelId, catalog: { ...catalog, channelNames } });
    } catch {
      // The label says "another channel" then; the next message from there asks again.
      this.askedNames.delete(id);
    }
  }

  /** Null when the question failed, or when it is no longer ours. */
  private async page(ask: () => Promise<MessagePage>): Promise<MessagePage | null> {
    const { era } = this;
    try {
      const page = await ask();
      if (era !== this.era) return null;
      this.nameSources(page.messages);
      return page;
    } catch {
      return null;
    }
  }

  private expire(nonce: string): void {
    const line = this.state.timeline.tail.find((candidate) => candidate.key === nonce);
    if (line?.kind !== 'message' || line.state.kind !== 'pending' || line.state.lost) return;
    this.apply({ kind: 'failed', key: nonce, reason: 'Not confirmed: the server did not answer.' });
  }
}

function randomNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
