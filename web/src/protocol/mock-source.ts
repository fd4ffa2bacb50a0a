// SPDX-License-Identifier: Apache-2.0
import type { Api, HistoryQuery } from './api';
import { parseBadges, parseEmoteRanges } from './decode';
import type { Author, ChatEvent, EmoteRange, Message, ReplyParent } from './events';
import { kMockBadges, kMockChannels, kMockEmotes, kMockPeople, kMockTexts, type MockPerson } from './mock-data';
import { playScene, type Scene } from './mock-scenes';
import type { MessagePage } from './rest';
import type { Identity, Request, Source, SourceListener } from './source';

const kHistory = 260;

/**
 * A chat that exists in the page alone, for work on the page without a server: people who talk, a history, an echo for
 * what is sent. A message `/mock flood` (raid, reconnect, replies, refuse, modes, clear, quiet, talk) plays a scene.
 */
export class MockChat implements Source, Api {
  private listener: SourceListener | null = null;
  private identity: Identity = { login: null, token: '' };
  private channel = '';
  private log: Message[] = [];
  private serial = 0;
  private timers = new Set<ReturnType<typeof setInterval>>();
  private refuseNext = false;

  constructor(private readonly scene: string = 'talk') {}

  open(identity: Identity, listener: SourceListener): void {
    this.close();
    this.identity = identity;
    this.listener = listener;
    listener.onStatus({ phase: 'connecting', attempt: 1 });
    this.after(60, () => listener.onStatus({ phase: 'online' }));
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers.clear();
    this.listener = null;
  }

  send(request: Request): boolean {
    if (this.listener === null) return false;
    if (request.kind === 'join') this.join(request.channel);
    if (request.kind === 'say') this.take(request);
    return true;
  }

  // What scenes use.

  emit(...events: ChatEvent[]): void {
    this.listener?.onEvents(events);
  }

  status(status: Parameters<SourceListener['onStatus']>[0]): void {
    this.listener?.onStatus(status);
  }

  get place(): string {
    return this.channel;
  }

  get kept(): readonly Message[] {
    return this.log;
  }

  refuseOnce(): void {
    this.refuseNext = true;
  }

  after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }

  every(ms: number, work: () => void): () => void {
    const timer = setInterval(work, ms);
    this.timers.add(timer);
    return () => {
      clearInterval(timer);
      this.timers.delete(timer);
    };
  }

  stopAll(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.timers.clear();
  }

  /** Makes a message, keeps it in the history, and tells it unless it is silent. */
  say(text: string, options: { person?: MockPerson; reply?: ReplyParent | null; silent?: boolean; at?: number; first?: boolean } = {}): Message {
    const who = options.person ?? kMockPeople[Math.floor(Math.random() * kMockPeople.length)]!;
    const author: Author = {
      id: String(2000 + kMockPeople.indexOf(who)),
      login: who.login,
      displayName: who.displayName,
      color: who.color,
      badges: parseBadges(who.badges),
    };
    const action = text.startsWith('/me ');
    const message = this.keep(author, action ? text.slice(4) : text, action, options.reply ?? null, options.at ?? Date.now());
    message.firstMessage = options.first ?? false;
    // A live line carries no position.
    if (!options.silent) this.emit({ kind: 'message', message: { ...message, seq: null, epoch: null } });
    return message;
  }

  private keep(author: Author, text: string, action: boolean, reply: ReplyParent | null, sentAt: number): Message {
    this.serial += 1;
    const message: Message = {
      id: `mock-${this.channel}-${this.serial}`,
      channel: this.channel,
      seq: this.serial,
      epoch: 1,
      sentAt,
      author,
      text,
      action,
      emotes: this.ranges(text),
      firstMessage: false,
      announcement: false,
      sharedFrom: null,
      reply,
      deleted: false,
    };
    this.log.push(message);
    return message;
  }

  private ranges(text: string): EmoteRange[] {
    const groups: string[] = [];
    let at = 0;
    for (const word of text.split(' ')) {
      const length = Array.from(word).length;
      if (kMockEmotes.some(({ code }) => code === word)) groups.push(`emote-${word}:${at}-${at + length - 1}`);
      at += length + 1;
    }
    return parseEmoteRanges(groups.join('/'));
  }

  private join(channel: string): void {
    const again = this.channel === channel;
    this.channel = channel;
    if (!again) {
      this.log = [];
      this.serial = 0;
      this.stopAll();
      this.fillHistory();
    }
    this.after(40, () => {
      this.emit(
        { kind: 'names', channel, logins: kMockPeople.map(({ login }) => login) },
        {
          kind: 'roomState',
          channel,
          roomId: kMockChannels.find(({ login }) => login === channel)?.id ?? '1999',
          modes: { slowSeconds: 0, subsOnly: false, emoteOnly: false, unique: false, followersMinutes: -1 },
        },
      );
      if (!again) playScene(this, this.scene as Scene);
    });
  }

  private fillHistory(): void {
    const start = Date.now() - kHistory * 7_000;
    for (let i = 0; i < kHistory; i += 1) {
      const text = kMockTexts[(i * 7) % kMockTexts.length]!;
      const person = kMockPeople[(i * 5 + Math.floor(i / 12)) % kMockPeople.length]!;
      this.say(text, { person, silent: true, at: start + i * 7_000, first: i === kHistory - 9 });
    }
  }

  private take(request: Extract<Request, { kind: 'say' }>): void {
    const scene = /^\/mock (\w+)/.exec(request.text);
    if (scene !== null) return playScene(this, scene[1] as Scene);
    const { channel, nonce } = request;
    this.after(120, () => {
      if (this.refuseNext) {
        this.refuseNext = false;
        const text = 'This room is in slow mode and you are sending messages too quickly. You will be able to talk again in 12 seconds.';
        this.emit({ kind: 'notice', channel, id: 'msg_slowmode', text, nonce: '' });
        return;
      }
      const login = this.identity.login!;
      const author = { id: '1500', login, displayName: login, color: '', badges: parseBadges('subscriber/6') };
      const parent = this.log.find(({ id }) => id === request.replyTo);
      const message = this.keep(author, request.text, false, parent === undefined ? null : replyTo(parent), Date.now());
      const self = { displayName: login, color: '', badges: author.badges, moderator: false };
      this.emit({ kind: 'userState', channel, self, sentId: message.id, nonce });
    });
  }

  // The same answers as over HTTP.

  async server() {
    return { name: 'clamor', version: 'mock', dev: true };
  }

  async channelById(id: string) {
    return (await this.channels()).find((channel) => channel.id === id) ?? null;
  }

  async channels() {
    return kMockChannels;
  }

  async emotes() {
    return kMockEmotes;
  }

  async badges() {
    return kMockBadges;
  }

  async messages(_login: string, query: HistoryQuery): Promise<MessagePage> {
    await new Promise((resolve) => setTimeout(resolve, 80));
    const { beforeSeq = Infinity, afterSeq, before = Infinity, limit } = query;
    const found = this.log.filter((m) => m.seq! < beforeSeq && m.seq! > (afterSeq ?? 0) && m.sentAt < before);
    return { channelId: '1000', messages: afterSeq === undefined ? found.slice(-limit) : found.slice(0, limit) };
  }
}

export function replyTo(parent: Message): ReplyParent {
  return {
    id: parent.id,
    login: parent.author.login,
    displayName: parent.author.displayName,
    text: parent.text,
    threadId: parent.reply?.threadId ?? parent.id,
  };
}
