// SPDX-License-Identifier: Apache-2.0
import type { ChatEvent, Message, ReplyParent, RoomModes, SelfState } from '../protocol/events';
import type { SourceStatus } from '../protocol/source';
import { kEmptyCatalog, type Catalog } from './catalog';
import { findEmotes, fragmentsOf, mentions, withoutReplyMention } from './fragments';
import { noticeRefuses, waitOf } from './notices';
import * as timeline from './timeline';
import { kEmptyTimeline, type Line, type MessageLine, type NoteLine, type Timeline } from './timeline';

export const kNamesMax = 1000;

export type JoinState = { kind: 'no' } | { kind: 'joined' } | { kind: 'refused'; reason: string };
export type HistoryState = 'none' | 'loading' | 'loaded' | 'failed';

/** All that one channel's chat shows. Changed only by `reduce`. */
export interface ChatState {
  channel: string;
  channelId: string;
  /** Null: anonymous. */
  login: string | null;
  connection: SourceStatus;
  join: JoinState;
  self: SelfState | null;
  modes: RoomModes;
  timeline: Timeline;
  history: HistoryState;
  names: readonly string[];
  catalog: Catalog;
  /** Until when (Unix ms) the server has said that it takes no message from us; 0: no such time. */
  waitUntil: number;
  /** Source of the keys of notes. */
  serial: number;
}

export const kOpenModes: RoomModes = {
  emoteOnly: false,
  subsOnly: false,
  unique: false,
  slowSeconds: 0,
  followersMinutes: -1,
};

export function emptyChat(channel: string, login: string | null): ChatState {
  return {
    channel,
    channelId: '',
    login,
    connection: { phase: 'closed' },
    join: { kind: 'no' },
    self: null,
    modes: kOpenModes,
    timeline: kEmptyTimeline,
    history: 'none',
    names: [],
    catalog: kEmptyCatalog,
    waitUntil: 0,
    serial: 0,
  };
}

export type Action =
  | { kind: 'events'; events: readonly ChatEvent[]; now: number }
  | { kind: 'status'; status: SourceStatus }
  | { kind: 'catalog'; channelId: string; catalog: Catalog }
  | { kind: 'historyLoading' }
  | { kind: 'historyFailed' }
  | { kind: 'latest'; messages: readonly Message[]; hasOlder: boolean; now: number }
  | { kind: 'older'; messages: readonly Message[]; hasOlder: boolean }
  | { kind: 'newer'; messages: readonly Message[] }
  | { kind: 'said'; text: string; nonce: string; reply: ReplyParent | null; now: number }
  | { kind: 'failed'; key: string; reason: string }
  | { kind: 'dropped'; key: string }
  | { kind: 'left' }
  | { kind: 'returned' }
  | { kind: 'steppedDown' };

export function messageLine(message: Message, login: string | null): MessageLine {
  const all = fragmentsOf(message.text, message.emotes);
  const own = login !== null && message.author.login === login;
  return {
    kind: 'message',
    key: message.id,
    message,
    fragments: message.reply === null ? all : withoutReplyMention(all, message.reply),
    state: { kind: message.deleted ? 'deleted' : 'shown' },
    mentionsSelf: !own && (mentions(all, login) || (login !== null && message.reply?.login === login)),
    own,
  };
}

/** Lines of our own stand where they were made: after what was the last line then, whatever our clock says. */
function placeNow(state: ChatState, now: number): number {
  const last = state.timeline.tail.at(-1);
  return last === undefined ? now : timeline.timeOf(last);
}

function withNote(state: ChatState, tone: NoteLine['tone'], text: string, now: number): ChatState {
  if (text === '') return state;
  const line: NoteLine = { kind: 'note', key: `note-${state.serial}`, tone, text, sentAt: placeNow(state, now) };
  return { ...state, serial: state.serial + 1, timeline: timeline.append(state.timeline, [line]) };
}

function change(state: ChatState, each: (line: Line) => Line | null): ChatState {
  return { ...state, timeline: timeline.mapLines(state.timeline, each) };
}

/** The pending line that an answer belongs to: the one with its nonce, or else the oldest, as answers keep order. */
function pendingFor(state: ChatState, nonce: string): MessageLine | null {
  const pending = state.timeline.tail.filter(
    (line): line is MessageLine => line.kind === 'message' && line.state.kind === 'pending' && !line.state.lost,
  );
  return (nonce === '' ? pending[0] : pending.find((line) => line.key === nonce)) ?? null;
}

