// SPDX-License-Identifier: Apache-2.0
import {
  decodeBadges,
  decodeChannels,
  decodeEmotes,
  decodeMessages,
  decodeServer,
  type Badge,
  type Channel,
  type Emote,
  type MessagePage,
  type ServerInfo,
} from './rest';

/** Which part of the history; without a bound, the latest messages. Pages are ascending. */
export interface HistoryQuery {
  limit: number;
  beforeSeq?: number;
  afterSeq?: number;
  before?: number;
}

/** What is asked for over HTTP. Every call rejects when the server cannot be reached or answers no success. */
export interface Api {
  server(): Promise<ServerInfo>;
  channels(): Promise<Channel[]>;
  /** Null: there is no such channel. */
  channelById(id: string): Promise<Channel | null>;
  emotes(channelId: string): Promise<Emote[]>;
  badges(channelId: string): Promise<Badge[]>;
  messages(login: string, query: HistoryQuery): Promise<MessagePage>;
}

const kTimeoutMs = 10_000;

export class HttpApi implements Api {
  /** @param base the server's address, such as `https://chat.example.org` */
  constructor(private readonly base: string) {}

  async server(): Promise<ServerInfo> {
    return decodeServer(await this.get('/api/server'));
  }

  async channels(): Promise<Channel[]> {
    return decodeChannels(await this.get('/api/channels'));
  }

  async channelById(id: string): Promise<Channel | null> {
    const before = BigInt(id) - 1n;
    const found = decodeChannels(await this.get(`/api/channels?after=${before}&limit=1`))[0];
    return found?.id === id ? found : null;
  }

  async emotes(channelId: string): Promise<Emote[]> {
    return decodeEmotes(await this.get(`/api/emotes/${encodeURIComponent(channelId)}`), this.base);
  }

  async badges(channelId: string): Promise<Badge[]> {
    return decodeBadges(await this.get(`/api/badges/${encodeURIComponent(channelId)}`), this.base);
  }

  async messages(login: string, query: HistoryQuery): Promise<MessagePage> {
    const params = new URLSearchParams({ limit: String(query.limit) });
    if (query.beforeSeq !== undefined) params.set('before_seq', String(query.beforeSeq));
    if (query.afterSeq !== undefined) params.set('after_seq', String(query.afterSeq));
    if (query.before !== undefined) params.set('before', String(query.before));
    return decodeMessages(await this.get(`/api/channels/${encodeURIComponent(login)}/messages?${params}`));
  }

  private async get(path: string): Promise<unknown> {
    const response = await fetch(new URL(path, this.base), { signal: AbortSignal.timeout(kTimeoutMs) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  }
}
