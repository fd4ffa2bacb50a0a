// SPDX-License-Identifier: Apache-2.0

export interface BadgeRef {
  name: string;
  version: string;
}

export interface Author {
  id: string;
  login: string;
  displayName: string;
  /** `#RRGGBB` or empty. */
  color: string;
  badges: readonly BadgeRef[];
}

/** An emote's place in a text: inclusive indexes of code points. */
export interface EmoteRange {
  id: string;
  first: number;
  last: number;
}

export interface ReplyParent {
  id: string;
  login: string;
  displayName: string;
  text: string;
  /** The first message of the thread; the parent itself when the parent is no reply. */
  threadId: string;
}

/** What somebody said, from the live connection or from the history. */
export interface Message {
  id: string;
  channel: string;
  /** Position in the channel; null when the line that brought it carries none. */
  seq: number | null;
  epoch: number | null;
  sentAt: number;
  author: Author;
  text: string;
  action: boolean;
  emotes: readonly EmoteRange[];
  firstMessage: boolean;
  /** A moderator said it to everybody with /announce. */
  announcement: boolean;
  /** The id of the channel of a shared chat where it was said, when that is another one. */
  sharedFrom: string | null;
  reply: ReplyParent | null;
  deleted: boolean;
}

export interface RoomModes {
  emoteOnly: boolean;
  subsOnly: boolean;
  unique: boolean;
  slowSeconds: number;
  /** -1: off; 0: every follower; else minutes of following needed. */
  followersMinutes: number;
}

export interface SelfState {
  displayName: string;
  color: string;
  badges: readonly BadgeRef[];
  moderator: boolean;
}

/** Everything that a live connection can tell. */
export type ChatEvent =
  | { kind: 'welcome'; login: string }
  | { kind: 'capabilities'; acknowledged: boolean }
  | { kind: 'ping'; token: string }
  | { kind: 'pong' }
  | { kind: 'joined'; channel: string; login: string }
  | { kind: 'parted'; channel: string; login: string }
  | { kind: 'names'; channel: string; logins: readonly string[] }
  | { kind: 'roomState'; channel: string; roomId: string; modes: Partial<RoomModes> }
  | { kind: 'userState'; channel: string; self: SelfState; sentId: string; nonce: string }
  | { kind: 'message'; message: Message }
  | { kind: 'announcement'; channel: string; id: string; text: string; message: Message | null; sentAt: number }
  | { kind: 'notice'; channel: string | null; id: string; text: string; nonce: string }
  | { kind: 'userCleared'; channel: string; login: string; seconds: number | null }
  | { kind: 'chatCleared'; channel: string }
  | { kind: 'messageDeleted'; channel: string; messageId: string }
  | { kind: 'reconnect' };