function fail(state: ChatState, key: string, reason: string): ChatState {
  return change(state, (line) =>
    line.kind === 'message' && line.key === key ? { ...line, state: { kind: 'failed', reason } } : line,
  );
}

function exemptFromSlowMode(self: SelfState): boolean {
  return self.moderator || self.badges.some(({ name }) => name === 'broadcaster' || name === 'vip');
}

function applyUserState(state: ChatState, event: Extract<ChatEvent, { kind: 'userState' }>, now: number): ChatState {
  const next = { ...state, self: event.self };
  if (event.sentId === '') return next;
  const pending = pendingFor(state, event.nonce);
  if (pending === null) return next;
  const { color, badges } = event.self;
  const author = { ...pending.message.author, color, badges };
  const slow = state.modes.slowSeconds > 0 && !exemptFromSlowMode(event.self);
  return change({ ...next, waitUntil: slow ? now + state.modes.slowSeconds * 1000 : state.waitUntil }, (line) => {
    if (line.kind !== 'message' || line.key !== pending.key) return line;
    return { ...line, message: { ...line.message, id: event.sentId, author }, state: { kind: 'shown' } };
  });
}

function applyNotice(state: ChatState, event: Extract<ChatEvent, { kind: 'notice' }>, now: number): ChatState {
  if (!noticeRefuses(event.id)) return withNote(state, 'info', event.text, now);
  const wait = waitOf(event.id, event.text);
  const next = wait > 0 ? { ...state, waitUntil: now + wait * 1000 } : state;
  const pending = pendingFor(next, event.nonce);
  if (pending !== null) return fail(next, pending.key, event.text);
  if (next.join.kind !== 'joined') return { ...next, join: { kind: 'refused', reason: event.text } };
  return withNote(next, 'problem', event.text, now);
}

function deleted(line: MessageLine): MessageLine {
  return line.state.kind === 'shown' ? { ...line, state: { kind: 'deleted' } } : line;
}

function applyNames(state: ChatState, logins: readonly string[]): ChatState {
  const names = new Set(state.names);
  for (const login of logins) if (names.size < kNamesMax) names.add(login);
  return names.size === state.names.length ? state : { ...state, names: [...names] };
}

function applyEvent(state: ChatState, event: ChatEvent, now: number): ChatState {
  switch (event.kind) {
    case 'joined':
      return applyNames(state, [event.login]);
    case 'parted':
      if (event.login !== state.login) return { ...state, names: state.names.filter((name) => name !== event.login) };
      return { ...state, join: { kind: 'refused', reason: 'You were removed from this channel.' } };
    case 'names':
      return applyNames(state, event.logins);
    case 'roomState':
      return { ...state, channelId: event.roomId, join: { kind: 'joined' }, modes: { ...state.modes, ...event.modes } };
    case 'userState':
      return applyUserState(state, event, now);
    case 'notice':
      return applyNotice(state, event, now);
    case 'chatCleared':
      return withNote(
        change(state, (line) => (line.kind === 'message' ? deleted(line) : line)),
        'info',
        'A moderator cleared the chat.',
        now,
      );
    case 'userCleared':
      return change(state, (line) =>
        line.kind === 'message' && line.message.author.login === event.login ? deleted(line) : line,
      );
    case 'messageDeleted':
      return change(state, (line) =>
        line.kind === 'message' && line.message.id === event.messageId ? deleted(line) : line,
      );
    case 'announcement':
      return withNote(state, 'event', event.text, now);
    default:
      return state;
  }
}

function channelOf(event: ChatEvent): string | null {
  if (event.kind === 'message') return event.message.channel;
  return 'channel' in event ? event.channel : null;
}

/** Runs of messages are added in one step, so that a flood costs one copy of the list and not one for each. */
function applyEvents(start: ChatState, events: readonly ChatEvent[], now: number): ChatState {
  let state = start;
  let run: Line[] = [];
  const flush = () => {
    if (run.length > 0) state = { ...state, timeline: timeline.append(state.timeline, run) };
    run = [];
  };
  for (const event of events) {
    const channel = channelOf(event);
    if (channel !== null && channel !== state.channel) continue;
    if (event.kind === 'message') {
      run.push(messageLine(event.message, state.login));
      continue;
    }
    flush();
    state = applyEvent(state, event, now);
    if (event.kind === 'announcement' && event.message !== null) run.push(messageLine(event.message, state.login));
  }
  flush();
  return state;
}

