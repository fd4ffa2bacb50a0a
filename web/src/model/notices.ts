// SPDX-License-Identifier: Apache-2.0
import type { RoomModes } from '../protocol/events';

/** Whether a NOTICE of this id refuses a message or a join, rather than telling what a room or a command does. */
export function noticeRefuses(id: string): boolean {
  return id.startsWith('msg_') || id === 'no_permission' || id === 'tos_ban';
}

const kWaits = new Set(['msg_slowmode', 'msg_timedout', 'msg_ratelimit']);

/** Seconds that a refusal asks to wait; 0 when it names none. */
export function waitOf(id: string, text: string): number {
  if (!kWaits.has(id)) return 0;
  const match = /(\d{1,7}) (?:more )?seconds?/.exec(text);
  return match === null ? 0 : Number(match[1]);
}

export function durationText(seconds: number): string {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  for (const [name, size] of units) {
    if (seconds >= size && seconds % size === 0) {
      const count = seconds / size;
      return `${count} ${name}${count === 1 ? '' : 's'}`;
    }
  }
  return `${seconds} s`;
}

export interface ModeText {
  key: keyof RoomModes;
  text: string;
  hint: string;
}

/** What is unusual about a room, in the order in which it matters to somebody who wants to write. */
export function modeTexts(modes: RoomModes): ModeText[] {
  const texts: ModeText[] = [];
  if (modes.subsOnly) texts.push({ key: 'subsOnly', text: 'Subscribers only', hint: 'Only subscribers can write here.' });
  if (modes.followersMinutes >= 0) {
    const since = modes.followersMinutes > 0 ? ` · ${durationText(modes.followersMinutes * 60)}` : '';
    texts.push({ key: 'followersMinutes', text: `Followers only${since}`, hint: 'Only followers can write here.' });
  }
  if (modes.emoteOnly) texts.push({ key: 'emoteOnly', text: 'Emotes only', hint: 'Messages may hold nothing but emotes.' });
  if (modes.slowSeconds > 0) {
    const every = durationText(modes.slowSeconds);
    texts.push({ key: 'slowSeconds', text: `Slow mode · ${every}`, hint: `One message every ${every}.` });
  }
  if (modes.unique) texts.push({ key: 'unique', text: 'Unique chat', hint: 'Texts that were said already are refused.' });
  return texts;
}
