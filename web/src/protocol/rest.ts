// SPDX-License-Identifier: Apache-2.0
import type { BadgeRef, EmoteRange, Message, ReplyParent } from './events';

/** An address for each pixel density. */
export interface Picture {
  url: string;
  url2x: string;
  url4x: string;
}

export interface Channel {
  id: string;
  login: string;
  displayName: string;
  title: string;
  viewers: number;
}

export interface Emote extends Picture {
  id: string;
  code: string;
  type: 'global' | 'channel' | 'bits';
  channelId: string | null;
  tier: number | null;
}

export interface Badge extends Picture {
  name: string;
  version: string;
  title: string;
}

export interface ServerInfo {
  name: string;
  version: string;
  dev: boolean;
}

export interface MessagePage {
  channelId: string;
  messages: Message[];
}

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Pictures are fetched by http(s) only; anything else becomes empty and is not drawn. */
function pictureUrl(value: unknown, base: string): string {
  if (text(value) === '') return '';
  try {
    const url = new URL(text(value), base);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : '';
  } catch {
    return '';
  }
}

function decodePicture(json: Json, base: string): Picture {
  const url = pictureUrl(json['image_url'], base);
  return {
    url,
    url2x: pictureUrl(json['image_url_2x'], base) || url,
    url4x: pictureUrl(json['image_url_4x'], base) || url,
  };
}

export function decodeChannels(json: unknown): Channel[] {
  return list(object(json)['channels'])
    .map(object)
    .filter((c) => text(c['login']) !== '')
    .map((c) => ({
      id: text(c['id']),
      login: text(c['login']),
      displayName: text(c['display_name']) || text(c['login']),
      title: text(c['title']),
      viewers: number(c['viewers']) ?? 0,
    }));
}

export function decodeEmotes(json: unknown, base: string): Emote[] {
  return list(object(json)['emotes'])
    .map(object)
    .filter((e) => text(e['id']) !== '' && text(e['code']) !== '')
    .map((e) => ({
      ...decodePicture(e, base),
      id: text(e['id']),
      code: text(e['code']),
      type: e['type'] === 'channel' || e['type'] === 'bits' ? e['type'] : 'global',
      channelId: text(e['channel_id']) || null,
      tier: number(e['tier_required']),
    }));
}

export function decodeBadges(json: unknown, base: string): Badge[] {
  return list(object(json)['badges'])
    .map(object)
    .filter((b) => text(b['name']) !== '')
    .map((b) => ({
      ...decodePicture(b, base),
      name: text(b['name']),
      version: text(b['version']),
      title: text(b['title']) || text(b['name']),
    }));
}

function decodeBadgeRef(json: unknown): BadgeRef {
  const badge = object(json);
  return { name: text(badge['name']), version: text(badge['version']) };
}

function decodeRange(json: unknown): EmoteRange | null {
  const range = object(json);
  const first = number(range['first']);
  const last = number(range['last']);
  return first === null || last === null ? null : { id: text(range['id']), first, last };
}

function decodeReply(json: unknown): ReplyParent | null {
  const reply = object(json);
  const id = text(reply['parent_id']);
  if (id === '') return null;
  const login = text(reply['parent_login']);
  return {
    id,
    login,
    displayName: text(reply['parent_display_name']) || login,
    text: text(reply['parent_text']),
    threadId: text(reply['thread_id']) || id,
  };
}

function decodeMessage(json: Json, channel: string): Message {
  const author = object(json['author']);
  const login = text(author['login']);
  return {
    id: text(json['id']),
    channel,
    seq: number(json['seq']),
    epoch: number(json['epoch']),
    sentAt: number(json['sent_at']) ?? 0,
    author: {
      id: text(author['id']),
      login,
      displayName: text(author['display_name']) || login,
      color: text(author['color']),
      badges: list(author['badges']).map(decodeBadgeRef),
    },
    text: text(json['text']),
    action: json['action'] === true,
    emotes: list(json['emotes'])
      .map(decodeRange)
      .filter((range) => range !== null)
      .sort((a, b) => a.first - b.first),
    firstMessage: json['first_message'] === true,
    announcement: false,
    sharedFrom: text(object(json['source'])['channel_id']) || null,
    reply: decodeReply(json['reply']),
    deleted: json['deleted'] === true,
  };
}

export function decodeMessages(json: unknown): MessagePage {
  const root = object(json);
  const channel = object(root['channel']);
  const login = text(channel['login']);
  return {
    channelId: text(channel['id']),
    messages: list(root['messages'])
      .map(object)
      .filter((m) => text(m['id']) !== '')
      .map((m) => decodeMessage(m, login)),
  };
}

export function decodeServer(json: unknown): ServerInfo {
  const info = object(json);
  return { name: text(info['name']), version: text(info['version']), dev: info['dev'] === true };
}