function applyStatus(state: ChatState, status: SourceStatus): ChatState {
  if (status.phase === 'online') return { ...state, connection: status, join: { kind: 'no' }, names: [] };
  if (status.phase === 'connecting') return { ...state, connection: status };
  return change({ ...state, connection: status, join: { kind: 'no' } }, (line) =>
    line.kind === 'message' && line.state.kind === 'pending'
      ? { ...line, state: { kind: 'pending', lost: true } }
      : line,
  );
}

/** A message whose connection broke before the echo: history says whether the server has it. */
function settleLost(state: ChatState, messages: readonly Message[]): ChatState {
  const stored = messages.filter((message) => message.author.login === state.login);
  return change(state, (line) => {
    if (line.kind !== 'message' || line.state.kind !== 'pending' || !line.state.lost) return line;
    const at = stored.findIndex(
      (message) => message.text === line.message.text || message.text.endsWith(` ${line.message.text}`),
    );
    if (at < 0) return { ...line, state: { kind: 'failed', reason: 'Not sent: the connection broke.' } };
    stored.splice(at, 1);
    return null;
  });
}

function applyLatest(start: ChatState, action: Extract<Action, { kind: 'latest' }>): ChatState {
  const ids = new Set(start.timeline.tail.map(timeline.idOf));
  const state = settleLost(
    start,
    action.messages.filter((message) => !ids.has(message.id)),
  );
  const lines = action.messages.map((message) => messageLine(message, state.login));
  return {
    ...state,
    history: 'loaded',
    timeline: timeline.mergeLatest(state.timeline, lines, action.hasOlder),
  };
}

function applySaid(state: ChatState, action: Extract<Action, { kind: 'said' }>): ChatState {
  const { nonce, reply, now } = action;
  const me = /^[/.]me +/.exec(action.text);
  const text = me ? action.text.slice(me[0].length) : action.text;
  const login = state.login ?? '';
  const emotes = findEmotes(text, state.catalog.emoteByCode);
  const line: MessageLine = {
    kind: 'message',
    key: nonce,
    message: {
      id: '',
      channel: state.channel,
      seq: null,
      epoch: null,
      sentAt: placeNow(state, now),
      author: {
        id: '',
        login,
        displayName: state.self?.displayName || login,
        color: state.self?.color ?? '',
        badges: state.self?.badges ?? [],
      },
      text,
      action: me !== null,
      emotes,
      firstMessage: false,
      announcement: false,
      sharedFrom: null,
      reply,
      deleted: false,
    },
    fragments: fragmentsOf(text, emotes),
    state: { kind: 'pending', lost: false },
    mentionsSelf: false,
    own: true,
  };
  return { ...state, timeline: timeline.append(timeline.pin(state.timeline), [line]) };
}

/** The next state. Pure: time comes with the action. */
export function reduce(state: ChatState, action: Action): ChatState {
  const lines = (messages: readonly Message[]) => messages.map((message) => messageLine(message, state.login));
  const moved = (next: Timeline) => (next === state.timeline ? state : { ...state, timeline: next });
  switch (action.kind) {
    case 'events':
      return applyEvents(state, action.events, action.now);
    case 'status':
      return applyStatus(state, action.status);
    case 'catalog':
      return { ...state, channelId: action.channelId, catalog: action.catalog };
    case 'historyLoading':
      return { ...state, history: 'loading' };
    case 'historyFailed':
      return { ...state, history: 'failed' };
    case 'latest':
      return applyLatest(state, action);
    case 'older':
      return moved(timeline.prepend(state.timeline, lines(action.messages), action.hasOlder));
    case 'newer':
      return moved(timeline.extendBelow(state.timeline, lines(action.messages)));
    case 'said':
      return applySaid(state, action);
    case 'failed':
      return fail(state, action.key, action.reason);
    case 'dropped':
      return change(state, (line) => (line.key === action.key ? null : line));
    case 'left':
      return moved(timeline.unpin(state.timeline));
    case 'returned':
      return moved(timeline.pin(state.timeline));
    case 'steppedDown':
      return moved(timeline.stepDown(state.timeline));
  }
}
