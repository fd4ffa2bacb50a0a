// SPDX-License-Identifier: Apache-2.0
// Values that tests make by the dozen.
import type { Message } from '../protocol/events';
import { messageLine } from './chat-state';
import type { MessageLine } from './timeline';

export function aMessage(n: number, more: Partial<Message> = {}): Message {
  return {
    id: `m${n}`,
    channel: 'c',
    seq: n,
    epoch: 1,
    sentAt: 1_000_000 + n * 1000,
    author: { id: '1001', login: 'alice', displayName: 'Alice', color: '', badges: [] },
    text: `text ${n}`,
    action: false,
    emotes: [],
    firstMessage: false,
    announcement: false,
    sharedFrom: null,
    reply: null,
    deleted: false,
    ...more,
  };
}

export function aLine(n: number, more: Partial<Message> = {}): MessageLine {
  return messageLine(aMessage(n, more), null);
}

/** Numbers from `first` up to and with `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
