// SPDX-License-Identifier: Apache-2.0
import type { BadgeRef, ChatEvent, EmoteRange, Message, ReplyParent, RoomModes, SelfState } from './events';
import { nickOf, parseLine, type IrcLine } from './irc-line';

type Tags = IrcLine['tags'];

const kAction = /^\x01ACTION ([\s\S]*?)\x01?$/;

function tag(tags: Tags, name: string): string {
  return tags.get(name) ?? '';
}

function integer(text: string): number | null {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : null;
}

export function parseBadges(list: string): BadgeRef[] {
  const badges: BadgeRef[] = [];
  for (const entry of list.split(',')) {
    const at = entry.indexOf('/');
    if (at > 0 && at < entry.length - 1) badges.push({ name: entry.slice(0, at), version: entry.slice(at + 1) });
  }
  return badges;
}

/** `id:first-last,first-last/id2:…`, ordered by position. Entries that make no sense are left out. */
export function parseEmoteRanges(list: string): EmoteRange[] {
  const ranges: EmoteRange[] = [];
  for (const group of list.split('/')) {
    const at = group.indexOf(':');
    if (at <= 0) continue;
    const id = group.slice(0, at);
    for (const place of group.slice(at + 1).split(',')) {
      const match = /^(\d{1,6})-(\d{1,6})$/.exec(place);
      if (match) ranges.push({ id, first: Number(match[1]), last: Number(match[2]) });
    }
  }
  return ranges.sort((a, b) => a.first - b.first);
}

function decodeReply(tags: Tags): ReplyParent | null {
  const id = tag(tags, 'reply-parent-msg-id');
  if (id === '') return null;
  const login = tag(tags, 'reply-parent-user-login');
  return {
    id,
    login,
    displayName: tag(tags, 'reply-parent-display-name') || login,
    text: tag(tags, 'reply-parent-msg-body'),
    threadId: tag(tags, 'reply-thread-parent-msg-id') || id,
  };
}

function decodeSharedFrom(tags: Tags): string | null {
  const source = tag(tags, 'source-room-id');
  return source === '' || source === tag(tags, 'room-id') ? null : source;
}

function decodePosition(text: string): { seq: number | null; epoch: number | null } {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text);
  return match === null ? { seq: null, epoch: null } : { epoch: Number(match[1]), seq: Number(match[2]) };
}

function decodeMessage(line: IrcLine, channel: string, body: string): Message {
  const { tags } = line;
  const action = kAction.exec(body);
  const login = tag(tags, 'login') || nickOf(line.prefix).toLowerCase();
  return {
    id: tag(tags, 'id'),
    channel,
    ...decodePosition(tag(tags, 'clamor.dev/seq')),
    sentAt: integer(tag(tags, 'tmi-sent-ts')) ?? 0,
    author: {
      id: tag(tags, 'user-id'),
      login,
      displayName: tag(tags, 'display-name') || login,
      color: tag(tags, 'color'),
      badges: parseBadges(tag(tags, 'badges')),
    },
    text: action ? action[1]! : body,
    action: action !== null,
    emotes: parseEmoteRanges(tag(tags, 'emotes')),
    firstMessage: tag(tags, 'first-msg') === '1',
    announcement: tag(tags, 'msg-id') === 'announcement' || tag(tags, 'source-msg-id') === 'announcement',
    sharedFrom: decodeSharedFrom(tags),
    reply: decodeReply(tags),
    deleted: false,
  };
}

function decodeSelf(tags: Tags): SelfState {
  return {
    displayName: tag(tags, 'display-name'),
    color: tag(tags, 'color'),
    badges: parseBadges(tag(tags, 'badges')),
    moderator: tag(tags, 'mod') === '1',
  };
}

function decodeModes(tags: Tags): Partial<RoomModes> {
  const modes: Partial<RoomModes> = {};
  const number = (name: string) => integer(tag(tags, name));
  const slow = number('slow');
  const followers = number('followers-only');
  if (slow !== null) modes.slowSeconds = slow;
  if (followers !== null) modes.followersMinutes = followers;
  if (tags.has('emote-only')) modes.emoteOnly = tag(tags, 'emote-only') === '1';
  if (tags.has('subs-only')) modes.subsOnly = tag(tags, 'subs-only') === '1';
  if (tags.has('r9k')) modes.unique = tag(tags, 'r9k') === '1';
  return modes;
}

function decodeAnnouncement(line: IrcLine, channel: string): ChatEvent {
  const { tags } = line;
  const body = line.params[1] ?? '';
  return {
    kind: 'announcement',
    channel,
    id: tag(tags, 'id'),
    text: tag(tags, 'system-msg'),
    message: body === '' ? null : decodeMessage(line, channel, body),
    sentAt: integer(tag(tags, 'tmi-sent-ts')) ?? 0,
  };
}

function decodeClear(line: IrcLine, channel: string): ChatEvent {
  const login = line.params[1];
  if (login === undefined || login === '') return { kind: 'chatCleared', channel };
  return { kind: 'userCleared', channel, login, seconds: integer(tag(line.tags, 'ban-duration')) };
}

/** Null for lines that the page has no use for. Never throws, whatever the line is. */
export function decodeLine(text: string): ChatEvent | null {
  const line = parseLine(text);
  if (line === null) return null;
  const { tags, params } = line;
  const target = params[0] ?? '';
  const channel = target.startsWith('#') ? target.slice(1).toLowerCase() : '';
  const login = nickOf(line.prefix).toLowerCase();

  switch (line.command) {
    case '376':
      return { kind: 'welcome', login: target };
    case 'CAP':
      return { kind: 'capabilities', acknowledged: (params[1] ?? '').toUpperCase() === 'ACK' };
    case 'PING':
      return { kind: 'ping', token: target };
    case 'PONG':
      return { kind: 'pong' };
    case 'RECONNECT':
      return { kind: 'reconnect' };
    case 'NOTICE':
      return {
        kind: 'notice',
        channel: channel === '' ? null : channel,
        id: tag(tags, 'msg-id'),
        text: params[1] ?? '',
        nonce: tag(tags, 'client-nonce'),
      };
    case '353': {
      const place = params[2] ?? '';
      if (!place.startsWith('#')) return null;
      const logins = (params[3] ?? '').split(' ').filter((name) => name !== '');
      return { kind: 'names', channel: place.slice(1).toLowerCase(), logins };
    }
  }
  if (channel === '') return null;
  switch (line.command) {
    case 'PRIVMSG':
      return { kind: 'message', message: decodeMessage(line, channel, params[1] ?? '') };
    case 'JOIN':
      return { kind: 'joined', channel, login };
    case 'PART':
      return { kind: 'parted', channel, login };
    case 'ROOMSTATE':
      return { kind: 'roomState', channel, roomId: tag(tags, 'room-id'), modes: decodeModes(tags) };
    case 'USERSTATE': {
      const nonce = tag(tags, 'client-nonce');
      return { kind: 'userState', channel, self: decodeSelf(tags), sentId: tag(tags, 'id'), nonce };
    }
    case 'USERNOTICE':
      return decodeAnnouncement(line, channel);
    case 'CLEARCHAT':
      return decodeClear(line, channel);
    case 'CLEARMSG':
      return { kind: 'messageDeleted', channel, messageId: tag(tags, 'target-msg-id') };
    default:
      return null;
  }
}
